"""Selectors: one form for one thing, and a keyed hash of it."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.selectors import (
    Selector,
    SelectorKind,
    find_selectors,
    imo_is_right,
    read_selector,
    selector_hash,
    vessel_form,
)
from rilon.policy.telephone_forms import TelephoneForms

INDONESIA = TelephoneForms("ID")
KEY = bytes(range(32))


def value(kind: SelectorKind, written: str, telephones: TelephoneForms = INDONESIA) -> str | Wrong:
    found = read_selector(kind, written, telephones)
    return found.code if isinstance(found, Misread) else found.value


@pytest.mark.parametrize(
    "written",
    ["Nova Star", "NOVA-STAR", "M/V Nova Star", "mv nova  star", "M.V. 'Nova Star'", "KM Nova Star",
     "F/V NovaStar", "kapal Nova Star", "Ｎｏｖａ Ｓｔａｒ",
     "Nоva Stаr", "No\u200bva Star", "Nová Star"],
)  # fmt: skip
def test_a_ship_has_one_name_however_it_is_written(written: str) -> None:
    assert value(SelectorKind.VESSEL, written) == "NOVASTAR"


def test_what_only_begins_like_a_prefix_is_a_name() -> None:
    assert vessel_form("Kmer Rose") == "KMERROSE"
    assert vessel_form("MV") == "MV"
    assert vessel_form("Nova Star 2") != vessel_form("Nova Star")


@pytest.mark.parametrize(
    "written",
    ["9074729", "IMO 9074729", "imo: 9074729", "IMO No. 907 4729", "IMO9074729", "９０７４７２９"],
)
def test_an_imo_number_is_its_seven_digits(written: str) -> None:
    assert value(SelectorKind.IMO, written) == "9074729"


@pytest.mark.parametrize(
    "written", ["9074728", "907472", "90747290", "IMO", "0000000", "x9074729", ""]
)
def test_a_wrong_imo_number_is_refused(written: str) -> None:
    assert value(SelectorKind.IMO, written) is Wrong.IMO_CHECK


def test_known_imo_numbers_are_right() -> None:
    assert all(map(imo_is_right, ("9074729", "9362255", "8814275")))


@pytest.mark.parametrize(
    "written",
    [
        "525123456",
        "MMSI 525 123 456",
        "mmsi: 525-123-456",
        "985251234",
        "111525001",
        "005250012",
        "970123456",
    ],
)
def test_an_mmsi_has_nine_digits_and_those_of_a_country(written: str) -> None:
    assert isinstance(value(SelectorKind.MMSI, written), str)
    assert value(SelectorKind.MMSI, written) not in list(Wrong)


@pytest.mark.parametrize(
    "written", ["199123456", "776123456", "52512345", "5251234567", "981991234", "MMSI", ""]
)
def test_another_mmsi_is_refused(written: str) -> None:
    assert value(SelectorKind.MMSI, written) is Wrong.MMSI_SHAPE


@pytest.mark.parametrize(
    "written",
    ["0812 3456 7890", "+62 812-3456-7890", "+6281234567890", "(0812) 34567890",
     "tel. 081234567890", "HP: 0812.3456.7890", "+６２ 812 3456 7890"],
)  # fmt: skip
def test_a_telephone_number_is_e164(written: str) -> None:
    assert value(SelectorKind.TELEPHONE, written) == "+6281234567890"


def test_a_national_number_is_read_as_its_party_writes_it() -> None:
    assert value(SelectorKind.TELEPHONE, "0412 345 678", TelephoneForms("AU")) == "+61412345678"
    assert value(SelectorKind.TELEPHONE, "0412 345 678", TelephoneForms()) is Wrong.TELEPHONE_SHAPE


@pytest.mark.parametrize(
    "written", ["12", "call me", "1-800-FLOWERS", "+62 812 3456 7890 ext 5", ""]
)
def test_what_is_no_telephone_number_is_refused(written: str) -> None:
    assert value(SelectorKind.TELEPHONE, written) is Wrong.TELEPHONE_SHAPE


def test_a_document_number_is_letters_and_digits() -> None:
    assert value(SelectorKind.DOCUMENT, "a 123-4567") == "A1234567"
    assert value(SelectorKind.DOCUMENT, "passport") is Wrong.DOCUMENT_SHAPE
    assert value(SelectorKind.DOCUMENT, "x" * 200) is Wrong.DOCUMENT_SHAPE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MV Nova Star left with IMO 9074729", {("vessel", "NOVASTAR"), ("imo", "9074729")}),
        ("vessel: nova star, MMSI 525123456", {("vessel", "NOVASTAR"), ("mmsi", "525123456")}),
        ("the ship named “Nova Star” was seen", {("vessel", "NOVASTAR")}),
        ("call +62 812 3456 7890 or 0812 3456 7891",
         {("telephone", "+6281234567890"), ("telephone", "+6281234567891")}),
        ("passport no A1234567 and paspor: B7654321",
         {("document", "A1234567"), ("document", "B7654321")}),
        ("IMO 9074729, imo 907-4729", {("imo", "9074729")}),
        ("at 0400 on 2026-11-20 about 120 people, 9074729", set()),
        ("the documents of 14 persons", set()),
        ("AMV Nova and prefix MVx", set()),
    ],
)  # fmt: skip
def test_selectors_are_found_in_a_question(text: str, found: set[tuple[str, str]]) -> None:
    listed = find_selectors(text, INDONESIA).selectors
    assert {(one.kind.value, one.value) for one in listed} == found


def test_a_hash_is_an_hmac_with_its_kind() -> None:
    imo, mmsi = Selector(SelectorKind.IMO, "1234567"), Selector(SelectorKind.DOCUMENT, "1234567")
    expected = hmac.new(KEY, b"rilon selector 1\x00imo\x001234567", hashlib.sha256).digest()
    assert selector_hash(KEY, imo) == expected
    assert selector_hash(KEY, imo) != selector_hash(KEY, mmsi)
    assert selector_hash(KEY, imo) != selector_hash(bytes(32), imo)
    with pytest.raises(ValueError, match="too short"):
        selector_hash(b"short", imo)


def test_a_selector_doesnt_show_its_value() -> None:
    found = read_selector(SelectorKind.VESSEL, "Secret", INDONESIA)
    assert "SECRET" not in repr(found).upper()
