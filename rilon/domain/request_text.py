"""Reads a request that an officer writes: `!rfi IDN,MYS urgent: question`, in one line or many.

Decides which words are addressees, priority, marking, named lines (`purpose: …`) and question.
What is missing stays missing: the guided exchange (`rilon.domain.guided`) asks for it. Text is
hostile: reading takes linear time and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from rilon.domain import marking_text
from rilon.domain.acts import Unclear
from rilon.domain.letters import as_seen, has_override
from rilon.domain.markings import Vocabulary, WrittenMarking
from rilon.domain.parties import Party
from rilon.domain.party_names import PartyNames
from rilon.domain.request_draft import (
    LONGEST,
    LONGEST_LINE,
    Draft,
    addressed,
    prioritised,
    with_selectors,
)
from rilon.domain.request_head import Head, read_head, read_list
from rilon.domain.request_hiding import NOBODY, hiding_of, taken_from
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_terms import GROUNDS, PRIORITIES, THEMES, term_of
from rilon.domain.requests import Ground, Priority, Theme
from rilon.domain.selectors import (
    MOST_SELECTORS,
    Found,
    Selector,
    SelectorKind,
    Telephones,
    find_selectors,
    read_selector,
)
from rilon.domain.word_forms import plain_word

MOST_WORDS_OF_A_FIELD = 6
"""A line of more words that doesn't fit the field it seems to name is a part of the question."""

MOST_LINES = 200
"""Lines of a request. ATTACK: each is read more than once."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what the words of a request may name. `today` is the day in UTC, `grounds`
    the reasons for which a request may be urgent, `groups` those of the officer: key and name."""

    party: Party
    names: PartyNames
    vocabulary: Vocabulary
    telephones: Telephones
    today: date
    grounds: frozenset[Ground] = frozenset(Ground)
    groups: tuple[tuple[str, str], ...] = ()

    def refused_ground(self, draft: Draft) -> Misread | None:
        """The mistake of a draft that is urgent for a reason which the group doesn't take."""
        if draft.ground is None or draft.ground in self.grounds:
            return None
        taken = ",".join(one for one in Ground if one in self.grounds)
        return Misread(Wrong.GROUND_NOT_TAKEN, nearest=taken)


@dataclass(frozen=True, slots=True)
class Unmarked:
    """A text without its marking, which stands beside it."""

    text: str
    marking: WrittenMarking | None = None


COMMAND = re.compile(
    r"\s*(?:@\S{1,255}\s+|steward:?\s+)?[!！¡/]\s{0,3}(?:rfi|rfis|request|minta|tanya|ask|pedido)(?![^\W_])"
    r"[ \t]*:?[ \t]*",
    re.IGNORECASE,
)
"""The command that opens a request, with the mention that some clients put before it."""


def is_request(said: str, asker: Asker) -> bool:
    """Whether a text, after its marking, begins with the command of a request."""
    unmarked = without_marking(said, asker)
    return isinstance(unmarked, Unmarked) and COMMAND.match(unmarked.text) is not None


def read_request(said: str, asker: Asker) -> Draft | Misread:
    """What a text says of a request, whether it begins with the command or not."""
    unmarked = without_marking(said, asker)
    if isinstance(unmarked, Misread):
        return unmarked
    command = COMMAND.match(unmarked.text)
    text = unmarked.text[command.end() :] if command else unmarked.text
    head = read_head(text, asker.names, asker.party)
    if isinstance(head, Misread):
        return head
    draft = with_head(Draft(marking=unmarked.marking), head)
    return take_question(draft, text[head.end :], asker)


def with_head(draft: Draft, head: Head) -> Draft:
    """The draft with what a list says of it; addressees of the list take the place of those
    before."""
    if head.addressees:
        draft = addressed(draft, head.addressees)
    if head.priority is not None or head.ground is not None:
        draft = prioritised(draft, head.priority or Priority.URGENT, head.ground or draft.ground)
    return replace(draft, theme=head.theme or draft.theme, unnamed=draft.unnamed | head.unnamed)


