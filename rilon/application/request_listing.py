"""What `!requests` lists: the open requests of a party, as far as the reader may know them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rilon.application.request_changes import Around
from rilon.application.request_policy import entitled, terms_for, waits_for_requester
from rilon.application.request_values import Listed, Standing
from rilon.domain.officers import Officer
from rilon.domain.request_course import ENDS, Progress
from rilon.domain.request_deadlines import answer_by, overdue, unacknowledged
from rilon.domain.requests import Priority, Request


def listed(standings: Iterable[Standing], reader: Officer, around: Around) -> tuple[Listed, ...]:
    """The lines, in the order: what waits on the reader's party, late, urgent, soonest.

    INVARIANT: an addressee reads of its own part alone.
    """
    lines = [line for one in standings for line in _lines(one, reader, around)]
    return tuple(sorted(lines, key=_rank))


def _lines(standing: Standing, reader: Officer, around: Around) -> Iterator[Listed]:
    request = standing.course.request
    if not entitled(reader, request.group, around.network, around.now.date()):
        return
    mine = request.party == reader.party
    for one in standing.course.progress:
        asked = one.delivered is not None and one.addressee == reader.party
        # What an addressee has ended waits for nobody there, and nobody there waits for it.
        if one.closing is None and (mine or (asked and one.end is None)):
            yield _line(request, one, mine, around)


def _line(request: Request, one: Progress, mine: bool, around: Around) -> Listed:
    terms = terms_for(request, one.addressee, around.network)
    late = overdue(one, around.now, terms) or unacknowledged(one, around.now, terms)
    on_requester = waits_for_requester(one)
    return Listed(
        number=request.number,
        addressee=one.addressee,
        mine=mine,
        state=one.state,
        urgent=request.priority is Priority.URGENT,
        answer_by=answer_by(one, terms) if one.end is None else None,
        late=late,
        waits_on_me=on_requester if mine else one.end is None and not on_requester,
        shown_requester=None if request.requester_hidden and not mine else request.party,
        group=request.group,
    )


def _rank(line: Listed) -> tuple[bool, bool, bool, bool, str, str]:
    due = line.answer_by.isoformat() if line.answer_by else "~"
    over = line.state in ENDS
    return (not line.waits_on_me, over, not line.late, not line.urgent, due, line.number)
