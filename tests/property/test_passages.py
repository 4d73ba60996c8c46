"""The promise: forty characters in a row of what was delivered are recognised, in six languages,
in the dress that is tried here, and whatever stands around them.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rilon.application.quotation import Quotation
from rilon.domain.acts import Post, Relation, RelationKind
from rilon.policy.passage_forms import bare
from rilon.policy.passages import (
    GRAM,
    RUN,
    WINDOW,
    _chosen,
    boilerplate,
    fingerprints,
    fingerprints_asked,
    normalise,
    passage_key,
    without_markings,
)
from rilon.wire.decode import decode_plaintext
from rilon.wire.envelope import read_envelope
from tests.policy_scene import NETWORK

KEY = passage_key(b"k" * 32)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

TEXTS = {
    "English": "A wooden vessel with about sixty people on board left the northern harbour shortly "
    "after four in the morning. The skipper is known from two earlier crossings; fuel was bought "
    "on credit at the jetty. Our patrol will be off the cape until Thursday, 18 June.",
    "Indonesian": "Sebuah kapal kayu berisi sekitar enam puluh orang meninggalkan pelabuhan utara "
    "pukul empat pagi. Nakhodanya dikenal dari dua pelayaran sebelumnya; bahan bakar dibeli "
    "dengan utang di dermaga. Patroli kami berada di sekitar tanjung sampai hari Kamis, 18 Juni.",
    "Malay": "Sebuah bot kayu membawa kira-kira enam puluh orang telah bertolak dari jeti utara "
    "selepas pukul empat pagi. Tekongnya dikenali daripada dua pelayaran terdahulu; minyak dibeli "
    "secara hutang di pangkalan. Ronda kami berada berhampiran tanjung sehingga Khamis, 18 Jun.",
    "Thai": "เรือไม้บรรทุกคนราวหกสิบคนออกจากท่าเรือทางเหนือหลังตีสี่เล็กน้อย "
    "นายท้ายเรือเป็นที่รู้จักจากการเดินทางสองครั้งก่อน น้ำมันซื้อเงินเชื่อที่ท่าเรือ "
    "เรือลาดตระเวนของเราจะอยู่แถวแหลมจนถึงวันพฤหัสบดีที่ ๑๘ มิถุนายน แล้วจะกลับเข้าฝั่งเพื่อเติมน้ำ",
    "Bengali": "প্রায় ষাট জন যাত্রী নিয়ে একটি কাঠের নৌকা ভোর চারটার কিছু পরে উত্তরের ঘাট ছেড়ে গেছে। "
    "মাঝি আগের দুটি যাত্রা থেকে পরিচিত; জ্বালানি ঘাটে বাকিতে কেনা হয়েছে। আমাদের টহল ১৮ জুন "
    "বৃহস্পতিবার পর্যন্ত অন্তরীপের কাছে থাকবে, তারপর পানি নিতে ফিরে আসবে।",
    "Portuguese": "Uma embarcação de madeira com cerca de sessenta pessoas deixou o porto do norte "
    "pouco depois das quatro da manhã. O mestre é conhecido de duas travessias anteriores; o "
    "combustível foi comprado a crédito no cais. A patrulha fica ao largo do cabo até quinta, 18.",
}
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u034f\u180e\u3164\u2800\U000e0041\ufe0f"
SPACES = " \t\u00a0\u2003\u3000\n"
PUNCTUATION = "….,;:!?·*_~`'\"“”‘’«»()[]<>|/\\—–-+=&%#@^°·।॥"
LOOK_ALIKES = {
    "a": "аɑαａ𝐚", "b": "Ьｂ", "c": "сϲᴄ", "d": "ԁⅾ", "e": "еҽ℮ｅ", "g": "ɡցℊ", "h": "һհ",
    "i": "іıl1Ⅰ", "j": "јϳ", "k": "кκ", "l": "Il1ӏ", "m": "ｍ𝕞", "n": "ոｎ", "o": "оοօ0",
    "p": "рρ", "q": "ԛ", "r": "гｒ", "s": "ѕꜱ", "t": "тｔ", "u": "ʋսυ",
    "v": "ѵνⅴ", "w": "ԝա", "x": "хχ", "y": "уүγ", "z": "ᴢｚ",
    "0": "Oо００", "1": "l１", "8": "８",
}  # fmt: skip
DIGITS = {str(n): chr(0x0E50 + n) + chr(0x09E6 + n) + chr(0x0660 + n) for n in range(10)}
ACCENTS = "\u0301\u0308\u0336\u20dd"


@st.composite
def runs(draw: st.DrawFn) -> tuple[str, str]:
    """A whole text, and a piece of it with at least RUN normalised characters."""
    text = TEXTS[draw(st.sampled_from(sorted(TEXTS)))]
    begin = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(begin, len(text)))
    piece = text[begin:end]
    assume(len(normalise(piece)) >= RUN)
    assume(not unicodedata.combining(piece[0]))
    return text, piece


FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


def dressed_up(draw: Callable[[st.SearchStrategy[Any]], Any], piece: str) -> str:
    """The piece with other letters, case, spaces, punctuation, and what isn't seen."""
    chance = Random(draw(st.integers(0, 2**32)))
    weight = draw(st.sampled_from([0.05, 0.3, 0.9]))
    out: list[str] = []
    for character in piece:
        plain = character.lower()
        if chance.random() < weight and plain in LOOK_ALIKES:
            character = chance.choice(LOOK_ALIKES[plain])
        elif chance.random() < weight and character in DIGITS:
            character = chance.choice(DIGITS[character])
        elif chance.random() < weight and character.upper().lower() == plain:
            character = chance.choice([character.upper(), character.lower()])
        if character.isspace() or character in ".,;":
            character = chance.choice(["", character, chance.choice(SPACES)])
        out.append(character)
        if chance.random() < weight:
            out.append(chance.choice(INVISIBLE + SPACES + PUNCTUATION))
        if chance.random() < weight and character.isascii() and character.isalpha():
            out.append(chance.choice(ACCENTS))
    return "".join(out)


