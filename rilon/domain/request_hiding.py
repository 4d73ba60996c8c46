"""The words by which an officer says who is to stay unnamed: who asks, which officers answer, both.

Decides what such words mean and where they count. What is nearly one is a no: a name that was to
stay hidden can't be called back. Who is shown what in the end is `rilon.domain.requests`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rilon.domain.parties import Party
from rilon.domain.party_names import MOST_WORDS, How, PartyNames
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.word_forms import distance_within, plain_word


class Unnamed(StrEnum):
    """Who isn't named to the other side."""

    REQUESTER = "requester"
    """Which party and officer ask: not told to who is asked."""
    ANSWERERS = "answerers"
    """Which officers of who is asked deal with it: not told to who asks."""


Hiding = frozenset[Unnamed]

NOBODY: Hiding = frozenset()
REQUESTER: Hiding = frozenset({Unnamed.REQUESTER})
ANSWERERS: Hiding = frozenset({Unnamed.ANSWERERS})
BOTH: Hiding = REQUESTER | ANSWERERS

NUMBERED = (NOBODY, REQUESTER, ANSWERERS, BOTH)
"""What can be chosen, by the numbers under which it is offered."""

_LONGEST = 60
_MOST_WORDS = 5


def _plain(table: Mapping[Hiding, str]) -> Mapping[str, Hiding]:
    return {plain_word(word): who for who, words in table.items() for word in words.split("|")}


PHRASES = _plain(
    {
        REQUESTER: "anonymous|anonymously|incognito|hide me|hide us|hide me please|hide us please"
        "|hide us all|please hide me|please hide us|hide my name|hide our name|hide our names"
        "|hide my identity|hide our identity|hide identity|hide requester|hide the requester"
        "|hide who asks|hide my party|hide our party|hide me and my party|do not name me"
        "|do not name us|don't name me|don't name us|without my name|without our name"
        "|without naming us|anonim|sembunyikan saya|sembunyikan kami|sembunyikan nama"
        "|sembunyikan nama saya|sembunyikan nama kami|sembunyikan identitas|sembunyikan identiti"
        "|tanpa nama|tanpa nama kami|tanpa nama saya|rahasiakan nama|rahasiakan nama kami"
        "|rahasiakan identitas|rahsiakan nama|rahsiakan nama kami|rahsiakan identiti"
        "|ไม่ระบุชื่อ|ไม่เปิดเผยชื่อ|ไม่ระบุตัวตน|ไม่เปิดเผยตัวตน|ปกปิดชื่อ|ซ่อนชื่อ|ซ่อนชื่อเรา"
        "|নাম গোপন|নাম গোপন রাখুন|পরিচয় গোপন|পরিচয় গোপন রাখুন|বেনামে|বেনামী|নাম ছাড়া"
        "|anónimo|anônimo|anónima|anônima|anonimamente|sem nome|sem o nosso nome|ocultar nome"
        "|ocultar o nosso nome|esconder nome|oculte-nos|anónimu|subar naran|subar ami-nia naran"
        "|la temi naran",
        ANSWERERS: "hide officers|hide the officers|hide their officers|hide answerers"
        "|hide who answers|without officers|without names of officers|sembunyikan petugas"
        "|sembunyikan nama petugas|tanpa nama petugas|sembunyikan pegawai"
        "|sembunyikan nama pegawai|tanpa nama pegawai|ซ่อนชื่อเจ้าหน้าที่|ไม่ระบุชื่อเจ้าหน้าที่"
        "|কর্মকর্তার নাম গোপন|কর্মকর্তার নাম ছাড়া|ocultar agentes|sem nomes de agentes"
        "|ocultar funcionários|subar ofisiál",
        BOTH: "hide both|hide both sides|hide all|hide all names|hide everyone|hide everybody"
        "|sembunyikan semua|sembunyikan keduanya|sembunyikan kedua-duanya|ซ่อนทั้งหมด|ซ่อนทั้งสองฝ่าย"
        "|সব নাম গোপন|উভয় গোপন|ocultar ambos|ocultar todos|subar hotu",
    }
)
"""Whole phrases, in plain form. None is a word that a question begins with."""

