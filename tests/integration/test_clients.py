"""What the two client libraries really do, against a stock Synapse: with whom they share keys, what
they put on the wire, and how they take a refusal or a "later". The gate is built on these facts;
a new release of a library that changes one fails here.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from rilon.embedded.officer_client import NotSent, Sent
from tests.e2e.js_client import JsError
from tests.integration.clients_desk import (
    PASSWORD,
    Client,
    Homeserver,
    Officers,
    event_id,
    forgot,
    join,
    knows,
    room_of,
    session_ids,
    signs,
    until,
)

Json = dict[str, Any]


@pytest.fixture
async def officers(stock_synapse: Homeserver, tmp_path: Path) -> AsyncIterator[Officers]:
    stock_synapse.order()
    async with AsyncExitStack() as ends:
        yield Officers(stock_synapse, tmp_path, ends)


# --- keys and the wire --------------------------------------------------------------------------


async def test_both_libraries_read_what_the_other_encrypted(officers: Officers) -> None:
    nio, js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)

    first = event_id(await nio.send_text(room_id, "vessel left at 0400"))
    seen = await js.wait_for_text(room_id, "vessel left at 0400")
    assert (seen.event_id, seen.sender, seen.encrypted) == (first, nio.user_id, True)

    event_id(await js.send_text(room_id, "seen, thank you", reply_to=first))
    reply = await nio.wait_for_text(room_id, "seen, thank you")
    assert reply.encrypted
    assert reply.content["m.relates_to"] == {"m.in_reply_to": {"event_id": first}}

    await nio.edit(room_id, first, "vessel left at 0500")
    edit = await js.wait_for_text(room_id, "* vessel left at 0500")
    assert edit.content["m.new_content"]["body"] == "vessel left at 0500"
    await js.edit(room_id, reply.event_id, "seen, noted")
    await nio.wait_for_text(room_id, "* seen, noted")

    await js.redact(room_id, reply.event_id)
    await nio.wait_for(lambda: any(one.type == "m.room.redaction" for one in nio.received(room_id)))


async def test_a_js_client_shows_all_of_a_burst_that_one_sync_does_not_hold(
    officers: Officers,
) -> None:
    nio, js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)
    event_id(await nio.send_text(room_id, "before the burst"))
    await js.wait_for_text(room_id, "before the burst")
    texts = [f"boat {number:02d} of the burst" for number in range(25)]
    with js.asleep():
        for text in texts:
            event_id(await nio.send_text(room_id, text))
    for text in texts:
        await js.wait_for_text(room_id, text)
    assert sorted(one for one in js.texts(room_id) if one in texts) == texts


async def test_the_room_key_is_on_the_server_before_the_message_is_sent(officers: Officers) -> None:
    nio, js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)
    event_id(await js.send_text(room_id, "first"))
    event_id(await js.send_text(room_id, "second"))

    traffic = await js.traffic()
    (share,) = (one for one in traffic if one.is_room_key_share)
    first, _second = (one for one in traffic if one.is_send)
    assert share.recipients == {(nio.user_id, nio.device_id)}
    assert share.status == 200
    assert share.ended <= first.started


async def test_neither_library_shares_keys_with_a_device_until_its_owner_signed_it(
    officers: Officers,
) -> None:
    nio, js = await officers.nio(), await officers.js()
    unsigned = await officers.nio(sign_device=False)
    room_id = await room_of(nio, js, unsigned)

    event_id(await js.send_text(room_id, "from js, before"))
    event_id(await nio.send_text(room_id, "from nio, before"))
    await js.wait_for_text(room_id, "from nio, before")
    await nio.wait_for_text(room_id, "from js, before")

    def encrypted() -> list[bool]:
        return [one.readable for one in unsigned.received(room_id) if one.encrypted]

    await unsigned.wait_for(lambda: len(encrypted()) == 2)
    assert encrypted() == [False, False]
    shared = {to for one in await js.traffic() for to in one.recipients}
    assert shared == {(nio.user_id, nio.device_id)}
    assert await js.devices(unsigned.user_id) == {unsigned.device_id: False}

    await unsigned._device.sign_itself(PASSWORD, replace_identity=False)
    await until(lambda: signs(js, unsigned))
    event_id(await js.send_text(room_id, "from js, after"))
    event_id(await nio.send_text(room_id, "from nio, after"))
    await unsigned.wait_for_text(room_id, "from js, after")
    await unsigned.wait_for_text(room_id, "from nio, after")
    assert "from js, before" not in unsigned.texts(room_id)


async def test_an_unsigned_js_device_in_only_signed_mode_sends_nothing(officers: Officers) -> None:
    nio, js = await officers.nio(), await officers.js(sign_device=False)
    room_id = await room_of(nio, js)
    with pytest.raises(JsError, match="cross-signing is not set up"):
        await js.send_text(room_id, "never sent")
    assert not any(one.is_send for one in await js.traffic())


ENVELOPE = {"algorithm", "ciphertext", "device_id", "sender_key", "session_id"}


@pytest.mark.parametrize("library", ["nio", "js"])
async def test_what_a_library_puts_on_the_wire(officers: Officers, library: str) -> None:
    reader = await officers.nio()
    sender: Client = await officers.nio() if library == "nio" else await officers.js()
    room_id = await room_of(reader, sender)
    plain = event_id(await sender.send_text(room_id, "plain"))
    reply = event_id(await sender.send_text(room_id, "reply", reply_to=plain))
    edit = event_id(await sender.edit(room_id, plain, "edited"))
    reaction = event_id(await sender.react(room_id, plain, "👍"))
    await reader.wait_for(lambda: reaction in {one.event_id for one in reader.received(room_id)})

    relations = {
        plain: None,
        reply: {"m.in_reply_to": {"event_id": plain}},
        edit: {"rel_type": "m.replace", "event_id": plain},
    }
    for event, relation in relations.items():
        path = f"/_matrix/client/v3/rooms/{room_id}/event/{event}"
        wire = (await reader.request("GET", path)).body["content"]
        assert wire.keys() - {"m.relates_to"} == ENVELOPE
        assert wire.get("m.relates_to") == relation
        assert wire["device_id"] == sender.device_id
        sessions = reader._nio.olm.inbound_group_store
        session = sessions.get(room_id, wire["sender_key"], wire["session_id"])
        payload = json.loads(session.decrypt(wire["ciphertext"])[0])
        assert payload.keys() == {"type", "content", "room_id"}
        assert payload["content"].get("m.relates_to") == relation

    clear = next(one for one in reader.received(room_id) if one.event_id == reaction)
    assert not clear.encrypted
    assert clear.content == {
        "m.relates_to": {"rel_type": "m.annotation", "event_id": plain, "key": "👍"}
    }


async def test_a_new_signed_device_of_a_member_reads_the_next_message_of_both_libraries(
    officers: Officers, tmp_path: Path
) -> None:
    nio, js = await officers.nio(), await officers.js()
    steward = await officers.homeserver.register("steward")
    old = await officers.nio(steward, folder="old")
    room_id = await room_of(nio, js, old)
    sessions = await session_ids(room_id, nio, js, "with the old device")

    (tmp_path / "new").mkdir()
    shutil.copy(tmp_path / "old" / "identity.seeds", tmp_path / "new")
    new = await officers.nio(steward, folder="new")
    await until(lambda: signs(js, new))
    with_both = await session_ids(room_id, nio, js, "with both devices")
    await new.wait_for_text(room_id, "js with both devices")
    await new.wait_for_text(room_id, "nio with both devices")
    assert "js with the old device" not in new.texts(room_id)
    # js-sdk gives the new device its present session from here on; nio begins a new one.
    assert with_both["js"] == sessions["js"]
    assert with_both["nio"] != sessions["nio"]

    await old.sign_out()
    await until(lambda: forgot(js, old))
    with_new = await session_ids(room_id, nio, js, "with the new device")
    await new.wait_for_text(room_id, "js with the new device")
    await new.wait_for_text(room_id, "nio with the new device")
    assert with_new["js"] != with_both["js"]
    assert with_new["nio"] != with_both["nio"]


async def test_both_libraries_change_the_room_key_when_a_member_leaves(officers: Officers) -> None:
    nio, js, leaver = await officers.nio(), await officers.js(), await officers.nio()
    room_id = await room_of(nio, js, leaver)
    before = await session_ids(room_id, nio, js, "with three")
    await nio.request(
        "POST", f"/_matrix/client/v3/rooms/{room_id}/kick", {"user_id": leaver.user_id}
    )

    def gone() -> bool:
        memberships = {
            one.state_key: one.content.get("membership")
            for one in js.received(room_id)
            if one.type == "m.room.member"
        }
        return memberships.get(leaver.user_id) == "leave"

    await js.wait_for(gone)
    await nio.wait_for(lambda: leaver.user_id not in nio._nio.rooms[room_id].users)
    await leaver.wait_for(lambda: room_id not in leaver.joined)
    after = await session_ids(room_id, nio, js, "with two")
    assert after["js"] != before["js"]
    assert after["nio"] != before["nio"]
    assert not any("with two" in text for text in leaver.texts(room_id))


async def test_one_who_joins_late_reads_nothing_from_before(officers: Officers) -> None:
    nio, js = await officers.nio(), await officers.js()
    late_nio, late_js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)
    event_id(await nio.send_text(room_id, "before"))
    event_id(await js.send_text(room_id, "also before"))
    for late in (late_nio, late_js):
        assert await late.history(room_id) == ()
        await join(late, room_id)
        await knows(nio, room_id, late.user_id)
    await js.wait_for(
        lambda: (
            {late_nio.user_id, late_js.user_id}
            <= {one.state_key for one in js.received(room_id) if one.type == "m.room.member"}
        )
    )
    event_id(await js.send_text(room_id, "after"))
    for late in (late_nio, late_js):
        await late.wait_for_text(room_id, "after")
        listed = await late.history(room_id)
        assert [one.text for one in listed if one.encrypted] == ["after"]
        assert late.texts(room_id) == ("after",)


# --- refusals and "later" ------------------------------------------------------------------------


async def test_js_waits_and_resends_the_same_ciphertext_by_itself(officers: Officers) -> None:
    nio, js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)
    officers.homeserver.order(1, 1200)
    sent = await js.send_text(room_id, "in the end")
    asked = officers.homeserver.asked()

    assert len(asked) == 3
    assert len({one["content"]["ciphertext"] for one in asked}) == 1
    assert {one["txn"] for one in asked} == {sent.transaction_id}
    assert {one["device"] for one in asked} == {js.device_id}
    assert len({one["event_id"] for one in asked}) == 3
    # The library reads the header `Retry-After`, whole seconds rounded up, before the body.
    assert asked[1]["at"] - asked[0]["at"] >= 1000
    assert asked[2]["at"] - asked[1]["at"] >= 2000
    assert sum(one.is_room_key_share for one in await js.traffic()) == 1
    await nio.wait_for_text(room_id, "in the end")
    assert nio.texts(room_id) == ("in the end",)


async def test_js_gives_up_after_five_attempts_and_sends_the_same_when_told_to(
    officers: Officers,
) -> None:
    nio, js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)
    officers.homeserver.order(*[1] * 6)
    result = await js.send_text(room_id, "not lost")
    assert isinstance(result, NotSent)
    assert (result.status, result.errcode) == (429, "M_LIMIT_EXCEEDED")
    assert await js.pending(room_id) == {result.transaction_id: "not_sent"}
    assert len(officers.homeserver.asked()) == 5

    again = event_id(await js.resend(result))  # With a fresh count of attempts: one more "later".
    asked = officers.homeserver.asked()
    assert len(asked) == 7
    assert len({one["content"]["ciphertext"] for one in asked}) == 1
    assert {one["txn"] for one in asked} == {result.transaction_id}
    seen = await nio.wait_for_text(room_id, "not lost")
    assert seen.event_id == again


async def test_js_shows_a_refusal_and_drops_what_waits_behind_it(officers: Officers) -> None:
    nio, js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)
    event_id(await js.send_text(room_id, "before"))
    officers.homeserver.order(1, "refuse")
    results = await asyncio.gather(*(js.send_text(room_id, f"text {n}") for n in range(3)))
    # INVARIANT of the library that the gate has to live with: one queue for all rooms, and any
    # failure empties it, so the two behind carry the first one's refusal without being asked.
    for result in results:
        assert isinstance(result, NotSent)
        assert (result.status, result.errcode) == (403, "M_FORBIDDEN")
        assert (result.reason, result.sentence) == ("rel_excludes_room", "Not delivered.")
    assert {one["txn"] for one in officers.homeserver.asked()} == {results[0].transaction_id}
    assert set((await js.pending(room_id)).values()) == {"not_sent"}

    for result in results[1:]:
        assert isinstance(result, NotSent)
        event_id(await js.resend(result))
    assert isinstance(results[0], NotSent)
    await js.discard(results[0])
    await nio.wait_for_text(room_id, "text 2")
    assert nio.texts(room_id) == ("before", "text 1", "text 2")


async def test_js_tries_a_broken_server_again_but_not_for_a_poll(officers: Officers) -> None:
    nio, js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)
    officers.homeserver.order("break")
    event_id(await js.send_text(room_id, "after a fault"))
    first, second = officers.homeserver.asked()
    assert second["at"] - first["at"] >= 2000
    assert first["content"]["ciphertext"] == second["content"]["ciphertext"]
    await nio.wait_for_text(room_id, "after a fault")

    officers.homeserver.order(1)
    poll = await js.send(room_id, "org.matrix.msc3381.poll.start", {"any": "thing"})
    assert isinstance(poll, NotSent)
    assert poll.status == 429
    assert len(officers.homeserver.asked()) == 1


async def test_nio_officer_waits_out_later_and_names_a_refusal(officers: Officers) -> None:
    nio, js = await officers.nio(), await officers.js()
    room_id = await room_of(nio, js)
    officers.homeserver.order(*[20] * 7)
    sent = await nio.send_text(room_id, "patient")
    assert isinstance(sent, Sent)
    assert sent.waits == (20,) * 7
    assert len({one["content"]["ciphertext"] for one in officers.homeserver.asked()}) == 1

    officers.homeserver.order("refuse")
    refused = await nio.send_text(room_id, "refused")
    assert isinstance(refused, NotSent)
    assert (refused.status, refused.errcode) == (403, "M_FORBIDDEN")
    assert (refused.reason, refused.sentence) == ("rel_excludes_room", "Not delivered.")

    again = await nio.resend(refused)
    assert again.transaction_id == refused.transaction_id
    await js.wait_for_text(room_id, "refused")
    assert js.texts(room_id) == ("patient", "refused")


async def test_nio_officer_of_limited_patience_gives_up_in_the_end(officers: Officers) -> None:
    nio, other = await officers.nio(patience=2), await officers.nio()
    room_id = await room_of(nio, other)
    officers.homeserver.order(*[20] * 3)
    result = await nio.send_text(room_id, "impatient")
    assert isinstance(result, NotSent)
    assert (result.status, result.waits) == (429, (20, 20))
