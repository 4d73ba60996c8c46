"""`rilon explain`: what would happen to a text by an officer in a room, and why. Offline."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TypeVar

from rilon.adapters.policy_files import load_folder
from rilon.application.simulate import Answered, simulate
from rilon.bootstrap.operations import CantOperate
from rilon.domain import marking_text
from rilon.domain.markings import WrittenMarking
from rilon.domain.officers import Officer
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Accept, Refuse, Verdict
from rilon.embedded.layout import PROJECT
from rilon.embedded.provision import PolicyBroken
from rilon.policy.grounds import grounds, rule_in_words
from rilon.policy.load import Policy
from rilon.policy.mistakes import Mistakes, nearest, quoted
from rilon.texts.cards import card
from rilon.texts.translator import translator

TAKEN_AS_GIVEN = (
    "Taken as given: the officer is admitted, joined to the room and on a signed device.\n"
    "Not consulted: what was delivered before. Whether the words come from restricted content "
    "is told\nby the gate alone."
)


def explain(
    officer: str,
    room: str,
    text: str | None,
    answers: str | None,
    by: str | None,
    day: date | None,
    policies: Path | None,
) -> int:
    """Prints the verdict, the rule and the lines of policy it rests on; 0 whatever it is.

    Without `text` it is read from the standard input. `answers` is the marking of what the
    text answers, sent by the officer `by` (without it, by the same officer).
    """
    folder = policies or _shown(PROJECT / "policies")
    policy = _policy(folder)
    network = policy.network
    sender = _known(network.officers, officer, "officer")
    place = _known(network.rooms, room, "room")
    now = _moment(day)
    answered = None
    if answers is not None or by is not None:
        earlier = _known(network.officers, by or officer, "officer")
        answered = Answered(earlier, _marking(answers, policy, now.date()))
    said = sys.stdin.read().rstrip("\n") if text is None else text
    verdict = simulate(said, sender, place, network, now, answered).verdict
    print(f"{sender.name} in {place.key} ({place.name}), {now.date().isoformat()}\n")
    for line in _lines(verdict, sender, place, policy, folder):
        print(line)
    return 0


def _lines(
    verdict: Verdict, officer: Officer, room: Room, policy: Policy, folder: Path
) -> Iterator[str]:
    if isinstance(verdict, Accept):
        yield "Delivered."
    else:
        yield f"Refused: {verdict.code}, by {rule_in_words(verdict.rule)}."
    if verdict.effective is not None:
        yield f"It would carry: {marking_text.write_effective(verdict.effective)}"
    found = grounds(verdict, officer, room, policy)
    yield ""
    yield "It rests on:" if found else "No line of policy decides this."
    yield from (f"  {folder}/{ground}" for ground in found)
    if isinstance(verdict, Refuse):
        yield ""
        yield "The card in the officer's direct room:"
        said = card(translator("en"), verdict.code, dict(verdict.parameters)).plain
        yield from (f"  {line}" for line in said.splitlines())
    yield ""
    yield TAKEN_AS_GIVEN


def _shown(folder: Path) -> Path:
    """The folder as it is named from here, if it is below."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _policy(folder: Path) -> Policy:
    found = load_folder(folder)
    if isinstance(found, Mistakes):
        raise PolicyBroken("\n".join(f"{folder}/{mistake}" for mistake in found.items))
    return found


T = TypeVar("T")


def _known(known: Mapping[str, T], name: str, kind: str) -> T:
    if name not in known:
        raise CantOperate(f"there is no {kind} {quoted(name)}: {nearest(name, known)}")
    return known[name]


def _moment(day: date | None) -> datetime:
    return datetime.now(UTC) if day is None else datetime.combine(day, time(12), UTC)


def _marking(text: str | None, policy: Policy, day: date) -> WrittenMarking | None:
    if text is None:
        return None
    body = text.removesuffix("//").rstrip()
    found = marking_text.read(f"{body} //", policy.network.vocabulary, day)
    if not isinstance(found, WrittenMarking):
        raise CantOperate(f"{quoted(text)} is no marking: write one such as `TLP:AMBER`")
    return found