def shared(text: str, other: str) -> bool:
    left = fingerprints(normalise(text), KEY)
    return not left.isdisjoint(fingerprints_asked(normalise(other), KEY))


@settings(max_examples=200)
@given(st.data())
def test_forty_characters_are_recognised_in_look_alikes_and_signs(data: st.DataObject) -> None:
    text, piece = data.draw(runs())
    around = st.text(max_size=80) | st.sampled_from(sorted(TEXTS.values()))
    before, after = data.draw(around), data.draw(around)
    form = data.draw(st.sampled_from(FORMS))
    dressed = unicodedata.normalize(form, dressed_up(data.draw, piece))
    assert shared(text, f"{before} {dressed} {after}")


STROKES = dict(zip("abdeghiklostuz", "ąƀđęǥħɨƙłøșŧųƶ", strict=True)) | {"n": "ᑎ", "r": "ᖇ"}
DECORATION = ("™", "々", "〇", "①", "Ⅰ", "🇦🇺", "🅰️", "1️⃣", "¹", "[7]", "🚢", "ᵃ")


@settings(max_examples=200)
@given(st.data())
def test_forty_bare_characters_are_recognised_in_strokes_and_between_signs(
    data: st.DataObject,
) -> None:
    text, piece = data.draw(runs())
    assume(len(bare(piece)) >= RUN)
    chance = Random(data.draw(st.integers(0, 2**32)))
    dressed = "".join(
        STROKES[one] if one in STROKES and chance.random() < 0.5 else one for one in piece
    )
    sign = data.draw(st.sampled_from(DECORATION))
    words = dressed.split(" ")
    dressed = "".join(one + (f" {sign} " if chance.random() < 0.7 else " ") for one in words)
    before, after = data.draw(st.sampled_from(sorted(TEXTS.values()))), TEXTS["Malay"]
    left_ones = fingerprints(bare(text), KEY)
    whole = f"{before}\n{dressed}\n{after}"
    assert not left_ones.isdisjoint(fingerprints_asked(bare(whole), KEY)), whole


