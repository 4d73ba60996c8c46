"""Laws of requests as text: reading never raises, writing reads back, one form for one thing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilon.domain.desk_commands import read_order
from rilon.domain.guided import (
    Exchange,
    Step,
    begin,
    exchange_from_json,
    exchange_to_json,
    signs,
    tapped,
    written,
)
from rilon.domain.letters import _LOOK_ALIKES
from rilon.domain.markings import PersonalData, Tlp, WrittenMarking
from rilon.domain.parties import Parties, in_order
from rilon.domain.party_names import Addressee, in_reading_order
from rilon.domain.request_draft import Draft, draft_from_json, draft_to_json, write_draft
from rilon.domain.request_head import read_addressees
from rilon.domain.request_mistakes import Misread
from rilon.domain.request_text import read_request, selectors_of
from rilon.domain.requests import Ground, Priority, Theme
from rilon.domain.selectors import (
    Selector,
    SelectorKind,
    find_selectors,
    imo_is_right,
    read_selector,
    selector_hash,
    vessel_form,
)
from rilon.domain.word_forms import distance_within, plain_word
from rilon.policy.telephone_forms import TelephoneForms
from tests.request_writing import ASKER, GROUP, NAMES

PIECES = [
    "!rfi", "IDN", "MYS", "idn", "Indonesia", "Malasya", "all", "except", "AUS",
    "🇮🇩", "🇸🇬", ",", ";", "/", "&", " and ", " dan ", ":", "\n", " ", "urgent",
    "mendesak", "life", "2", "TLP:AMBER", "TLP:RED //", "REL AUS,IDN //",
    "vessel: NOVA", "MV Nova Star", "IMO 9074729", "IMO 9074728", "tel +62812345678",
    "purpose: x", "theme: a", "overlaps: yes", "question", "to: THA", "has it left?",
    "\u202e", "\u200b", "ᏆLP:RED //", "> quoted", "👍🏽", "cancel", "back", "skip",
    "send", "!delay 2 days x", "(", ")", "\u0000",
]  # fmt: skip
hostile = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
pieced = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=14).map(" ".join)
glued = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
any_text = hostile | pieced | glued

addressees = st.frozensets(
    st.builds(
        Addressee,
        st.sampled_from(sorted(GROUP - {ASKER.party})),
        st.sampled_from(["", "Coast guard", "Police"]),
    ),
    min_size=1,
).map(in_reading_order)
tame = st.text("abcdefghij LN?é", min_size=1, max_size=40).map(
    lambda words: "Has " + " ".join(words.split()) + "?"
)
markings = st.builds(
    WrittenMarking,
    tlp=st.sampled_from(Tlp),
    rel=st.none() | st.frozensets(st.sampled_from(sorted(GROUP)), min_size=1),
    caveats=st.frozensets(st.sampled_from(["ORCON", "H1"])),
    protect=st.frozensets(st.sampled_from(["AUS", "THA"])),
    personal_data=st.sampled_from(PersonalData),
    expires=st.none() | st.dates(ASKER.today, ASKER.today + timedelta(days=3000)),
    grade=st.none() | st.just("B2"),
)
selectors = st.sampled_from(
    [
        Selector(SelectorKind.IMO, "9074729"),
        Selector(SelectorKind.MMSI, "525123456"),
        Selector(SelectorKind.TELEPHONE, "+6281234567890"),
        Selector(SelectorKind.DOCUMENT, "A1234567"),
        Selector(SelectorKind.VESSEL, "NOVASTAR", "M/V Nova Star"),
    ]
)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    ground = draw(st.none() | st.sampled_from(Ground))
    return Draft(
        addressees=draw(addressees),
        priority=Priority.URGENT if ground else draw(st.sampled_from(Priority)),
        ground=ground,
        question="\n".join(draw(st.lists(tame, min_size=1, max_size=3))),
        purpose=draw(st.just("") | tame),
        theme=draw(st.none() | st.sampled_from(Theme)),
        selectors=tuple(sorted(draw(st.frozensets(selectors)))),
        marking=draw(st.none() | markings),
        overlaps=draw(st.booleans()),
    )


@given(drafts())
def test_the_one_spelling_of_a_draft_reads_back(draft: Draft) -> None:
    assert read_request(write_draft(draft), ASKER) == draft


@given(drafts())
def test_a_draft_comes_back_from_its_values(draft: Draft) -> None:
    assert draft_from_json(json.loads(json.dumps(draft_to_json(draft)))) == draft


@example(">0\u202d")
@example(".VESSEL:")
@example("question: VESSEL: x")
@example(". . tel 021 555")
@example("RFI\rE")
@example(">LP:RED")
@given(any_text)
def test_whatever_is_read_is_written_so_that_it_reads_the_same(said: str) -> None:
    draft = read_request(said, ASKER)
    if isinstance(draft, Draft):
        named = selectors_of(draft.question, ASKER).selectors
        assert read_request(write_draft(draft, named), ASKER) == draft


@given(any_text)
def test_reading_never_raises_and_a_no_has_its_values(said: str) -> None:
    for found in (
        read_request(said, ASKER),
        read_addressees(said, NAMES, ASKER.party),
        read_order(said, lambda text: text if text.isdigit() else None),
    ):
        if isinstance(found, Misread):
            assert all(len(one) > 0 for one in found.parameters.values())


@given(any_text)
def test_nobody_is_asked_whom_the_text_does_not_name(said: str) -> None:
    draft = read_request(said, ASKER)
    assert not isinstance(draft, Draft) or ASKER.party not in draft.parties
    assert not isinstance(draft, Draft) or draft.parties <= GROUP


@given(st.frozensets(st.sampled_from(sorted(GROUP - {ASKER.party})), min_size=1), st.data())
def test_a_list_means_the_same_in_every_writing(some: Parties, data: st.DataObject) -> None:
    between = data.draw(st.sampled_from([", ", ",", " ; ", "/", " & ", " dan ", "\n", " and "]))
    named = [
        data.draw(st.sampled_from([word for word, of in NAMES.by_word.items() if of.party == one]))
        for one in in_order(some)
    ]
    said = between.join(named)
    found = read_addressees(said, NAMES, ASKER.party)
    assert not isinstance(found, Misread)
    assert {one.party for one in found} == some


# --- the guided exchange -----------------------------------------------------------------------

acts = st.lists(
    any_text
    | st.sampled_from(["IDN", "has it left?", "urgent", "2", "skip", "back", "change", "send"])
    | st.tuples(
        st.sampled_from(Step),
        st.sampled_from(["✅", "❌", "✏️", "➕", "⚡", "🔗", "⏭️", "↩️", "👥", "🇮🇩", "1️⃣", "4️⃣", "8️⃣"]),
    ),
    max_size=12,
)


@given(st.sampled_from(["!rfi", "!rfi IDN", "!rfi IDN: q", "!rfi IDN urgent: q"]), acts)
def test_an_exchange_survives_anything_and_sends_only_what_is_whole(
    first: str, said: list[str | tuple[Step, str]]
) -> None:
    draft = read_request(first, ASKER)
    assert isinstance(draft, Draft)
    exchange = begin(draft)
    for act in said:
        found = (
            written(exchange, act, ASKER)
            if isinstance(act, str)
            else tapped(exchange, act[0], act[1], ASKER)
        )
        if isinstance(found, Exchange):
            exchange = found
        assert exchange_from_json(json.loads(json.dumps(exchange_to_json(exchange)))) == exchange
        assert len(signs(exchange, ASKER)) == len(set(signs(exchange, ASKER)))
        if exchange.step in (Step.PREVIEW, Step.SEND):
            assert exchange.draft.missing == ()
        if exchange.step is Step.SEND:
            assert exchange.draft.contradiction(ASKER.party) is None


# --- selectors ---------------------------------------------------------------------------------

INDONESIA = TelephoneForms("ID")
names = st.text("ABCDEFGHILMNOPRSTUVXYZ0123456789", min_size=2, max_size=12)


@given(any_text)
def test_a_form_of_a_form_is_itself(text: str) -> None:
    assert plain_word(plain_word(text)) == plain_word(text)
    assert vessel_form(vessel_form(text)) == vessel_form(text)


@given(st.sampled_from(SelectorKind), any_text)
def test_a_selector_reads_back_from_its_normal_form(kind: SelectorKind, text: str) -> None:
    found = read_selector(kind, text, INDONESIA)
    if isinstance(found, Selector):
        assert read_selector(kind, found.value, INDONESIA) == found
        assert read_selector(kind, found.shown, INDONESIA) == found


@st.composite
def disguised(draw: st.DrawFn, text: str) -> str:
    """The text with another case, spaces, signs, look-alikes and letters nobody sees."""
    out = []
    for character in text:
        character = draw(st.sampled_from([character, character.lower(), character.upper()]))
        if character.isascii() and character.isalpha():
            twins = list(_LOOK_ALIKES.get(character, ""))
            character = draw(st.sampled_from([character, *twins, chr(ord(character) + 0xFEE0)]))
        out.append(character)
        out.append(draw(st.sampled_from(["", "", "", " ", "-", ".", "\u200b", "'"])))
    return "".join(out)


@given(st.data())
def test_a_ship_is_the_same_however_its_name_is_disguised(data: st.DataObject) -> None:
    name = data.draw(names)
    prefix = data.draw(st.sampled_from(["", "MV ", "M/V ", "KM. ", "F/V ", "kapal "]))
    written = prefix + "X" + data.draw(disguised(name))
    assert vessel_form(written) == vessel_form("X" + name)


@given(st.data(), st.sampled_from(["9074729", "9362255", "8814275"]))
def test_an_imo_number_is_the_same_however_it_is_spaced(data: st.DataObject, number: str) -> None:
    found = read_selector(SelectorKind.IMO, data.draw(disguised(number)), INDONESIA)
    assert found == Selector(SelectorKind.IMO, number)


@given(st.integers(1_000_000, 9_999_999))
def test_of_ten_last_digits_one_is_right(number: int) -> None:
    stem = str(number)[:6]
    right = [digit for digit in "0123456789" if imo_is_right(stem + digit)]
    assert len(right) == 1
    for digit in set("0123456789") - set(right):
        assert isinstance(read_selector(SelectorKind.IMO, stem + digit, INDONESIA), Misread)


@given(st.integers(0, 999_999_999))
def test_an_mmsi_outside_the_countries_is_refused(number: int) -> None:
    digits = f"{number:09}"
    read = isinstance(read_selector(SelectorKind.MMSI, digits, INDONESIA), Selector)
    starts = [digits[skip:] for lead in ("", "0", "00", "8", "98", "99", "111")
              if digits.startswith(lead) for skip in [len(lead)]]  # fmt: skip
    in_a_country = any(201 <= int(start[:3]) <= 775 for start in starts)
    assert read == (in_a_country or digits[:3] in ("970", "972", "974"))


@given(st.integers(10_000_000, 99_999_999), st.data())
def test_a_telephone_number_is_the_same_at_home_and_abroad(
    number: int, data: st.DataObject
) -> None:
    gap = data.draw(st.sampled_from(["", " ", "-", "."]))
    national = f"081{gap}2{str(number)[:4]}{gap}{str(number)[4:]}"
    home = read_selector(SelectorKind.TELEPHONE, national, INDONESIA)
    abroad = read_selector(
        SelectorKind.TELEPHONE, f"+62{gap}81{gap}2{number}", TelephoneForms("AU")
    )
    assert isinstance(home, Selector)
    assert home == abroad


@given(any_text)
def test_finding_selectors_never_raises_and_shows_nothing(text: str) -> None:
    found = find_selectors(text, INDONESIA)
    assert list(found.selectors) == sorted(set(found.selectors))
    for one in found.selectors:
        assert len(selector_hash(bytes(32), one)) == 32
        assert repr(one) == repr(replace(one, value="x"))


@given(names, names)
def test_hashes_are_equal_for_equal_selectors_alone(one: str, other: str) -> None:
    key = bytes(range(32))
    first, second = (Selector(SelectorKind.VESSEL, vessel_form(name)) for name in (one, other))
    assert (selector_hash(key, first) == selector_hash(key, second)) == (first == second)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_a_distance_is_symmetric_and_never_above_the_naive_one(one: str, other: str) -> None:
    far = distance_within(one, other, 10)
    assert far == distance_within(other, one, 10)
    assert far is not None
    assert (far == 0) == (one == other)
    assert far <= max(len(one), len(other))
    assert distance_within(one, other, 1) == (far if far <= 1 else None)


# --- bounded time ------------------------------------------------------------------------------

FLOODS = [
    "," * 65_000, "IDN," * 16_000, "IDN " * 16_000, "🇮🇩" * 8_000, "\u200b" * 65_000,
    "\u202e" * 65_000, "👍🏽" * 16_000, "!" * 65_000, "!rfi " * 13_000,
    "IDN, " * 1_500, "MV " * 2_600, "Ab " * 2_600, "IMO 1" * 1_500, "1 " * 4_000,
    "passport " * 800, "tel +6 " * 1_100, "vessel: " * 1_000, "a-" * 4_000,
    "TLP:" * 2_000, "\n" * 199, "x: y\n" * 199, "to: IDN\n" * 199, "M.V." * 2_000,
    "ก็" * 3_900, "all except " * 700, "(" * 7_900, "0" * 7_900, "+" * 7_900,
    "'" * 7_900, "vessel “" * 900,
]  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: ascii(flood[:8]))
@pytest.mark.parametrize("lead", ["", "!rfi ", "!rfi IDN: ", "!delay "])
def test_a_flood_is_read_in_bounded_time(lead: str, flood: str) -> None:
    said = lead + flood
    read_request(said, ASKER)
    read_addressees(said, NAMES, ASKER.party)
    read_order(said, lambda _: None)
    written(begin(Draft()), said, ASKER)
    find_selectors(said[:8_000], INDONESIA)
    read_selector(SelectorKind.VESSEL, said, INDONESIA)
