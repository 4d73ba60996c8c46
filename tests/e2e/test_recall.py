"""Recall, tightening and expiry on a real network with encrypted clients, and one tap that lets an
officer in again whose identity changed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bots.steward.confirmations import CONFIRM
from rilon.domain.entries import Entry, EntryKind, Subject
from rilon.domain.parties import parties
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import NotSent, Received, Sent
from rilon.embedded.postgres import OWNER
from rilon.embedded.settings import account_secret
from rilon.storage.officers import ADMITTED, STOPPED
from tests.e2e.conftest import STEWARD, World
from tests.e2e.js_client import JsClient
from tests.e2e.streams import entries, until
from tests.e2e.test_files import arrived, fresh_picture
from tests.e2e.test_gate import words
from tests.e2e.test_officers import comes_to_be, in_floor, row_of, signed_in

FLOOR, BOTH, COORDINATION = "mps-floor", "mps-aus-idn", "mps-coordination"
NOTICE = "was recalled by the party that wrote it"


async def sent(client: OfficerClient, room_id: str, text: str, reply_to: str | None = None) -> str:
    answer = await client.send_text(room_id, text, reply_to=reply_to)
    assert isinstance(answer, Sent), answer
    return answer.event_id


async def raw_event(client: OfficerClient, room_id: str, event_id: str) -> dict[str, Any]:
    path = f"/_matrix/client/v3/rooms/{room_id}/event/{event_id}"
    return dict((await client.request("GET", path)).body)


async def is_gone(client: OfficerClient, room_id: str, event_id: str) -> None:
    """Until the homeserver shows nothing of the event, and that the steward took it back."""

    async def gone() -> bool:
        shown = await raw_event(client, room_id, event_id)
        return "ciphertext" not in shown.get("content", {"ciphertext": ""})

    await until(gone, "the event to be taken back")
    shown = await raw_event(client, room_id, event_id)
    assert shown["unsigned"]["redacted_because"]["sender"] == STEWARD


async def stands(client: OfficerClient, room_id: str, event_id: str) -> bool:
    return "ciphertext" in (await raw_event(client, room_id, event_id))["content"]


def of_steward(client: OfficerClient | JsClient, room_id: str, part: str) -> list[Received]:
    return [one for one in client.received(room_id) if one.sender == STEWARD and part in one.text]


async def entry_of(world: World, kind: EntryKind, event_id: str) -> Entry:
    async def there() -> Entry | None:
        found = await entries(world, await world.verify())
        for several in found.values():
            for one in several:
                if one.kind is kind and dict(one.subject).get(Subject.EVENT_ID) == event_id:
                    return one
        return None

    return await until(there, f"{kind} in the ledger")  # type: ignore[no-any-return]


def came_in(client: OfficerClient, room_id: str, user_id: str) -> bool | None:
    """Whether the client has seen somebody join: it gives nobody else a room key."""
    seen = client.received(room_id)
    joined = [one for one in seen if one.state_key == user_id and one.type == "m.room.member"]
    return any(one.content.get("membership") == "join" for one in joined) or None


async def test_a_colleague_recalls_and_it_is_gone_with_its_edit_and_no_answer_of_others(
    world: World,
) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    colleague = await world.officer("aus.secondee2", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    js_reader = await world.js_officer("tls.secondee1", FLOOR)
    floor = world.room(FLOOR)
    await sender.wait_for(lambda: came_in(sender, floor, world.user("tls.secondee1")))
    first, changed = words("TLP:GREEN // loaded at the jetty"), words("TLP:GREEN // at the pier")
    event_id = await sent(sender, floor, first)
    await reader.wait_for_text(floor, first)
    await js_reader.wait_for_text(floor, first)
    edit = await sender.edit(floor, event_id, changed)
    assert isinstance(edit, Sent)
    reply = await sent(reader, floor, words("seen, thank you"), reply_to=event_id)
    inside = set((await world.admin("GET", f"/_matrix/client/v3/rooms/{floor}/joined_members"))[1][
        "joined"
    ])  # fmt: skip

    await sent(colleague, floor, "!recall", reply_to=event_id)
    await is_gone(reader, floor, event_id)
    await is_gone(reader, floor, edit.event_id)
    assert await stands(reader, floor, reply)
    for client in (reader, js_reader):
        notice = await client.wait_for_text(floor, NOTICE)
        assert notice.text.startswith("A message of AUS from ")
        assert "jetty" not in notice.text
    seen = [one.text for one in await js_reader.history(floor, 100)]
    assert first not in seen
    assert not any(changed in one for one in seen)
    assert "AUS:" in await world.card(colleague, "Recalled in Floor")
    entry = await entry_of(world, EntryKind.MESSAGE_RECALLED, event_id)
    received = dict(entry.subject)[Subject.RECEIVED_BY]
    counted = dict(one.split(":") for one in received.split(","))
    assert sum(int(number) for number in counted.values()) == len(inside - {STEWARD})
    assert int(counted["BGD"]) >= 1
    assert dict(entry.subject)[Subject.USER_ID] == colleague.user_id

    # ATTACK: what was recalled, said again as its edit.
    again = await sender.edit(floor, event_id, words("TLP:GREEN // at the pier after all"))
    assert isinstance(again, NotSent)
    assert again.reason == "relation_unknown"


async def test_a_recalled_picture_can_not_be_fetched_any_more(world: World) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    floor, data = world.room(FLOOR), fresh_picture()
    answer = await sender.send_file(floor, data, "boat.jpg", "image/jpeg", "TLP:GREEN // boat")
    assert isinstance(answer, Sent)
    seen = await arrived(reader, floor, answer)
    assert await reader.fetch(seen) == data
    await sent(sender, floor, "!recall", reply_to=answer.event_id)
    await is_gone(reader, floor, answer.event_id)

    async def deleted() -> bool:
        try:
            await reader.fetch(seen)
        except ValueError:
            return True
        return False

    await until(deleted, "the file to be deleted")


async def test_what_is_tightened_beyond_its_room_goes_and_answers_carry_the_tighter_marking(
    world: World,
) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    floor = world.room(FLOOR)
    event_id = await sent(sender, floor, words("TLP:GREEN // engine number"))
    await sent(sender, floor, "!mark TLP:AMBER REL AUS,IDN //", reply_to=event_id)
    await is_gone(reader, floor, event_id)
    answer = await reader.send_text(floor, words("about that engine"), reply_to=event_id)
    assert isinstance(answer, NotSent)
    assert answer.reason == "rel_excludes_room"
    entry = await entry_of(world, EntryKind.MARKING_TIGHTENED, event_id)
    assert (entry.marking, entry.parties) == ("TLP:AMBER REL AUS,IDN", parties("AUS", "IDN"))


async def test_a_recall_takes_copies_in_other_rooms_and_leaves_words_of_others(
    world: World,
) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    other = await world.officer("bgd.focal1", FLOOR, "mps-desk-bgd")
    floor, desk = world.room(FLOOR), world.room("mps-desk-bgd")
    told = words("two rafts were towed past the lighthouse towards the salt pans at dusk")
    event_id = await sent(sender, floor, f"TLP:AMBER // {told}")
    await other.wait_for_text(floor, told)
    copy = await sent(other, desk, f"fyi {told}")
    own = (
        "our own boat met something like that on Tuesday, the men aboard said that they were "
        "fishing and had neither nets nor bait"
    )
    quoting = await sent(other, floor, f"{own}. You wrote: {told}")

    await sent(sender, floor, "!recall", reply_to=event_id)
    await is_gone(other, floor, event_id)
    await is_gone(other, desk, copy)
    assert await stands(other, floor, quoting)
    notice = await other.wait_for_text(desk, "was removed: it repeated words that were taken back")
    assert "AUS" not in notice.text
    await other.wait_for_text(desk, "was removed: it repeated words of AUS")
    await other.wait_for_text(desk, "quotes words of AUS that may not stand there any more")
    entry = await entry_of(world, EntryKind.MESSAGE_RECALLED, copy)
    assert entry.parties == {"BGD"}
    assert dict(entry.subject)[Subject.RECEIVED_BY].startswith("BGD:")
    assert Subject.USER_ID not in dict(entry.subject)
    # What was taken back is still recognised where somebody pastes it.
    again = await other.send_text(world.room(COORDINATION), f"TLP:GREEN // {told}")
    assert isinstance(again, NotSent)
    assert again.reason in ("onward_not_allowed", "marking_too_wide", "source_restricted")


async def test_what_still_fits_stays_and_a_wider_answer_is_refused(world: World) -> None:
    sender = await world.officer("aus.secondee1", BOTH)
    reader = await world.officer("idn.secondee1", BOTH)
    both = world.room(BOTH)
    event_id = await sent(sender, both, words("TLP:GREEN // same hull"))
    assert isinstance(await reader.send_text(both, "TLP:GREEN // yes", reply_to=event_id), Sent)
    await sent(sender, both, "!mark TLP:AMBER+STRICT ORCON //", reply_to=event_id)
    notice = await reader.wait_for_text(both, "has a stricter marking now")
    assert "TLP:AMBER+STRICT" in notice.text
    assert await stands(reader, both, event_id)
    wider = await reader.send_text(both, words("TLP:GREEN // yes"), reply_to=event_id)
    assert isinstance(wider, NotSent)
    assert wider.reason == "marking_too_wide"


async def test_nobody_recalls_the_words_of_another_party(world: World) -> None:
    """ATTACK: a reader answers with a recall, and names the event to the steward."""
    sender = await world.officer("aus.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    floor, direct = world.room(FLOOR), await world.room_id("direct-bgd.focal1")
    event_id = await sent(sender, floor, words("TLP:GREEN // to stay"))
    await sent(reader, floor, "!recall", reply_to=event_id)
    await world.card(reader, "that is not a delivered message of your party")
    assert await stands(reader, floor, event_id)
    # The same way works for the party's own, with nobody else looking on.
    own = await sent(reader, floor, words("TLP:GREEN // to go"))
    await sent(reader, direct, f"!recall {event_id}")
    await sent(reader, direct, f"!recall {own}")
    await is_gone(sender, floor, own)
    assert await stands(reader, floor, event_id)


async def test_words_beside_a_request_are_not_let_in_under_its_marking(world: World) -> None:
    """ATTACK: content in the clothes of a request."""
    sender = await world.officer("aus.secondee1", FLOOR)
    floor = world.room(FLOOR)
    event_id = await sent(sender, floor, words("TLP:GREEN // first"))
    answer = await sender.send_text(
        floor, words("!mark TLP:AMBER REL AUS,IDN // the second jetty"), reply_to=event_id
    )
    assert isinstance(answer, NotSent)
    assert answer.reason == "marking_unclear"


async def test_a_removal_by_the_sender_is_in_the_record_and_takes_the_edit_along(
    world: World,
) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    floor = world.room(FLOOR)
    event_id = await sent(sender, floor, words("TLP:GREEN // by mistake"))
    edit = await sender.edit(floor, event_id, words("TLP:GREEN // still by mistake"))
    assert isinstance(edit, Sent)
    assert isinstance(await sender.redact(floor, event_id), Sent)
    await is_gone(reader, floor, edit.event_id)
    entry = await entry_of(world, EntryKind.MESSAGE_RECALLED, event_id)
    assert dict(entry.subject)[Subject.STEP] == "redacted"


async def test_content_past_its_last_day_is_recalled_by_the_clock_with_one_notice(
    world: World,
) -> None:
    sender = await world.officer("aus.secondee1", FLOOR)
    reader = await world.officer("bgd.focal1", FLOOR)
    floor = world.room(FLOOR)
    today = datetime.now(UTC).date()
    several = [
        await sent(sender, floor, words(f"TLP:GREEN EXP {today + timedelta(days=2)} // until"))
        for _ in range(3)
    ]
    later = await sent(sender, floor, words(f"TLP:GREEN EXP {today + timedelta(days=2)} // on"))

    # The clock can't be turned; the day can.
    database = await world.network.postgres().connect(OWNER, "rilon")
    try:
        await database.execute(
            "UPDATE expiry SET last_day = $1 FROM verdict v WHERE v.identity = expiry.identity "
            "AND v.delivered_event_id = ANY($2)",
            today - timedelta(days=1),
            several,
        )
    finally:
        await database.close()
    for event_id in several:
        await is_gone(reader, floor, event_id)
    notice = await reader.wait_for_text(floor, "have expired")
    assert notice.text.startswith("3 messages of AUS have expired and were removed")
    assert await stands(reader, floor, later)
    assert len(of_steward(reader, floor, "have expired")) == 1
    for event_id in several:
        entry = await entry_of(world, EntryKind.MESSAGE_RECALLED, event_id)
        assert dict(entry.subject)[Subject.STEP] == "expired"


async def test_one_tap_of_the_coordinator_lets_an_officer_in_again(world: World) -> None:
    name, floor = "idn.secondee2", world.room(FLOOR)
    coordinator = await world.officer("rso.coordinator1", COORDINATION)
    focal = await world.officer("bgd.focal1", COORDINATION)
    room = world.room(COORDINATION)
    async with (
        signed_in(world, name, "own") as own,
        signed_in(world, name, "other", sign_device=False) as other,
    ):
        await in_floor(world, own)
        await in_floor(world, other)
        password = world.layout.secret(account_secret(name))
        await other._device.sign_itself(password, replace_identity=True)
        await comes_to_be(world, name, STOPPED)
        alarm = await coordinator.wait_for_text(room, f"the encryption identity of {name} changed")

        def tap_is_there() -> bool | None:
            found = [
                one
                for one in coordinator.received(room)
                if one.type == "m.reaction" and one.sender == STEWARD
            ]
            relations = [one.content["m.relates_to"] for one in found]
            return (
                any((one["event_id"], one["key"]) == (alarm.event_id, CONFIRM) for one in relations)
                or None
            )

        await coordinator.wait_for(tap_is_there)
        # ATTACK: somebody else in that room taps.
        assert isinstance(await focal.react(room, alarm.event_id, CONFIRM), Sent)
        await sent(focal, room, words("I tapped"))
        assert (await row_of(world, name)).state == STOPPED
        assert isinstance(await other.send_text(floor, words("TLP:GREEN // me")), NotSent)

        assert isinstance(await coordinator.react(room, alarm.event_id, CONFIRM), Sent)
        await comes_to_be(world, name, ADMITTED)
        await coordinator.wait_for_text(room, f"{name} can send again")
        await world.card(coordinator, f"You confirmed the new identity of {name}")

        async def signed() -> bool:
            async with world.operating() as operations:
                devices = await operations.officers.devices(world.user(name))
                return other.device_id in {one.device_id for one in devices if one.signed}

        await until(signed, "the new device to count")
        assert isinstance(await other.send_text(floor, words("TLP:GREEN // back")), Sent)
