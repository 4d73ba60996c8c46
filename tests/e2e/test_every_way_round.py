"""The table "Every way round" that no other file tries: by one officer with a modified client, on
one floor. Each test is an attack; it asserts the code of the refusal, and that clients on both
libraries hold nothing of it. What there is of all of them together is looked for at the end.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest

from rilon.embedded.officer_values import (
    Sent,
    edit_content,
    reaction_content,
    text_content,
)
from tests.e2e.attacks import API, HTML, refused, words
from tests.e2e.conftest import STEWARD, World
from tests.e2e.hostile_round import FLOOR, HostileRound, barred, hostile_round

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
async def hostile(world: World) -> HostileRound:
    return await hostile_round(world)


# --- edits, replies, relations -------------------------------------------------------------------


async def test_an_edit_whose_new_content_is_no_message(hostile: HostileRound) -> None:
    """Servers take lists and objects where texts belong; a client may still show them."""
    own, said = await hostile.said(words("TLP:GREEN // mine")), hostile.hidden()
    new = text_content(said)
    plain = edit_content(own, said)
    async with hostile.unseen():
        for odd in (
            {"m.new_content": [new]},
            {"m.new_content": said},
            {"m.new_content": {**new, "format": HTML, "formatted_body": {"a": said}}},
            {"m.new_content": {**new, "body": [said]}},
            {"m.new_content": {**new, "m.new_content": new}},
            {"m.new_content": {**new, "m.relates_to": plain["m.relates_to"]}},
            {"m.new_content": {**new, "filename": said}},
            {"body": [said]},
        ):
            refused(await hostile.send({**plain, **odd}), "shape_not_allowed")
        relation = {"m.relates_to": plain["m.relates_to"]}
        refused(await hostile.sealed(_message(hostile, plain)), "shape_not_allowed")
        bare = _message(hostile, {**plain, "m.new_content": None})
        refused(await hostile.sealed(bare, **relation), "shape_not_allowed")


async def test_an_edit_or_an_answer_that_makes_content_wider(hostile: HostileRound) -> None:
    own = await hostile.said(words("TLP:AMBER // mine"))
    said = hostile.hidden()
    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": own}}
    async with hostile.unseen():
        refused(await hostile.mallory.edit(hostile.floor, own, said), "marking_too_wide")
        answer = await hostile.mallory.send_text(hostile.floor, said, reply_to=own)
        refused(answer, "marking_too_wide")
        refused(await hostile.send({**text_content(said), **thread}), "marking_too_wide")


async def test_a_thread_or_a_reference_into_another_room(hostile: HostileRound) -> None:
    elsewhere = await hostile.said(words("TLP:AMBER REL AUS,IDN // there"), hostile.both)
    here, said = await hostile.spoken(), text_content(hostile.hidden())
    relations: tuple[tuple[dict[str, Any], str], ...] = (
        ({"rel_type": "m.thread", "event_id": elsewhere}, "relation_unknown"),
        (
            {
                "rel_type": "m.thread",
                "event_id": here,
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": elsewhere},
            },
            "relation_unknown",
        ),
        ({"rel_type": "m.replace", "event_id": elsewhere}, "relation_unknown"),
        ({"rel_type": "m.reference", "event_id": here}, "shape_not_allowed"),
        ({"rel_type": "m.annotation", "event_id": here, "key": "x"}, "shape_not_allowed"),
        ({"rel_type": hostile.mark, "event_id": here}, "shape_not_allowed"),
        ({"m.in_reply_to": {"event_id": here, "body": hostile.mark}}, "shape_not_allowed"),
        ({"m.in_reply_to": {"event_id": f"${hostile.mark}"}}, "relation_unknown"),
    )
    async with hostile.unseen():
        for relation, code in relations:
            content = {**said, "m.relates_to": relation}
            if relation.get("rel_type") == "m.replace":
                content["m.new_content"] = said
            refused(await hostile.send(content), code)
        reaction = await hostile.mallory.react(hostile.floor, elsewhere, "👍")
        refused(reaction, "relation_unknown")


async def test_two_relations_of_which_readers_follow_either(hostile: HostileRound) -> None:
    """Nothing but the relation within is wrong with these."""
    own, other = await hostile.said(words("TLP:GREEN // mine")), await hostile.spoken()
    text, edited = text_content(hostile.hidden()), edit_content(own, hostile.hidden())
    edit, answer = edited["m.relates_to"], {"m.in_reply_to": {"event_id": other}}
    pairs: tuple[tuple[dict[str, Any], Any, dict[str, Any]], ...] = (
        ({"rel_type": "m.thread", "event_id": other}, edit, text),
        (answer, edit, text),
        (answer, {"m.in_reply_to": {"event_id": own}}, text),
        (edit, {**edit, "event_id": other}, edited),
        (edit, {**edit, "key": hostile.mark}, edited),
        (edit, answer, edited),
        (edit, None, edited),
    )
    async with hostile.unseen():
        for clear, inner, content in pairs:
            payload = _message(hostile, {**content, "m.relates_to": inner})
            refused(await hostile.sealed(payload, **{"m.relates_to": clear}), "shape_not_allowed")
        inner_alone = _message(hostile, {**text, "m.relates_to": answer})
        refused(await hostile.sealed(inner_alone), "shape_not_allowed")


# --- shapes ---------------------------------------------------------------------------------------


def _message(hostile: HostileRound, content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "m.room.message", "room_id": hostile.floor, "content": content}


async def test_words_in_a_payload_beside_its_content(hostile: HostileRound) -> None:
    """Megolm seals a whole object: clients ignore what they don't know, and keep it."""
    good = _message(hostile, text_content(words("TLP:GREEN // harmless")))
    said = json.dumps(good)
    async with hostile.unseen():
        for payload in (
            {**good, "sender": hostile.mark},
            {**good, "keys": {"ed25519": hostile.mark}},
            {**good, hostile.mark: 1},
            {**good, "content": [good["content"]]},
            {**good, "type": [good["type"]]},
            {key: good[key] for key in ("type", "content")},
            json.dumps([good]),
            said + said,
            said + " " + json.dumps(hostile.mark),
            said.replace('"m.text"', f'"m.text","m.text":"{hostile.mark}"'),
            said[:-1] + ',"x":' + "[" * 3000 + "]" * 3000 + "}",
            json.dumps(hostile.mark),
            "",
        ):
            refused(await hostile.sealed(payload), "shape_not_allowed")


