"""Which delivered acts ask for a recall, of what, and what people are told in which words."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest

from bots.steward.speech import Speech
from rilon.application.content import Cause
from rilon.application.ports import NewEffect
from rilon.application.recall import received_by
from rilon.application.recall_asked import expiry_effects, read_asked, withdrawal_asked
from rilon.domain.acts import Attachment, Post, Reaction, Redaction, Relation, RelationKind
from rilon.domain.markings import Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.storage.officers import OfficerStore
from rilon.wire.relations import WireRelation
from tests.policy_scene import NETWORK, NOW, SERVER, user_id

TODAY = date(2026, 6, 1)
BY = user_id("aus.focal1")
REPLY = WireRelation(Relation(RelationKind.REPLY, "$said"))
EVENT = "$" + "e" * 43


def asked(
    act: Post | Redaction | Reaction, relation: WireRelation | None = None
) -> NewEffect | None:
    return withdrawal_asked(act, relation, "$ask", BY, NETWORK, TODAY)


def target(said: str, relation: WireRelation | None = None) -> str | None:
    found = asked(Post(said, None, relation.relation if relation else None), relation)
    return None if found is None else str(found.payload["target"])


def test_an_answer_names_what_it_answers() -> None:
    assert target("!recall", REPLY) == "$said"


def test_a_thread_names_only_a_message_that_somebody_chose() -> None:
    """Clients name the latest message of a thread by themselves: it isn't what was meant."""
    within = Relation(RelationKind.THREAD, "$root", "$latest")
    assert target("!recall", WireRelation(within, falls_back=True)) is None
    assert target("!recall", WireRelation(within, falls_back=False)) == "$latest"
    assert target("!recall", WireRelation(Relation(RelationKind.THREAD, "$root"))) is None


def test_content_that_is_written_out_needs_no_answer_and_goes_before_one() -> None:
    assert target(f"!recall {EVENT}") == EVENT
    assert target(f"!recall {EVENT}", REPLY) == EVENT


@pytest.mark.parametrize("said", ["!recall", "!mark TLP:RED //"])
def test_without_a_message_nothing_is_asked(said: str) -> None:
    assert target(said) is None


def test_an_edit_into_a_request_asks_for_nothing() -> None:
    edit = WireRelation(Relation(RelationKind.EDIT, "$own"))
    assert target(f"!recall {EVENT}", edit) is None


def test_a_file_with_a_request_for_its_caption_is_a_file() -> None:
    file = Attachment("x.test", "m", b"", b"", b"", "image/jpeg")
    assert asked(Post("!recall", None, REPLY.relation, files=(file,)), REPLY) is None


def test_a_removal_by_the_sender_asks_for_its_record() -> None:
    found = asked(Redaction("$own"))
    assert found is not None
    assert (found.payload["cause"], found.payload["target"]) == ("redacted", "$own")
    assert asked(Reaction("$own", "👍")) is None
    assert target("recall the hull", REPLY) is None


def test_what_was_stated_is_read_again_as_it_was_on_its_day() -> None:
    """Performed after midnight, the last day that was stated is past, and still what was meant."""
    found = asked(Post("!mark EXP 2026-06-01 //", None), REPLY)
    assert found is not None
    again = read_asked({k: str(v) for k, v in found.payload.items()}, NETWORK)
    assert again.cause is Cause.TIGHTENED
    assert again.stated == WrittenMarking(Tlp.CLEAR, expires=date(2026, 6, 1))


def test_a_request_is_written_once_whatever_is_worked_off_again() -> None:
    effects = [asked(Post("!recall", None), REPLY) for _ in range(2)]
    assert effects[0] == effects[1]
    assert effects[0] is not None
    assert effects[0].once == "recall-$ask"


def test_one_effect_for_each_room_named_after_all_that_is_due() -> None:
    first = expiry_effects({"!b": [b"2", b"1"], "!a": [b"3"]}, TODAY)
    assert [one.payload["room_id"] for one in first] == ["!a", "!b"]
    same = expiry_effects({"!b": [b"1", b"2"]}, TODAY)
    assert same[0].once == first[1].once
    assert expiry_effects({"!b": [b"1", b"2", b"4"]}, TODAY)[0].once != first[1].once


def test_recipients_are_counted_by_party_without_the_steward() -> None:
    people = [user_id(one) for one in ("aus.focal1", "aus.focal2", "rso.analyst1", "idn.focal1")]
    steward = user_id("steward")
    ceiling = parties("AUS", "IDN", "RSO")
    counted = received_by([*people, steward, people[0]], NETWORK, ceiling, steward)
    assert counted == "AUS:2,IDN:1,RSO:1"
    assert received_by([steward], NETWORK, ceiling, steward) is None
    assert received_by(None, NETWORK, ceiling, steward) == "AUS,IDN,RSO"


# --- words ---------------------------------------------------------------------------------------


async def said(name: str, mention: str | None = None, **parameters: str) -> str:
    speech = Speech(cast("OfficerStore", None), SERVER)
    payload: dict[str, Any] = {"text": name, "parameters": parameters, "mention": mention}
    return (await speech.compose(payload, NETWORK, NOW)).plain


async def test_a_notice_says_whose_message_and_what_to_do_and_nothing_of_it() -> None:
    at = "2026-06-01T14:03:00+00:00"
    assert await said("notice_recalled", parties="AUS", at=at) == (
        "A message of AUS from 2026-06-01 14:03 UTC was recalled by the party that wrote it\n"
        "Do not use it or pass it on. Delete copies."
    )
    assert "TLP:AMBER ORCON" in await said(
        "notice_tightened", parties="AUS", at=at, marking="TLP:AMBER ORCON"
    )
    assert (await said("notice_expired", parties="AUS, IDN", count="1")).startswith(
        "1 message of AUS and IDN has expired"
    )


@pytest.mark.parametrize("outcome", ["removed", "tightened", "as_strict", "gone", "not_yours"])
async def test_the_answer_is_in_the_officers_language(outcome: str) -> None:
    named = {"room": "Floor", "marking": "TLP:RED", "received": "AUS:1", "answers": "2"}
    texts = [
        await said("withdrawal", user_id(name), outcome=outcome, **named)
        for name in ("aus.focal1", "idn.focal1")
    ]
    assert texts[0] != texts[1]


@pytest.mark.parametrize("name", ["recall", "mark"])
async def test_without_a_message_the_officer_is_told_how(name: str) -> None:
    assert (await said(name, user_id("aus.focal1"))).startswith(
        f"Answer the message itself, in its room, with !{name}"
    )


async def test_an_alarm_offers_a_tap_only_where_there_is_one() -> None:
    at = NOW.isoformat()
    with_tap = await said("alarm_identity_changed", officer="idn.focal1", at=at, tap="✅")
    assert "✅ I spoke with them" in with_tap
    assert "I spoke" not in await said("alarm_identity_changed", officer="idn.focal1", at=at)
    assert "rso.coordinator1" in await said(
        "identity_confirmed_note", officer="idn.focal1", by="rso.coordinator1", at=at
    )
    check = await said("identity_confirmed_by_you", BY, officer="idn.focal1", at=at)
    assert "rilon officer lost idn.focal1" in check
    assert "You can send again" in await said("identity_confirmed", BY)