ALONE = _plain({REQUESTER: "hidden|unnamed|tersembunyi|dirahasiakan|dirahsiakan|oculto|escondido"})
"""Words that count only where nothing but a list stands: before the colon."""

_VALUES = _plain(
    {
        REQUESTER: "me|us|yes|y|requester|asker|the requester|who asks|my name|our name|my party"
        "|our party|my identity|our identity|me and my party|saya|kami|aku|ya|iya|peminta"
        "|nama saya|nama kami|ฉัน|เรา|ผม|ใช่|ผู้ขอ|আমি|আমরা|আমাকে|আমাদের|হ্যাঁ|eu|nós|sim"
        "|requerente|ha'u|ami|sin|on|true",
        ANSWERERS: "officers|officer|answerers|answerer|who answers|them|their officers"
        "|the officers|petugas|pegawai|penjawab|เจ้าหน้าที่|ผู้ตอบ|কর্মকর্তা|উত্তরদাতা|agentes"
        "|funcionários|ofisiál|sira",
        BOTH: "both|all|everyone|everybody|both sides|us and them|keduanya|kedua-duanya|semua"
        "|ทั้งสอง|ทั้งหมด|উভয়|সবাই|সব|ambos|todos|hotu|rua hotu",
        NOBODY: "no|n|nobody|no one|none|nothing|not|off|false|tidak|tidak ada|tak|tiada|jangan"
        "|siapa pun tidak|ไม่|ไม่มี|না|কেউ না|não|ninguém|nenhum|la|lae",
    }
)
"""What stands behind `hide:`."""

_MOST_CHANGED = 4


def _kinds(word: str) -> int:
    """Which letters are in a word, as bits. Two letters may share one."""
    bits = 0
    for letter in word:
        bits |= 1 << ord(letter) % 61
    return bits


_BY_LENGTH = {
    length: tuple((one, _kinds(one), Counter(one)) for one in PHRASES if len(one) == length)
    for length in range(6, max(map(len, PHRASES)) + 1)
}
"""The phrases with their letters, by length."""

_STEMS = tuple(
    map(plain_word, ("anonym", "anonim", "anônim", "incognito", "sembunyikan", "rahasiakan",
                     "rahsiakan", "ปกปิดชื่อ", "ไม่เปิดเผย", "ไม่ระบุ", "ซ่อนชื่อ", "গোপনরাখ", "বেনাম",
                     "ocultar", "esconder"))
)  # fmt: skip
HIDE = "hide"


def phrase_said(words: str, *, listed: bool = False) -> Hiding | None:
    """Who stays unnamed, if these words are exactly a phrase that says so. `listed`: they stand in
    a list before a colon, where single words count that a sentence may hold too."""
    if len(words) > _LONGEST:
        return None
    word = plain_word(words)
    found = PHRASES.get(word)
    return ALONE.get(word) if found is None and listed else found


def is_nearly_one(words: str) -> bool:
    """Whether a few words are like such a phrase, and are none."""
    if len(words) > _LONGEST or not 0 < len(words.split()) <= _MOST_WORDS:
        return False
    plain = plain_word(words)
    if plain in PHRASES or plain in ALONE or len(plain) < 5:
        return False
    first = plain_word(words.split()[0])
    if first == HIDE or any(first.startswith(stem) for stem in _STEMS):
        return True
    most = 1 if len(plain) < 8 else 2
    return any(distance_within(plain, one, most) is not None for one in _of_like_letters(plain))