def without_marking(said: str, asker: Asker) -> Unmarked | Misread:
    """The text and its marking apart, or why they can't be told apart."""
    if len(said) > LONGEST or said.count("\n") > MOST_LINES:
        return Misread(Wrong.TOO_LONG, most=LONGEST)
    if said and not as_seen(said).strip():
        return Misread(Wrong.HIDDEN_LETTERS if said.strip() else Wrong.EMPTY)
    if has_override(said):
        # The gate refuses it wherever it stands; a marking is read outside quoted lines alone.
        return _unclear(Unclear(marking_text.Problem.INVISIBLE))
    text = "\n".join(said.splitlines()).strip()
    marking = marking_text.read(text, asker.vocabulary, asker.today)
    if isinstance(marking, Unclear):
        return _unclear(marking)
    if marking is None:
        return Unmarked(text)
    left = marking_text.without_marking(text, asker.vocabulary, asker.today)
    if left is None:
        alone = _is_nothing_else(text, marking, asker)
        return Unmarked("", marking) if alone else _unclear(Unclear("not_ended"))
    return Unmarked(left, marking)


def _is_nothing_else(text: str, marking: WrittenMarking, asker: Asker) -> bool:
    """Whether a text is a marking and no more: with a word put behind it, that word is left."""
    probe = f"{text.removesuffix('//').rstrip()} // x"
    same = marking_text.read(probe, asker.vocabulary, asker.today) == marking
    return same and marking_text.without_marking(probe, asker.vocabulary, asker.today) == "x"


def _unclear(marking: Unclear) -> Misread:
    return Misread(
        Wrong.MARKING_UNCLEAR,
        found=marking.found,
        nearest=marking.nearest or "",
        problem=marking.problem,
    )


# --- the question, and the lines that name a field ---------------------------------------------


def take_question(draft: Draft, text: str, asker: Asker) -> Draft | Misread:
    """The draft with a question that is without marking; its named lines fill other fields."""
    head = read_head(text, asker.names, asker.party, begun=True)
    if isinstance(head, Misread) and head.code is Wrong.HIDING_UNCLEAR:
        return head
    if isinstance(head, Head) and not head.addressees:
        draft = with_head(draft, head)
        text = text[head.end :]
    kept: list[str] = []
    for line in text.split("\n"):
        taken = _named_line(draft, line, asker)
        if isinstance(taken, Misread):
            return taken
        if taken is None:
            kept.append(line.rstrip())
        else:
            draft, rest = taken
            kept += [rest] if rest else []
    question = _BEFORE_WORDS.sub("", "\n".join(kept)).rstrip()
    if question and isinstance(again := _marked(question, asker), Misread):
        return again
    draft = replace(draft, question=question)
    return _counted(with_selectors(draft, selectors_of(question, asker).selectors))


_BEFORE_WORDS = re.compile(r"^[\s,;:.–—-]+")


def selectors_of(question: str, asker: Asker) -> Found:
    """The selectors that a question names, and what looks like one and can't be."""
    return find_selectors(question, asker.telephones)


def _counted(draft: Draft) -> Draft | Misread:
    if len(draft.selectors) > MOST_SELECTORS:
        return Misread(Wrong.TOO_MANY, most=MOST_SELECTORS)
    return draft


def _marked(question: str, asker: Asker) -> Misread | None:
    """INVARIANT: what is taken for a question carries no marking that was lost on the way.

    Words stand before it wherever it is repeated: then a `>` at its beginning quotes nothing.
    """
    found = marking_text.read(question.lstrip("> \t"), asker.vocabulary, asker.today)
    if found is None:
        return None
    return _unclear(found if isinstance(found, Unclear) else Unclear("label_misplaced"))


