"""A group's rules for bulletins, and which reports a digest may count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking, take_effect
from rilon.domain.parties import RSO, parties
from rilon.domain.periods import Every
from rilon.policy import checks
from rilon.policy.build import build, from_document
from rilon.policy.bulletin_documents import BulletinsEntry
from rilon.policy.bulletin_rules import BulletinPolicy, DigestRule, bulletin_policy
from rilon.policy.countable import countable, may_be_counted
from rilon.policy.documents import Documents
from rilon.policy.load import Policy, load
from rilon.policy.mistakes import Mistakes
from rilon.policy.network import as_json, digest_of
from tests.digest_scene import AMBER, OPEN, ROOM, report
from tests.policy_scene import NETWORK, shipped_files

TODAY = date(2026, 11, 16)


def with_bulletins(entry: BulletinsEntry | None) -> Documents:
    (group,) = NETWORK.documents.groups
    changed = group.model_copy(update={"bulletins": entry})
    return NETWORK.documents.model_copy(update={"groups": (changed,)})


def mistakes(old: str, new: str) -> list[str]:
    files = shipped_files()
    text = files["groups/mps.yaml"].decode()
    assert old in text
    files["groups/mps.yaml"] = text.replace(old, new).encode()
    found = load(files)
    return [str(one) for one in found.items] if isinstance(found, Mistakes) else []


def test_the_shipped_group_has_a_digest_every_week() -> None:
    rules = NETWORK.groups["mps"].bulletins
    assert rules.remind_after == timedelta(days=3)
    assert rules.smallest_count == 3
    assert rules.digests == (DigestRule(Every.WEEK, AMBER, ("en",)),)
    assert rules.digest(Every.MONTH) is None


def test_a_group_that_says_nothing_has_reminders_and_no_digest() -> None:
    """A policy that was stored before there was such a section keeps its digest."""
    silent = with_bulletins(None)
    assert build(silent).groups["mps"].bulletins == BulletinPolicy()
    assert "bulletins" not in as_json(silent)["groups"][0]
    network = build(silent)
    assert from_document(network.to_document()).digest == digest_of(silent)
    assert from_document(NETWORK.to_document()).groups == NETWORK.groups


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("every: week", "every: day", "week"),
        ("smallest_count: 3", "smallest_count: 2", "3"),
        ("remind_after_days: 3", "remind_after: 3", "did you mean `remind_after_days`"),
        ("TLP:AMBER, languages", "TLP:ORANGE, languages", "can't be read"),
        ("TLP:AMBER, languages", "TLP:RED, languages", "doesn't open to RED"),
        ('TLP:AMBER, languages', '"TLP:AMBER REL AUS,IDN", languages', "keep out parties"),
        ("languages: [en]", "languages: [xx]", "aren't written in `xx`"),
        ("languages: [en]", "languages: []", "languages"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_section_is_named(old: str, new: str, said: str) -> None:
    assert any(said in one and "groups/mps.yaml:" in one for one in mistakes(old, new))


def test_two_digests_of_every_week_are_a_mistake() -> None:
    one = "    - {every: week, marking: TLP:AMBER, languages: [en]}\n"
    assert any("two digests of every week" in found for found in mistakes(one, one + one))
    month = one.replace("week", "month")
    assert mistakes(one, one + month) == []
    files = shipped_files()
    text = files["groups/mps.yaml"].decode()
    files["groups/mps.yaml"] = text.replace(one, one + month).encode()
    found = load(files)
    assert isinstance(found, Policy)
    assert found.network.groups["mps"].bulletins.digest(Every.MONTH) is not None


def test_an_unchecked_marking_breaks() -> None:
    entry = BulletinsEntry.model_validate_json('{"digests": [{"every": "week", "marking": "?"}]}')
    assert checks.find(with_bulletins(entry))
    with pytest.raises(ValueError, match="weren't checked"):
        bulletin_policy(entry, NETWORK.vocabulary)


# --- what may be counted -------------------------------------------------------------------------


def counts(marking: Marking, **digest: Any) -> bool:
    return countable(ROOM, replace(AMBER, **digest), TODAY)(report(1, marking=marking))


def test_what_every_reader_may_have_is_counted() -> None:
    assert counts(OPEN)
    assert counts(replace(OPEN, tlp=Tlp.CLEAR, personal_data=PersonalData.NONE))
    assert counts(replace(OPEN, originators=parties("AUS", "IDN"), unnamed=parties("AUS")))


@pytest.mark.parametrize(
    "changed",
    [
        {"tlp": Tlp.AMBER_STRICT},
        {"tlp": Tlp.RED},
        {"rel": ROOM.ceiling - parties("TLS")},
        {"rel": parties("IDN")},
        {"rel": frozenset()},
        {"protect": parties("THA")},
        {"protect": parties("VNM")},
        {"caveats": frozenset({"ORCON"})},
        {"caveats": frozenset({"H1"})},
        {"personal_data": PersonalData.PRESENT},
        {"expires": TODAY - timedelta(days=1)},
        {"expires": TODAY + timedelta(days=30)},
    ],
)
def test_what_one_reader_may_not_have_isnt_counted(changed: dict[str, Any]) -> None:
    """One state that may not have it is enough; so is a day from which nobody may."""
    assert not counts(replace(OPEN, **changed))


@pytest.mark.parametrize("strict", [Tlp.AMBER_STRICT, Tlp.RED])
def test_a_stricter_digest_doesnt_open_to_what_stays_with_one_party(strict: Tlp) -> None:
    assert not counts(replace(OPEN, tlp=strict), tlp=strict)


def test_a_greener_digest_counts_no_amber_report() -> None:
    """ATTACK: a count that goes where the reports may not."""
    assert not counts(OPEN, tlp=Tlp.GREEN)
    assert counts(replace(OPEN, tlp=Tlp.GREEN), tlp=Tlp.GREEN)


def test_a_digest_that_carries_a_restriction_itself_may_count_it() -> None:
    assert counts(replace(OPEN, caveats=frozenset({"H1"})), caveats=frozenset({"H1"}))
    soon = TODAY + timedelta(days=3)
    assert counts(replace(OPEN, expires=soon), expires=soon)
    assert not counts(replace(OPEN, expires=soon), expires=soon + timedelta(days=1))
    assert not counts(replace(OPEN, caveats=frozenset({"ORCON"})), caveats=frozenset({"ORCON"}))


def test_the_digest_covers_what_it_counts() -> None:
    """INVARIANT of `may_be_counted`: the join of the digest with a counted report is the digest's
    own marking, but for who wrote it and whether REL was written."""
    digest = take_effect(AMBER, ROOM.default, ROOM.ceiling, RSO)
    for tlp in Tlp:
        for expires in (None, TODAY, TODAY - timedelta(days=1)):
            marking = replace(OPEN, tlp=tlp, expires=expires)
            if may_be_counted(marking, digest, ROOM, TODAY):
                joined = digest.join(marking)
                assert replace(joined, originators=digest.originators) == digest


def test_a_digest_for_fewer_than_the_rooms_readers_still_asks_all_of_them() -> None:
    """The room's ceiling reads it, whatever REL it bears."""
    narrow = WrittenMarking(tlp=Tlp.AMBER, rel=parties("AUS", "IDN"))
    fits = countable(ROOM, narrow, TODAY)
    assert not fits(report(1, marking=replace(OPEN, rel=parties("AUS", "IDN", "RSO"))))
