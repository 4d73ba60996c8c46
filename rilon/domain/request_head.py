"""The head of a request: addressees, priority and ground, before the question.

Decides where the head ends and the question begins. A list that is closed by a colon, a line
break or the end of the text is read in full; without a colon only what can't be a word of a
sentence is taken. What is nearly a party is a no, never a part of the question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rilon.domain.parties import Parties, Party, in_order
from rilon.domain.party_names import (
    MOST_WORDS,
    Addressee,
    Called,
    How,
    PartyNames,
    in_reading_order,
)
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_terms import GROUNDS, PRIORITIES
from rilon.domain.requests import Ground, Priority
from rilon.domain.word_forms import plain_word

LONGEST_HEAD = 400
"""Characters in which the head of a request ends."""

_TOKEN = re.compile(
    r"(?P<end>[:：︰∶꞉]+|\n)"
    r"|(?P<space>[^\S\n]+)"
    r"|(?P<separator>[,;/&+|、،؛，；／＆＋｜·•()\[\]]+|และ)"
    r"|(?P<flag>[\U0001f1e6-\U0001f1ff]{2}[\ufe0e\ufe0f]?)"
    r"|(?P<word>(?:(?!และ)[^\s,;/&+|、،؛，；／＆＋｜·•()\[\]:：︰∶꞉\U0001f1e6-\U0001f1ff])+"
    r"|[\U0001f1e6-\U0001f1ff])"
)
_AND = frozenset(map(plain_word, ("and", "dan", "e", "ho", "serta", "এবং", "ও", "กับ", "y", "plus")))
_FILLERS = frozenset(
    map(
        plain_word,
        (
            "to", "for", "kepada", "untuk", "ke", "para", "ถึง", "প্রতি", "ba", "please", "tolong",
            "the", "from", "dari", "daripada", "ask", "tanya", "request", "rfi", "priority",
            "prioritas", "because", "karena", "reason", "alasan",
            "danger", "of", "parties", "party", "only",
        ),
    )
) - GROUNDS.keys()  # fmt: skip
_ALL = frozenset(
    map(
        plain_word,
        ("all", "everyone", "everybody", "semua", "semuanya", "todos", "todas", "ทั้งหมด", "ทุกคน",
         "ทุกประเทศ", "সবাই", "সকল", "সব", "hotu", "hotu-hotu"),
    )
)  # fmt: skip
_BUT = frozenset(
    map(
        plain_word,
        ("except", "but", "without", "not", "excluding", "minus", "kecuali", "tanpa", "selain",
         "exceto", "menos", "sem", "ยกเว้น", "ছাড়া", "বাদে", "la'ós"),
    )
)  # fmt: skip
_ANNOUNCES = frozenset(
    map(
        plain_word,
        ("question", "questions", "pertanyaan", "soalan", "pergunta", "คำถาม", "প্রশ্ন", "q"),
    )
)
"""What may stand right before the colon that ends the head, and says nothing."""
_LABELS = frozenset(
    map(plain_word, ("vessel", "ship", "boat", "kapal", "perahu", "imo", "mmsi", "tel", "doc",
                     "purpose", "tujuan", "theme", "tema", "overlaps", "http", "https", "tlp"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the question. `end` is where the question begins."""

    addressees: tuple[Addressee, ...] = ()
    priority: Priority | None = None
    ground: Ground | None = None
    end: int = 0


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    end: int


def read_head(text: str, names: PartyNames, own: Party, *, begun: bool = False) -> Head | Misread:
    """The head at the start of a text, empty where the text begins with the question.

    `begun`: some of the head stood before; then the end of the text closes no list.
    """
    whole = Head()
    while True:
        rest = text[whole.end :]
        part = _part(rest, names, own, first=not begun and not whole.end)
        if isinstance(part, Misread):
            # Once somebody is addressed, what follows is the question, whatever it looks like.
            return whole if whole.addressees else part
        if not part.end or (whole.addressees and part.addressees):
            return whole
        whole = Head(
            whole.addressees or part.addressees,
            part.priority or whole.priority,
            part.ground or whole.ground,
            whole.end + part.end,
        )


def read_addressees(text: str, names: PartyNames, own: Party) -> tuple[Addressee, ...] | Misread:
    """The addressees that an answer lists, which holds nothing else."""
    said = text[:LONGEST_HEAD].strip().rstrip(".!")
    found = _closed(_tokens(said.replace("\n", " , "), names), names, own, strict=True)
    if isinstance(found, Misread):
        return found
    if found is None or not found.addressees or len(text) > LONGEST_HEAD:
        return Misread(Wrong.NO_PARTY)
    return found.addressees


