"""Drafting a digest: which reports and requests it is made of, and what of them may be counted.

Who approves the draft and where it is posted is decided for every bulletin alike.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from rilon.application.ports import NewEffect
from rilon.digests.drafting import Asked, Digest, TooMany, digest_of, periods_of
from rilon.digests.due import DueDigest, zone_of
from rilon.digests.pictures import Draw
from rilon.digests.request_counts import RequestCounts
from rilon.domain.gazetteer import Gazetteer
from rilon.domain.periods import Period
from rilon.domain.reports import Report
from rilon.domain.rooms import RoomKind
from rilon.policy.countable import countable
from rilon.policy.local_moments import moment_of
from rilon.policy.network import Network

FURTHEST_BACK = timedelta(days=731)
"""How long before it was filed the day of a report may be."""


class ReportsOf(Protocol):
    """Reads the reports of a group whose day (of what was seen or learned) is within two days, both
    included; each as it stands now, with its effective marking; none that was withdrawn."""

    async def __call__(
        self, group: str, since: date, until: date
    ) -> tuple[Report, ...]: ...  # pragma: no cover


class CountsOf(Protocol):
    """Counts the requests of a group that were asked from one moment up to another."""

    async def __call__(
        self, group: str, since: datetime, until: datetime
    ) -> RequestCounts: ...  # pragma: no cover


async def drafted(
    due: DueDigest,
    network: Network,
    gazetteer: Gazetteer,
    reports_of: ReportsOf,
    counts_of: CountsOf,
    draw: Draw,
    now: datetime,
) -> Digest | TooMany:
    """The digest that is due, drafted from what there is now."""
    group, zone = network.groups[due.group], zone_of(network)
    room = network.rooms[f"{group.key}-{RoomKind.BULLETINS.value}"]
    periods = periods_of(due.period, group)
    # They are counted by when they were filed, and read by when it happened. That may be a day
    # ahead of the RSO's calendar.
    reports = await reports_of(
        group.key, periods[0].begins - FURTHEST_BACK, due.period.ends + timedelta(days=1)
    )
    requests = (
        await counts_of(group.key, *_moments(due.period, zone)),
        await counts_of(group.key, *_moments(due.period.before, zone)),
    )
    fits = countable(room, due.rule.marking, now.astimezone(UTC).date())
    asked = Asked(group, due.period, due.rule, zone, due.so_far)
    return await asyncio.to_thread(digest_of, asked, reports, requests, gazetteer, fits, draw)


def _moments(period: Period, zone: str) -> tuple[datetime, datetime]:
    """When a period begins, and when it is over."""
    return moment_of(period.begins, 0, zone), moment_of(period.after, 0, zone)


def drafting(due: DueDigest) -> NewEffect:
    """The effect that drafts it, once."""
    payload = {"group": due.group, "every": due.period.every.value, "period": due.period.name}
    if due.so_far is not None:
        payload |= {"so_far": due.so_far.isoformat(), "key": due.key}
    return NewEffect("draft_digest", f"digest {due.group}", payload, once=f"digest-{due.key}")