HIDING: tuple[dict[str, Any], ...] = (
    {"format": HTML, "formatted_body": "{body}<div data-mx-maths='{mark}'></div>"},
    {"format": HTML, "formatted_body": "{body}<span style='display:none'>{mark}</span>"},
    {"format": HTML, "formatted_body": "{body}<a href='https://example.org/{mark}'>.</a>"},
    {"format": HTML, "formatted_body": "{body}<font color='#010101'>{mark}</font>"},
    {"format": HTML, "formatted_body": "<mx-reply>{mark}</mx-reply>{body}"},
    {"format": HTML, "formatted_body": "{body}<details><summary>{mark}</summary></details>"},
    {"format": HTML, "formatted_body": "{body}<p title='{mark}'></p>"},
    {"body": "{body} mxc://rilon.localhost/{mark}"},
    {"body": "{body} https://matrix.to/#/!{mark}:rilon.localhost"},
    {"info": {"thumbnail_url": "mxc://rilon.localhost/{mark}"}},
    {"org.matrix.msc1767.audio": {"waveform": [1, 2], "text": "{mark}"}},
    {"m.mentions": {"room": "{mark}"}},
    {"m.relates_to": {"m.in_reply_to": {"event_id": "$x", "text": "{mark}"}}},
    {"{mark}": 1},
    {"m.text": [{"body": "{mark}"}], "m.html": "{mark}"},
)


async def test_words_that_formatted_text_a_link_or_a_key_hides(hostile: HostileRound) -> None:
    async with hostile.unseen():
        for more in HIDING:
            said = words("TLP:GREEN // seen")
            filled = json.dumps(more).replace("{body}", said).replace("{mark}", hostile.mark)
            content = {"msgtype": "m.text", "body": said, **json.loads(filled)}
            refused(await hostile.send(content), "shape_not_allowed")


TYPES = (
    "m.sticker", "m.poll.response", "m.poll.end", "org.matrix.msc3381.poll.start",
    "org.matrix.msc3381.poll.response", "m.location", "m.beacon", "org.matrix.msc3672.beacon",
    "m.beacon_info", "m.call.invite", "m.call.candidates", "m.call.negotiate", "m.call.member",
    "org.matrix.msc3401.call.member", "im.vector.modular.widgets", "m.widget", "m.audio", "m.file",
    "m.image", "m.voice", "m.emote", "m.room.topic", "m.room.member", "m.room.redaction",
    "m.reaction", "m.room_key", "m.dummy", "m.space.child", "org.example.note",
)  # fmt: skip


STATE_ALONE = frozenset({"m.room.topic", "m.room.member"})
"""The homeserver takes no such event without a state key, and calls the latter its own error."""
SHAPED = dict.fromkeys(("m.reaction", "m.room.redaction"), "shape_not_allowed")


