"""How long a room keeps its messages, and those that carry personal data.

Decides which of the two terms holds, and what is wrong with how they are written. What happens
at their end is others' work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from rilon.policy.documents import DesksEntry, DirectRooms, Documents, GroupFile, RoomEntry
from rilon.policy.findings import Finding, group_file
from rilon.policy.yaml_tree import Path


@dataclass(frozen=True, slots=True)
class Kept:
    """`messages` is how long a room keeps its messages; `personal_data` how long those whose
    marking says PD, where that is shorter, else None."""

    messages: timedelta
    personal_data: timedelta | None = None


def kept_in(entry: RoomEntry | DesksEntry, group: GroupFile) -> Kept:
    """What a room's entry says, and the group's where it is silent."""
    return _kept(
        entry.retention_days or group.retention_days,
        entry.personal_data_days or group.personal_data_days,
    )


def kept_directly(direct: DirectRooms) -> Kept:
    """The same of direct rooms."""
    return _kept(direct.retention_days, direct.personal_data_days)


def _kept(days: int, personal: int | None) -> Kept:
    shorter = timedelta(days=personal) if personal is not None and personal < days else None
    return Kept(timedelta(days=days), shorter)


def find(documents: Documents) -> Iterator[Finding]:
    """Terms for personal data that are longer than the room keeps anything."""
    direct = documents.network.direct_rooms
    at: Path = ("direct_rooms", "personal_data_days")
    yield from _longer("network.yaml", at, direct.personal_data_days, direct.retention_days)
    for group in documents.groups:
        file = group_file(group)
        at = ("personal_data_days",)
        yield from _longer(file, at, group.personal_data_days, group.retention_days)
        for path, entry in _entries(group):
            days = entry.retention_days or group.retention_days
            at = (*path, "personal_data_days")
            yield from _longer(file, at, entry.personal_data_days, days)


def _longer(file: str, path: Path, personal: int | None, days: int) -> Iterator[Finding]:
    if personal is not None and personal > days:
        problem = f"personal data would be kept longer than the {days} days of everything else"
        yield Finding(file, path, problem, f"write {days} or less")


def _entries(group: GroupFile) -> Iterator[tuple[Path, RoomEntry | DesksEntry]]:
    rooms, on_demand = group.rooms, group.on_demand
    named: tuple[tuple[str, RoomEntry | DesksEntry], ...] = (
        ("floor", rooms.floor),
        ("bulletins", rooms.bulletins),
        ("coordination", rooms.coordination),
        ("analysis", rooms.analysis),
        ("desks", rooms.desks),
    )
    for name, entry in named:
        yield ("rooms", name), entry
    for index, compartment in enumerate(group.compartments):
        yield ("compartments", index), compartment
    if on_demand.compartments is not None:
        yield ("on_demand", "compartments"), on_demand.compartments
    if on_demand.direct_rooms is not None:
        yield ("on_demand", "direct_rooms"), on_demand.direct_rooms
