"""Passages that somebody dressed up: each dress that once got through, in both directions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rilon.policy.passage_forms import bare
from rilon.policy.passages import fingerprints, fingerprints_asked, normalise, passage_key

KEY = passage_key(b"k" * 32)
PASSAGE = (
    "thirteen children and the teacher left the little harbour at eight, three hundred metres "
    "east of the jetty, the quick pilot met them before dawn, fuel for six villages was loaded"
)
THAI = "นายท้ายเรือเป็นที่รู้จักจากการเดินทางสองครั้งก่อน น้ำมันซื้อเงินเชื่อที่ท่าเรือ แล้วจะกลับเข้าฝั่ง"
BENGALI = "মাঝি আগের দুটি যাত্রা থেকে পরিচিত; জ্বালানি ঘাটে বাকিতে কেনা হয়েছে। আমাদের টহল কাছে থাকবে"


def left(text: str) -> frozenset[int]:
    return frozenset[int]().union(*(fingerprints(one, KEY) for one in forms(text)))


def asked(text: str) -> frozenset[int]:
    return frozenset[int]().union(*(fingerprints_asked(one, KEY) for one in forms(text)))


def forms(text: str) -> set[str]:
    return {normalise(text), bare(text)}


def between(sign: str) -> Callable[[str], str]:
    return lambda text: f" {sign} ".join(text.split())


def behind(sign: str) -> Callable[[str], str]:
    return lambda text: " ".join(word + sign for word in text.split())


def letters(plain: str, dressed: str) -> Callable[[str], str]:
    table = str.maketrans(plain, dressed)
    return lambda text: text.translate(table)


ABC = "abcdefghijklmnopqrstuvwxyz"
DRESSES: dict[str, Callable[[str], str]] = {
    "strokes": letters("abdeghiklostuz", "ąƀđęǥħɨƙłøșŧųƶ"),
    "hooks": letters("abcdefghiklmnopqrstuvwyz", "ąɓƈɗęƒɠɦɨƙłɱɲǫƥʠɽʂʈųʋⱳƴȥ"),
    "phonetic letters": letters("aegiouvwyz", "ɑɛɡɪɔʊʋʍʏʒ"),
    "phonetic vowels": letters("aeiou", "æəɪɒʌ"),
    "Greek and Cyrillic fancy": letters(ABC, "αв¢∂єƒgнιנкℓмησρqяѕтυνωχуz"),
    "Canadian syllabics": letters(ABC, "ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭Yᘔ"),
    "Thai and Hebrew fancy": letters(ABC, "ค๒ς๔єŦﻮђเןкl๓ภ๏קợгรtยשฬאץz"),
    "Old Italic": lambda text: text.upper().translate(
        str.maketrans("ABEFHIKMNOPT", "𐌀𐌁𐌄𐌅𐋏𐌉𐌊𐌌𐌍𐌏𐌓𐌕")
    ),
    "Cherokee": letters("abdeghijklmrsty", "ᎪᏏᎠᎬᎶᎻᎥᎫᏦᏞᎷᎡᏚᎢᎩ"),
    "Deseret o": letters("o", "𐐬"),
    "Myanmar o": letters("o", "ဝ"),
    "Malayalam o": letters("o", "ഠ"),
    "Tifinagh l": letters("l", "ⵏ"),
    "schwa": letters("e", "ə"),
    "every o another": letters("oec", "ⲟęƈ"),
    "trade mark": between("™"),
    "trade mark behind": behind("™"),
    "long vowel sign": between("ー"),
    "repeat sign": between("々"),
    "ideographic zero": between("〇"),
    "click bar": between("ǀ"),
    "flags": between("🇦🇺"),
    "keycaps": between("1️⃣"),
    "letter in a box": between("🅰️"),
    "circled number": between("①"),
    "Roman number": between("Ⅰ"),
    "raised numbers": behind("¹"),
    "modifier letter": behind("ᵃ"),
    "footnotes": lambda text: " ".join(f"{one}[{n}]" for n, one in enumerate(text.split())),
    "numbered words": lambda text: "\n".join(f"{n}. {w}" for n, w in enumerate(text.split(), 1)),
    "numbered pieces": lambda text: "\n".join(
        f"{n}) {text[at : at + 30]}" for n, at in enumerate(range(0, len(text), 30))
    ),
    "counted pieces": lambda text: "\n".join(
        f"({n}/9) {text[at : at + 30]}" for n, at in enumerate(range(0, len(text), 30), 1)
    ),
    "lettered pieces": lambda text: "\n".join(
        f"{ABC[n]}) {text[at : at + 30]}" for n, at in enumerate(range(0, len(text), 30))
    ),
    "strokes and signs": lambda text: between("™")(
        letters("abdeghiklostuz", "ąƀđęǥħɨƙłøșŧųƶ")(text)
    ),
    "circled letters and signs": lambda text: between("™")(
        "".join(chr(0x24D0 + ord(one) - 97) if one.isalpha() else one for one in text)
    ),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_a_passage_in_this_dress_is_recognised(dress: str) -> None:
    dressed = DRESSES[dress](PASSAGE)
    assert dressed != PASSAGE
    assert not left(PASSAGE).isdisjoint(asked(f"Heard today: {dressed} and so on"))


@pytest.mark.parametrize("dress", DRESSES)
def test_a_source_in_this_dress_is_recognised_where_it_is_pasted_plain(dress: str) -> None:
    assert not left(DRESSES[dress](PASSAGE)).isdisjoint(asked(f"Heard today: {PASSAGE} and so on"))


@pytest.mark.parametrize("dress", sorted(set(DRESSES) - {"hooks", "Greek and Cyrillic fancy"}))
def test_what_was_left_before_bare_forms_still_matches(dress: str) -> None:
    """Sources that are stored have the fingerprints of their normal form alone."""
    stored = fingerprints(normalise(PASSAGE), KEY)
    assert not stored.isdisjoint(asked(DRESSES[dress](PASSAGE)))


@pytest.mark.parametrize(
    ("text", "signs"),
    [(THAI, "\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e47"), (BENGALI, "\u09cd\u09bc\u0981")],
)
def test_tones_and_small_signs_left_out_hide_nothing(text: str, signs: str) -> None:
    plain = "".join(one for one in text if one not in signs)
    assert normalise(plain) != normalise(text)
    assert not left(text).isdisjoint(asked(plain))
    assert not left(plain).isdisjoint(asked(text))


@pytest.mark.parametrize("text", [THAI, BENGALI])
def test_no_two_letters_of_thai_or_bengali_become_one(text: str) -> None:
    block = ord(min(one for one in text if not one.isascii())) // 128 * 128
    kept = {
        one
        for one in map(chr, range(block, block + 128))
        if one.isalpha() and normalise(one) == one
    }
    assert len(kept) > 40
    assert len({bare(one) for one in kept}) == len(kept)
    assert shared_latin(text) < 0.4


def shared_latin(text: str) -> float:
    """Which part of the bare form is Latin."""
    return sum(one.isascii() for one in bare(text)) / len(bare(text))


@pytest.mark.parametrize(
    "text",
    [
        "A wooden vessel with 60 people left the harbour at 4.30 (about 12 crew).",
        "3 boats: 2 wooden, 1 steel",
        "Uma embarcação de madeira deixou o porto às 4h; o mestre é conhecido",
    ],
)
def test_numbers_that_say_something_stay(text: str) -> None:
    assert {one for one in normalise(text) if one.isdigit()} == {
        one for one in bare(text) if one.isdigit()
    }


@pytest.mark.parametrize("plain", ["Boat at the jetty, 60 aboard.", "Kapal di dermaga; é não"])
def test_a_plain_text_has_one_form(plain: str) -> None:
    """Nothing is computed or stored twice for it."""
    assert bare(plain) == normalise(plain)


@pytest.mark.parametrize(
    "retyped",
    [
        lambda text: text[::-1],
        lambda text: " ".join(word + " " + word for word in text.split()),
        lambda text: "".join(one * 2 for one in text),
        lambda text: text.translate(str.maketrans("aeiost", "431057")),
        lambda text: " AMBER ".join(text.split()),
        lambda text: "".join(f"%{ord(one):02x}" for one in text),
    ],
    ids=["reversed", "words twice", "letters twice", "leet", "words between", "as an address"],
)
def test_retyping_is_not_recognised(retyped: Callable[[str], str]) -> None:
    """What the threat model calls open, so that it says neither too much nor too little."""
    assert left(PASSAGE).isdisjoint(asked(retyped(PASSAGE)))
