"""The head of a request: addressees, priority and ground, before the question.

Decides where the head ends and the question begins. A list that is closed by a colon, a line
break or the end of the text is read in full; without a colon only what can't be a word of a
sentence is taken. What is nearly a party is a no, never a part of the question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rilon.domain.parties import Party
from rilon.domain.party_names import Addressee, Called, How, PartyNames
from rilon.domain.request_hiding import HIDE, is_nearly_one, phrase_said, unclear
from rilon.domain.request_listed import Head, Listed
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_terms import GROUNDS, PRIORITIES, THEMES, term_of
from rilon.domain.requests import Priority, Theme
from rilon.domain.word_forms import plain_word

__all__ = ["LONGEST_HEAD", "Head", "read_addressees", "read_head", "read_list"]

LONGEST_HEAD = 400
"""Characters in which the head of a request ends."""

MOST_WORDS = 5
"""Words of the longest item of a list: `without names of our officers`."""

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
            # Once somebody is addressed, what follows is the question, whatever it looks like;
            # but for what may have been meant to hide somebody.
            hides = part.code is Wrong.HIDING_UNCLEAR
            return whole if whole.addressees and not hides else part
        if whole.addressees and part.addressees:
            return whole
        whole = Head(
            whole.addressees or part.addressees,
            part.priority or whole.priority,
            part.ground or whole.ground,
            whole.end + part.end,
            part.theme or whole.theme,
            part.unnamed | whole.unnamed,
        )
        if not part.end:
            return whole


def read_addressees(text: str, names: PartyNames, own: Party) -> tuple[Addressee, ...] | Misread:
    """The addressees that an answer lists, which holds nothing else of a request's words."""
    found = read_list(text, names, own)
    return found if isinstance(found, Misread) else found.addressees


def read_list(text: str, names: PartyNames, own: Party) -> Head | Misread:
    """A list of addressees, with what else stands in it: how soon, theme, who is hidden."""
    said = text[:LONGEST_HEAD].strip().rstrip(".!")
    found = _closed(_tokens(said.replace("\n", " , "), names), names, own, strict=True)
    if isinstance(found, Misread):
        return found
    if found is None or not found.addressees or len(text) > LONGEST_HEAD:
        return Misread(Wrong.NO_PARTY)
    return found


_ALWAYS = frozenset({Wrong.OWN_PARTY, Wrong.HIDING_UNCLEAR})
"""Mistakes that are one without a colon too."""


def _part(text: str, names: PartyNames, own: Party, *, first: bool) -> Head | Misread:
    tokens = _tokens(text[:LONGEST_HEAD], names)
    stop = next((at for at, token in enumerate(tokens) if token.kind == "end"), None)
    # A question of one word, `IDN: danger`, isn't a second head.
    if stop is not None or (first and len(text) <= LONGEST_HEAD):
        before = tokens if stop is None else tokens[:stop]
        if stop is not None and before and plain_word(before[-1].text) in _ANNOUNCES:
            before = before[:-1] or before
        closed = _closed(before, names, own, strict=False)
        if isinstance(closed, Misread) and (stop is not None or closed.code in _ALWAYS):
            return closed
        if isinstance(closed, Head):
            end = len(text) if stop is None else tokens[stop].end
            return replace(closed, end=end)
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


def _closed(
    tokens: list[_Token], names: PartyNames, own: Party, *, strict: bool
) -> Head | Misread | None:
    """What a whole list says; `None` where it is no list. `strict`: it must be one."""
    listed, at, said, unread = Listed(names, own), 0, False, list[_Unread]()
    while at < len(tokens):
        if slip := _nearly_hides(tokens, at, names):
            return unclear(slip)
        step = _take(tokens, at, listed, names, closed=True)
        if step:
            said = said or tokens[at].kind in ("word", "flag")
            at += step
            continue
        words = _chunk(tokens, at)
        if _follows_slash(tokens, at) and listed.named and not _may_be_a_party(words, names):
            return listed.no_agency("".join(token.text for token in words).strip())
        before = [token for token in tokens[:at] if token.kind != "space"]
        apart = not before or before[-1].kind == "separator" or plain_word(before[-1].text) in _AND
        unread.append(_Unread("".join(token.text for token in words).strip(), apart))
        at += len(words)
    if unread:
        return _not_read(unread, names, any_read=said, strict=strict)
    return listed.head() if said else None


def _nearly_hides(tokens: list[_Token], at: int, names: PartyNames) -> str:
    """The words here, if they are nearly such as hide somebody and none of them is. Asked before
    they are read as anything else: `tanpa`, of `tanpa nama`, also leaves parties out."""
    if tokens[at].kind != "word":
        return ""
    runs = [words for _, words in _runs(tokens, at)]
    if any(phrase_said(words, listed=True) for words in runs) or any(map(names.called, runs)):
        return ""
    return next((words for words in runs if is_nearly_one(words)), "")


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
        if is_nearly_one(one.words):
            return unclear(one.words)
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


