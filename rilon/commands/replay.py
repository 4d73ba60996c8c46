"""`rilon policy replay`: which recorded decisions would be others under a policy not in force."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rilon.bootstrap.replaying import Trial
from rilon.config import Database
from rilon.domain import marking_text
from rilon.domain.officers import name_of
from rilon.embedded.layout import Layout
from rilon.embedded.provision import read_policy, settings_of
from rilon.policy.marking_rules import as_written
from rilon.policy.mistakes import printable
from rilon.policy.network import Network
from rilon.policy.replay import Outcome, Recorded, Replayed, Unkept

MOST_LINES = 40

_HEADINGS = {
    Outcome.NOW_REFUSED: "Accepted then, refused now:",
    Outcome.NOW_ACCEPTED: "Refused then; by room, sender and marking accepted now:",
    Outcome.OTHER_REASON: "Refused then and now, for another reason:",
    Outcome.UNKNOWN: "Can't be told:",
}
_UNKEPT = {
    Unkept.MARKING: "it was refused before its marking was worked out, and wouldn't be for that",
    Unkept.TEXT: "it was refused for its words, and policy knows other words now",
    Unkept.DEFAULT: "it may have been unmarked, and the room's default is another",
    Unkept.TARGET: "what it removed isn't kept, and the time for removing is another",
    Unkept.STATE: "memberships and room states are recorded as one kind",
    Unkept.RULE: "it was decided by a rule that isn't replayed",
}
NOT_KEPT = (
    "No text is kept. So this can't show where other words, files or passages would be read or\n"
    "recognised otherwise, nor whether what is accepted now holds personal data undeclared."
)
OTHER_WORDS = (
    "The caveats or parties that a marking may name are others than then: texts that were plain\n"
    "may be read as a marking, and markings as unclear. `rilon explain` tells it for one text."
)


@dataclass(slots=True)
class _Tally:
    """How many decisions came out how, and like decisions as one line."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    lines: dict[Outcome, Counter[str]] = field(default_factory=dict)

    def add(self, recorded: Recorded, replayed: Replayed) -> None:
        self.outcomes[replayed.outcome] += 1
        if replayed.outcome in _HEADINGS:
            lines = self.lines.setdefault(replayed.outcome, Counter())
            lines[_line(recorded, replayed)] += 1


def replay(folder: Path, state: Path, days: int) -> int:
    """Prints which decisions of the last days would be others. Nothing is changed."""
    network = read_policy(folder)
    database = settings_of(Layout.at(state)).database
    since = datetime.now(UTC) - timedelta(days=days)
    for line in asyncio.run(report(network, database, since)):
        print(line)
    return 0


async def report(network: Network, database: Database, since: datetime) -> list[str]:
    """The lines that say it. Raises CantOperate while the database is away."""
    tally, trial = _Tally(), Trial(network)
    async for recorded, replayed in trial.since(database, since):
        tally.add(recorded, replayed)
    return list(_report(tally, network, since, words_changed=trial.words_changed))


def _report(
    tally: _Tally, network: Network, since: datetime, *, words_changed: bool
) -> Iterator[str]:
    count = tally.outcomes
    yield (
        f"Policy version {network.version} ({network.digest[:16]}) against the {count.total()} "
        f"decisions since {since:%Y-%m-%d %H:%M} UTC. Nothing was changed."
    )
    yield (
        f"  the same: {count[Outcome.SAME]}; refused now: {count[Outcome.NOW_REFUSED]}; "
        f"accepted now: {count[Outcome.NOW_ACCEPTED]}; for another reason: "
        f"{count[Outcome.OTHER_REASON]}; can't be told: {count[Outcome.UNKNOWN]}; "
        f"the steward's own or leaving: {count[Outcome.NOT_POLICY]}"
    )
    for outcome, heading in _HEADINGS.items():
        lines = tally.lines.get(outcome)
        if not lines:
            continue
        yield ""
        yield heading
        for line, number in lines.most_common(MOST_LINES):
            yield f"  {number} × {line}"
        if len(lines) > MOST_LINES:
            yield f"  … and {len(lines) - MOST_LINES} more kinds"
    yield ""
    yield NOT_KEPT
    if words_changed:
        yield OTHER_WORDS


def _line(recorded: Recorded, replayed: Replayed) -> str:
    sender = printable(name_of(recorded.sender))
    marking = "" if recorded.marking is None else f" {_written(recorded)}"
    then = "accepted" if recorded.accepted else f"{recorded.code} ({recorded.rule})"
    line = f"{recorded.room or 'no governed room'}, {sender}, {recorded.kind}{marking}: {then}"
    if replayed.unkept is not None:
        return f"{line}: {_UNKEPT[replayed.unkept]}"
    now = "accepted" if replayed.now is None else f"{replayed.now.code} ({replayed.now.rule})"
    return f"{line} -> {now}"


def _written(recorded: Recorded) -> str:
    if recorded.marking is None:
        return ""
    return marking_text.write(as_written(recorded.marking)).removesuffix(marking_text.END)