def _of_like_letters(plain: str) -> list[str]:
    """The phrases that a word may be a slip of: a slip changes two letters at most, two slips
    four. ATTACK: hundreds of lines, each compared letter by letter with every phrase."""
    letters, kinds = Counter(plain), _kinds(plain)
    return [
        one
        for length in range(len(plain) - 2, len(plain) + 3)
        for one, others, bag in _BY_LENGTH.get(length, ())
        # Letters that only one of the two has are counted first: that leaves few phrases.
        if (kinds ^ others).bit_count() <= _MOST_CHANGED
        and ((letters - bag).total() + (bag - letters).total()) <= _MOST_CHANGED
    ]


def hiding_of(value: str) -> Hiding | Misread:
    """What stands behind `hide:`, or answers the question who stays unnamed."""
    word = plain_word(value[:_LONGEST]) if len(value) <= _LONGEST else ""
    if word in ("1", "2", "3", "4"):
        return NUMBERED[int(word) - 1]
    for table in (_VALUES, PHRASES, ALONE):
        if word in table:
            return table[word]
    return unclear(value)


def unclear(found: str) -> Misread:
    """The mistake of words that may be meant to hide somebody."""
    return Misread(Wrong.HIDING_UNCLEAR, found=found.strip(), nearest="hide me")


# --- in a text -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Without:
    """A line without the words that hide somebody, and whom they hide."""

    line: str
    unnamed: Hiding


_LABELLED = re.compile(r"[ \t]*([^\W\d_][^\n:=]{0,24}?)[ \t]*[:=](?!//)[ \t]*(.*)", re.DOTALL)
LABELS = frozenset(
    map(plain_word, ("hide", "hiding", "anonymous", "anonim", "sembunyikan", "rahasiakan",
                     "rahsiakan", "ocultar", "esconder", "anónimo", "subar", "ซ่อน", "ปกปิด", "গোপন"))
)  # fmt: skip
"""What may stand before the colon of a line that says who stays unnamed."""

_END = ".!।… \t)]"


def taken_from(line: str) -> Without | Misread | None:
    """What a line says of hiding, and the rest of it: the whole line, or its last sentence or
    brackets. `None` where it says nothing of it."""
    labelled = _LABELLED.match(line)
    if labelled is not None and plain_word(labelled[1]) in LABELS:
        said = hiding_of(labelled[2])
        return said if isinstance(said, Misread) else Without("", said)
    whole = line.strip(" \t*_.!()[]")
    found = phrase_said(whole)
    if found is not None:
        return Without("", found)
    if "?" not in whole and ":" not in whole and is_nearly_one(whole):
        return unclear(whole)
    return _at_the_end(line)


def _at_the_end(line: str) -> Without | None:
    """`Who owns it? Hide me.` and `Who owns it (anonymous)`. Alone a sentence of one word may be
    an answer of somebody's, and stays."""
    bare = line.rstrip(_END)
    at = max(map(bare.rfind, "?.!;।([")) + 1
    last = bare[at:]
    found = phrase_said(last) if at else None
    if found is None or (bare[at - 1] not in "([" and len(last.split()) < 2):
        return None
    return Without(bare[: at - 1 if bare[at - 1] in "([;" else at].rstrip(), found)


def without_hiding(text: str) -> tuple[str, Hiding] | Misread:
    """Words for the other side without the lines that hide somebody, and whom those hide.

    These words may go at once: so what hides and goes on in the same line is asked about, unless
    a line says `hide: …`.
    """
    kept: list[str] = []
    unnamed, doubt = NOBODY, None
    said_whom = any(_is_labelled(line) for line in text.split("\n"))
    for line in text.split("\n"):
        taken = taken_from(line) or _first_sentence(line)
        if isinstance(taken, Without):
            unnamed |= taken.unnamed
            kept += [taken.line] if taken.line else []
            continue
        if taken is not None and (not said_whom or _is_labelled(line)):
            return taken
        doubt = doubt or _within(line)
        kept.append(line)
    if doubt is not None and not said_whom:
        return doubt
    return "\n".join(kept).strip("\n"), unnamed


def _is_labelled(line: str) -> bool:
    labelled = _LABELLED.match(line)
    return labelled is not None and plain_word(labelled[1]) in LABELS