_LINE = re.compile(r"[ \t]*([^\W\d_][^\n:=]{0,24}?)[ \t]*[:=](?!//)[ \t]*(.*)", re.DOTALL)
_LONE = re.compile(
    r"[ \t]*(imo|mmsi|tel|telp|phone|hp|doc)[ \t.:#]{1,3}(\+?[\w ()./-]{3,40})", re.IGNORECASE
)

_FIELDS: Mapping[str, str] = {
    plain_word(word): field
    for field, words in {
        "to": "to|kepada|untuk|ke|para|addressees|addressee|ถึง|প্রতি|ba",
        "priority": "priority|prioritas|keutamaan|prioridade|ความเร่งด่วน|অগ্রাধিকার",
        "ground": "ground|grounds|urgent because|reason|alasan|sebab|motivo",
        "question": "question|questions|pertanyaan|soalan|pergunta|คำถาม|প্রশ্ন",
        "purpose": "purpose|purpose and legal basis|legal basis|tujuan|dasar hukum"
        "|asas undang-undang|finalidade|base legal|วัตถุประสงค์|উদ্দেশ্য",
        "theme": "theme|offence|offense|tema|หัวข้อ|বিষয়",
        "overlaps": "overlaps|overlap|tumpang tindih|pertindihan|sobreposição",
        "vessel": "vessel|vessel name|ship|boat|kapal|nama kapal|perahu|barco|navio|เรือ|জাহাজ",
        "imo": "imo|imo no|imo number|nomor imo",
        "mmsi": "mmsi|mmsi no|mmsi number|nomor mmsi",
        "telephone": "tel|telp|telephone|phone|mobile|telepon|telefon|telefone|hp|whatsapp|โทร|ফোন",
        "document": "doc|document|document no|passport|passport no|dokumen|paspor|nomor paspor"
        "|pasport|passaporte|หนังสือเดินทาง|পাসপোর্ট",
    }.items()
    for word in words.split("|")
}


def _named_line(draft: Draft, line: str, asker: Asker) -> tuple[Draft, str] | Misread | None:
    """The draft with what a line names, and what is left of the line; `None` for plain words."""
    hiding = taken_from(line)
    if isinstance(hiding, Misread):
        return hiding
    if hiding is not None:
        nobody = not hiding.unnamed
        return replace(draft, unnamed=NOBODY if nobody else draft.unnamed | hiding.unnamed), (
            hiding.line
        )
    lone = _LONE.fullmatch(line)
    named = _LINE.match(line) if lone is None else lone
    if named is None:
        return None
    field, value = _field_of(named[1]), named[2].strip()
    if field is None or (lone and not any(map(str.isdigit, value))):
        return None
    if field == "question":
        return draft, value
    if not value:
        return draft, ""
    if field == "vessel" and _is_sentence(value):
        return None
    taken = set_field(draft, field, value, asker)
    if isinstance(taken, Misread) and len(value.split()) > MOST_WORDS_OF_A_FIELD:
        return None
    return taken if isinstance(taken, Misread) else (taken, "")


def named_lines(draft: Draft, said: str, asker: Asker) -> Draft | Misread | None:
    """The draft with the fields that a text names, line by line; `None` if it says anything else.

    Addressees named so take the place of those before.
    """
    lines = [line for line in said.splitlines() if line.strip()]
    changed = draft
    if any((named := _LINE.match(line)) and _field_of(named[1]) == "to" for line in lines):
        changed = replace(draft, addressees=())
    for line in lines:
        taken = _named_line(changed, line, asker)
        if taken is None or isinstance(taken, Misread):
            return taken
        changed, rest = taken
        if rest:
            return None
    return changed if lines else None


def _is_sentence(value: str) -> bool:
    """`Ship: when did it leave, and with whom?` names no ship."""
    pieces = value.split(",")
    return "?" in value or any(len(piece.split()) > MOST_WORDS_OF_A_FIELD for piece in pieces)


def _field_of(label: str) -> str | None:
    return _FIELDS.get(plain_word(label))


