"""What the commands of bulletins say: every "no" as a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rilon.application.bulletin_values import No, State, Version
from rilon.domain.parties import RSO, in_order
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Code
from rilon.policy.mistakes import Mistake, printable
from rilon.storage.bulletin_listing import Waiting
from rilon.storage.bulletin_rooms import Fate, Place
from rilon.texts.explanations import EXPLANATIONS, UNKNOWN
from rilon.texts.translator import translator

RULE = "-" * 72

_NO = {
    No.UNKNOWN: "there is no bulletin {number}: `rilon bulletin status` lists those that wait",
    No.NOT_ANALYST: "{by} is no analyst: an analyst of the roster takes this step",
    No.OWN: "{by} submitted {number}: another analyst approves it",
    No.NOT_WAITING: "{number} doesn't wait for that: see `rilon bulletin status {number}`",
    No.NOT_APPROVED: "{number} isn't approved: another analyst than its author approves it first, "
    "`rilon bulletin approve {number} --by …`",
    No.NOT_PUBLISHED: "{number} stands in no room: there is nothing to withdraw",
    No.UNDER_WAY: "{number} is being posted right now: wait until `rilon bulletin status {number}` "
    "says where it stands, then try again",
    No.WITHDRAWN: "{number} is withdrawn: write a new one, `rilon bulletin submit FILE --by …`",
    No.CHANGED: "{number} isn't what it was: another version has taken its place. Look at that one",
    No.NO_REASON: 'readers are told why: give a reason, `--why "…"`',
}

_STATES = {
    State.DRAFT: "a draft; waits until an analyst submits it",
    State.SUBMITTED: "waits for approval by another analyst than its author: "
    "rilon bulletin approve {number} --by …",
    State.APPROVED: "approved; waits for an analyst to publish it: "
    "rilon bulletin publish {number} --by …",
    State.PUBLISHING: "is being posted",
    State.PUBLISHED: "published",
    State.REFUSED: "the gate let it into none of its rooms; waits for its author to mend it: "
    "rilon bulletin correct {number} FILE --by …",
    State.OVER: "thrown away",
}

_OF_THE_SENDER = frozenset(
    {Code.NOT_ADMITTED, Code.OUTSIDE_TERM, Code.NOT_IN_ROOM, Code.READ_ONLY, Code.DEVICE_NOT_SIGNED}
)
"""It is posted in its approver's name."""


def no(why: No, number: str, by: str) -> str:
    """Why a step isn't taken, and what to do.

    INVARIANT: a number that isn't one is answered like one that nobody has.
    """
    return _NO[why].format(number=printable(number)[:40], by=printable(by)[:80])


def mistakes_told(mistakes: Sequence[Mistake]) -> int:
    """Prints every mistake with its line and its mend. The exit code."""
    for mistake in mistakes:
        print(mistake)
    many = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    print(f"{many}. Mend them, and look again.")
    return 1


def fate_told(number: str, room: Room, fate: Fate) -> str:
    """What became of it in a room, and what to do."""
    if fate.complete:
        return f"{number} stands in {room.name}."
    if fate.code is None:
        return f"{number} isn't in {room.name}: the homeserver didn't take it."
    if fate.code in _OF_THE_SENDER:
        why = "its approver may not post there now: let another analyst approve the next version"
        return f"{number} isn't in {room.name}: {why} ({fate.code})."
    headlines = EXPLANATIONS.get(fate.code, UNKNOWN).headlines
    said = translator("en").first_that_fits(headlines, {"room": room.name}).plain
    return f"{said} ({fate.code})."


def withdrawal_told(number: str, room: str, fate: Fate) -> str:
    """What became of a withdrawal in the room of that name."""
    if fate.complete:
        return f"{number} is withdrawn in {room}: its readers see that, and why."
    why = f" ({fate.code})" if fate.code else ""
    return f"{number} still stands in {room}{why}: tell the coordinator."


def after_a_refusal(number: str) -> str:
    """What to do when a room hasn't got it."""
    return f"Mend the file, then: rilon bulletin correct {number} FILE --by …"


def waiting_told(one: Waiting) -> str:
    """One line of the list: for whom a bulletin waits."""
    what = "correction" if one.published else "bulletin"
    waits = _STATES[one.state].format(number=one.number)
    return f"{one.number}  {what} for {', '.join(one.groups)}: {waits}"


def state_told(version: Version) -> str:
    """Where a bulletin is."""
    if version.withdrawn:
        return f"{version.number}: withdrawn. Its readers see that, and why."
    said = f"{version.number}: {_STATES[version.state].format(number=version.number)}"
    if version.published and version.revision != version.published:
        said += "\nAn earlier version of it stands in its rooms."
    return said


def place_told(place: Place, room: Room) -> Iterator[str]:
    """Where it stands, and which parties have acknowledged it there: never who.

    `room` is the room by the policy in force.
    """
    yield f"In {room.name} since {place.posted_at:%Y-%m-%d %H:%M} UTC"
    states = room.ceiling - {RSO}
    yield f"  acknowledged: {_listed(in_order(place.parties))}"
    if place.earlier:
        yield f"  of these before it was corrected: {_listed(in_order(place.earlier))}"
    yield f"  not yet:      {_listed(in_order(states - place.parties))}"


def _listed(parties: Sequence[str]) -> str:
    return ", ".join(parties) or "none"
