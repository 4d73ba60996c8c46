"""Markings as text: which lines carry one, and what they say.

The grammar is in enforcement, The marking and Reading. Whether a marking fits a room is
`rilon.policy.evaluate`. Text is hostile: reading takes linear time and never raises.

A line is read as follows.
- A line that begins with `>` is quoted: `rilon.domain.quoted_markings`.
- A line that begins with a TLP label is marked. Fields may follow it up to `//` or the end of
  the line. A lone label needs no `//`: `tlp: amber vessel left` is AMBER and `vessel left`.
- Without a label a marking begins with REL and known parties, and ends with `//`.
- What is nearly one of these is `Unclear` (`rilon.domain.near_markings` tells more of that), and
  so is a label anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from difflib import get_close_matches

from rilon.domain.acts import ReadMarking, Unclear
from rilon.domain.letters import as_seen, has_invisible, has_override, plain_spaces
from rilon.domain.marking_fields import Draft, Fields, Problem
from rilon.domain.marking_writing import END, write, write_effective
from rilon.domain.markings import Tlp, Vocabulary, WrittenMarking
from rilon.domain.near_markings import Near, near_markings

__all__ = [
    "END",
    "Problem",
    "read",
    "without_marking",
    "write",
    "write_effective",
]

_COLOURS = "CLEAR|WHITE|GREEN|AMBER|RED"
_EXACT = re.ASCII | re.IGNORECASE
_LABEL = re.compile(r"TLP: *([A-Z]+(?:\+[A-Z]+)?)(?= |//|$)", _EXACT)
_NEAR_LABEL = re.compile(
    r"\W{0,40}(?P<label>T[ ._-]?L[ ._-]?P"
    rf"(?: ?[:;=]|\W{{0,5}}(?:{_COLOURS})(?![A-Z])|(?:{_COLOURS})\b))",
    re.IGNORECASE,
)
_LABEL_ELSEWHERE = re.compile(
    rf"(?P<label>TLP {{0,3}}[:=] {{0,3}}(?:{_COLOURS})(?![A-Z])|(?<![A-Z0-9])TLP[:=][A-Z])",
    re.IGNORECASE,
)
"""ATTACK: a whole label stays one to a reader where a letter sticks to it (`xTLP:RED`)."""
_REL_ELSEWHERE = re.compile(
    r"(?<![A-Z0-9])REL[ *_`~]{1,8}([A-Z]{3})(?: {0,5}, {0,5}[A-Z]{3}){0,40} {0,5}//", re.IGNORECASE
)
_AFTER_LABEL = re.compile(r"T[ ._-]?L[ ._-]?P[^A-Z0-9]{0,5}([A-Z]+(?: ?[+ _-] ?STRICT)?)?", _EXACT)
_LOOSE_STRICT = re.compile(r" *\+? *STRICT(?= |//|$)| *\+(?! *[0-9])", _EXACT)
_REL = re.compile(r"REL(?:TO|EASE|EASABLE)?(?![A-Z0-9])", _EXACT)
_COLOUR = re.compile(rf"({_COLOURS})(\+STRICT)?(?= |//|$)", _EXACT)
_LOOSE_END = re.compile(r"\s//|(?<![:/])//(?=\s|$)")
"""A `//` that may be meant to end a marking. One inside a web address doesn't."""
_CAPITAL_LIST = re.compile(r"REL +[A-Z]{3} *,")
_CODE_WORD = re.compile(r"[A-Z0-9]{2,20}(?= |$)")
_MENTION = re.compile(
    r"@[^\s:@]{1,255}:[^\s:]{1,255}(?::[0-9]{1,5})?[:,]?\s+"
    r"|@?\[[^\]\n]{0,255}\]\(<?https://matrix\.to/#/(?:@|%40)[^\s)>]{1,600}>?\)[:,]?\s*"
)
_NAME = re.compile(r"[^:]{1,100}: +(?=T\W?L\W?P|REL\b)", re.IGNORECASE)

_LABELS = {tlp.label.removeprefix("TLP:"): tlp for tlp in Tlp} | {"WHITE": Tlp.CLEAR}
_OTHER_WORDS = {
    "ORANGE": Tlp.AMBER, "YELLOW": Tlp.AMBER, "KUNING": Tlp.AMBER, "JINGGA": Tlp.AMBER,
    "OREN": Tlp.AMBER, "LARANJA": Tlp.AMBER, "STRICT": Tlp.AMBER_STRICT,
    "AMBERSTRICT": Tlp.AMBER_STRICT, "MERAH": Tlp.RED, "VERMELHO": Tlp.RED,
    "HIJAU": Tlp.GREEN, "VERDE": Tlp.GREEN, "PUTIH": Tlp.CLEAR, "BRANCO": Tlp.CLEAR,
    "BLACK": Tlp.RED, "PURPLE": Tlp.RED,
}  # fmt: skip
"""Words officers write for a colour, to offer the label they mean."""


