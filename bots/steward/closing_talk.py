"""`!close` alone, where there is no answer to rate: it closes, and asks nothing.

Where something was answered, `!close` says how useful it was; asking for that is
`bots.steward.request_talk`'s.
"""

from __future__ import annotations

from bots.steward.hearing import Heard
from rilon.application.requests import Requests
from rilon.domain.desk_commands import Order
from rilon.domain.officers import Officer
from rilon.domain.request_course import Course
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_steps import Close
from rilon.storage.requests import RequestStore


async def closed_unrated(
    order: Order | Misread | None,
    one: Heard,
    officer: Officer,
    requests: Requests,
    store: RequestStore,
) -> bool:
    """Whether that was a `!close` without a rating, in the thread of the own party's request where
    nothing is left to rate; then it is done."""
    if not isinstance(order, Misread) or order.code is not Wrong.USEFULNESS_UNCLEAR:
        return False
    for event in (one.answers, one.root):
        place = None if event is None else await requests.place(event)
        if place is None or place.addressee == officer.party:
            continue
        standing = await store.standing(place.request)
        if standing is not None and nothing_to_rate(standing.course):
            await requests.act(one.sender, place, Close(None), one.event_id)
            return True
    return False


def nothing_to_rate(course: Course) -> bool:
    """Whether no answer came from anybody with whom it isn't closed yet."""
    return not any(one.answers for one in course.progress if one.closing is None)