def _first_sentence(line: str) -> Without | None:
    """`Hide me. The mast is bent.`"""
    first, end, rest = line.partition(". ")
    found = phrase_said(first) if end and len(first.split()) > 1 else None
    return None if found is None else Without(rest.lstrip(), found)


def _within(line: str) -> Misread | None:
    """Words that hide somebody at either end of a line that says more."""
    words = line.split()
    for count in range(min(_MOST_WORDS, len(words) - 1), 0, -1):
        first, last = (" ".join(some) for some in (words[:count], words[-count:]))
        if _hides(first) and not (count == 1 and first.isascii()):
            return unclear(first)
        if count > 1 and _hides(last) and plain_word(last) not in _ALSO_OF_THINGS:
            return unclear(last)
    return None


def _hides(words: str) -> bool:
    return phrase_said(words) is not None


_ALSO_OF_THINGS = frozenset(
    map(plain_word, ("tanpa nama", "sem nome", "নাম ছাড়া", "hide all", "hide both"))
)
"""At the end of a sentence they may be said of a ship."""


# --- what may be meant --------------------------------------------------------------------------

_HINTING = tuple(
    map(plain_word, ("hid", "anon", "incog", "unnam", "nameless", "sembun", "rahas", "rahsi",
                     "ocult", "escond", "subar", "ซ่อน", "ปกปิด", "ไม่ระบุ", "ไม่เปิด", "গোপন", "বেনাম"))
)  # fmt: skip
_HINTING_WORDS = tuple(
    map(plain_word, ("hide me", "hide us", "hide my", "hide our", "hid me", "hid us", "keep me",
                     "keep us", "without name", "without my", "without our", "without naming",
                     "no name", "not name", "my name", "our name", "name me", "name us", "name out",
                     "tanpa nama", "jangan sebut", "nama saya", "nama kami", "sembunyi saya",
                     "sem nome", "meu nome", "nosso nome", "ha'u-nia naran", "ami-nia naran",
                     "la temi", "ชื่อผม", "ชื่อฉัน", "ชื่อเรา", "ชื่อของเรา", "আমার নাম", "আমাদের নাম"))
)  # fmt: skip
_HINTING_SIGNS = frozenset("🕶🕵😎🙈🤫")


def may_mean_to_hide(text: str) -> bool:
    """Whether some words of a text may be meant to hide somebody. Many that aren't are like them:
    it is enough for showing the words before they go, and not for refusing them."""
    words = [plain_word(word) for word in text[:_LOOKED_INTO].split()]
    return any(word.startswith(_HINTING) for word in words) or seems_to_hide(text)


def seems_to_hide(text: str) -> bool:
    """The same without words that are said of things, too: `hidden compartments`."""
    if not _HINTING_SIGNS.isdisjoint(text):
        return True
    together = "".join(map(plain_word, text[:_LOOKED_INTO].split()))
    return any(hint in together for hint in _HINTING_WORDS)


_LOOKED_INTO = 20_000


# --- names that words give away ------------------------------------------------------------------

_WORD = re.compile(r"[\U0001f1e6-\U0001f1ff]{2}|[^\s,;:.!?()\[\]/\"'“”‘’\U0001f1e6-\U0001f1ff]+")
_LOOKED_AT = 1_500
"""Words in which names are looked for."""


def gives_away(texts: Iterable[str], names: PartyNames, own: Party) -> str:
    """The first words that name the party which is to stay hidden; empty for none."""
    for text in texts:
        words = _WORD.findall(text)[:_LOOKED_AT]
        for at in range(len(words)):
            for count in range(min(MOST_WORDS, len(words) - at), 0, -1):
                said = " ".join(words[at : at + count])
                called = names.called(said)
                if called is None or called.party != own:
                    continue
                if called.how in (How.FLAG, How.NAME, How.SHORT) or said.isupper():
                    return said
    return ""
