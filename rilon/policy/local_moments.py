"""When a local day and time happens, whatever the clocks do that night."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def moment_of(day: date, minutes: int, zone: str) -> datetime:
    """The moment at which the zone's clocks first show that time of that day, or a later one.

    `minutes` count from the day's beginning by the wall clock; 1440 is its end. A time that the
    clocks show twice is the first of the two. A time that they skip is the moment of the skip.

    INVARIANT: a later local time is never an earlier moment, so two shifts of which one begins
    when the other ends leave no gap and don't overlap.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    place = ZoneInfo(zone)
    found = wall.replace(tzinfo=place).astimezone(UTC)
    if _wall(found, place) == wall:
        return found
    before = wall.replace(tzinfo=place, fold=1).astimezone(UTC)
    while found - before > _SECOND:
        middle = before + (found - before) / 2
        if _wall(middle, place) >= wall:
            found = middle
        else:
            before = middle
    return found.replace(microsecond=0)


def day_of(moment: datetime, zone: str) -> date:
    """The day that the zone's calendars show at that moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def _wall(moment: datetime, place: ZoneInfo) -> datetime:
    return moment.astimezone(place).replace(tzinfo=None)