def set_field(draft: Draft, field: str, value: str, asker: Asker) -> Draft | Misread:
    """The draft with one field read from what was written behind its name."""
    if field in {kind.value for kind in SelectorKind}:
        return _set_selectors(draft, SelectorKind(field), value, asker)
    setter = _SETTERS.get(field)
    if setter is None:
        raise ValueError(f"no such field: {field}")
    return setter(draft, value, asker)


def _set_to(draft: Draft, value: str, asker: Asker) -> Draft | Misread:
    found = read_list(value, asker.names, asker.party)
    if isinstance(found, Misread):
        return found
    return with_head(draft, replace(found, addressees=(*draft.addressees, *found.addressees)))


def _set_priority(draft: Draft, value: str, _: Asker) -> Draft | Misread:
    priority = term_of(value, Priority, PRIORITIES)
    ground = term_of(value, Ground, GROUNDS) if not value.strip().isdecimal() else None
    if priority is None:
        return Misread(Wrong.PRIORITY_UNCLEAR, found=value)
    return prioritised(draft, priority, ground or draft.ground)


def _set_ground(draft: Draft, value: str, _: Asker) -> Draft | Misread:
    ground = term_of(value, Ground, GROUNDS)
    if ground is None:
        return Misread(Wrong.GROUND_UNCLEAR, found=value)
    return prioritised(draft, Priority.URGENT, ground)


def _set_purpose(draft: Draft, value: str, _: Asker) -> Draft | Misread:
    purpose = " ".join(value.split())
    if len(purpose) > LONGEST_LINE:
        return Misread(Wrong.TOO_LONG, most=LONGEST_LINE)
    return replace(draft, purpose=purpose)


def _set_theme(draft: Draft, value: str, _: Asker) -> Draft | Misread:
    theme = term_of(value, Theme, THEMES)
    if theme is None:
        return Misread(Wrong.THEME_UNCLEAR, found=value)
    return replace(draft, theme=theme)


def _set_overlaps(draft: Draft, value: str, _: Asker) -> Draft | Misread:
    said = yes_or_no(value)
    if said is None:
        return Misread(Wrong.OVERLAPS_UNCLEAR, found=value)
    return replace(draft, overlaps=said)


def _set_hiding(draft: Draft, value: str, _: Asker) -> Draft | Misread:
    said = hiding_of(value)
    return said if isinstance(said, Misread) else replace(draft, unnamed=said)


_SETTERS: Mapping[str, Callable[[Draft, str, Asker], Draft | Misread]] = {
    "to": _set_to,
    "priority": _set_priority,
    "ground": _set_ground,
    "purpose": _set_purpose,
    "theme": _set_theme,
    "overlaps": _set_overlaps,
    "hiding": _set_hiding,
}


def _set_selectors(draft: Draft, kind: SelectorKind, value: str, asker: Asker) -> Draft | Misread:
    """One selector, or several with commas between them."""
    found: list[Selector] = []
    for written in re.split(r"[,;|]", value)[: MOST_SELECTORS + 1]:
        if not written.strip():
            continue
        one = read_selector(kind, written.strip(), asker.telephones)
        if isinstance(one, Misread):
            return one
        found.append(one)
    return _counted(with_selectors(draft, found))


_YES = frozenset(
    map(plain_word, ("yes", "y", "ok", "okay", "ya", "iya", "boleh", "sim", "sin", "ใช่", "ได้", "হ্যাঁ",
                     "share", "allow", "allowed", "true", "on", "1"))
)  # fmt: skip
_NO = frozenset(
    map(plain_word, ("no", "n", "not", "tidak", "tak", "jangan", "não", "lae", "la", "ไม่", "ไม่ใช่",
                     "না", "never", "false", "off", "2"))
)  # fmt: skip


def yes_or_no(said: str) -> bool | None:
    """What a short answer says; `None` where it says neither."""
    word = plain_word(said[:40])
    if word in _YES:
        return True
    return False if word in _NO else None