@settings(max_examples=300)
@given(st.text(max_size=120))
def test_the_bare_form_is_a_normal_form(text: str) -> None:
    once = bare(text)
    assert normalise(once) == once


@settings(max_examples=200)
@given(st.text(min_size=80, max_size=300), st.integers(0, 100), st.integers(0, 60))
def test_any_run_of_any_characters_is_recognised_at_its_shortest(
    text: str, begin: int, more: int
) -> None:
    whole = normalise(text)
    piece = whole[begin : begin + RUN + more]
    assume(len(piece) >= RUN)
    left = fingerprints(whole, KEY)
    assert not left.isdisjoint(fingerprints_asked("x" * begin + piece + "y" * more, KEY))


@settings(max_examples=150)
@given(st.text(max_size=120), st.text(max_size=120))
def test_what_stands_around_a_text_does_not_change_its_normal_form(one: str, other: str) -> None:
    put_together = normalise(one + "\n" + other)
    assert normalise(normalise(one)) == normalise(one)
    apart = normalise(one) + normalise(other)
    if not other or not unicodedata.combining(other.lstrip()[:1] or "x"):
        assert put_together == apart or len(put_together) == len(apart)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_case_has_no_say_in_the_normal_form(language: str) -> None:
    text = TEXTS[language]
    assert normalise(text) == normalise(text.upper()) == normalise(text.lower())
    assert len(normalise(text)) > 3 * RUN


