"""Which digests are due: those of the periods just over, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from rilon.domain.parties import RSO
from rilon.domain.periods import Every, Period, period_of
from rilon.policy.bulletin_rules import DigestRule
from rilon.policy.local_moments import day_of, moment_of
from rilon.policy.network import Group, Network

FROM = 6 * 60
"""Minutes of the first day after a period at which its digest is drafted: at six in the morning."""
MOST_BACK = {Every.WEEK: 2, Every.MONTH: 1}
"""How many periods are made up for after an absence. Older ones are asked for by hand."""


@dataclass(frozen=True, slots=True)
class DueDigest:
    """A digest that is to be drafted now. `key` names it for good: `mps-week-2026-W46`. `so_far` is
    today, if an analyst asked for a period that isn't over; None otherwise."""

    key: str
    group: str
    period: Period
    rule: DigestRule
    so_far: date | None = None


def due_digests(network: Network, now: datetime, drafted: Collection[str]) -> tuple[DueDigest, ...]:
    """The digests that are due, earliest period first. `drafted` are the keys of those that there
    are. A group has none of a period in which it hadn't begun, or had ended before."""
    found = [
        one
        for group in network.groups.values()
        for rule in group.bulletins.digests
        for one in _of(group, rule, zone_of(network), now)
        if one.key not in drafted
    ]
    return tuple(sorted(found, key=lambda one: (one.period.ends, one.key)))


def _of(group: Group, rule: DigestRule, zone: str, now: datetime) -> Iterator[DueDigest]:
    period = period_of(day_of(now, zone), rule.every)
    for _ in range(MOST_BACK[rule.every] + 1):
        # The first that is looked at isn't over yet.
        over = now >= moment_of(period.after, FROM, zone)
        if over and _within_term(group, period):
            yield DueDigest(key_of(group.key, period), group.key, period, rule)
        period = period.before


def _within_term(group: Group, period: Period) -> bool:
    begun = group.begins is None or group.begins <= period.ends
    return begun and (group.ends is None or period.begins <= group.ends)


def key_of(group: str, period: Period) -> str:
    """The name of a digest, by which it is drafted once."""
    return f"{group}-{period.every.value}-{period.name}"


def zone_of(network: Network) -> str:
    """The RSO's zone, by whose clock weeks and months begin."""
    return network.parties[RSO].zone


def last_over(network: Network, every: Every, now: datetime) -> Period:
    """The last week or month that is over."""
    return period_of(day_of(now, zone_of(network)), every).before


def so_far(network: Network, group: str, now: datetime) -> DueDigest | None:
    """The digest of the week that goes on (or the month, where the group has none of weeks), as
    an analyst asks for it, once a day; None for a group without digests.

    ATTACK: asked for at each report, two of them would differ by that one."""
    digests = network.groups[group].bulletins.digests
    rule = min(digests, key=lambda one: one.every is Every.MONTH, default=None)
    if rule is None:
        return None
    today = day_of(now, zone_of(network))
    period = period_of(today, rule.every)
    # Not the name of the whole one: that is drafted all the same.
    key = f"{key_of(group, period)}-so-far-{today.isoformat()}"
    return DueDigest(key, group, period, rule, today)


def is_over(network: Network, period: Period, now: datetime) -> bool:
    """Whether a period is over."""
    return day_of(now, zone_of(network)) > period.ends