async def test_events_of_any_other_type_sealed_or_in_clear(hostile: HostileRound) -> None:
    """Stickers, polls, places, calls, widgets and types of one's own. Some have a shape in clear:
    a reaction and a redaction then fail by it."""
    content = {**text_content(hostile.hidden()), "url": "mxc://rilon.localhost/abc"}
    own = await hostile.said(words("TLP:GREEN // mine"))
    async with hostile.unseen():
        for kind in TYPES:
            sealed = await hostile.sealed({**_message(hostile, content), "type": kind})
            refused(sealed, "type_not_allowed")
        for kind in TYPES:
            redacts = {"redacts": own} if kind == "m.room.redaction" else {}
            answer = await hostile.put(kind, {**content, **redacts})
            if kind in STATE_ALONE:
                assert answer.status in (400, 403, 500), answer.body
            else:
                barred(answer, SHAPED.get(kind, "type_not_allowed"))


async def test_state_that_nobody_has_thought_of(hostile: HostileRound) -> None:
    """Live places, calls, members in another's name, encrypted state, keys full of words."""
    room = f"{API}/rooms/{quote(hostile.floor)}/state"
    me, other = quote(hostile.mallory.user_id), quote(hostile.reader.user_id)
    wire = await hostile.mallory.encrypt(
        hostile.floor, "m.room.message", text_content(hostile.hidden())
    )
    tries: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"m.beacon_info/{me}", {"description": hostile.mark, "live": True, "timeout": 9}),
        (f"org.matrix.msc3401.call.member/{me}", {"memberships": [{"text": hostile.mark}]}),
        (f"im.vector.modular.widgets/{me}", {"url": "https://example.org", "name": hostile.mark}),
        (f"m.room.message/{hostile.mark}", text_content(hostile.mark)),
        ("m.room.encrypted/", wire),
        (f"m.reaction/{me}", reaction_content("$a", "👍")),
        (f"m.room.canonical_alias/{me}", {"alias": f"#{hostile.mark}:rilon.localhost"}),
        (f"org.{hostile.mark}/{hostile.mark}", {}),
        (f"m.policy.rule.user/{me}", {"entity": "@a:b", "reason": hostile.mark}),
    )
    async with hostile.unseen():
        for path, content in tries:
            barred(await hostile.mallory.request("PUT", f"{room}/{path}", content))
        for membership in ("ban", "leave", "invite", "join", "knock"):
            body = {"membership": membership, "reason": hostile.mark, "displayname": hostile.mark}
            path = f"{room}/m.room.member/{other}"
            barred(await hostile.mallory.request("PUT", path, body))


# --- reactions, reasons, redactions --------------------------------------------------------------

LETTERS = "".join(chr(0xE0100 + byte - 16) for byte in b"left at noon")
"""Text as variation selectors, which no font shows."""


SPELLING: tuple[Any, ...] = (
    "left at noon from the northern jetty, " * 6,
    "👍" + LETTERS,
    "👍" + "\ufe0f" * 8,
    "👍\u200d",
    "👍\u200dleft",
    "🏴" + "".join(chr(0xE0000 + byte) for byte in b"left") + "\U000e007f",
    "🇦🇦",
    "👍👎",
    "\u2066👍",
    "1",
    "mxc://rilon.localhost/abc",
    " 👍",
    "👍\n",
    ["👍"],
)


async def test_a_reaction_that_spells_something(hostile: HostileRound) -> None:
    target = await hostile.spoken()
    async with hostile.unseen():
        for key in SPELLING:
            content = reaction_content(target, key)
            barred(await hostile.put("m.reaction", content), "shape_not_allowed")


async def test_removing_what_others_said_and_what_the_steward_set(hostile: HostileRound) -> None:
    """Another party's words, the steward's, the room's state; by both paths, with and without
    words; and nothing of one's own with a reason."""
    own, other = await hostile.said(words("TLP:GREEN // mine")), await hostile.spoken()
    state = [one for one in hostile.mallory.received(hostile.floor) if one.state_key is not None]
    targets = [other, *(one.event_id for one in state if one.type != "m.room.member")][:8]
    words_too = {"redacts": own, "reason": hostile.mark}
    async with hostile.unseen():
        for target in targets:
            answer = await hostile.mallory.redact(hostile.floor, target)
            refused(answer, "not_your_event", "relation_unknown")
            by_send = await hostile.put("m.room.redaction", {"redacts": target})
            barred(by_send, "not_your_event", "relation_unknown")
        barred(await hostile.put("m.room.redaction", words_too), "reason_not_allowed")
        barred(await hostile.put("m.room.redaction", {"redacts": own, "x": hostile.mark}))
        related = {"redacts": own, "org.matrix.msc3912.with_relations": [hostile.mark]}
        barred(await hostile.put("m.room.redaction", related), "shape_not_allowed")
    stands = f"{API}/rooms/{quote(hostile.floor)}/event/"
    for event_id in (own, *targets):
        _, event = await hostile.world.admin("GET", stands + quote(event_id))
        assert event["content"], event_id