def read(
    text: str, vocabulary: Vocabulary, today: date, names: Collection[str] = ()
) -> ReadMarking:
    """The join of the markings in the text, `None` without one, or the first unclear thing.

    `today` is the day in UTC. `names` are display names that the text mentions: they are
    taken off where the text begins with them.
    """
    reader = _Reader(vocabulary, today, names)
    joined: WrittenMarking | None = None
    before = ""
    for number, line in enumerate(_unquoted_lines(text)):
        found = reader.line(line, first=number == 0) or reader.across(before, line)
        before = line
        if isinstance(found, Unclear):
            return found
        if found is not None:
            joined = found if joined is None else joined.join(found)
    return joined


def without_marking(text: str, vocabulary: Vocabulary, today: date) -> str | None:
    """The text without the markings that its lines begin with, so that another can be put
    before it. `None` where it can't be told which words are marking and which are text.

    INVARIANT: no word of the text is lost, nor a restriction, and what is left reads as unmarked.
    """
    rows = text.split("\n")
    if any(row.splitlines() not in ([], [row]) for row in rows):
        # ATTACK: a `>` after another kind of break quotes nothing; here it would begin to.
        return None
    reader = _Reader(vocabulary, today, ())
    lines, first = [], True
    for line in rows:
        if line.strip() and not line.lstrip(" ").startswith(">"):
            rest = reader.rest_of(line, first)
            if rest is None:
                return None
            line, first = rest, False
        lines.append(line)
    left = "\n".join(lines).strip()
    return left if left and read(left, vocabulary, today) is None else None


def _unquoted_lines(text: str) -> Iterator[str]:
    """ATTACK: after a vertical tab or a line separator many clients show no new line, and so a
    `>` there quotes nothing. Such a break ends a line and begins no quotation."""
    for row in text.split("\n"):
        for number, line in enumerate(row.splitlines()):
            quoted = number == 0 and line.lstrip(" ").startswith(">")
            if line.strip() and not quoted:
                yield line


