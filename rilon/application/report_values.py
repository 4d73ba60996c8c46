"""Reports as they are kept, and as they are filed and changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rilon.domain.markings import Marking
from rilon.domain.parties import Party
from rilon.domain.reports import Report, ReportNumber, Sighting


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """A report as it is kept. `report` is None once it is withdrawn, or can't be opened; `stands`
    is whether none of the messages that it was said in was recalled."""

    number: ReportNumber
    group: str
    party: Party
    room: str
    root: str
    revision: int
    filed_at: datetime
    withdrawn_at: datetime | None
    stands: bool
    report: Report | None


@dataclass(frozen=True, slots=True, repr=False)
class NewReport:
    """A report to be filed. `events` are the messages that it was said in."""

    group: str
    party: Party
    officer: str
    room: str
    root: str
    events: tuple[str, ...]
    said: Sighting
    marking: Marking
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """A correction. `event` is the message that said it."""

    officer: str
    event: str
    said: Sighting
    marking: Marking
    at: datetime
