"""What is typed about a request that exists, and what a reaction says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rilon.domain.desk_commands import FORMS, Deed, Order, nearest_order, read_order
from rilon.domain.request_course import Refusal, Usefulness
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.taps import (
    RATING_SIGNS,
    Tap,
    flag_of,
    flag_region,
    keycap,
    number_of,
    rating_of,
    tap_of,
)

NUMBER = "MPS-7K3F-4"


def read_number(text: str) -> str | None:
    plain = text.upper().replace(" ", "").replace("-", "").removeprefix("#")
    return NUMBER if plain == "MPS7K3F4" else None


def order(said: str) -> Order | Misread | None:
    return read_order(said, read_number)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("!assign @idn.focal1:rilon.example", Order(Deed.ASSIGN, rest="idn.focal1")),
        ("!assign to idn.focal1", Order(Deed.ASSIGN, rest="idn.focal1")),
        ("!assign", Order(Deed.ASSIGN, rest="me")),
        ("!tugaskan saya", Order(Deed.ASSIGN, rest="me")),
        (f"!assign {NUMBER} me", Order(Deed.ASSIGN, NUMBER, rest="me")),
        ("!clarify which vessel?", Order(Deed.CLARIFY, words="which vessel?")),
        ("!clarify: which vessel?", Order(Deed.CLARIFY, words="which vessel?")),
        ("!done", Order(Deed.DONE)),
        (f"!done {NUMBER}", Order(Deed.DONE, NUMBER)),
        ("!done mps 7k3f 4", Order(Deed.DONE, NUMBER)),
        ("!done #MPS7K3F4.", Order(Deed.DONE, NUMBER)),
        ("！selesai", Order(Deed.DONE)),
        ("!partial rest follows", Order(Deed.PARTIAL, words="rest follows")),
        ("!withdraw", Order(Deed.WITHDRAW)),
        ("!requests late", Order(Deed.REQUESTS, rest="late")),
        ("!who IDN maritime", Order(Deed.WHO, rest="IDN maritime")),
        ("!duty mon 08-16", Order(Deed.DUTY, rest="mon 08-16")),
        ("!away until Friday", Order(Deed.AWAY, rest="until Friday")),
        ("steward: !DONE", Order(Deed.DONE)),
    ],
)
def test_a_command_is_read_as_people_type_it(said: str, meant: Order) -> None:
    assert order(said) == meant


@pytest.mark.parametrize(
    ("said", "length", "reason"),
    [
        ("!delay 2 days court holiday", timedelta(days=2), "court holiday"),
        ("!delay 2d: court holiday", timedelta(days=2), "court holiday"),
        ("!delay 48h because court holiday", timedelta(hours=48), "court holiday"),
        ("!delay two days, court holiday", timedelta(days=2), "court holiday"),
        ("!delay by 1 week - court holiday", timedelta(weeks=1), "court holiday"),
        ("!tunda 2 hari karena hari libur", timedelta(days=2), "hari libur"),
        ("!delay 3 วัน เพราะ วันหยุด", timedelta(days=3), "วันหยุด"),
        ("!delay 2 ชั่วโมง วันหยุด", timedelta(hours=2), "วันหยุด"),
        ("!delay ২ দিন ছুটি", timedelta(days=2), "ছুটি"),
        (f"!delay {NUMBER} 2 days court holiday", timedelta(days=2), "court holiday"),
    ],
)
def test_a_delay_has_a_length_and_a_reason(said: str, length: timedelta, reason: str) -> None:
    found = order(said)
    assert isinstance(found, Order), found
    assert (found.deed, found.length, found.words) == (Deed.DELAY, length, reason)


@pytest.mark.parametrize(
    ("said", "refusal", "words"),
    [
        ("!refuse f", Refusal.SECURITY, ""),
        ("!refuse F. ongoing case", Refusal.SECURITY, "ongoing case"),
        ("!refuse (h) the owner said no", Refusal.CONSENT_MISSING, "the owner said no"),
        ("!refuse b we need the number", Refusal.NOT_IN_ORDER, "we need the number"),
        ("!refuse a", Refusal.NOT_AVAILABLE, ""),
        ("!refuse a: we looked everywhere", Refusal.NOT_AVAILABLE, "we looked everywhere"),
        ("!refuse not available here", Refusal.NOT_AVAILABLE, "not available here"),
        ("!tolak data pribadi", Refusal.PERSONAL_DATA, "data pribadi"),
        (f"!refuse {NUMBER} g", Refusal.TOO_MINOR, ""),
    ],
)
def test_a_refusal_is_a_letter_or_words(said: str, refusal: Refusal, words: str) -> None:
    found = order(said)
    assert isinstance(found, Order), found
    assert (found.deed, found.refusal, found.words) == (Deed.REFUSE, refusal, words)


@pytest.mark.parametrize(
    ("said", "usefulness"),
    [
        ("!close useful", Usefulness.USEFUL),
        ("!close partly", Usefulness.PARTLY),
        ("!close not", Usefulness.NOT_USEFUL),
        ("!close not useful", Usefulness.NOT_USEFUL),
        ("!close 2", Usefulness.PARTLY),
        ("!tutup tidak berguna", Usefulness.NOT_USEFUL),
        (f"!close {NUMBER} useful", Usefulness.USEFUL),
    ],
)
def test_closing_says_how_useful_it_was(said: str, usefulness: Usefulness) -> None:
    found = order(said)
    assert isinstance(found, Order), found
    assert (found.deed, found.usefulness) == (Deed.CLOSE, usefulness)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("!delay", Wrong.DELAY_UNCLEAR),
        ("!delay soon", Wrong.DELAY_UNCLEAR),
        ("!delay 0 days x", Wrong.DELAY_UNCLEAR),
        ("!delay 9999 weeks x", Wrong.DELAY_UNCLEAR),
        ("!delay 200 days x", Wrong.DELAY_TOO_LONG),
        ("!delay 2 days", Wrong.REASON_MISSING),
        ("!delay 2 days because", Wrong.REASON_MISSING),
        ("!refuse", Wrong.REFUSAL_UNCLEAR),
        ("!refuse z", Wrong.REFUSAL_UNCLEAR),
        ("!refuse a person is in danger", Wrong.REFUSAL_UNCLEAR),
        ("!refuse security and privacy", Wrong.REFUSAL_UNCLEAR),
        ("!close", Wrong.USEFULNESS_UNCLEAR),
        ("!close MPS", Wrong.USEFULNESS_UNCLEAR),
        ("!clarify", Wrong.WORDS_MISSING),
        ("!done MPS-7K3F-5", Wrong.NUMBER_UNCLEAR),
        ("!refuse MPS-7K3F-5 f", Wrong.NUMBER_UNCLEAR),
        ("!close #12 useful", Wrong.NUMBER_UNCLEAR),
        ("!clarify " + "x" * 65_000, Wrong.TOO_LONG),
    ],
)
def test_a_no_says_what_is_wrong(said: str, code: Wrong) -> None:
    found = order(said)
    assert isinstance(found, Misread), found
    assert found.code is code


@pytest.mark.parametrize(
    "said", ["", "done", "!help", "!rooms", "we are done !done", "!donee", "!", "!!!"]
)
def test_anything_else_is_none_of_these(said: str) -> None:
    assert order(said) is None


def test_a_slip_is_offered_the_nearest_command() -> None:
    assert nearest_order("!asign me") == "!assign"
    assert nearest_order("!reqests") == "!requests"
    assert nearest_order("!rooms") is None
    assert nearest_order("hello") is None


def test_every_form_that_is_offered_is_read() -> None:
    for deed, form in FORMS.items():
        found = order(form.replace("…", "words"))
        assert isinstance(found, Order), form
        assert found.deed is deed


@pytest.mark.parametrize(
    ("key", "tap"),
    [
        ("👍", Tap.ACKNOWLEDGE),
        ("👍🏽", Tap.ACKNOWLEDGE),
        ("✅", Tap.SEND),
        ("✔️", Tap.SEND),
        ("❌", Tap.CANCEL),
        ("✏️", Tap.CHANGE),
        ("✏", Tap.CHANGE),
        ("✍🏿", Tap.CHANGE),
        ("🤷🏻‍♀️", Tap.SKIP),
        ("⚡️", Tap.URGENT),
        ("😀", None),
        ("", None),
        ("👍" * 200, None),
    ],
)
def test_a_tap_is_what_is_seen_whatever_the_skin(key: str, tap: Tap | None) -> None:
    assert tap_of(key) is tap


def test_every_sign_that_the_steward_puts_on_a_card_is_read() -> None:
    assert [tap_of(tap.value) for tap in Tap] == list(Tap)
    assert [number_of(keycap(number)) for number in range(1, 10)] == list(range(1, 10))
    assert {rating_of(sign) for sign in RATING_SIGNS.values()} == set(Usefulness)
    assert flag_region(flag_of("ID")) == "ID"
    assert flag_region("🇮🇩🇲🇾") is None
    assert number_of("0️⃣") is None