class _Reader:
    """Reads lines. A line is read as it is and as it looks; both must say the same."""

    def __init__(self, vocabulary: Vocabulary, today: date, names: Collection[str]) -> None:
        self._fields = Fields(vocabulary, today)
        self._near = near_markings(vocabulary, today)
        # ATTACK: a mention shown as `TLP:RED` would be taken off as a name.
        plain = {name for name in names if name.strip() and self._marked(as_seen(name)) is None}
        self._names = sorted(plain, key=len, reverse=True)

    def line(self, line: str, first: bool) -> ReadMarking:
        """What one line carries. `first` says that mentions may stand before its marking."""
        found = self._plain_line(plain_spaces(line), first)
        if line.isascii() and line.isprintable():
            return found
        if has_override(line):
            return Unclear(Problem.INVISIBLE, nearest=_nearest(found))
        seen = self._plain_line(as_seen(line), first)
        if seen == found:
            return found
        if isinstance(seen, Unclear) and isinstance(found, Unclear):
            return seen
        # Attack: letters of another script, or hidden between letters, make a reader see a
        # marking that the machine doesn't, or one that says something else.
        problem = Problem.INVISIBLE if has_invisible(line) else Problem.LOOK_ALIKE
        return Unclear(problem, nearest=_nearest(seen), found=line.strip()[:40])

    def across(self, before: str, line: str) -> Unclear | None:
        """ATTACK: REL at the end of one line, and its list of parties on the next."""
        near = self._near.across(as_seen(before), as_seen(line))
        return _nearly(near) if near else None

    def rest_of(self, line: str, first: bool) -> str | None:
        """The line without the marking at its start, if there is one; `None` if unclear."""
        line = plain_spaces(line).strip()
        starts = [self._after_mentions(line) if first else line]
        if first and (name := _NAME.match(starts[0])):
            starts.append(starts[0][name.end() :])
        for start in starts:
            label = _LABEL.match(start)
            near = None if label else _NEAR_LABEL.match(start)
            at = near.start("label") if near else 0
            draft, rest = self._nearly(start, at) if near else self._drafted(start, label)
            if draft is None and near is None:
                continue
            if draft is None or draft.loses(start[at : len(start) - len(rest)]):
                return None
            if draft.problem and not rest.startswith("//") and _LOOSE_END.search(rest):
                # ATTACK: `TLP:AMBER FOR THE TWO ONLY // x`: which words are marking, nobody knows.
                return None
            before = line[: len(line) - len(start)] + start[:at].strip(" [({*#")
            return before + rest.lstrip(" ])}").removeprefix("//").strip()
        return line

    def _drafted(self, line: str, label: re.Match[str] | None) -> tuple[Draft | None, str]:
        return self._labelled(line, label) if label else self._unlabelled(line)

    def _nearly(self, line: str, at: int) -> tuple[Draft | None, str]:
        """What is nearly a label, whose word is known, with the fields after it."""
        after, draft = _AFTER_LABEL.match(line, at), Draft()
        word = after.group(1).upper() if after and after.group(1) else ""
        if after is None or word not in _LABELS.keys() | _OTHER_WORDS.keys():
            return None, line
        draft.note(Problem.UNKNOWN_LABEL, word)
        _, end = self._fields.take_all(draft, line, after.end())
        return draft, line[end:]

    def _plain_line(self, line: str, first: bool) -> ReadMarking:
        line = line.strip()
        found = self._marked(line)
        if not first or not _may_follow(found):
            # ATTACK: a mention shown as `REL` before `AUS //` is a part of what readers see.
            return found
        rest = self._after_mentions(line)
        if rest != line:
            # ATTACK: a label within what is taken off as a mention.
            if self._marked(line[: len(line) - len(rest)].strip()) is not None:
                return found or Unclear(Problem.LABEL_MISPLACED)
            line, found = rest, self._marked(rest)
        name = _NAME.match(line)
        if name and _may_follow(found) and self._near.find(name.group()) is None:
            return self._marked(line[name.end() :])
        return found

    def _after_mentions(self, line: str) -> str:
        at = 0
        while at < len(line):
            mention = _MENTION.match(line, at)
            name = next((name for name in self._names if line.startswith(name, at)), None)
            if mention is None and name is None:
                break
            at = mention.end() if mention else at + len(name or "")
            while at < len(line) and line[at] in " :,":
                at += 1
        return line[at:]

    def _marked(self, line: str) -> ReadMarking:
        """The marking at the start of a line, after mentions have been taken off."""
        label = _LABEL.match(line)
        near = None if label else _NEAR_LABEL.match(line)
        if near:
            return self._near_label(line[near.start("label") :], near.start("label") > 0)
        draft, rest = self._labelled(line, label) if label else self._unlabelled(line)
        if draft is None:
            return self._misplaced(line)
        marking = draft.marking()
        if draft.problem is not None:
            # INVARIANT: the nearest form keeps what is nearly a marking behind the fields.
            return Unclear(draft.problem, self._nearest_with(marking, rest), draft.found)
        again = self._second_marking(rest)
        if again is not None:
            return Unclear(Problem.MARKED_TWICE, _nearest(marking.join(again)), rest.strip()[:40])
        behind = self._near.find(rest, behind=True)
        if behind is None:
            return marking
        nearest = self._nearest_with(marking, rest)
        return Unclear(Problem.LABEL_MISPLACED, nearest, behind.found)

    def _nearest_with(self, marking: WrittenMarking, rest: str) -> str | None:
        """The nearest form of a marking and of what is nearly one in the text behind it."""
        near = self._near.find(rest, behind=True)
        if near is None:
            return _nearest(marking)
        return _nearest(marking.join(near.meant)) if near.meant else None

    def _labelled(self, line: str, label: re.Match[str]) -> tuple[Draft, str]:
        word = label.group(1).upper()
        draft = Draft(tlp=_LABELS.get(word))
        if draft.tlp is None:
            draft.note(Problem.UNKNOWN_LABEL, label.group())
            draft.tlp = _nearest_label(word)
        strict = _LOOSE_STRICT.match(line, label.end())
        if strict:
            draft.note(Problem.UNKNOWN_LABEL, line[: strict.end()])
            draft.tlp = Tlp.AMBER_STRICT
        count, end = self._fields.take_all(draft, line, strict.end() if strict else label.end())
        rest = line[end:]
        if rest.startswith("//"):
            return draft, rest[2:]
        if rest:
            self._note_text_without_end(draft, rest, lone=count == 0)
        return draft, rest

    def _note_text_without_end(self, draft: Draft, rest: str, lone: bool) -> None:
        """Text follows with no `//` before it: clear only where the label stands alone."""
        word = _CODE_WORD.match(rest)
        ended = _LOOSE_END.search(rest)
        if ended and " " not in rest[: ended.start()].strip():
            draft.note(Problem.UNKNOWN_CAVEAT, rest[: ended.start()])
            self._fields.take_nearest(draft, rest[: min(ended.start(), 20)].strip())
        elif lone and word and self._fields.nearest_word(word.group()):
            draft.note(Problem.UNKNOWN_CAVEAT, word.group())
            self._fields.take_nearest(draft, word.group())
        elif ended or not lone:
            draft.note(Problem.NOT_ENDED, rest)

    def _unlabelled(self, line: str) -> tuple[Draft | None, str]:
        """A marking without label at the start of the line, or `None` for ordinary text."""
        draft = Draft()
        rel, colour = _REL.match(line), _COLOUR.match(line)
        if rel:
            return self._releasable(draft, line, rel)
        if colour:
            draft.tlp = _nearest_label(colour.group().upper())
        count, end = self._fields.take_all(draft, line, colour.end() if colour else 0)
        ended = line.startswith("//", end)
        if (count or colour) and (ended or (colour and draft.names_party)):
            draft.problem, draft.found = Problem.LABEL_MISSING, line[:40]
            if draft.rel is None and draft.tlp is None:
                draft.tlp = Tlp.AMBER
            return draft, line[end + 2 :]
        return None, line

    def _releasable(self, draft: Draft, line: str, rel: re.Match[str]) -> tuple[Draft | None, str]:
        loose_end = _LOOSE_END.search(line)
        if rel.end() > 3:
            if not loose_end:
                return None, line
            draft.note(Problem.PARTY_LIST, rel.group())
            line = "REL" + line[rel.end() :]
        _, end = self._fields.take_all(draft, line, 0)
        if line.startswith("//", end):
            return draft, line[end + 2 :]
        if not (draft.names_party or loose_end or _CAPITAL_LIST.match(line)):
            return None, line
        draft.note(Problem.NOT_ENDED, line)
        return draft, line[end:]

    def _second_marking(self, rest: str) -> WrittenMarking | None:
        """The marking that the text after a marking itself bears: `TLP:AMBER//REL AUS//…`."""
        rest = rest.lstrip(" /")
        label = _NEAR_LABEL.match(rest) or _LABEL_ELSEWHERE.search(rest)
        if label:
            return self._meant(rest[label.start("label") :])[0].marking()
        draft, _ = self._unlabelled(rest)
        return None if draft is None else draft.marking()

    def _near_label(self, line: str, prefixed: bool) -> Unclear:
        """What is meant by something that is nearly a label, or has signs before it."""
        label = _LABEL.match(line)
        exact = label is not None and label.group(1).upper() in _LABELS
        problem = Problem.LABEL_MISPLACED if exact and prefixed else Problem.UNKNOWN_LABEL
        draft, rest = self._meant(line)
        return Unclear(problem, self._nearest_with(draft.marking(), rest), line[:40])

    def _meant(self, line: str) -> tuple[Draft, str]:
        """What somebody probably meant who wrote a label in another way, and what follows."""
        draft = Draft()
        after = _AFTER_LABEL.match(line)
        if after and after.group(1):
            draft.tlp = _nearest_label(re.sub(r"[ _-]+", "+", after.group(1).upper()))
            _, end = self._fields.take_all(draft, line, after.end())
            return draft, line[end:]
        return draft, ""

    def _misplaced(self, line: str) -> Unclear | None:
        label = _LABEL_ELSEWHERE.search(line)
        if label:
            found = self._near_label(line[label.start("label") :], prefixed=True)
            return Unclear(Problem.LABEL_MISPLACED, found.nearest, found.found)
        for rel in _REL_ELSEWHERE.finditer(line):
            if self._fields.names_known_party(rel.group(1)):
                draft = Draft()
                self._fields.take_all(draft, line, rel.start())
                return Unclear(Problem.LABEL_MISPLACED, _nearest(draft.marking()), rel.group()[:40])
        near = self._near.find(line)
        return _nearly(near) if near else None


def _nearly(near: Near) -> Unclear:
    return Unclear(Problem.LABEL_MISPLACED, _nearest(near.meant), near.found)


def _may_follow(found: ReadMarking) -> bool:
    """Whether a marking may still follow what stands at the start of a line."""
    misplaced = isinstance(found, Unclear) and found.problem == Problem.LABEL_MISPLACED
    return found is None or misplaced


def _nearest_label(word: str) -> Tlp | None:
    word = re.sub(r" *\+ *", "+", word)[:40]
    if word in _LABELS or word in _OTHER_WORDS:
        return _LABELS.get(word, _OTHER_WORDS.get(word))
    begins = [label for label in _LABELS if len(word) > 2 and word.startswith(label)]
    near = begins or get_close_matches(word, list(_LABELS), n=1, cutoff=0.6)
    return _LABELS[near[-1]] if near else None


def _nearest(meant: ReadMarking) -> str | None:
    """A valid form of what was probably meant.

    INVARIANT: it never leaves out a REL that names nobody known; that would open the content
    to the whole room.
    """
    if isinstance(meant, Unclear):
        return meant.nearest
    if meant is None or (meant.rel is not None and not meant.rel):
        return None
    return write(meant) if meant.tlp is not None or meant.rel is not None else None
