"""Whom a list of addressees means."""

from __future__ import annotations

import pytest

from rilon.domain.parties import Party
from rilon.domain.party_names import Addressee, party_names
from rilon.domain.request_head import read_addressees
from rilon.domain.request_mistakes import Misread, Wrong
from tests.request_writing import NAMES

OWN = Party("AUS")


def read(said: str) -> str | Misread:
    found = read_addressees(said, NAMES, OWN)
    return found if isinstance(found, Misread) else ",".join(one.party for one in found)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("IDN, MYS", "IDN,MYS"),
        ("idn mys", "IDN,MYS"),
        ("MYS/IDN", "IDN,MYS"),
        ("IDN-MYS", "IDN,MYS"),
        ("IDN; MYS & THA", "IDN,MYS,THA"),
        ("Indonesia dan Malaysia", "IDN,MYS"),
        ("Indonesia and Malaysia", "IDN,MYS"),
        ("Indonésia e Malásia", "IDN,MYS"),
        ("Indonézia ho Malázia", "IDN,MYS"),
        ("อินโดนีเซียและมาเลเซีย", "IDN,MYS"),
        ("ประเทศไทย", "THA"),
        ("ইন্দোনেশিয়া এবং মালয়েশিয়া", "IDN,MYS"),
        ("🇮🇩🇲🇾", "IDN,MYS"),
        ("🇮🇩 🇲🇾", "IDN,MYS"),
        ("id my", "IDN,MYS"),
        ("my", "MYS"),
        ("Timor", "TLS"),
        ("East Timor", "TLS"),
        ("timor-leste", "TLS"),
        ("Timor Lorosa'e", "TLS"),
        ("Thai", "THA"),
        ("to Indonesia", "IDN"),
        ("kepada Indonesia", "IDN"),
        ("IDN\nMYS", "IDN,MYS"),
        ("(IDN)", "IDN"),
        ("IDN, IDN", "IDN"),
        ("ІDN", "IDN"),
        ("I\u200bDN", "IDN"),
        ("RSO", "RSO"),
        ("regional support office", "RSO"),
        ("all", "BGD,IDN,MYS,THA,TLS,RSO"),
        ("semua", "BGD,IDN,MYS,THA,TLS,RSO"),
        ("all except MYS", "BGD,IDN,THA,TLS,RSO"),
        ("semua kecuali Malaysia dan Thailand", "BGD,IDN,TLS,RSO"),
        ("all but RSO", "BGD,IDN,MYS,THA,TLS"),
    ],
)
def test_addressees_are_read_as_people_write_them(said: str, meant: str) -> None:
    assert read(said) == meant


@pytest.mark.parametrize(
    ("said", "code", "nearest"),
    [
        ("Indonesa", Wrong.UNKNOWN_PARTY, "IDN"),
        ("IDN, Malasya", Wrong.UNKNOWN_PARTY, "MYS"),
        ("IND", Wrong.UNKNOWN_PARTY, "IDN"),
        ("Bangladash", Wrong.UNKNOWN_PARTY, "BGD"),
        ("Atlantis", Wrong.UNKNOWN_PARTY, ""),
        ("IDN, maybe others", Wrong.UNKNOWN_PARTY, ""),
        ("IDN, Singapore", Wrong.NOT_IN_GROUP, ""),
        ("🇸🇬", Wrong.NOT_IN_GROUP, ""),
        ("Filipina", Wrong.NOT_IN_GROUP, ""),
        ("AUS", Wrong.OWN_PARTY, ""),
        ("IDN, Australia", Wrong.OWN_PARTY, "IDN"),
        ("", Wrong.NO_PARTY, ""),
        (",,;;", Wrong.NO_PARTY, ""),
        ("all except IDN,MYS,THA,TLS,BGD,RSO", Wrong.NO_PARTY, ""),
        ("," * 65_000, Wrong.NO_PARTY, ""),
        ("IDN," * 20_000, Wrong.NO_PARTY, ""),
    ],
)
def test_what_is_only_near_a_party_is_offered_and_never_taken(
    said: str, code: Wrong, nearest: str
) -> None:
    found = read(said)
    assert isinstance(found, Misread)
    assert (found.code, found.nearest) == (code, nearest)


def test_an_agency_belongs_to_the_party_before_it() -> None:
    found = read_addressees("IDN coast guard, MYS", NAMES, OWN)
    assert found == (Addressee(Party("IDN"), "Coast guard"), Addressee(Party("MYS")))


def test_a_name_of_two_parties_is_nobodys() -> None:
    names = party_names({Party("IDN"): ["Timor"], Party("TLS"): ["Timor"]})
    assert names.called("Timor") is None
    assert names.called("TLS") is not None
