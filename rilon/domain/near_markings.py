"""What is nearly a marking: words that a reader takes for a restriction, in a line that bears
none in the form that is read, or behind the marking that it bears.

It tells where such words are and what was probably meant. Which lines are read, and what is a
marking, is `rilon.domain.marking_text`. It errs towards "nearly": what reads as ordinary text
reaches the whole room. Every pattern takes time in proportion to the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from rilon.domain.marking_fields import LONGEST_TERM
from rilon.domain.markings import PersonalData, Tlp, Vocabulary, WrittenMarking
from rilon.domain.near_heads import CLASSIFYING, DEGREES, near_head
from rilon.domain.parties import RSO, Party

_COLOURS = {
    "CLEAR": Tlp.CLEAR, "WHITE": Tlp.CLEAR, "GREEN": Tlp.GREEN, "AMBER": Tlp.AMBER,
    "RED": Tlp.RED, "AMBER+STRICT": Tlp.AMBER_STRICT, "STRICT": Tlp.AMBER_STRICT,
}  # fmt: skip
_OTHER_COLOURS = {
    "MERAH": Tlp.RED, "VERMELHO": Tlp.RED, "HIJAU": Tlp.GREEN, "VERDE": Tlp.GREEN,
    "KUNING": Tlp.AMBER, "JINGGA": Tlp.AMBER, "LARANJA": Tlp.AMBER, "PUTIH": Tlp.CLEAR,
    "BRANCO": Tlp.CLEAR,
}  # fmt: skip
_COLOURS_ELSEWHERE = frozenset(
    ["สีแดง", "แดง", "สีเหลือง", "สีส้ม", "สีเขียว", "লাল", "হলুদ", "কমলা", "সবুজ", "红色", "红", "紅"]
)
_PROTECTS = frozenset({"PROTECT", "PROTECTED"})
_EXPIRES = frozenset({"EXP", "EXPIRES", "EXPIRY", "EXPIRE", "EXPIRED"})
_FIXED = {"PD", "NOPD", "NOFORN", *_PROTECTS, *_EXPIRES}
_LISTS = frozenset({"ONLY", "FOR", "UNTUK", "PARA", "KHUSUS", "HANYA", "SAHAJA", "SAJA"})
_JOINING = frozenset({"AND", "DAN", "E", "OR", "TO", "EYES", "GRADE"}) | _LISTS
_NEAR_REL = (
    "RELL|RREL|REEL|REAL|REI|RE1|RLE|RFL|RIL|RRL|RELS|RELE|RELEASE|RELEASED|RELEASABLE|REALEASE"
    "|RELASE|RELTO|RL|EL"
)
_REL_WORDS = frozenset({"REL", "RE", *_NEAR_REL.split("|")})

_BREAK = re.compile(r"</?(?:br|hr|p|div|li) ?/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]{0,15} ?/?>")
_ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s]+")
_LETTERS_APART = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z0-9][ ._*~,/-]{1,3}){2,80}[A-Za-z0-9](?![A-Za-z0-9])"
)
_APART = re.compile(r"[^A-Za-z0-9]")
_DIGITS_WITHIN = re.compile(
    r"(?<![A-Za-z0-9])(?=[0-9]{0,3}[A-Z])[A-Z]{0,3}[0-9][A-Z0-9]{0,5}(?![A-Za-z0-9])"
)
_LIKE_LETTERS = str.maketrans("0134578", "OIEASTB")
_END = re.compile(r"(?<!/)(?:(?<!:)//|//(?=\s|$))")
_LONGEST_HEAD = 80
_WORD = re.compile(r"[A-Za-z0-9]+(?:[+-][A-Za-z0-9]+)*")
_CAPITALS = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Z0-9]{1,15}(?![A-Za-z0-9])")
_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]{1,80})[)\]}]")
_EMPHASISED = re.compile(r"[\W_]{0,8}[*_~`]([^*_~`]{1,80})[*_~`]")
_BEFORE_COLON = re.compile(r"([^:]{1,60}):(?!//)")
_FIRST_BRACKET = re.compile(r"\s*[(\[{]([^()\[\]{}]{1,80})[)\]}]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBERED = re.compile(r"[0-9]{1,4}(?:-[0-9]{1,4}){0,2}")
_LABEL_WORD = r"(?:T[ ._-]?L[ ._-]?P|TPL|LTP|TLPP|TTLP|TLLP|TPLP)"
_LABEL_WORDS = frozenset(["TLP", "TPL", "TL", "TP", "LP", "LTP", "TLPP", "TTLP", "TLLP", "TPLP"])
_LABEL_IN_FULL = frozenset(["TRAFFIC", "LIGHT", "PROTOCOL", "TRAFFIC-LIGHT"])
_COLOUR_WORD = r"(?:CLEAR|WHITE|GREEN|AMBER|RED)(?![A-Za-z])"
_NEAR_LABELS = (
    # `TLP_RED`, `#TLP-RED`, `TPL:RED`: signs between, in any case.
    re.compile(rf"(?<![A-Z0-9]){_LABEL_WORD} ?[:;=._/|#-]{{1,3}} ?{_COLOUR_WORD}", re.IGNORECASE),
    re.compile(rf"(?<![A-Za-z0-9])(?:TL|TP|LP) ?[:;=_]{{1,2}} ?{_COLOUR_WORD}"),
    re.compile(rf"(?<![A-Za-z0-9])(?:TPL|LTP|TLPP|TTLP) ?{_COLOUR_WORD}"),
    re.compile(rf"(?<![A-Z0-9])TLP{_COLOUR_WORD}", re.IGNORECASE),
    re.compile(rf"TRAFFIC[ -]LIGHT[ -]PROTOCOL[^A-Z0-9]{{1,5}}{_COLOUR_WORD}", re.IGNORECASE),
    re.compile(rf"TRAFFIC[ -]LIGHT ?[:=] ?{_COLOUR_WORD}", re.IGNORECASE),
    # `TLP RED` at the end, in brackets or before a colon; `TLP level: RED`.
    re.compile(
        rf"(?<![A-Z0-9]){_LABEL_WORD}[\W_]{{1,4}}(?:(?:LEVEL|MARKING|COLOU?R|LABEL|IS)[\W_]{{1,4}})?"
        rf"(?:AMBER ?\+ ?STRICT|CLEAR|WHITE|GREEN|AMBER|RED|{'|'.join(_OTHER_COLOURS)})"
        r"(?=\s*(?:[\])}.,:;|–—-]|//|$))",
        re.IGNORECASE,
    ),
)
_TLP = re.compile(r"(?<![A-Z0-9])TLP(?![A-Z0-9])", re.IGNORECASE)
_ONLY_FOR = r"^[\W_]{0,8}(?:ONLY|HANYA|KHUSUS|JUST|SOMENTE) (?:FOR|UNTUK|PARA|TO)[\W_]{1,3}"


@dataclass(frozen=True, slots=True)
class Near:
    """Words that are nearly a marking, and what was probably meant, if it can be told."""

    found: str
    meant: WrittenMarking | None


@dataclass(slots=True)
class _Meant:
    """What was probably meant, while its words are gone through."""

    tlp: Tlp | None = None
    rel: set[Party] = field(default_factory=set)
    protect: set[Party] = field(default_factory=set)
    loose: set[Party] = field(default_factory=set)
    """Parties that stand behind none of the words that take some."""
    caveats: set[str] = field(default_factory=set)
    declared: PersonalData = PersonalData.UNDECLARED
    expires: date | None = None
    after: str = ""
    """The field whose argument follows."""
    listed: bool = False
    undated: bool = False
    unknown: bool = False
    """Whether what was found holds a word of no marking."""

    def marking(self) -> WrittenMarking | None:
        """`None` where a day or whom the parties stand for can't be told, or nothing is said."""
        if self.undated or self.after == "EXP" or (self.loose and self.unknown and not self.listed):
            return None
        rel = self.rel | self.loose
        declared = self.declared is not PersonalData.UNDECLARED
        if self.tlp is None and not rel:
            if not (self.caveats or self.protect or self.expires or declared):
                return None
            self.tlp = Tlp.AMBER
        return WrittenMarking(
            self.tlp,
            frozenset(rel) or None,
            frozenset(self.caveats),
            frozenset(self.protect),
            self.declared,
            self.expires,
        )


