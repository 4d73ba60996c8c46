"""What an officer types about a request that exists: `!assign`, `!delay 2 days reason`, `!close`.

Decides which command it is, which request's number it names, and what else it says. Who may do
it, and whether the request allows it, is decided elsewhere. What `!who`, `!duty` and `!away`
say is read elsewhere too; here they are only known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum

from rilon.domain import marking_text
from rilon.domain.letters import as_seen
from rilon.domain.markings import Vocabulary
from rilon.domain.request_course import Refusal, Usefulness
from rilon.domain.request_draft import LONGEST
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_terms import REFUSALS, USEFULNESS, term_of, terms_in
from rilon.domain.request_text import COMMAND
from rilon.domain.word_forms import plain_word

NumberReader = Callable[[str], str | None]
"""The number of a request that a text is (`MPS-7K3F-4`), or `None`."""

LONGEST_DELAY = timedelta(days=90)


class Deed(StrEnum):
    """The commands, by the word that is typed after `!`."""

    RFI = "rfi"
    ASSIGN = "assign"
    CLARIFY = "clarify"
    DELAY = "delay"
    REFUSE = "refuse"
    PARTIAL = "partial"
    DONE = "done"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    REQUESTS = "requests"
    WHO = "who"
    DUTY = "duty"
    AWAY = "away"
    BACK = "back"

    @property
    def typed(self) -> str:
        """The command as an officer types it: `!delay`."""
        return f"!{self.value}"


FORMS: Mapping[Deed, str] = {
    Deed.RFI: "!rfi IDN,MYS: …",
    Deed.ASSIGN: "!assign idn.focal1",
    Deed.CLARIFY: "!clarify …",
    Deed.DELAY: "!delay 2 days …",
    Deed.REFUSE: "!refuse f",
    Deed.PARTIAL: "!partial …",
    Deed.DONE: "!done",
    Deed.WITHDRAW: "!withdraw",
    Deed.CLOSE: "!close useful",
    Deed.REQUESTS: "!requests",
    Deed.WHO: "!who IDN",
    Deed.DUTY: "!duty",
    Deed.AWAY: "!away",
    Deed.BACK: "!back",
}
"""How each command should read."""

_OTHER_WORDS: Mapping[Deed, str] = {
    Deed.RFI: "request ask minta tanya pedido",
    Deed.ASSIGN: "assigned give take tugaskan tetapkan atribuir มอบหมาย",
    Deed.CLARIFY: "clarification question jelaskan klarifikasi esclarecer ถาม",
    Deed.DELAY: "delayed postpone later tunda tangguh adiar เลื่อน",
    Deed.REFUSE: "refused reject decline tolak menolak recusar ปฏิเสธ",
    Deed.PARTIAL: "partly part sebagian sebahagian parcial บางส่วน",
    Deed.DONE: "answered complete selesai siap concluído เสร็จ",
    Deed.WITHDRAW: "withdrawn cabut tarik retirar ถอน",
    Deed.CLOSE: "closed tutup fechar ปิด",
    Deed.REQUESTS: "rfis list daftar permintaan senarai pedidos คำขอ",
    Deed.WHO: "siapa quem ใคร",
    Deed.DUTY: "oncall piket bertugas",
    Deed.AWAY: "absent leave cuti ausente ลา",
}
_BY_WORD = {deed.value: deed for deed in Deed} | {
    plain_word(word): deed for deed, words in _OTHER_WORDS.items() for word in words.split()
}


@dataclass(frozen=True, slots=True)
class Order:
    """What one command asks for. What a command doesn't have is empty.

    `number` is `None` where none was written: the thread says which request is meant. `rest` is
    what follows for `!rfi`, `!who`, `!duty`, `!away`, and the officer's name for `!assign`.
    """

    deed: Deed
    number: str | None = None
    words: str = field(default="", repr=False)
    rest: str = field(default="", repr=False)
    length: timedelta | None = None
    refusal: Refusal | None = None
    usefulness: Usefulness | None = None


_COMMAND = re.compile(
    r"\s*(?:@\S{1,255}\s+|steward:?\s+)?[!！¡/]\s{0,3}(?P<word>[^\W_]{2,20})(?=[\s:.,;]|$)"
    r"[:.,;]?[^\S\n]*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)


def read_order(said: str, read_number: NumberReader) -> Order | Misread | None:
    """The command that a text is; `None` for a text that is none of these.

    `said` is without marking (`rilon.domain.request_text.without_marking`): the marking goes
    with the words wherever they go.
    """
    found = _COMMAND.match(said[: LONGEST + 1])
    deed = None if found is None else _BY_WORD.get(plain_word(found["word"]))
    if found is None or deed is None:
        # What stands right behind the word of a request (a flag, a comma) is its beginning.
        request = COMMAND.match(said[:LONGEST])
        return None if request is None else Order(Deed.RFI, rest=said[request.end() :].strip())
    if len(said) > LONGEST:
        return Misread(Wrong.TOO_LONG, most=LONGEST)
    rest = found["rest"].strip()
    if deed in _ONLY_KNOWN:
        return Order(deed, rest=rest)
    number, rest, unclear = _number(rest, read_number)
    if unclear:
        return Misread(Wrong.NUMBER_UNCLEAR, found=unclear)
    reader = _READERS.get(deed)
    return Order(deed, number, words=rest) if reader is None else reader(number, rest)


def deed_in(said: str, vocabulary: Vocabulary, today: date) -> Deed | None:
    """The command that a text is, its marking included, by its first word alone; `None` for none.

    INVARIANT: the one reading of what is a command, for whoever hears it and for the rule on what
    may be typed where others read. ATTACK: a form that one of them takes for a request, and the
    other for talk.
    """
    left = marking_text.without_marking(said, vocabulary, today)
    text = said if left is None else left
    found = _COMMAND.match(text[: LONGEST + 1])
    deed = None if found is None else _BY_WORD.get(plain_word(found["word"]))
    return Deed.RFI if deed is None and COMMAND.match(text[:LONGEST]) else deed


def opens_like_a_command(said: str, vocabulary: Vocabulary, today: date) -> bool:
    """Whether a text, its marking included, begins as a command does, whatever its word."""
    left = marking_text.without_marking(said, vocabulary, today)
    return _COMMAND.match((said if left is None else left)[: LONGEST + 1]) is not None


def nearest_order(said: str) -> str | None:
    """The command that a text was probably meant as, as it is typed; `None` for none."""
    found = _COMMAND.match(said[:80])
    if found is None:
        return None
    words = [deed.value for deed in Deed]
    close = get_close_matches(plain_word(found["word"]), words, n=1, cutoff=0.7)
    return f"!{close[0]}" if close else None


_ONLY_KNOWN = frozenset({Deed.RFI, Deed.WHO, Deed.DUTY, Deed.AWAY, Deed.BACK})

# --- the number of a request -------------------------------------------------------------------

_WORDS = re.compile(r"[^\s]+")
_LIKE_A_NUMBER = re.compile(r"#|(?=[^\s]*\d)[a-z]{2,12}-[0-9a-z]{2,8}(?:-[0-9a-z]{0,3})?$")
_LONGEST_NUMBER = 40


def _number(rest: str, read_number: NumberReader) -> tuple[str | None, str, str]:
    """The number at the start, what follows it, and what is like a number and isn't one.

    ATTACK by mistake: `!refuse MPS-7K3F-5 f` in the thread of another request. A number that
    isn't one must never be taken for words.
    """
    words = list(_WORDS.finditer(rest[: _LONGEST_NUMBER * 2]))[:3]
    for last in reversed(words):
        written = rest[: last.end()]
        number = read_number(written.strip(":.,;")) if last.end() <= _LONGEST_NUMBER else None
        if number is not None:
            return number, rest[last.end() :].lstrip(" \t:.,;\n"), ""
    first = words[0].group().strip(":.,;") if words else ""
    if _LIKE_A_NUMBER.match(as_seen(first).lower()):
        return None, rest, first
    return None, rest, ""


# --- what each command says --------------------------------------------------------------------


def _assign(number: str | None, rest: str) -> Order | Misread:
    """`!assign @idn.focal1:server`, `!assign idn.focal1`, `!assign me`."""
    words = [word for word in rest.split() if plain_word(word) not in _TO]
    if not words:
        return Order(Deed.ASSIGN, number, rest="me")
    name = words[0].lstrip("@").partition(":")[0].strip(",.;")
    me = plain_word(name) in _ME
    return Order(Deed.ASSIGN, number, rest="me" if me else name.lower()[:80])


_TO = frozenset(map(plain_word, ("to", "kepada", "ke", "untuk", "para", "ให้")))
_ME = frozenset(
    map(plain_word, ("me", "myself", "i", "saya", "aku", "mim", "eu", "ฉัน", "ผม", "আমি"))
)


def _clarify(number: str | None, rest: str) -> Order | Misread:
    if not plain_word(rest):
        return Misread(Wrong.WORDS_MISSING, nearest=FORMS[Deed.CLARIFY])
    return Order(Deed.CLARIFY, number, words=rest)


_UNITS: Mapping[str, timedelta] = {
    plain_word(word): length
    for length, words in (
        (timedelta(hours=1), "h hr hrs hour hours jam hora horas oras ชั่วโมง ชม ঘণ্টা ঘন্টা"),
        (timedelta(days=1), "d day days hari dia dias loron วัน দিন"),
        (timedelta(weeks=1), "w wk week weeks minggu pekan semana semanas สัปดาห์ সপ্তাহ"),
    )
    for word in words.split()
}
_NUMBER_WORDS = {
    plain_word(word): count
    for count, words in enumerate(
        (
            "one a an satu se um uma ida หนึ่ง এক", "two dua dois duas rua สอง দুই",
            "three tiga três tolu สาม তিন", "four empat quatro haat สี่ চার",
            "five lima cinco ห้า পাঁচ", "six enam seis neen หก ছয়",
            "seven tujuh sete hitu เจ็ด সাত",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_LENGTH = re.compile(
    r"\s*(?:(?:for|by|selama|por|untuk)\s)?\s*(\d{1,4}|[^\s\d:.,;()–—-]+)\s*([^\s\d:.,;()–—-]+)?",
    re.IGNORECASE,
)
_BEFORE_A_REASON = re.compile(
    r"[\s:.,;–—-]*"
    r"(?:(?:because of|because|since|karena|kerana|sebab|porque|เพราะ|কারণ)(?!\w))?[\s:,-]*",
    re.IGNORECASE,
)


def _delay(number: str | None, rest: str) -> Order | Misread:
    found = _LENGTH.match(as_seen(rest[:60]))
    length = _length(found[1], found[2] or "") if found else None
    if length is None or found is None:
        return Misread(Wrong.DELAY_UNCLEAR, nearest=FORMS[Deed.DELAY])
    if length > LONGEST_DELAY:
        return Misread(Wrong.DELAY_TOO_LONG, most=LONGEST_DELAY.days)
    reason = _after(rest, found.end())
    if not plain_word(reason):
        return Misread(Wrong.REASON_MISSING, nearest=FORMS[Deed.DELAY])
    return Order(Deed.DELAY, number, words=reason, length=length)


def _length(count: str, unit: str) -> timedelta | None:
    one = _UNITS.get(plain_word(unit))
    number = int(count) if count.isdecimal() else _NUMBER_WORDS.get(plain_word(count), 0)
    if one is None or number < 1 or number * one > timedelta(days=3650):
        return None
    return number * one


def _after(rest: str, taken: int) -> str:
    """What follows the characters that were read. They were read as they look."""
    end = next((end for end in range(len(rest)) if len(as_seen(rest[:end])) >= taken), len(rest))
    while end < len(rest) and not as_seen(rest[end]):
        end += 1
    start = _BEFORE_A_REASON.match(rest, end)
    return rest[start.end() if start else end :].strip()


_LETTER = re.compile(r"\(?([a-h])(?P<ended>[).:,–—-]+)?(?=\s|$)", re.IGNORECASE)


def _refuse(number: str | None, rest: str) -> Order | Misread:
    """A code letter and words, or words that say one code."""
    lettered = _LETTER.match(rest)
    said = terms_in(rest, REFUSALS)
    if lettered:
        refusal = Refusal(lettered[1].lower())
        words = rest[lettered.end() :].strip()
        # `!refuse a person is in danger`: the letter may be an article.
        is_article = refusal is Refusal.NOT_AVAILABLE and not lettered["ended"] and bool(words)
        if not is_article or said == {refusal}:
            return Order(Deed.REFUSE, number, words=words, refusal=refusal)
    elif len(said) == 1:
        return Order(Deed.REFUSE, number, words=rest, refusal=next(iter(said)))
    return Misread(Wrong.REFUSAL_UNCLEAR, nearest=FORMS[Deed.REFUSE])


def _close(number: str | None, rest: str) -> Order | Misread:
    first, _, after = rest.partition("\n")
    usefulness = term_of(first, Usefulness, USEFULNESS)
    if usefulness is None:
        return Misread(Wrong.USEFULNESS_UNCLEAR, nearest=FORMS[Deed.CLOSE])
    alone = plain_word(first) in USEFULNESS or plain_word(first).isdecimal()
    words = after.strip() if alone else rest
    return Order(Deed.CLOSE, number, words=words, usefulness=usefulness)


def _requests(number: str | None, rest: str) -> Order | Misread:
    return Order(Deed.REQUESTS, number, rest=rest)


_READERS: Mapping[Deed, Callable[[str | None, str], Order | Misread]] = {
    Deed.ASSIGN: _assign,
    Deed.CLARIFY: _clarify,
    Deed.DELAY: _delay,
    Deed.REFUSE: _refuse,
    Deed.CLOSE: _close,
    Deed.REQUESTS: _requests,
}
