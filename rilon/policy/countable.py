"""Which reports a digest may count: those whose marking lets every reader of it have them.

A count says less than the report, and still says some of it: it never goes where the report may
not. What can't be told to fit is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking, take_effect
from rilon.domain.parties import RSO
from rilon.domain.reports import Report
from rilon.domain.rooms import Room
from rilon.policy.release import is_over
from rilon.policy.source_rules import CONSENT

MOST_TLP = Tlp.AMBER
"""AMBER+STRICT stays with the party that has it, RED with the people (TLP 2.0)."""


def countable(room: Room, written: WrittenMarking, today: date) -> Callable[[Report], bool]:
    """Whether a report may be counted in a digest that is posted in that room, so marked."""
    digest = take_effect(written, room.default, room.ceiling, RSO)

    def fits(report: Report) -> bool:
        return may_be_counted(report.marking, digest, room, today)

    return fits


def may_be_counted(marking: Marking, digest: Marking, room: Room, today: date) -> bool:
    """Whether content so marked may be counted in a digest that is marked `digest` in `room`.

    INVARIANT: the digest is at least as strict as whatever it counts, in every field that holds
    for readers. So the join of its sources never asks for more than it carries.
    """
    if is_over(marking, today) or CONSENT in marking.caveats:
        return False
    if marking.tlp > min(MOST_TLP, digest.tlp):
        return False
    if not room.ceiling <= marking.rel or not digest.rel <= marking.rel:
        return False
    if marking.protect & room.ceiling or not marking.protect <= digest.protect:
        return False
    if marking.personal_data is PersonalData.PRESENT or not marking.caveats <= digest.caveats:
        return False
    return marking.expires is None or (
        digest.expires is not None and digest.expires <= marking.expires
    )