@lru_cache(maxsize=8)
def near_markings(vocabulary: Vocabulary, today: date) -> NearMarkings:
    """The one of that network; its patterns are made once."""
    return NearMarkings(vocabulary, today)


class NearMarkings:
    """Finds what is nearly a marking of a network's parties and caveats."""

    def __init__(self, vocabulary: Vocabulary, today: date) -> None:
        self._today = today
        self._parties = vocabulary.parties | {RSO}
        self._caveats = {
            name.upper(): caveat.code
            for caveat in vocabulary.caveats
            for name in (caveat.code, *caveat.aliases)
        }
        # Words that are nothing but a caveat, in any case: `orcon`. `H1` and `PD` aren't.
        self._strong = {name for name in self._caveats if len(name) > 4 and name.isalpha()}
        self._strong |= {"NOFORN", "NOPD"}
        self._telling = self._caveats.keys() | _FIXED | {"STRICT", "AMBER+STRICT", "TLP"}
        party = "(?:" + "|".join(sorted(self._parties)) + ")"
        last = r"(?![A-Za-z0-9])"
        between = r"(?:\]\([^)\s]{0,200}\))?[\W_]{0,8}"
        self._anywhere = (
            re.compile(
                rf"(?<![A-Za-z0-9])REL{between}(?:(?:TO|FOR)[\W_]{{1,3}})?{party}{{1,12}}{last}",
                re.IGNORECASE,
            ),
            re.compile(rf"(?<![A-Z])REL{between}{party}{{1,12}}{last}"),
            re.compile(
                rf"(?<![A-Za-z0-9])(?:{_NEAR_REL})(?: TO)?[\W_]{{1,6}}{party}"
                rf"[\W_]{{1,5}}(?:(?:AND|DAN)[\W_]{{1,3}})?{party}{last}"
            ),
            re.compile(rf"(?<![A-Za-z0-9])PROTECT(?:ED)?[\W_]{{1,6}}{party}{last}"),
            re.compile(rf"(?<![A-Za-z0-9])#(?:{'|'.join(map(re.escape, self._strong))}){last}"),
        )
        self._only = re.compile(
            rf"{_ONLY_FOR}{party}{last}"
            rf"|^[\W_]{{0,8}}{party}(?:[\W_]{{1,5}}(?:(?:AND|DAN)[\W_]{{1,3}})?{party}){{0,12}}"
            rf"[\W_]{{1,5}}(?-i:(?:EYES )?ONLY){last}",
            re.IGNORECASE,
        )
        strong = "|".join(map(re.escape, sorted(self._strong)))
        self._named = (
            re.compile(
                rf"^[\W_]{{0,8}}(?:HANDLING|CAVEATS?|RELEASAB(?:LE|ILITY)|DISSEMINATION|DISTRIBUTION)"
                rf"(?: (?:TO|FOR))?[\W_]{{1,5}}(?:{strong}|{party}){last}",
                re.IGNORECASE,
            ),
            re.compile(rf"(?<=\s)(?:[-–—] |[(\[{{])(?:{strong})[)\]}}]?\s*$", re.IGNORECASE),
        )
        words = "|".join([*map(re.escape, self._caveats), "PD", *sorted(_PROTECTS | _EXPIRES)])
        whole = rf"(?<![A-Z0-9])(?:{words})(?![A-Z0-9])"
        begins = rf"(?:{_LABEL_WORD}[\W_]{{0,3}}|TRAFFIC[ -]LIGHT[ -]PROTOCOL|REL )"
        said = r"(?:(?!//).)*?"
        self._restricts = (
            # Up to the sign that ends a marking, in any case; behind a caveat, too.
            re.compile(rf"[\W_]{{0,8}}{begins}{said}{whole}{said}//", re.IGNORECASE),
            re.compile(
                rf"[\W_]{{0,8}}(?:{words})[\W_]{{1,3}}{_LABEL_WORD}[\W_]{{0,3}}\w", re.IGNORECASE
            ),
            # Without that sign in capitals alone, or right behind a label: `Tlp: 021 (pd jam)`.
            re.compile(rf"[\W_]{{0,8}}{begins}{said}{whole}"),
            re.compile(
                rf"[\W_]{{0,8}}(?:TLP ?: ?{_COLOUR_WORD}|TLP:[A-Z+]{{3,12}})[ ,]+(?:{words})\b",
                re.IGNORECASE,
            ),
        )
        self._stuck = re.compile(rf"REL(?:TO)?({party}{{1,12}}){last}", re.IGNORECASE)
        self._split = re.compile(party, re.IGNORECASE)
        self._codes = re.compile(rf"(?<![A-Za-z0-9]){party}{last}")
        self._list_end = re.compile(
            r"(?<![A-Za-z0-9])REL[\W_]{0,8}(?:TO)?[\W_]{0,8}$", re.IGNORECASE
        )

    def find(self, line: str, behind: bool = False) -> Near | None:
        """The first words of the line that are nearly one. `behind`: it follows a marking."""
        for form in _forms(line):
            at = self._at(form, behind)
            if at is not None:
                start, found = at
                return Near(found.strip()[:40], self._meant(form[start : start + 200], found))
        return None

    def is_complete(self, line: str) -> bool:
        """Whether the line holds a list for REL, or a label of AMBER or RED, however written; or
        begins as a marking does, and holds a caveat, PD, somebody to protect or a last day."""
        return any(
            any(pattern.match(form) for pattern in self._restricts)
            or any(pattern.search(form) for pattern in self._anywhere[:3])
            or re.search(rf"{_LABEL_WORD}[\W_]{{0,5}}(?:AMBER|RED)(?![A-Z])", form, re.IGNORECASE)
            for form in _forms(line)
        )

    def across(self, before: str, after: str) -> Near | None:
        """A list of parties whose REL stands at the end of the line before."""
        end = self._list_end.search(before[-40:])
        return self.find(f"{end.group()} {after[:200]}") if end else None

    def _at(self, line: str, behind: bool) -> tuple[int, str] | None:
        for pattern in (*self._anywhere, *_NEAR_LABELS, self._only, *self._named):
            found = pattern.search(line)
            if found:
                return found.start(), found.group()
        for bracketed in _BRACKETED.finditer(line):
            # `Port Dickson (PD)`: two letters in brackets are a place more often.
            if bracketed.group(1).strip() != "PD" and self._is_all_marking(bracketed.group(1)):
                return bracketed.start(), bracketed.group()
        first = _FIRST_BRACKET.match(line)
        if first and self._is_all_marking(first.group(1), colours=True):
            return 0, first.group()
        for start in (_EMPHASISED.match(line), _BEFORE_COLON.match(line)):
            if start and self._is_all_marking(start.group(1), colours=True):
                return 0, start.group()
        word = _WORD.search(line[:40])
        if word and word.group() in self._strong and not line[: word.start()].strip(" *_~`#-([{"):
            return word.start(), word.group()
        if head := near_head(line, behind):
            return 0, head
        return self._in_segments(line)

    def _in_segments(self, line: str) -> tuple[int, str] | None:
        """What stands before a `//`: that is where a marking stands."""
        start = 0
        for end in _END.finditer(line):
            segment = line[start : end.start()]
            if len(segment) <= _LONGEST_HEAD and (
                self._holds_marking(segment)
                if start == 0
                else self._is_all_marking(segment, colours=True, lists=True)
            ):
                return start, segment
            start = end.end()
        segment = line[start:]
        if start and len(segment) <= _LONGEST_HEAD and self._is_all_marking(segment, colours=True):
            return start, segment
        return None

    def _holds_marking(self, head: str) -> bool:
        """Whether the words before the first `//` name a party, a caveat or a label."""
        if self._codes.search(head) or _TLP.search(head):
            return True
        words = [word.upper() for word in _WORD.findall(head)]
        capitals = set(_CAPITALS.findall(head))
        told = self._telling | _COLOURS.keys()
        short = len(words) <= 3
        return (
            bool(capitals & told)
            or bool(self._strong & set(words))
            or (short and bool(capitals & _OTHER_COLOURS.keys()))
            or (short and not CLASSIFYING.isdisjoint(words))
            or (short and any(self._near_caveat(word) for word in capitals))
            or self._is_all_marking(head, lists=True)
            or " ".join(words).replace("-", " ").startswith(("EYES ONLY", "ORIGINATOR CONTROL"))
            or (short and self._is_in_pieces(head, words))
        )

    def _is_in_pieces(self, head: str, words: list[str]) -> bool:
        """`OR CON`, `P D`, `NOTHA`; or a colour in a script of its own."""
        joined = "".join(words)
        if joined in self._strong or head.strip() in _COLOURS_ELSEWHERE:
            return True
        if head != head.upper():
            return False
        return joined in ("PD", "OC") or any(
            joined == f"{no}{party}" for no in ("NO", "NOT", "NON") for party in self._parties
        )

    def _near_caveat(self, word: str) -> str | None:
        """The caveat with one letter changed, missing or added, or letters swapped: `OCRON`."""
        for name in sorted(self._strong & self._caveats.keys()) if len(word) > 3 else ():
            if sorted(word) == sorted(name) or _one_apart(word, name):
                return self._caveats[name]
        return None

    def _is_all_marking(self, text: str, colours: bool = False, lists: bool = False) -> bool:
        """Whether the text is made of nothing but the words of markings, in capitals where those
        are ordinary words too. `lists` says that parties alone are enough, `colours` that a
        colour is."""
        written = _WORD.findall(text)
        words = [word.upper() for word in written]
        if not words or any(not self._is_marking_word(word) for word in words):
            return False
        named = any(word in self._parties for word in words)
        if named and lists:
            return True
        if any(word in self._strong for word in words):
            return True
        if [word for word in written if word != word.upper()]:
            return False
        dated = any(_NUMBERED.fullmatch(word) for word in words)
        for word in words:
            if word in _PROTECTS and named:
                return True
            if word in _EXPIRES and dated:
                return True
            if word in ("ONLY", "REL") and named:
                return True
            if word in self._telling and word not in _PROTECTS | _EXPIRES:
                return True
            if colours and (word in _COLOURS or word in _OTHER_COLOURS or word in CLASSIFYING):
                return True
        return words[:2] == ["EYES", "ONLY"]

    def _is_marking_word(self, word: str) -> bool:
        return (
            word in self._telling
            or word in self._parties
            or word in _JOINING
            or word in _COLOURS
            or word in _OTHER_COLOURS
            or word in _REL_WORDS
            or word in CLASSIFYING | DEGREES
            or _NUMBERED.fullmatch(word) is not None
            or re.fullmatch("[A-F][1-6]", word) is not None
        )

    # --- what was meant --------------------------------------------------------------------------

    def _meant(self, text: str, found: str) -> WrittenMarking | None:
        """What was probably meant, `None` where some word of it can't be told.

        INVARIANT: nothing that was found is left out of it: the nearest form is offered.
        """
        text = self._stuck.sub(lambda one: "REL " + ",".join(self._split.findall(one[1])), text)
        meant = _Meant()
        for match in _WORD.finditer(text.partition("//")[0]):
            word = match.group().upper()
            if word == "NOFORN" or word in CLASSIFYING | DEGREES:
                return None
            if not (self._takes_argument(meant, word) or self._takes_word(meant, word)):
                meant.unknown = match.start() < len(found)
                break
        return meant.marking()

    def _takes_argument(self, meant: _Meant, word: str) -> bool:
        """Whether it is a party or a day, or a word that one of these follows."""
        if word in self._parties:
            lists = {"REL": meant.rel, "PROTECT": meant.protect}
            lists.get(meant.after, meant.loose).add(Party(word))
        elif meant.after == "EXP" and _NUMBERED.fullmatch(word):
            meant.after, meant.expires = "", self._day(word)
            meant.undated = meant.undated or meant.expires is None
        elif word in _REL_WORDS | _PROTECTS | _EXPIRES:
            meant.after = "REL" if word in _REL_WORDS else "PROTECT" if word in _PROTECTS else "EXP"
        else:
            return False
        return True

    def _takes_word(self, meant: _Meant, word: str) -> bool:
        """Whether it is another word of a marking."""
        caveat = self._caveats.get(word) or self._near_caveat(word)
        if word in ("PD", "NOPD"):
            meant.declared = PersonalData.PRESENT if word == "PD" else PersonalData.NONE
        elif caveat:
            meant.caveats.add(caveat)
        elif word in _COLOURS or word in _OTHER_COLOURS:
            colour = _COLOURS[word] if word in _COLOURS else _OTHER_COLOURS[word]
            meant.tlp = colour if meant.tlp is None else max(meant.tlp, colour)
        elif word in _JOINING:
            meant.listed = meant.listed or word in _LISTS
        else:
            return word in _LABEL_WORDS | _LABEL_IN_FULL
        return True

    def _day(self, written: str) -> date | None:
        if not _DAY.fullmatch(written):
            return None
        try:
            day = date.fromisoformat(written)
        except ValueError:
            return None
        return day if self._today <= day <= self._today + LONGEST_TERM else None


def _forms(line: str) -> Iterator[str]:
    """The line as it is and as somebody reads it: entities and tags shown, letters that stand
    apart drawn together, digits within words as the letters that they look like. Web addresses
    are left out: their `//` ends nothing."""
    if "://" in line:
        line = _ADDRESS.sub(" ", line)
    if "&" in line:
        line = html.unescape(line)
    if "<" in line:
        line = _TAG.sub("", _BREAK.sub(" ", line))
    line = line.replace("\u2afd", "//").strip()
    yield line
    together = _LETTERS_APART.sub(lambda found: _APART.sub("", found.group()), line)
    if together != line:
        yield together
    lettered = _DIGITS_WITHIN.sub(lambda found: found.group().translate(_LIKE_LETTERS), line)
    if lettered != line:
        yield lettered


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter was changed, left out or added."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    return one[1:] == other[1:] or one == other[1:] or one[1:] == other
