"""Screening on a real PostgreSQL: one verdict for each message, whatever asks and how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from rilon.application.ports import Unsure
from rilon.domain.verdicts import Accept, Code, Refuse
from tests.integration.desk import SERVER
from tests.integration.screening_desk import AUS, DEVICE, IDN, ROOM, Scene, is_refused, opened_scene


@pytest.fixture
async def scene(postgres_dsn: str) -> AsyncIterator[Scene]:
    async with opened_scene(postgres_dsn) as made:
        yield made


async def test_a_message_that_fits_has_one_verdict_one_attempt_and_one_entry(scene: Scene) -> None:
    assert isinstance(await scene.ask(scene.said("TLP:GREEN // boat"), "$one"), Accept)
    (verdict,) = await scene.run("SELECT * FROM verdict")
    assert (verdict.accepted, verdict.attempts, verdict.message_index) == (True, 1, 0)
    (attempt,) = await scene.run("SELECT * FROM attempt")
    assert (attempt.event_id, attempt.identity) == ("$one", verdict.identity)
    mine = [kind for kind, about in await scene.entries() if about == verdict.identity.hex()]
    assert mine == ["message_accepted"]


async def test_a_resend_under_other_event_ids_gets_the_recorded_verdict_and_no_second_entry(
    scene: Scene,
) -> None:
    wire = scene.said("REL AUS,IDN // boat")
    answers = [await scene.ask(wire, f"$try{number}") for number in range(3)]
    assert all(is_refused(answer, Code.REL_EXCLUDES_ROOM) for answer in answers)
    (verdict,) = await scene.run("SELECT * FROM verdict")
    assert verdict.attempts == 3
    assert len(await scene.run("SELECT * FROM attempt")) == 3
    refusals = [kind for kind, _ in await scene.entries() if kind == "message_refused"]
    assert len(refusals) == 1
    cards = await scene.run("SELECT kind FROM effect ORDER BY id")
    assert [card.kind for card in cards] == ["card", "card_retried", "card_retried"]


async def test_the_same_message_asked_by_many_at_once_gets_one_verdict(scene: Scene) -> None:
    wire = scene.said("TLP:GREEN // boat")
    answers = await asyncio.gather(*(scene.ask(wire, f"$at-once{n}") for n in range(8)))
    assert all(isinstance(answer, Accept) for answer in answers)
    assert len(await scene.run("SELECT * FROM verdict")) == 1
    assert [kind for kind, _ in await scene.entries()].count("message_accepted") == 1


async def test_a_delivered_message_is_a_replay_under_any_other_event(scene: Scene) -> None:
    wire = scene.said("TLP:GREEN // boat")
    await scene.ask(wire, "$stands")
    await scene.run("UPDATE verdict SET delivered_event_id = '$stands', delivered_at = now()")
    assert is_refused(await scene.ask(wire, "$again"), Code.REPLAYED)


async def test_another_message_at_a_used_index_is_a_replay(scene: Scene) -> None:
    wire = scene.said("TLP:GREEN // boat")
    await scene.ask(wire)
    with_relation = {**wire, "m.relates_to": {"m.in_reply_to": {"event_id": "$" + "x" * 43}}}
    assert is_refused(await scene.ask(with_relation), Code.REPLAYED)


async def test_another_officers_session_is_never_ones_own(scene: Scene) -> None:
    await scene.run(
        "INSERT INTO device VALUES (:user, :device, :curve, 'ed', true)",
        user=IDN,
        device=DEVICE,
        curve="B" * 43,
    )
    verdict = await scene.ask(scene.said("TLP:GREEN // boat"), sender=IDN)
    assert isinstance(verdict, Refuse)
    assert verdict.code in (Code.DEVICE_NOT_SIGNED, Code.SHAPE_NOT_ALLOWED)


async def test_a_ciphertext_without_its_key_is_refused_as_unreadable(scene: Scene) -> None:
    await scene.run("DELETE FROM megolm_session")
    assert is_refused(await scene.ask(scene.said("TLP:GREEN // boat")), Code.UNREADABLE)


async def test_an_unsigned_device_is_refused(scene: Scene) -> None:
    await scene.run("UPDATE device SET signed = false")
    assert is_refused(await scene.ask(scene.said("TLP:GREEN // boat")), Code.DEVICE_NOT_SIGNED)


async def test_a_room_that_nobody_governs_takes_nothing(scene: Scene) -> None:
    await scene.run("DELETE FROM governed_room")
    assert is_refused(await scene.ask(scene.said("TLP:GREEN // boat")), Code.ROOM_NOT_GOVERNED)


async def test_a_removed_officer_is_refused_as_soon_as_the_removal_is_committed(
    scene: Scene,
) -> None:
    wire = scene.said("TLP:GREEN // boat")
    async with scene.engine.connect() as holder:
        # A verdict is open in the room; the removal commits; the next message waits its turn.
        await holder.execute(
            text("SELECT 1 FROM governed_room WHERE room_id = :room FOR UPDATE"), {"room": ROOM}
        )
        asked = asyncio.create_task(scene.ask(wire))
        done, _ = await asyncio.wait({asked}, timeout=0.3)
        assert not done
        await scene.run("UPDATE officer_state SET state = 'removed'")
        await holder.rollback()
    assert is_refused(await asked, Code.NOT_ADMITTED)


async def test_what_was_accepted_from_an_officer_who_is_removed_now_is_not_accepted_again(
    scene: Scene,
) -> None:
    """ATTACK: accepted, kept back from the room, and sent again once one is removed."""
    wire = scene.said("TLP:GREEN // boat")
    assert isinstance(await scene.ask(wire), Accept)
    await scene.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :user", user=AUS)
    assert is_refused(await scene.ask(wire, "$again"), Code.NOT_ADMITTED)


async def test_a_changed_policy_judges_a_message_anew_that_was_not_delivered(scene: Scene) -> None:
    wire = scene.said("TLP:GREEN // boat")
    assert isinstance(await scene.ask(wire), Accept)
    await scene.run("UPDATE device SET signed = false")
    assert isinstance(await scene.ask(wire), Accept)
    await scene.run(
        "INSERT INTO policy_version (version, digest, document) "
        "SELECT '2', 'other', document FROM policy_version"
    )
    assert is_refused(await scene.ask(wire), Code.DEVICE_NOT_SIGNED)
    assert len(await scene.run("SELECT * FROM verdict")) == 1


async def test_the_stewards_name_alone_opens_nothing(scene: Scene) -> None:
    verdict = await scene.ask(scene.said("TLP:GREEN // boat"), sender=f"@steward:{SERVER}")
    assert is_refused(verdict, Code.STEWARD_ONLY)


async def test_what_an_edit_put_under_a_stricter_marking_is_not_answered_under_the_old_one(
    scene: Scene,
) -> None:
    first, edit = "$" + "a" * 43, "$" + "b" * 43
    assert isinstance(await scene.ask(scene.said("TLP:GREEN // boat"), first), Accept)
    await scene.run(f"UPDATE verdict SET delivered_event_id = '{first}', delivered_at = now()")
    relation = {"rel_type": "m.replace", "event_id": first}
    new = {"msgtype": "m.text", "body": "TLP:AMBER ORCON // boat"}
    more = {"m.new_content": new, "m.relates_to": relation}
    edited = scene.said("* TLP:AMBER ORCON // boat", **more) | {"m.relates_to": relation}
    assert isinstance(await scene.ask(edited, edit), Accept)
    answered = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
    low = await scene.ask(scene.said("TLP:GREEN // yes", **answered) | answered)
    assert is_refused(low, Code.MARKING_TOO_WIDE)
    unmarked = await scene.ask(scene.said("yes", **answered) | answered)
    assert isinstance(unmarked, Accept)
    new = {"msgtype": "m.text", "body": "TLP:GREEN // boat"}
    lowered = {"m.new_content": new, "m.relates_to": relation}
    again = scene.said("* TLP:GREEN // boat", **lowered) | {"m.relates_to": relation}
    assert is_refused(await scene.ask(again), Code.MARKING_TOO_WIDE)


async def test_without_a_policy_in_force_nothing_is_decided(scene: Scene) -> None:
    await scene.run("TRUNCATE policy_version CASCADE")
    with pytest.raises(Unsure):
        await scene.ask(scene.said("TLP:GREEN // boat"))


async def test_no_word_of_a_refused_text_is_in_any_table(scene: Scene) -> None:
    await scene.ask(scene.said("REL AUS,IDN // zebracorn at the jetty"))
    for table in ("verdict", "attempt", "effect", "ledger_outbox", "inbox"):
        for row in await scene.run(f"SELECT * FROM {table}"):
            shown = " ".join(
                value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                for value in row
            )
            assert "zebracorn" not in shown
