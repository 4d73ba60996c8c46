"""The shape of working calendars and of `duty.yaml`.

Decides what an entry may say by itself; officers, countries and overlaps are checked in
`rilon.policy.duty_checks`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from rilon.policy.document_words import Day, Document, OfficerName, PartyCode

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24 * 60
"""Minutes from a day's beginning to its end, by the wall clock."""

_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_DAYS = rf"^({'|'.join(WEEKDAYS)})(-({'|'.join(WEEKDAYS)}))?$"


def _clock(text: str) -> str:
    if not re.fullmatch(_CLOCK, text):
        raise ValueError("is no time of a day; write one like `08:00`, `24:00` for its end")
    return text


def _weekdays(text: str) -> str:
    if not re.fullmatch(_DAYS, text):
        raise ValueError("are no days of a week; write `mon` or `mon-fri`")
    return text


Clock = Annotated[
    str,
    AfterValidator(_clock),
    Field(description="local time, `08:00`", json_schema_extra={"pattern": _CLOCK}),
]
Weekdays = Annotated[
    str,
    AfterValidator(_weekdays),
    Field(description="`mon`, or `sun-thu`", json_schema_extra={"pattern": _DAYS}),
]


def minutes(clock: str) -> int:
    """Minutes since the day's beginning: `08:30` is 510, `24:00` is 1440."""
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


def weekdays(spans: tuple[str, ...]) -> frozenset[int]:
    """Days of a week as Python counts them, Monday 0: `sun-thu` is 6, 0, 1, 2, 3."""
    found: set[int] = set()
    for span in spans:
        first, _, last = span.partition("-")
        begins, ends = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        found.update((begins + step) % 7 for step in range((ends - begins) % 7 + 1))
    return frozenset(found)


# --- parties.yaml: calendar --------------------------------------------------------------------


class CalendarEntry(Document):
    """When a party's offices work. Times are local, in the party's zone.

    National holidays are those of `country`, or of the party itself where it is absent.
    """

    country: PartyCode | None = None
    subdivision: Annotated[
        str | None,
        Field(max_length=40, description="a part of the country with holidays of its own"),
    ] = None
    kinds: Annotated[
        tuple[Literal["public", "government"], ...],
        Field(min_length=1, description="`government`: also days on which offices alone close"),
    ] = ("public",)
    days: Annotated[tuple[Weekdays, ...], Field(min_length=1)] = ("mon-fri",)
    opens: Clock = "09:00"
    closes: Clock = "17:00"
    extra_holidays: tuple[Day, ...] = ()
    extra_working_days: tuple[Day, ...] = ()


# --- duty.yaml -----------------------------------------------------------------------------------


class CycleEntry(Document):
    """Weeks that take turns. The week with the day `from`, Monday to Sunday, is week 1."""

    weeks: Annotated[int, Field(ge=2, le=12)]
    anchor: Annotated[Day, Field(alias="from")]


class BlockEntry(Document):
    """Hours of a week for which one officer has the duty, by the officer's own clock.

    `until` at or before `from` is on the next day. Without `weeks`: every week.
    """

    officer: OfficerName
    days: Annotated[tuple[Weekdays, ...], Field(min_length=1)]
    begins: Annotated[Clock, Field(alias="from")]
    ends: Annotated[Clock, Field(alias="until")]
    weeks: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()


class AbsenceEntry(Document):
    """Whole days on which an officer is away, by the officer's own clock, both included."""

    officer: OfficerName
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="until")]
    deputy: OfficerName | None = None


class PartyDutyEntry(Document):
    """The standing rota of one party. `deputies` stand in, in this order."""

    party: PartyCode
    cycle: CycleEntry | None = None
    rota: tuple[BlockEntry, ...] = ()
    deputies: tuple[OfficerName, ...] = ()
    absences: tuple[AbsenceEntry, ...] = ()


class DutyFile(Document):
    """`duty.yaml`: who is on duty when, as long as nobody says otherwise to the steward."""

    duty: tuple[PartyDutyEntry, ...] = ()