def _part(text: str, names: PartyNames, own: Party, *, first: bool) -> Head | Misread:
    tokens = _tokens(text[:LONGEST_HEAD], names)
    stop = next((at for at, token in enumerate(tokens) if token.kind == "end"), None)
    # A question of one word, `IDN: danger`, isn't a second head.
    if stop is not None or (first and len(text) <= LONGEST_HEAD):
        before = tokens if stop is None else tokens[:stop]
        if stop is not None and before and plain_word(before[-1].text) in _ANNOUNCES:
            before = before[:-1] or before
        closed = _closed(before, names, own, strict=False)
        if isinstance(closed, Misread) and (stop is not None or closed.code is Wrong.OWN_PARTY):
            return closed
        if isinstance(closed, Head):
            end = len(text) if stop is None else tokens[stop].end
            return Head(closed.addressees, closed.priority, closed.ground, end)
    return _open(tokens, names, own)


def _tokens(text: str, names: PartyNames) -> list[_Token]:
    found = list[_Token]()
    for match in _TOKEN.finditer(text):
        parts = re.split("[-‐‑‒–—]", match.group()) if match.lastgroup == "word" else []
        if len(parts) > 1 and not names.called(match.group()) and all(map(names.called, parts)):
            for part in parts:
                found += [_Token("word", part, match.end()), _Token("separator", "-", match.end())]
        else:
            found.append(_Token(str(match.lastgroup), match.group(), match.end()))
    return found


class _Listed:
    """Parties, priority and ground while a list is read."""

    def __init__(self, names: PartyNames, own: Party) -> None:
        self._names, self._own = names, own
        self.named: list[Addressee] = []
        self._except: set[Party] = set()
        self.everyone = False
        self.excluding = False
        self.priority: Priority | None = None
        self.ground: Ground | None = None
        self._recent: list[Party] = []

    def party(self, party: Party) -> None:
        if self.excluding:
            self._except.add(party)
            return
        self.named.append(Addressee(party))

    def agency(self, agency: str) -> None:
        """An agency belongs to the party named right before it."""
        if self.named:
            self.named[-1] = Addressee(self.named[-1].party, agency)

    def head(self, end: int = 0) -> Head | Misread:
        everyone: Parties = self._names.parties - {self._own} if self.everyone else frozenset()
        own = any(one.party == self._own for one in self.named)
        some = {one for one in self.named if one.party != self._own}
        some |= {Addressee(party) for party in everyone}
        left = in_reading_order(one for one in some if one.party not in self._except)
        if own:
            nearest = ",".join(in_order({one.party for one in left}))
            return Misread(Wrong.OWN_PARTY, found=self._own, nearest=nearest)
        if self._except and not left:
            return Misread(Wrong.NO_PARTY)
        return Head(left, self.priority, self.ground, end)


def _closed(
    tokens: list[_Token], names: PartyNames, own: Party, *, strict: bool
) -> Head | Misread | None:
    """What a whole list says; `None` where it is no list. `strict`: it must be one."""
    listed, at, said, unread = _Listed(names, own), 0, False, list[_Unread]()
    while at < len(tokens):
        step = _take(tokens, at, listed, names, closed=True)
        if step:
            said = said or tokens[at].kind in ("word", "flag")
            at += step
            continue
        words = _chunk(tokens, at)
        before = [token for token in tokens[:at] if token.kind != "space"]
        apart = not before or before[-1].kind == "separator" or plain_word(before[-1].text) in _AND
        unread.append(_Unread("".join(token.text for token in words).strip(), apart))
        at += len(words)
    if unread:
        return _not_read(unread, names, any_read=said, strict=strict)
    return listed.head() if said else None


@dataclass(frozen=True, slots=True)
class _Unread:
    """Words of a list that are no party. `apart`: a separator, or nothing, stands before them."""

    words: str
    apart: bool


