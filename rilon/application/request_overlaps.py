"""Overlaps: that two requests name the same thing, and who may be told (`requests.md`).

INVARIANT: what nobody opted in to know is said in no room that several read.
INVARIANT: who isn't told learns nothing from what is done either: it is worked off for every
request, after its asking, whether or not anything is shared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from rilon.application.ports import NewEffect
from rilon.application.request_policy import coordinators
from rilon.application.request_ports import Store
from rilon.application.request_tellings import Side, Telling, Told, effect_of
from rilon.domain.requests import Request
from rilon.domain.selectors import selector_hash
from rilon.policy.network import Network


def hashes_of(request: Request, key: bytes) -> tuple[bytes, ...]:
    """The keyed hashes of what it names, each once."""
    return tuple(sorted({selector_hash(key, one) for one in request.selectors}))


def told_of_overlap(
    one: Request, other: Request, coordinating: Collection[str]
) -> Iterator[tuple[Request, Told]]:
    """What follows from one shared selector, for each request what is said of it.

    Both opted in, neither hides who asks: each is told with whom to speak, and nothing else.
    Otherwise the coordinators alone are told that there is an overlap, each in the direct room:
    the coordination room has readers of every party.
    """
    if one.party == other.party:
        return
    if all(each.overlaps_known and not each.requester_hidden for each in (one, other)):
        for own, theirs in ((one, other), (other, one)):
            parameters = {"number": str(own.number), "other": theirs.officer}
            yield own, Told(Side.REQUESTER, Telling.OVERLAP, None, parameters, (own.officer,))
        return
    numbers = ",".join(sorted((str(one.number), str(other.number))))
    for name in coordinating:
        yield one, Told(Side.OFFICER, Telling.OVERLAP, None, {"number": numbers}, (name,))


async def work_off(store: Store, request_id: str, key: bytes, network: Network, today: date) -> int:
    """Finds what a new request shares with others, and says it; with how many."""
    async with store.locked(request_id) as one:
        if one is None:
            return 0
        request = one.standing.course.request
        await one.index(hashes_of(request, key))
    found = [each.course.request for each in await store.sharing(request_id)]
    async with store.locked(request_id) as one:
        if one is not None:
            told = coordinators(request.group, network, today)
            await one.write(_effects(request, found, told))
    return len(found)


def _effects(
    request: Request, others: Iterable[Request], coordinating: Sequence[str]
) -> list[NewEffect]:
    """Each overlap is said once, whichever of the two requests was worked off later."""
    found = []
    for other in sorted(others, key=lambda one: one.id):
        pair = "-".join(sorted((request.id, other.id)))
        for about, told in told_of_overlap(request, other, coordinating):
            shared = told.side is Side.OFFICER
            once = f"overlap-{pair}-{told.mention[0] if shared else about.id}"
            found.append(effect_of(told, about, once))
    return found