@pytest.mark.parametrize("kept", ["ที่ท่าเรือ", "কাঠের নৌকা"])
def test_vowel_signs_and_tones_are_kept(kept: str) -> None:
    signs = [one for one in kept if unicodedata.category(one) in ("Mn", "Mc")]
    assert signs
    bare = "".join(one for one in kept if one not in signs)
    assert normalise(kept) != normalise(bare)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("น้ำมัน", "น้ํามัน"),
        ("น้ำมัน", "นํ้ามัน"),
        ("แหลม", "เเหลม"),
        ("ที่", "ที่่"),
        ("ท\u09bcี่", "ที่"),
        ("boat\u0e48", "boat"),
        ("আমাদের", "অামাদের"),
        ("য়", "\u09af\u09bc"),
        ("modern", "modem"),
        ("don\u02bct", "dont"),
        ("don\ua78ct", "don\u1427t"),
        ("🅑🅞🅐🅣 🇳🇴", "boat no"),
    ],
)
def test_what_looks_the_same_has_one_normal_form(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


def test_fewer_characters_than_a_gram_are_never_recognised() -> None:
    for text in TEXTS.values():
        whole = normalise(text)
        left = fingerprints(whole, KEY)
        for begin in range(len(whole) - GRAM):
            piece = whole[begin : begin + GRAM - 1]
            assert left.isdisjoint(fingerprints_asked("é" + piece + "ñ", KEY))


def test_different_texts_have_nothing_in_common() -> None:
    for language, text in TEXTS.items():
        for other_language, other in TEXTS.items():
            assert shared(text, other) == (language == other_language)


def test_another_secret_gives_other_fingerprints() -> None:
    text = normalise(TEXTS["Thai"])
    assert fingerprints(text, KEY).isdisjoint(fingerprints(text, passage_key(b"other" * 8)))


@settings(max_examples=150)
@given(st.text(alphabet="ab", max_size=200))
def test_every_window_chooses_one_of_its_own_grams(text: str) -> None:
    chosen = _chosen(text, KEY.base)
    grams = len(text) - GRAM + 1
    for begin in range(max(0, grams - WINDOW + 1)):
        assert chosen & set(range(begin, begin + WINDOW))
    assert all(0 <= at < max(grams, 0) for at in chosen)
    assert bool(chosen) == (grams > 0)


# --- markings, and the network's own words ----------------------------------------------------


@pytest.mark.parametrize(
    "marking",
    [
        "TLP:AMBER+STRICT REL AUS,BGD,IDN,MYS,THA,TLS,RSO ORCON PD PROTECT IDN EXP 2026-12-31 //",
        "tlp: red rel aus, idn grade b2 //",
        "REL AUS,BGD,IDN,MYS,THA,TLS,RSO ORCON //",
    ],
)
def test_a_marking_is_no_passage(marking: str) -> None:
    assert without_markings(f"{marking} boat left", NETWORK.vocabulary).split() == ["boat", "left"]


def test_words_that_are_no_marking_stay() -> None:
    for text in ("TLP:AMBER SECRET WORDS // here", "REL to the harbour", "REL XYZ // boat"):
        kept = without_markings(text, NETWORK.vocabulary)
        assert {"SECRET", "harbour", "XYZ"} & set(kept.split())


def test_the_networks_own_words_are_nobodys() -> None:
    own = boilerplate([TEXTS["English"]], KEY)
    text = normalise(TEXTS["English"])
    assert fingerprints(text, KEY) <= own
    assert fingerprints_asked(text[7:70], KEY) <= own


# --- as messages come: formatted, cut into several, edited ------------------------------------


class OpenSeal:
    """A seal that hides nothing."""

    def seal(self, value: bytes) -> bytes:
        return value

    def open(self, sealed: bytes) -> bytes:
        return sealed


class Speaker:
    """An officer who says one thing after the other in a room."""

    def __init__(self) -> None:
        self.quotation = Quotation(b"k" * 32, OpenSeal(), ())
        self.recent: bytes | None = None
        self.now = NOW
        self.said = 0

    def say(self, post: Post, edited: datetime | None = None) -> frozenset[int]:
        """What the post is looked up by. It is accepted."""
        self.said += 1
        self.now += timedelta(milliseconds=1)
        looked = self.quotation.look(
            post, self.said.to_bytes(32, "little"), self.now, edited, self.recent, NETWORK, self.now
        )
        if looked.remembered is not None:
            self.recent = looked.remembered
        return looked.passages


SPEAKER = Speaker()


def left(text: str) -> frozenset[int]:
    return SPEAKER.quotation.left_by(Post(text, None), NETWORK)


@settings(max_examples=80)
@given(st.data())
def test_a_passage_cut_into_messages_is_recognised_by_its_last_piece(data: st.DataObject) -> None:
    text, piece = data.draw(runs())
    cuts = sorted(data.draw(st.sets(st.integers(1, len(piece) - 1), max_size=30)))
    pieces = [piece[a:b] for a, b in zip([0, *cuts], [*cuts, len(piece)], strict=True)]
    speaker = Speaker()
    speaker.say(Post("Good morning to everybody on the floor, and thank you for yesterday.", None))
    seen: set[int] = set()
    for one in pieces:
        marked = data.draw(st.sampled_from(["", "TLP:AMBER // ", "TLP:GREEN REL AUS,IDN // "]))
        if one.strip():
            seen |= speaker.say(Post(marked + one, None))
    assert not seen.isdisjoint(left(text))


def test_forty_characters_cut_anywhere_are_recognised_by_the_second_message() -> None:
    """Every cut, at the shortest; after much other text, and before some."""
    whole = normalise(TEXTS["English"])
    source = fingerprints(whole, SPEAKER.quotation._key)
    filler = normalise(TEXTS["Malay"])
    for begin in range(0, len(whole) - RUN, 13):
        run = whole[begin : begin + RUN]
        for cut in range(1, RUN):
            speaker = Speaker()
            seen = speaker.say(Post(filler + run[:cut], None))
            seen |= speaker.say(Post(run[cut:] + filler, None))
            assert not seen.isdisjoint(source), (begin, cut)


def test_a_later_message_is_not_refused_for_what_was_let_through_before() -> None:
    speaker = Speaker()
    source = left(TEXTS["English"])
    for begin in range(10):
        short = TEXTS["English"][begin : begin + 50]
        if len(normalise(short)) >= RUN:
            continue
        if speaker.say(Post(short, None)).isdisjoint(source):
            assert speaker.say(Post("ok, thanks", None)).isdisjoint(source)
            assert speaker.say(Post("see you at the meeting then", None)).isdisjoint(source)


def test_pieces_that_are_far_apart_in_time_are_not_put_together() -> None:
    speaker = Speaker()
    source, text = left(TEXTS["English"]), TEXTS["English"]
    speaker.say(Post(text[:36], None))
    speaker.now += timedelta(minutes=11)
    assert speaker.say(Post(text[36:70], None)).isdisjoint(source)


def test_a_passage_put_together_by_an_edit_is_recognised() -> None:
    source, text = left(TEXTS["English"]), TEXTS["English"]
    for place in range(3):
        speaker = Speaker()
        words = [text[0:18], text[18:36], text[36:54]]
        words[place] = "nothing at all"
        sent = []
        for one in words:
            assert speaker.say(Post(one, None)).isdisjoint(source)
            sent.append(speaker.now)
        edit = Post(text[18 * place : 18 * place + 18], None, Relation(RelationKind.EDIT, "$e"))
        assert not speaker.say(edit, sent[place]).isdisjoint(source), place


def test_an_edit_of_what_is_not_remembered_any_more_is_judged_by_itself() -> None:
    source, text = left(TEXTS["English"]), TEXTS["English"]
    speaker = Speaker()
    speaker.say(Post(text[:30], None))
    edit = Relation(RelationKind.EDIT, "$e")
    long_ago = speaker.now - timedelta(hours=1)
    assert speaker.say(Post(text[30:60], None, edit), long_ago).isdisjoint(source)
    assert speaker.say(Post(text[30:60], None, edit), None).isdisjoint(source)
    assert not speaker.say(Post(text[30:90], None, edit), long_ago).isdisjoint(source)


def test_signs_alone_push_no_words_out_of_memory() -> None:
    """ATTACK: many messages without a letter between two pieces."""
    source, text = left(TEXTS["English"]), TEXTS["English"]
    speaker = Speaker()
    speaker.say(Post(text[:30], None))
    for _ in range(100):
        speaker.say(Post("👍 …", None))
    assert not speaker.say(Post(text[30:60], None)).isdisjoint(source)


def decoded(content: dict[str, object]) -> Post:
    raw: dict[str, Any] = {
        "type": "m.room.encrypted", "room_id": "!r", "event_id": "$e", "sender": "@a:b",
        "origin_server_ts": 0,
        "content": {
            "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "A" * 40, "session_id": "s" * 43,
        },
    }  # fmt: skip
    if "m.relates_to" in content:
        raw["content"]["m.relates_to"] = content["m.relates_to"]
    plain = {"type": "m.room.message", "room_id": "!r", "content": content}
    envelope = read_envelope(raw)
    act = decode_plaintext(envelope, json.dumps(plain).encode(), NETWORK.vocabulary, NOW.date())
    assert isinstance(act, Post), act
    return act


def test_formatted_text_is_looked_up_as_it_is_shown() -> None:
    """ATTACK: tags that the body shows as words, and that formatted readers don't see."""
    words = TEXTS["English"][:80].split()
    body = " ".join(word[:1] + "<u></u>" + word[1:] for word in words)
    shown = " ".join(f"<b>{word[:1]}</b>{word[1:]}" for word in words)
    post = decoded(
        {
            "msgtype": "m.text",
            "body": body,
            "format": "org.matrix.custom.html",
            "formatted_body": shown,
        }
    )
    source = left(TEXTS["English"])
    assert SPEAKER.quotation.look(
        Post(post.body, None), b"i", NOW, None, None, NETWORK, NOW
    ).passages.isdisjoint(source)
    assert not Speaker().say(post).isdisjoint(source)


def test_the_fallback_of_a_reply_is_looked_up() -> None:
    """ATTACK: words in the quotation that newer clients don't show and older ones do."""
    fallback = f"> <@idn.focal1:x> {TEXTS['English']}\n\nthanks"
    relation = {"m.in_reply_to": {"event_id": "$" + "e" * 43}}
    post = decoded({"msgtype": "m.text", "body": fallback, "m.relates_to": relation})
    assert "vessel" not in post.body
    assert not Speaker().say(post).isdisjoint(left(TEXTS["English"]))