def _take(tokens: list[_Token], at: int, listed: Listed, names: PartyNames, *, closed: bool) -> int:
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
            return count
        word = plain_word(words)
        if hidden := phrase_said(words, listed=closed):
            listed.unnamed |= hidden
            return count
        if word in PRIORITIES:
            listed.priority = PRIORITIES[word]
            return count
        if closed and word in GROUNDS:
            listed.ground = GROUNDS[word]
            return count
        if theme := _theme_said(words, slash=_follows_slash(tokens, at) and bool(listed.named)):
            listed.theme = theme
            return count
    word = plain_word(token.text)
    if word in _ALL:
        listed.everyone = True
    elif word in _BUT:
        listed.excluding = True
    elif word not in _AND and word not in _FILLERS and word:
        return 0
    return 1


_THEME_LABELS = frozenset(map(plain_word, ("theme", "tema", "หัวข้อ", "বিষয়", "about")))


def _theme_said(words: str, *, slash: bool) -> Theme | None:
    """`theme routes`; behind a party and a stroke the theme alone: `IDN/routes`."""
    if slash and plain_word(words) in THEMES:
        return THEMES[plain_word(words)]
    label, _, rest = words.partition(" ")
    return term_of(rest, Theme, THEMES) if rest and plain_word(label) in _THEME_LABELS else None


def _follows_slash(tokens: list[_Token], at: int) -> bool:
    """Whether a stroke stands right before this item: `IDN/police`."""
    return at > 0 and tokens[at - 1].kind == "separator" and tokens[at - 1].text in "/／"


def _may_be_a_party(words: list[_Token], names: PartyNames) -> bool:
    """Whether words behind a stroke may be meant as another party: `IDN/Malasya`."""
    said = "".join(token.text for token in words).strip()
    return names.is_elsewhere(said) or bool(names.nearest(said))


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
    listed, at, end, after_separator = Listed(names, own), 0, 0, False
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
            found = _hides(tokens, at, listed)
        if found is None:
            break
        if isinstance(found, Misread):
            return found
        at, after_separator = at + found, False
        end = tokens[at - 1].end
    if not end:
        return Head(unnamed=listed.unnamed)
    return listed.head(end)


def _hides(tokens: list[_Token], at: int, listed: Listed) -> int | Misread | None:
    """How many tokens say here who stays unnamed. One word that may begin the question as well
    hides too, and stays in it: nothing that was written is lost, and no name is given away."""
    for count, words in _runs(tokens, at):
        hidden = phrase_said(words)
        if hidden is None or (len(words.split()) < 2 and not listed.named):
            continue
        listed.unnamed |= hidden
        after = next((one for one in tokens[at + count :] if one.kind != "space"), None)
        alone = len(words.split()) > 1 or words[-1] in ".!"
        ends = after is None or after.kind in ("separator", "end")
        return count if alone or ends else None
    said = plain_word(tokens[at].text) == HIDE
    return unclear("".join(one.text for one in _chunk(tokens, at)[:7])) if said else None


def _sure(
    tokens: list[_Token], at: int, names: PartyNames, listed: Listed, after_separator: bool
) -> int | Misread | None:
    """How many tokens the item here takes if it can't be a word of a sentence."""
    for count, words in _runs(tokens, at):
        called = names.called(words)
        if called and _stands_out(called, words, listed, after_separator):
            listed.party(called.party)
            return count
        if listed.named and (agency := names.agency(words)):
            slash = _follows_slash(tokens, at)
            if slash or after_separator or names.agency_at(agency, listed.named[-1].party):
                listed.agency(agency)
                return count
        slash = _follows_slash(tokens, at) and bool(listed.named)
        if theme := _theme_said(words, slash=slash) if slash else None:
            listed.theme = theme
            return count
        if PRIORITIES.get(plain_word(words)) is Priority.URGENT:
            listed.priority = Priority.URGENT
            return count
    words = tokens[at].text
    if _follows_slash(tokens, at) and listed.named and not _may_be_a_party([tokens[at]], names):
        return listed.no_agency(words)
    shouted = sum(token.text.isupper() for token in tokens if token.kind == "word") > 4
    code = len(words) == 3 and words.isupper() and not shouted
    list_goes_on = after_separator and bool(listed.named)
    if list_goes_on and names.is_elsewhere(words):
        return Misread(Wrong.NOT_IN_GROUP, found=words)
    near = names.nearest(words)
    if near and (code or len(plain_word(words)) > 5) and (list_goes_on or not listed.named):
        return Misread(Wrong.UNKNOWN_PARTY, found=words, nearest=",".join(near))
    return None


def _stands_out(called: Called, words: str, listed: Listed, after_separator: bool) -> bool:
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
