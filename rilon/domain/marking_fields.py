"""Takes the fields of one marking off a line: REL, caveats, PD, PROTECT, EXP, GRADE.

It notes what is wrong and goes on, so that the nearest valid form can be offered. Where a
marking may begin and end, and what isn't one, is `rilon.domain.marking_text`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum

from rilon.domain.markings import PersonalData, Tlp, Vocabulary, WrittenMarking
from rilon.domain.parties import RSO, Parties, Party


class Problem(StrEnum):
    """Why something isn't taken for a marking, nor for plain text."""

    UNKNOWN_LABEL = "unknown_label"
    """`TLP:ORANGE`, `TLP AMBER`: no TLP label, or one spelled in another way."""
    LABEL_MISPLACED = "label_misplaced"
    """A label that doesn't stand directly before the text it covers, at the start of a line."""
    MARKED_TWICE = "marked_twice"
    """Two labels or two markings on one line."""
    LABEL_MISSING = "label_missing"
    """`ORCON //`: a marking begins with a TLP label or with REL."""
    NOT_ENDED = "not_ended"
    """Fields and then text, with no `//` between them."""
    UNKNOWN_PARTY = "unknown_party"
    PARTY_LIST = "party_list"
    """REL or PROTECT isn't followed by parties in the form `AUS,IDN`."""
    UNKNOWN_CAVEAT = "unknown_caveat"
    BAD_DATE = "bad_date"
    """EXP isn't followed by a date as `2026-12-31`, of this century's calendar."""
    PAST_DATE = "past_date"
    BAD_GRADE = "bad_grade"
    REPEATED = "repeated"
    """A field that may stand once stands twice."""
    CONTRADICTION = "contradiction"
    """PD and NOPD in one marking."""
    LOOK_ALIKE = "look_alike"
    """Letters that look like a marking and are others."""
    INVISIBLE = "invisible"
    """Characters nobody sees, within or beside what looks like a marking."""


LONGEST_TERM = timedelta(days=366 * 100)
"""A later EXP is a slip, most of all a year of the Thai calendar (2569 for 2026)."""

THAI_CALENDAR_YEARS = 543

