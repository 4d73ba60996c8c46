"""Times and days as an officer reads them: the local time first, always with its zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def local_time(moment: datetime, zone: str) -> str:
    """`14:05 WIB (07:05 UTC)`. A part says its date where the other's date differs.

    `zone` is an IANA name; one that is not known is read as UTC. Raises `ValueError` for a
    moment without a zone.
    """
    universal = _universal(moment)
    local = universal.astimezone(_zone(zone))
    if local.utcoffset() == universal.utcoffset():
        return f"{universal:%H:%M} UTC"
    other_day = "" if local.date() == universal.date() else f", {universal:%Y-%m-%d}"
    return f"{local:%H:%M} {_zone_name(local)} ({universal:%H:%M} UTC{other_day})"


def local_date_and_time(moment: datetime, zone: str) -> str:
    """`2026-11-21 14:05 WIB (07:05 UTC)`."""
    local = _universal(moment).astimezone(_zone(zone))
    return f"{local:%Y-%m-%d} {local_time(moment, zone)}"


def written_day(day: date) -> str:
    """`2026-11-21`: the one form that nobody reads the wrong way round."""
    return day.isoformat()


def _universal(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return moment.astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _zone_name(local: datetime) -> str:
    """The zone's own short name (`WIB`); where it has none (`+0530`), `UTC+05:30`."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}" + ("" if offset[3:] == "00" else f":{offset[3:5]}")
