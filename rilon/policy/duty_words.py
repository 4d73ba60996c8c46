"""`!duty`, `!away` and `!back` as a lead writes them: a text becomes a change of the rota.

Decides which officers and which time a text names; whether the writer may change the rota is
`rilon.policy.duty_changes.may_change`'s, and comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rilon.domain.officers import Officer
from rilon.policy.duty import absence_of
from rilon.policy.duty_changes import ChangeKind, DutyChange
from rilon.policy.network import Network
from rilon.policy.spoken_times import SpokenTime, read_time
from rilon.policy.spoken_words import NotATime, TimeProblem

MOST_DUTY = timedelta(days=31)
"""What lasts longer is a standing rota, and belongs in the policy files."""

MOST_AWAY = timedelta(days=366)
FARTHEST = timedelta(days=366)
"""How far ahead a change may begin."""

MOST_CHARACTERS = 400
_DEPUTY = re.compile(
    r"\b(?:deputy|deputised by|wakil|pengganti)\b[\s:=]*(?:is\s+)?(\S+)?", re.IGNORECASE
)
_NAME = re.compile(r"[a-z]{3}\.[a-z][a-z0-9_-]*")
_ME = ("me", "myself", "saya")
_ROTA = ("rota", "jadwal")


class DutyProblem(StrEnum):
    """Why a text is no change of the rota, beside what is wrong with its time."""

    NO_OFFICER = "no_officer"
    UNKNOWN_OFFICER = "unknown_officer"
    """No officer of the asker's party is named so. Whether another party has one isn't said."""
    ONE_OFFICER = "one_officer"
    """Several are named, where one is away or back."""
    OWN_DEPUTY = "own_deputy"
    WHOLE_DAYS = "whole_days"
    """An absence is of whole days; hours are changed with `!duty`."""
    TOO_LONG = "too_long"
    """Longer than `most`."""
    TOO_FAR = "too_far"
    """It would begin later than `most` from now."""
    NOT_AWAY = "not_away"


@dataclass(frozen=True, slots=True)
class NotAChange:
    """The text is no change of the rota.

    `words` is the part in question. `first` and `second` are the readings of a day with two.
    `officers` are the names that may be written, of the asker's own party.
    """

    problem: DutyProblem | TimeProblem
    words: str = ""
    first: date | None = None
    second: date | None = None
    most: timedelta | None = None
    officers: tuple[str, ...] = ()


class _Refused(Exception):
    """A text is no change. Never leaves this module."""

    def __init__(self, found: NotAChange) -> None:
        super().__init__(found.problem)
        self.found = found


def read_duty(text: str, asker: Officer, network: Network, at: datetime) -> DutyChange | NotAChange:
    """What follows `!duty`: `idn.focal2 today 18:00-22:00`, or `rota tomorrow`.

    Times are by the clock of the first officer named; by the asker's for `rota`.
    """
    try:
        said = _said(text, asker, network)
        kind = ChangeKind.ROTA if said.rota else ChangeKind.DUTY
        if not said.rota and not said.officers:
            raise _refused(DutyProblem.NO_OFFICER, said)
        time = _time(said, asker, at, MOST_DUTY)
        officers = () if said.rota else tuple(one.name for one in said.officers)
        return _change(kind, officers, time.begins, time.ends, asker, at)
    except _Refused as refused:
        return refused.found


def read_away(text: str, asker: Officer, network: Network, at: datetime) -> DutyChange | NotAChange:
    """What follows `!away`: `idn.focal1 24 Dec - 3 Jan, deputy idn.focal2`."""
    try:
        said = _said(text, asker, network)
        officer = _one(said)
        if said.deputy == officer:
            raise _refused(DutyProblem.OWN_DEPUTY, said, officer.name)
        time = _time(said, asker, at, MOST_AWAY)
        if not time.whole_days:
            raise _refused(DutyProblem.WHOLE_DAYS, said, said.rest)
        deputy = said.deputy.name if said.deputy else None
        away = ChangeKind.AWAY
        return _change(away, (officer.name,), time.begins, time.ends, asker, at, deputy)
    except _Refused as refused:
        return refused.found


def read_back(
    text: str, asker: Officer, network: Network, changes: Iterable[DutyChange], at: datetime
) -> DutyChange | NotAChange:
    """What follows `!back`: `idn.focal1`, from now on, or `idn.focal1 tomorrow`.

    The change ends when the absence would have.
    """
    try:
        said = _said(text, asker, network)
        officer = _one(said)
        since = _time(said, asker, at, MOST_AWAY).begins if said.rest.strip() else at
        away = absence_of(officer, since, network, changes)
        if away is None:
            raise _refused(DutyProblem.NOT_AWAY, said, officer.name)
        return _change(ChangeKind.BACK, (officer.name,), since, away.until, asker, at)
    except _Refused as refused:
        return refused.found


def _change(
    kind: ChangeKind,
    officers: tuple[str, ...],
    begins: datetime,
    ends: datetime,
    asker: Officer,
    at: datetime,
    deputy: str | None = None,
) -> DutyChange:
    return DutyChange(asker.party, kind, officers, begins, ends, asker.name, at, deputy)


# --- reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """The officers that a text names, and what is left of it."""

    officers: tuple[Officer, ...]
    deputy: Officer | None
    rota: bool
    rest: str
    known: tuple[str, ...]


def _said(text: str, asker: Officer, network: Network) -> _Said:
    own = {one.name: one for one in network.officers.values() if one.party == asker.party}
    known = tuple(sorted(own))
    if len(text) > MOST_CHARACTERS:
        raise _Refused(NotAChange(TimeProblem.NOT_READ, text[:40], officers=known))
    spellings = _spellings(own, asker)
    for one in sorted(own.values(), key=lambda one: -len(one.display_name)):
        text = re.sub(re.escape(one.display_name), f" {one.name} ", text, flags=re.IGNORECASE)
    deputy = None
    if found := _DEPUTY.search(text):
        deputy = spellings.get(_key(found[1] or ""))
        if deputy is None:
            problem = DutyProblem.UNKNOWN_OFFICER
            raise _Refused(NotAChange(problem, _cut(found[1] or found[0]), officers=known))
        text = f"{text[: found.start()]} {text[found.end() :]}"
    officers, rest, rota = [], [], False
    for word in re.split(r"[\s,&]+", text):
        key = _key(word)
        if key in spellings:
            officers.append(spellings[key])
        elif _NAME.fullmatch(key):
            problem = DutyProblem.UNKNOWN_OFFICER
            raise _Refused(NotAChange(problem, _cut(word), officers=known))
        elif key in _ROTA:
            rota = True
        else:
            rest.append(word)
    if rota and officers:
        raise _Refused(NotAChange(TimeProblem.NOT_READ, _ROTA[0], officers=known))
    return _Said(tuple(dict.fromkeys(officers)), deputy, rota, " ".join(rest), known)


def _spellings(own: Mapping[str, Officer], asker: Officer) -> dict[str, Officer]:
    """The ways in which officers of the own party may be named."""
    short = {name.partition(".")[2]: officer for name, officer in own.items()}
    return {**short, **own, **dict.fromkeys(_ME, asker)}


def _key(word: str) -> str:
    """A word as a name: `@idn.focal1:example.org`, `IDN.Focal1.` and `idn.focal1` are one."""
    name = word.strip("@,;.()<>").lower()
    return name.partition(":")[0] if "." in name.partition(":")[0] else name.rstrip(":")


def _one(said: _Said) -> Officer:
    if said.rota or not said.officers:
        raise _refused(DutyProblem.NO_OFFICER, said)
    if len(said.officers) > 1:
        raise _refused(DutyProblem.ONE_OFFICER, said)
    return said.officers[0]


def _time(said: _Said, asker: Officer, at: datetime, most: timedelta) -> SpokenTime:
    zone = said.officers[0].zone if said.officers else asker.zone
    found = read_time(said.rest, zone, asker.language, at)
    if isinstance(found, NotATime):
        raise _Refused(
            NotAChange(
                found.problem, _cut(found.words), found.first, found.second, officers=said.known
            )
        )
    # A day on which the clocks are put back has 25 hours.
    if found.ends - found.begins > most + timedelta(hours=2):
        raise _Refused(NotAChange(DutyProblem.TOO_LONG, _cut(said.rest), most=most))
    if found.begins - at > FARTHEST:
        raise _Refused(NotAChange(DutyProblem.TOO_FAR, _cut(said.rest), most=FARTHEST))
    return found


def _refused(problem: DutyProblem, said: _Said, words: str = "") -> _Refused:
    return _Refused(NotAChange(problem, _cut(words), officers=said.known))


def _cut(words: str) -> str:
    return " ".join(words.split())[:60]
