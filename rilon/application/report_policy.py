"""Who may file, see and change a report, and which marking it carries. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from rilon.application.report_values import Kept
from rilon.application.request_policy import entitled
from rilon.application.request_sources import SpokenIn, meant
from rilon.domain.marking_text import write
from rilon.domain.markings import (
    Marking,
    Tlp,
    WrittenMarking,
    join_all,
    take_effect,
)
from rilon.domain.officers import Officer, Role
from rilon.domain.parties import RSO, Party, in_order
from rilon.domain.request_steps import Entitlement
from rilon.domain.rooms import RoomKind
from rilon.policy.askers import groups_for
from rilon.policy.network import Group, Network
from rilon.reports.mistakes import Misread, Wrong

OWN_ROOMS = frozenset({RoomKind.DESK, RoomKind.ANALYSIS})
"""Rooms of one party, in which reports are written; the officer's direct room is another."""


def groups_to_report(
    officer: Officer, room_group: str, network: Network, day: date
) -> tuple[Group, ...]:
    """The groups in which the officer may file a report from a room of that group; from a direct
    room (empty), all of their own."""
    return tuple(
        group
        for group in groups_for(officer, room_group, network, day)
        if Entitlement.ASK in entitled(officer, group.key, network, day)
    )


# --- the marking -------------------------------------------------------------------------------


def marking_of_report(
    written: WrittenMarking | None,
    group: str,
    party: Party,
    network: Network,
    events: Sequence[str] = (),
    every: SpokenIn | None = None,
) -> Marking:
    """The effective marking of a report: what was written above it, else the group's default,
    joined with what the messages carry that it was said in."""
    default = network.group_defaults[group]
    own = take_effect(written, default, network.groups[group].parties, party)
    return join_all(own, *meant(events, every or {}, party, None, network))


def problem_of(marking: Marking) -> Misread | None:
    """Why a report can't carry that marking. RED, ORCON and PROTECT it may carry."""
    if marking.has_personal_data:
        return Misread(Wrong.DECLARES_PERSONAL)
    if RSO in marking.rel and RSO not in marking.protect:
        return None
    mended = WrittenMarking(
        tlp=marking.tlp,
        rel=marking.rel | {RSO},
        caveats=marking.caveats,
        protect=marking.protect - {RSO},
        personal_data=marking.personal_data,
        expires=marking.expires,
    )
    return Misread(Wrong.LACKS_RSO, nearest=write(mended))


def readers(marking: Marking, group: Group) -> tuple[Party, ...]:
    """The parties of the group that may read it, in their order."""
    return in_order((marking.rel & group.parties) - marking.protect)


def joined(one: WrittenMarking | None, other: WrittenMarking | None) -> WrittenMarking | None:
    """What was written above several messages of one report."""
    if one is None or other is None:
        return one or other
    return one.join(other)


# --- who sees and changes it -------------------------------------------------------------------


def may_change(kept: Kept, officer: Officer, network: Network, day: date) -> bool:
    """Whether the officer may correct or withdraw it: for the party that filed it."""
    return (
        kept.withdrawn_at is None
        and kept.party == officer.party
        and Entitlement.ASK in entitled(officer, kept.group, network, day)
        and may_see(kept, officer, network, day)
    )


def may_see(kept: Kept, officer: Officer, network: Network, day: date) -> bool:
    """Whether the officer may know that it exists, and read it.

    INVARIANT: whoever may not is answered as for a number that doesn't exist.
    """
    if not entitled(officer, kept.group, network, day):
        return False
    if kept.party == officer.party:
        return _own(kept, officer, network)
    report = kept.report
    if report is None or not kept.stands:
        return False
    marking = report.marking
    return (
        officer.party == RSO
        and Role.ANALYST in officer.roles
        and RSO in marking.rel
        and RSO not in marking.protect
        # What is RED is for the room where it was said alone.
        and marking.tlp is not Tlp.RED
        and (marking.expires is None or marking.expires >= day)
    )


def _own(kept: Kept, officer: Officer, network: Network) -> bool:
    """Of the own party's: what is RED, or erased, only where it was written."""
    if kept.report is not None and kept.report.marking.tlp is not Tlp.RED:
        return True
    if kept.report is not None and kept.report.officer == officer.name:
        return True
    return officer.name in network.members(kept.room)


def visible(
    every: Iterable[Kept], officer: Officer, network: Network, day: date, most: int
) -> tuple[Kept, ...]:
    """Those of these that the officer may see, so many at the most."""
    return tuple(one for one in every if may_see(one, officer, network, day))[:most]