def _not_read(
    unread: list[_Unread], names: PartyNames, *, any_read: bool, strict: bool
) -> Misread | None:
    """Whether words that are no party were meant as one."""
    for one in unread:
        if names.is_elsewhere(one.words):
            return Misread(Wrong.NOT_IN_GROUP, found=one.words)
        if near := names.nearest(one.words):
            return Misread(Wrong.UNKNOWN_PARTY, found=one.words, nearest=",".join(near))
    first, last = unread[0], plain_word(unread[-1].words.rpartition(" ")[2])
    short = len(unread) == 1 and len(first.words.split()) <= 2 and last not in _LABELS
    if strict or (any_read and first.apart and short):
        return Misread(Wrong.UNKNOWN_PARTY, found=first.words)
    return None


def _chunk(tokens: list[_Token], at: int) -> list[_Token]:
    """The words from here to the next separator."""
    end = at
    while end < len(tokens) and tokens[end].kind in ("word", "flag", "space"):
        end += 1
    return tokens[at : max(end, at + 1)]


def _take(
    tokens: list[_Token], at: int, listed: _Listed, names: PartyNames, *, closed: bool
) -> int:
    """How many tokens the item here takes, 0 for none; what it says is noted."""
    token = tokens[at]
    if token.kind in ("space", "separator"):
        return 1
    for count, words in _runs(tokens, at):
        called = names.called(words)
        if called is not None:
            listed.party(called.party)
            return count
        if agency := names.agency(words):
            listed.agency(agency)
            return count if listed.named else 0
        word = plain_word(words)
        if word in PRIORITIES:
            listed.priority = PRIORITIES[word]
            return count
        if closed and word in GROUNDS:
            listed.ground = GROUNDS[word]
            return count
    word = plain_word(token.text)
    if word in _ALL:
        listed.everyone = True
    elif word in _BUT:
        listed.excluding = True
    elif word not in _AND and word not in _FILLERS and word:
        return 0
    return 1


def _runs(tokens: list[_Token], at: int) -> list[tuple[int, str]]:
    """The words here as one to four of them, the longest run first, with the tokens they take."""
    runs, words = list[tuple[int, str]](), ""
    for count, token in enumerate(tokens[at : at + 2 * MOST_WORDS - 1], start=1):
        if token.kind not in ("word", "space", "flag"):
            break
        words += token.text
        if token.kind != "space":
            runs.append((count, words))
        if token.kind == "flag":
            break
    return runs[::-1]


def _open(tokens: list[_Token], names: PartyNames, own: Party) -> Head | Misread:
    """The items at the start of a text without a colon that closes the list."""
    listed, at, end, after_separator = _Listed(names, own), 0, 0, False
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "space":
            at += 1
            continue
        if token.kind == "separator" or (listed.named and plain_word(token.text) in _AND):
            after_separator, at = True, at + 1
            continue
        found = _sure(tokens, at, names, listed, after_separator)
        if found is None:
            break
        if isinstance(found, Misread):
            return found
        at, after_separator = at + found, False
        end = tokens[at - 1].end
    if not end:
        return Head()
    return listed.head(end)


def _sure(
    tokens: list[_Token], at: int, names: PartyNames, listed: _Listed, after_separator: bool
) -> int | Misread | None:
    """How many tokens the item here takes if it can't be a word of a sentence."""
    for count, words in _runs(tokens, at):
        called = names.called(words)
        if called and _stands_out(called, words, listed, after_separator):
            listed.party(called.party)
            return count
        if listed.named and (agency := names.agency(words)):
            listed.agency(agency)
            return count
        if PRIORITIES.get(plain_word(words)) is Priority.URGENT:
            listed.priority = Priority.URGENT
            return count
    words = tokens[at].text
    shouted = sum(token.text.isupper() for token in tokens if token.kind == "word") > 4
    code = len(words) == 3 and words.isupper() and not shouted
    list_goes_on = after_separator and bool(listed.named)
    if list_goes_on and names.is_elsewhere(words):
        return Misread(Wrong.NOT_IN_GROUP, found=words)
    near = names.nearest(words)
    if near and (code or len(plain_word(words)) > 5) and (list_goes_on or not listed.named):
        return Misread(Wrong.UNKNOWN_PARTY, found=words, nearest=",".join(near))
    return None


def _stands_out(called: Called, words: str, listed: _Listed, after_separator: bool) -> bool:
    """Whether a name can't be a word of the question: `IDN Malaysia said` asks Indonesia about
    Malaysia."""
    next_to = bool(listed.named) and not after_separator
    match called.how:
        case How.FLAG:
            return True
        case How.CODE:
            return not next_to or words.isupper()
        case How.REGION:
            return not next_to and words.isupper()
        case How.NAME:
            return not next_to
        case How.SHORT:
            return False