_FLAGS = re.ASCII | re.IGNORECASE
_WORD = re.compile(r"[A-Z0-9][A-Z0-9+_.-]*", _FLAGS)
_CODES = re.compile(r"[A-Z]+(?: *, *[A-Z]+)*", _FLAGS)
_FILLER = re.compile(r" *(?:[:=] *)?(?:TO )?", _FLAGS)
_AND = re.compile(r" *(?:[,;/&+](?!/) *|AND +)?([A-Z]{3})(?![A-Z0-9])", _FLAGS)
_ARGUMENT = re.compile(r" *:? *([^ ]*?)(?= |//|$)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_GRADE = re.compile(r"[A-F][1-6]")
_ENDS = re.compile(r" |//|$")

FIELD_WORDS = frozenset({"REL", "PROTECT", "EXP", "GRADE", "PD", "NOPD"})


@dataclass(slots=True)
class Draft:
    """A marking while it is being read: the fields so far, and the first thing wrong."""

    tlp: Tlp | None = None
    rel: Parties | None = None
    caveats: set[str] = field(default_factory=set)
    protect: Parties = frozenset()
    personal_data: PersonalData = PersonalData.UNDECLARED
    expires: date | None = None
    grade: str | None = None
    problem: Problem | None = None
    found: str = ""
    names_party: bool = False
    """Whether some party of the network was named at all."""

    def note(self, problem: Problem, found: str) -> None:
        """Keeps the first problem, with the few characters that show it."""
        if self.problem is None:
            self.problem, self.found = problem, found[:40]

    def loses(self, taken: str) -> bool:
        """Whether the characters that this was read from say something that it doesn't: a date, a
        grade or a protected party that can't be read, a word that may be no label."""
        if self.problem is None:
            return False
        words = set(_WORD.findall(taken.upper()))
        unread = {"EXP": self.expires, "GRADE": self.grade, "PROTECT": self.protect or None}
        if any(word in words and value is None for word, value in unread.items()):
            return True
        if "PROTECT" in words and self.problem in (Problem.UNKNOWN_PARTY, Problem.PARTY_LIST):
            return True
        # `TLP: reed bed` may be text; and the `//` of a web address ends no marking.
        loose = self.problem is Problem.UNKNOWN_LABEL and self.tlp is not None
        spaced = loose and re.match(r"TLP: +(?!STRICT)", self.found, _FLAGS) is not None
        return spaced or taken.endswith("://")

    def marking(self) -> WrittenMarking:
        """What has been read so far."""
        return WrittenMarking(
            tlp=self.tlp,
            rel=self.rel,
            caveats=frozenset(self.caveats),
            protect=self.protect,
            personal_data=self.personal_data,
            expires=self.expires,
            grade=self.grade,
        )


class Fields:
    """The fields that a network knows. Every method takes a line and a place in it."""

    def __init__(self, vocabulary: Vocabulary, today: date) -> None:
        self._parties = vocabulary.parties | {RSO}
        self._today = today
        self._caveats = {
            name.upper(): caveat.code
            for caveat in vocabulary.caveats
            for name in (caveat.code, *caveat.aliases)
        }
        self._words = [*FIELD_WORDS, *self._caveats]

    def take_all(self, draft: Draft, line: str, at: int) -> tuple[int, int]:
        """Takes fields as long as there are some; returns how many, and where they end."""
        count = 0
        while True:
            start = _skip_spaces(line, at)
            end = self._take(draft, line, start)
            if end is None:
                return count, start
            count, at = count + 1, end

    def names_known_party(self, code: str) -> bool:
        """Whether the code, in any case, is a party of the network."""
        return code.upper() in self._parties

    def nearest_word(self, word: str) -> str | None:
        """The field or caveat that the word was probably meant to be."""
        near = get_close_matches(word.upper()[:20], self._words, n=1, cutoff=0.75)
        return near[0] if near else None

    def take_nearest(self, draft: Draft, word: str) -> None:
        """Adds the caveat that an unknown word probably stands for."""
        near = self.nearest_word(word)
        if near in self._caveats:
            draft.caveats.add(self._caveats[near])

    def _take(self, draft: Draft, line: str, at: int) -> int | None:
        word = _WORD.match(line, at)
        if word is None:
            return None
        name, end = word.group().upper(), word.end()
        if name == "REL":
            return self._take_rel(draft, line, end)
        if name == "PROTECT":
            listed, end = self._take_parties(draft, line, end)
            draft.protect |= listed
            return end
        if name == "EXP":
            return self._take_date(draft, line, end)
        if name == "GRADE":
            return self._take_grade(draft, line, end)
        if name in ("PD", "NOPD"):
            self._declare(draft, name)
        elif name in self._caveats:
            draft.caveats.add(self._caveats[name])
        else:
            return None
        return _end_of_field(draft, line, at, end, Problem.UNKNOWN_CAVEAT)

    def _take_rel(self, draft: Draft, line: str, at: int) -> int:
        listed, end = self._take_parties(draft, line, at)
        if draft.rel is not None:
            draft.note(Problem.REPEATED, "REL")
            listed &= draft.rel
        draft.rel = listed
        return end

    def _take_parties(self, draft: Draft, line: str, at: int) -> tuple[Parties, int]:
        filler = _FILLER.match(line, at)
        start = filler.end() if filler else at
        if line[at:start].strip():
            draft.note(Problem.PARTY_LIST, line[at:start].strip())
        codes = _CODES.match(line, start)
        if codes is None:
            draft.note(Problem.PARTY_LIST, line[start : start + 20])
            return frozenset(), start
        known: set[Party] = set()
        for code in (each.strip().upper() for each in codes.group().split(",")):
            if code in self._parties:
                known.add(Party(code))
            else:
                draft.note(Problem.UNKNOWN_PARTY, code)
        end = self._take_loose_codes(draft, line, codes.end(), known)
        draft.names_party |= bool(known)
        return frozenset(known), _end_of_field(draft, line, start, end, Problem.PARTY_LIST)

    def _take_loose_codes(self, draft: Draft, line: str, at: int, known: set[Party]) -> int:
        """Parties that follow without a comma: what was meant is clear, how to write it isn't."""
        while (more := _AND.match(line, at)) and self.names_known_party(more.group(1)):
            draft.note(Problem.PARTY_LIST, more.group().strip())
            known.add(Party(more.group(1).upper()))
            at = more.end()
        return at

    def _take_date(self, draft: Draft, line: str, at: int) -> int:
        written, end = _argument(line, at)
        if draft.expires is not None:
            draft.note(Problem.REPEATED, "EXP")
        day = _iso_date(written)
        if day is None:
            draft.note(Problem.BAD_DATE, written)
            day = _day_first(written)
        if day is not None and day > self._today + LONGEST_TERM:
            draft.note(Problem.BAD_DATE, written)
            day = _without_thai_calendar(day)
        if day is not None and day < self._today:
            draft.note(Problem.PAST_DATE, written)
            day = None
        draft.expires = day
        return end

    def _take_grade(self, draft: Draft, line: str, at: int) -> int:
        written, end = _argument(line, at)
        if draft.grade is not None:
            draft.note(Problem.REPEATED, "GRADE")
        if _GRADE.fullmatch(written.upper()):
            draft.grade = written.upper()
        else:
            draft.note(Problem.BAD_GRADE, written)
        return end

    def _declare(self, draft: Draft, name: str) -> None:
        declared = PersonalData.PRESENT if name == "PD" else PersonalData.NONE
        if draft.personal_data not in (PersonalData.UNDECLARED, declared):
            draft.note(Problem.CONTRADICTION, "PD NOPD")
            declared = PersonalData.PRESENT
        draft.personal_data = declared


def _skip_spaces(line: str, at: int) -> int:
    while at < len(line) and line[at] == " ":
        at += 1
    return at


def _argument(line: str, at: int) -> tuple[str, int]:
    match = _ARGUMENT.match(line, at)
    return (match.group(1), match.end()) if match else ("", at)


def _end_of_field(draft: Draft, line: str, start: int, end: int, problem: Problem) -> int:
    """A field ends before a space, `//` or the end of the line; what sticks to it is wrong."""
    if _ENDS.match(line, end):
        return end
    stop = _ENDS.search(line, end)
    beyond = stop.start() if stop else len(line)
    draft.note(problem, line[start : min(beyond, start + 40)])
    return beyond


def _iso_date(written: str) -> date | None:
    if not _DATE.fullmatch(written):
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _day_first(written: str) -> date | None:
    """`31/12/2026`, where day and month can't be taken for each other."""
    parts = _DAY_FIRST.fullmatch(written)
    if parts is None:
        return None
    day, month, year = (int(part) for part in parts.groups())
    try:
        return date(year, month, day) if day > 12 else None
    except ValueError:
        return None


def _without_thai_calendar(day: date) -> date | None:
    try:
        return day.replace(year=day.year - THAI_CALENDAR_YEARS)
    except ValueError:
        return None
