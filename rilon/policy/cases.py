"""Cases: messages with the decision that is expected of policy, and running them.

A case goes the way of a real message: its text is read as a marking, then decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from rilon.domain import marking_text
from rilon.domain.acts import Post, Relation, RelationKind
from rilon.domain.markings import Marking, WrittenMarking, take_effect
from rilon.domain.quoted_markings import read_quoted
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Accept, Code, Verdict
from rilon.policy.documents import Answered, CaseEntry
from rilon.policy.evaluate import evaluate
from rilon.policy.marking_rules import as_written
from rilon.policy.mistakes import nearest, quoted
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, RelatedKind, Standing
from rilon.policy.yaml_tree import Path

SERVER = "cases.invalid"
ANSWERED = "$answered"


@dataclass(frozen=True, slots=True)
class Case:
    """One case and where it stands. `path` is its place in the file's tree."""

    file: str
    line: int
    path: Path
    day: date
    entry: CaseEntry


@dataclass(frozen=True, slots=True)
class FailedCase:
    """A case whose decision isn't the expected one."""

    case: Case
    expected: str
    got: str

    def __str__(self) -> str:
        at = f"{self.case.file}:{self.case.line}"
        return f"{at}: {self.case.entry.name}: expected {self.expected}, got {self.got}"


def case_problem(case: Case, network: Network) -> tuple[Path, str, str] | None:
    """What a case names that isn't there: the path within it, the problem, the mend."""
    entry = case.entry
    if entry.officer not in network.officers:
        mend = nearest(entry.officer, network.officers)
        return ("officer",), f"there is no officer {quoted(entry.officer)}", mend
    if entry.room not in network.rooms:
        return (
            ("room",),
            f"there is no room {quoted(entry.room)}",
            nearest(entry.room, network.rooms),
        )
    if entry.answers and entry.answers.officer not in network.officers:
        problem = f"there is no officer {quoted(entry.answers.officer)}"
        return ("answers", "officer"), problem, nearest(entry.answers.officer, network.officers)
    if entry.expect == "refuse" and entry.code is None:
        return ("expect",), "a refusal has a code", "add `code:`"
    if entry.code is not None and (entry.expect == "accept" or entry.code not in set(Code)):
        return (
            ("code",),
            f"the code {quoted(entry.code)} doesn't go here",
            nearest(entry.code, Code),
        )
    for path, text in (
        (("marking",), entry.marking),
        (("answers", "marking"), entry.answers.marking if entry.answers else None),
    ):
        if text is not None and _written(text, case.day, network) is None:
            return path, f"{quoted(text)} is no marking", "write one such as `TLP:AMBER`"
    return None


def run_case(case: Case, network: Network) -> FailedCase | None:
    """Decide the case; `None` when the decision is the expected one."""
    entry = case.entry
    verdict = decide(case, network)
    expected = "accept" if entry.expect == "accept" else f"refuse {entry.code}"
    got = _outcome(verdict)
    if got == expected and entry.marking is not None:
        expected = marking_text.write(_required(entry.marking, case.day, network))
        got = _effective(verdict)
    return None if got == expected else FailedCase(case, expected, got)


def decide(case: Case, network: Network) -> Verdict:
    """The verdict on a case's text, sent by its officer with everything else in order."""
    entry = case.entry
    officer, room = network.officers[entry.officer], network.rooms[entry.room]
    now = datetime.combine(case.day, time(12), UTC)
    return evaluate(
        Question(
            act=Post(
                body=entry.text,
                marking=marking_text.read(entry.text, network.vocabulary, case.day),
                relation=_relation(entry.answers),
                quoted=read_quoted(entry.text, network.vocabulary, case.day),
            ),
            room=room,
            standing=Standing(officer, admitted=True, device_signed=True, in_room=True),
            sender_id=_user_id(officer.name),
            related=_related(entry.answers, room, now, network),
            now=now,
        ),
        network,
    )


def _relation(answered: Answered | None) -> Relation | None:
    return None if answered is None else Relation(RelationKind(answered.kind), ANSWERED)


def _related(
    answered: Answered | None, room: Room, now: datetime, network: Network
) -> Mapping[str, Related]:
    if answered is None:
        return {}
    officer = network.officers[answered.officer]
    written = _written(answered.marking, now.date(), network) if answered.marking else None
    marking = take_effect(written, room.default, room.ceiling, officer.party)
    # Bulletins are posted by the steward, for the officer who answers for them.
    posted = room.kind is RoomKind.BULLETINS and answered.kind == "thread"
    sender = _user_id(network.steward if posted else officer.name)
    return {ANSWERED: Related(ANSWERED, sender, marking, RelatedKind.CONTENT, now)}


def _written(text: str, day: date, network: Network) -> WrittenMarking | None:
    found = marking_text.read(f"{text} //", network.vocabulary, day)
    return found if isinstance(found, WrittenMarking) else None


def _required(text: str, day: date, network: Network) -> WrittenMarking:
    found = _written(text, day, network)
    if found is None:
        raise ValueError("a case's marking wasn't checked")
    return found


def _outcome(verdict: Verdict) -> str:
    return "accept" if isinstance(verdict, Accept) else f"refuse {verdict.code.value}"


def _effective(verdict: Verdict) -> str:
    marking: Marking | None = verdict.effective
    if marking is None:
        return "no marking"
    return marking_text.write(as_written(marking))


def _user_id(name: str) -> str:
    return f"@{name}:{SERVER}"
