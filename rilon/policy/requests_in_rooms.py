"""The rule on requests that are typed where others read: only one that asks all of them, and no
command with a request's number.

Everybody in the room would learn what is asked of some, that it is asked, or whose a number is.
What is read of a request is `rilon.domain.request_text`'s.
"""

from __future__ import annotations

from datetime import UTC, date

from rilon.domain import marking_text
from rilon.domain.acts import Post, Unclear
from rilon.domain.desk_commands import Deed, deed_in, opens_like_a_command
from rilon.domain.request_draft import Draft
from rilon.domain.request_hiding import Unnamed
from rilon.domain.request_mistakes import Misread
from rilon.domain.request_numbers import read_number
from rilon.domain.request_text import COMMAND, read_request, without_marking
from rilon.domain.rooms import RoomKind
from rilon.domain.verdicts import Code, Refuse, refuse
from rilon.policy.askers import asker_of, group_for
from rilon.policy.marking_rules import short_name
from rilon.policy.network import Network
from rilon.policy.question import Question

SHARED = frozenset(
    {
        RoomKind.FLOOR,
        RoomKind.COMPARTMENT,
        RoomKind.PAIR,
        RoomKind.COORDINATION,
        RoomKind.BULLETINS,
    }
)
"""Rooms in which other parties read."""

RULE = "rule1.request"
_LOOKED_AT = 400
"""Characters of a command in which a number is looked for."""


def asks_all_here(question: Question, network: Network) -> Refuse | None:
    """A request names every other party of the room, or it isn't for this room.

    One that can't be read, or whose addressees are still to be asked for, names nobody. One whose
    requester is to stay unnamed is for no room in which others see who writes.
    """
    act, officer, room = question.act, question.standing.officer, question.room
    if not isinstance(act, Post) or room.kind not in SHARED or officer is None:
        return None
    today = question.now.astimezone(UTC).date()
    if not _is_typed(act.body, network, today):
        if _orders_by_number(act.body, network, today):
            return refuse(Code.COMMAND_NOT_HERE, RULE, room=short_name(room))
        return None
    group = group_for(officer, room.group, network, today)
    if group is None:
        return None
    asker = asker_of(officer, group, network, today)
    unmarked = without_marking(act.body, asker)
    if isinstance(unmarked, Misread):
        # An unclear marking is another rule's. What is too long to be read isn't let through.
        unclear = isinstance(act.marking, Unclear)
        return None if unclear else refuse(Code.REQUEST_NOT_FOR_ALL, RULE, room=short_name(room))
    draft = read_request(act.body, asker)
    named = frozenset() if isinstance(draft, Misread) else draft.parties
    if isinstance(draft, Draft) and Unnamed.REQUESTER in draft.unnamed:
        # ATTACK: asked of everybody, by somebody who isn't to be named, under their own name.
        named = frozenset()
    if room.ceiling - {officer.party} <= named:
        return None
    return refuse(Code.REQUEST_NOT_FOR_ALL, RULE, room=short_name(room))


def _orders_by_number(body: str, network: Network, today: date) -> bool:
    """Whether it is a command about a request that it names by its number.

    ATTACK by haste: `!withdraw MPS-7K3F-5` where those read who have that number on a card from
    somebody who isn't named.
    """
    if not opens_like_a_command(body, network.vocabulary, today):
        return False
    words = body[:_LOOKED_AT].split()
    return any(
        read_number(" ".join(words[at : at + count]).strip(".,:;()"), network.groups) is not None
        for at in range(len(words))
        for count in (1, 2, 3)
    )


def _is_typed(body: str, network: Network, today: date) -> bool:
    """Whether the steward would hear it as a request; or as another command that opens like one
    (`!rfis IDN: …`), of which the rest was meant for some."""
    if deed_in(body, network.vocabulary, today) is Deed.RFI:
        return True
    left = marking_text.without_marking(body, network.vocabulary, today)
    return COMMAND.match(body if left is None else left) is not None