async def test_joining_and_knocking_with_a_reason(hostile: HostileRound) -> None:
    room, desk = quote(hostile.floor), quote(hostile.world.room("mps-desk-aus"))
    body = {"reason": hostile.mark}
    async with hostile.unseen():
        barred(await hostile.mallory.request("POST", f"{API}/join/{room}", body))
        barred(await hostile.mallory.request("POST", f"{API}/rooms/{room}/join", body))
        barred(await hostile.mallory.request("POST", f"{API}/knock/{desk}", body))
        invited = {"user_id": hostile.reader.user_id, **body}
        barred(await hostile.mallory.request("POST", f"{API}/rooms/{room}/invite", invited))
        mail = {"medium": "email", "address": f"{hostile.mark}@example.org"}
        server = {"id_server": "example.org", "id_access_token": "x"}
        third_party = await hostile.mallory.request(
            "POST", f"{API}/rooms/{room}/invite", {**mail, **server}
        )
        assert third_party.status in (400, 403)


async def test_words_in_a_report_reach_no_officer(hostile: HostileRound) -> None:
    """There is no hook: the homeserver takes it, and keeps it for its administrator alone. The
    proxy doesn't let it through, and the doctor names it as open."""
    seen, room = await hostile.spoken(), f"{API}/rooms/{quote(hostile.floor)}/report"
    body = {"reason": hostile.mark, "score": -100}
    path = f"{room}/{quote(seen)}"
    async with hostile.unseen():
        assert (await hostile.mallory.request("POST", path, body)).status == 200
        only = {"reason": hostile.mark}
        assert (await hostile.mallory.request("POST", room, only)).status == 200
        user = f"{API}/users/{quote(hostile.reader.user_id)}/report"
        assert (await hostile.mallory.request("POST", user, only)).status == 200
    reports = "/_synapse/admin/v1/event_reports"
    assert (await hostile.reader.request("GET", reports)).status == 403


# --- keys and devices ----------------------------------------------------------------------------


async def test_a_session_shared_again_at_a_later_index(hostile: HostileRound) -> None:
    """The library would forget the beginning, and what was sealed there would be unreadable: the
    gate still reads it, and judges it."""
    floor, mallory = hostile.floor, hostile.mallory
    bad = await mallory.encrypt(
        floor, "m.room.message", text_content(hostile.hidden("REL IDN,THA"))
    )
    good = await mallory.encrypt(floor, "m.room.message", text_content(words("TLP:GREEN // ok")))
    session = mallory._device.nio.olm.outbound_group_sessions[floor]
    await hostile.share(floor, session.id, session._session.session_key.to_base64())
    async with hostile.unseen():
        answer = await mallory.send_as_is(floor, "m.room.encrypted", bad)
        refused(answer, "rel_excludes_room")
        await hostile.taken(await mallory.send_as_is(floor, "m.room.encrypted", good))
        refused(await mallory.send_as_is(floor, "m.room.encrypted", good), "replayed")


async def test_using_up_the_stewards_one_time_keys(hostile: HostileRound) -> None:
    """Then the fallback key serves: a device that comes new shares its room key all the same."""
    mallory = hostile.mallory
    device = next(iter(mallory._device.nio.olm.device_store.active_user_devices(STEWARD))).id
    claim = {"one_time_keys": {STEWARD: {device: "signed_curve25519"}}}

    async def claimed() -> bool:
        answer = await mallory.request("POST", f"{API}/keys/claim", claim)
        (key,) = answer.body["one_time_keys"][STEWARD][device].values()
        return bool(key.get("fallback"))

    for _ in range(40):
        if any(await asyncio.gather(*(claimed() for _ in range(25)))):
            break
    else:
        raise AssertionError("the keys were not used up")
    newcomer = await hostile.world.officer("tha.focal2", FLOOR)
    said = words("TLP:GREEN // new here")
    answer = await newcomer.send_text(hostile.floor, said)
    assert isinstance(answer, Sent)
    await hostile.reader.wait_for_text(hostile.floor, said)


async def test_nobody_got_anything_of_all_this(hostile: HostileRound) -> None:
    """By no client of either library, no interface of the homeserver, and in no event it keeps."""
    await hostile.nobody_got_anything()
