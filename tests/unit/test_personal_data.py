"""Likely identifiers in text: what is found, and what of this work's numbers is not taken."""

from __future__ import annotations

import pytest

from rilon.domain.acts import Attachment, Post, Relation, RelationKind
from rilon.domain.markings import PersonalData, Tlp, WrittenMarking
from rilon.domain.verdicts import Code, Verdict
from rilon.policy.personal_data import Identifier, identifiers
from rilon.policy.travel_documents import check_digit
from tests.policy_scene import (
    UNDER_IT,
    accepted,
    bulletin,
    carried,
    decide,
    refusal,
    related,
    said,
    written,
)

TELEPHONE, EMAIL, DOCUMENT = Identifier.TELEPHONE, Identifier.EMAIL, Identifier.TRAVEL_DOCUMENT

NUMBERS = r"""
0812-3456-7890
081234567890
+62 812 3456 7890
+62812-3456-7890
+62 (0) 812 3456 7890
0062 812 3456 7890
hp081234567890
telp:081234567890ya
WA 62 812 3456 7890
6281234567890
wa.me/6281234567890
https://wa.me/6281234567890
tel:+61412345678
(021) 555-1234
021-5551234
0812.3456.7890
0812345678/0813456789
0812 3456 7890, 0813 1111 2222
nomor 0812 3456 7890
IMO 9074729 dan hp 0812 3456 7890
12/05/2026 0812-3456-7890
0400 081234567890
IMO +6281234567890
+61 412 345 678
0412 345 678
(02) 9876 5432
02 9876 5432
61412345678
call 0412 345 678 at 0400
0412-345-678thanks
phone is 0412345678.
📞 0412345678
tel. 412345678
mobile 412 345 678
+60 12-345 6789
012-345 6789
03-8888 1234
011-1234 5678
60123456789
nombor telefon 012-3456789
+66 81 234 5678
081-234-5678
0812345678
02-123-4567
๐๘๑-๒๓๔-๕๖๗๘
โทร ๐๘๑๒๓๔๕๖๗๘
ติดต่อที่0812345678
เบอร์081 234 5678
โทรศัพท์ 2123456
০১৭১২৩৪৫৬৭৮
+৮৮০১৭১২-৩৪৫৬৭৮
01712-345678
ফোন০১৭১২৩৪৫৬৭৮
মোবাইল নম্বর ০১৭১২ ৩৪৫৬৭৮
8801712345678
+670 7723 4567
7723 4567
77234567
telefone 3311234
telemóvel: 7723 4567
satphone 881612345678
+95 9 123 456 789
09 123 456 789
+8816 1234 5678
０８１２３４５６７８９０
0812–3456–7890
+62 812 3456 7890
08​1234​567890
0812_3456_7890
ke+6281234567890
**0812** 3456 7890
0812*3456*7890
\+62 812\-3456\-7890
0812<u>3456</u>7890
`0812 3456 7890`
0️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣
"""

NO_NUMBERS = """
IMO 9074729
imo9074729
9074729
MMSI 525012345
mmsi:525012345
525012345
MMSI 052500123
mmsi 525 012 345
-8.5512, 115.2210
-8.551234 115.221045
0.551234 101.221045
+115.221045
lat -8.551234 lon +115.221045
08 33.5S 115 12.2E
08-33-12S 115-12-45E
098 12 34.567 E
08°33'12"S 115°12'45"E
S08 33 12 E115 12 45
0833S 11512E
08 33 12 LS 115 12 45 BT
๐๘ ๓๓ ๑๒ S
2026-06-01
01/06/2026
01.06.2026 0400
01/06/2026 0400
01-06-2569 0400
0400 010626
010626 0400
01 06 26 0400
010400Z JUN 26
20260601
202606010400
0400 0430 0500
0400-0630
04.00-05.30
pukul 04.00-05.30 WIB
0400/0630
เวลา ๐๔๐๐ น.
০৪০০ টা
045 090 180
120 045 060 300
05 06 07 08 09 10 11
05 06 07 08 09
0 1 2 3 4 5 6 7 8 9
depth 0045 0060 0100
Rp 5.000.000
Rp081234567
62.000.000.000
RM 12,500
60123456 baht
IDR 628123456789
৳ ৫০,০০০
case 4471
case 0812345678
LP/B/0123/VI/2026
LP/0812345678
RFI-2026-0042
kasus no 0123456789
মামলা নং ৪৪৭১
GT30 No.1234/Bc
KHF 1234/4
PSF 2211
KM-0812345678
ทะเบียน 301234567
ทะเบียน 0812345678
container TCLU 4265837
#0812345678
https://example.org/news/0812345678901
https://maps.example/@-8.5512345,115.2210456,15z
VHF ch 16 156.800
speed 12.5 kt 045
40 orang, 12 wanita, 8 anak
UTM 51L 0754321 9234567
TLP:AMBER EXP 2026-12-31 //
call 911
dial 112
UTC+07:00
+0730
01012027 0400
01.06.2026 045 12 nm
045 120 350
08 12 16 20 24
seals 001234 001235 001236
seals 001234 001235
boat no 012345678
nomor kapal 012345678
postcodes 0800 0810 0820 0870
ISBN 978-602-1234-56-7
"""

ADDRESSES = """
a.b@x.org
Ops.Room+1@agency.example.gov.au,
mail:a@b.co.id
mailto:x@y.my
ａ＠ｂ．ｃｏｍ
อีเมลabc@mail.go.th
x@y.com:8080
a@mail.org:kapal.hijau
<a@b.org>
a​b@x.org
"""

NO_ADDRESSES = """
@idn.focal1:rilon.example
hello@idn.focal1:rilon.example
@steward:rilon.example !rooms
a@b
3@2.5
40 @ Kupang
https://maps.example/@here
"""

DOCUMENTS = {
    "line 1 of a passport": "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "line 2 of a passport": "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "line 2 as typed on a phone": "mrz l898902c3 6uto 740812 2f 120415 9ze184226b",
    "line 2 broken in two": "L898902C36UTO740812\n2F1204159ZE184226B<<<<<10",
    "line 2 of a card of two lines": "D231458907UTO7408122F1204159<<<<<<<6",
    "line 1 of a card of three lines": "I<UTOD231458907<<<<<<<<<<<<<<<",
    "line 2 of a card of three lines": "7408122F1204159UTO<<<<<<<<<<<6",
    "line 1 of a visa": "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "line 2 with a long number": "D23145890<UTO7408122F1204159734<<<<<",
    "unknown birth": "L898902C36UTO<<<<<<0F1204159ZE184226B<<<<<10",
}
"""Doc 9303's own specimens, of the state UTO that isn't one."""

NO_DOCUMENTS = {
    "a wrong check digit of the number": "L898902C37UTO7408122F1204159ZE184226B<<<<<10",
    "a wrong check digit of birth": "L898902C36UTO7408123F1204159ZE184226B<<<<<10",
    "a wrong check digit of expiry": "L898902C36UTO7408122F1204158ZE184226B<<<<<10",
    "an arrow": "vessel <<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<< here",
    "a row of digits": "7408122 1204159 7408122 1204159 7408122 1204159",
    "a table": "0400 0812 2 F 120415 9 UTO",
}


def _lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


@pytest.mark.parametrize("text", _lines(NUMBERS))
def test_a_telephone_number_is_found(text: str) -> None:
    assert TELEPHONE in identifiers(text)


@pytest.mark.parametrize("text", _lines(NUMBERS))
def test_it_is_found_within_a_message_of_several_lines(text: str) -> None:
    assert TELEPHONE in identifiers(f"TLP:AMBER // contact on board\n{text} \nmore to follow")


@pytest.mark.parametrize("text", _lines(NO_NUMBERS))
def test_a_number_of_this_work_is_not_taken_for_one(text: str) -> None:
    assert identifiers(text) == frozenset()
    assert identifiers(f"wooden boat, {text} , 12 on board") == frozenset()


@pytest.mark.parametrize("text", _lines(ADDRESSES))
def test_an_address_is_found(text: str) -> None:
    assert identifiers(f"write to {text} please") == {EMAIL}


@pytest.mark.parametrize("text", _lines(NO_ADDRESSES))
def test_a_name_of_matrix_and_an_at_sign_are_no_address(text: str) -> None:
    assert identifiers(text) == frozenset()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_machine_readable_line_is_found(name: str) -> None:
    assert DOCUMENT in identifiers(DOCUMENTS[name])
    assert DOCUMENT in identifiers(f"found on board:\n> {DOCUMENTS[name]}\nplease check")


@pytest.mark.parametrize("name", NO_DOCUMENTS)
def test_what_only_looks_like_such_a_line_is_not(name: str) -> None:
    assert DOCUMENT not in identifiers(NO_DOCUMENTS[name])


def test_check_digits_are_those_of_the_standard() -> None:
    assert [check_digit(field) for field in ("520727", "AB2134<<<", "L898902C3")] == [3, 5, 6]


def test_every_kind_is_found_at_once() -> None:
    text = f"+62 812 3456 7890\na@b.org\n{DOCUMENTS['line 2 of a passport']}"
    assert identifiers(text) == set(Identifier)


# --- what follows from a finding -------------------------------------------------------------

CALLING = "the broker is on +62 812 3456 7890"


def _send(
    marking: WrittenMarking | None, text: str = CALLING, room: str = "mps-floor", **more: object
) -> Verdict:
    return decide(Post(text, marking), room, more.pop("officer", "aus.secondee1"), **more)


def test_text_with_an_identifier_says_pd() -> None:
    verdict = _send(written(Tlp.AMBER))
    assert refusal(verdict) == (Code.PERSONAL_DATA_FOUND, "rule6.undeclared")
    assert said(verdict) == {
        "room": "Floor",
        "identifiers": "telephone",
        "needed": "TLP:AMBER PD //",
    }
    assert refusal(_send(None)) == (Code.PERSONAL_DATA_FOUND, "rule6.undeclared")
    declared = _send(written(Tlp.AMBER, personal_data=PersonalData.PRESENT))
    assert accepted(declared).effective == carried(personal_data=PersonalData.PRESENT)


def test_nopd_beside_an_identifier_is_a_contradiction() -> None:
    verdict = _send(written(Tlp.GREEN, personal_data=PersonalData.NONE))
    assert refusal(verdict) == (Code.PERSONAL_DATA_FOUND, "rule6.contradiction")
    assert said(verdict)["declared"] == "NOPD"
    assert said(verdict)["needed"] == "TLP:GREEN PD //"


def test_the_needed_marking_keeps_what_was_written() -> None:
    marking = written(Tlp.AMBER, "AUS IDN", caveats=frozenset({"ORCON"}))
    verdict = _send(marking, room="mps-aus-idn")
    assert said(verdict)["needed"] == "TLP:AMBER REL AUS,IDN ORCON PD //"


def test_no_part_of_the_text_is_in_the_refusal() -> None:
    text = f"{CALLING}, a.b@x.org\n{DOCUMENTS['line 2 of a passport']}"
    verdict = _send(None, text)
    told = repr(verdict) + str(said(verdict))
    assert not [word for word in text.split() if len(word) > 5 and word in told]


def test_threads_under_bulletins_take_no_identifier_and_offer_no_pd() -> None:
    def asks(marking: WrittenMarking) -> Verdict:
        act = Post(CALLING, marking, UNDER_IT)
        return decide(act, "mps-bulletins", "rso.analyst1", related=(bulletin(),))

    undeclared = asks(written(Tlp.GREEN))
    assert refusal(undeclared) == (Code.PERSONAL_DATA_FOUND, "rule6.undeclared")
    assert "needed" not in said(undeclared)
    declared = asks(written(Tlp.GREEN, personal_data=PersonalData.PRESENT))
    assert refusal(declared) == (Code.PERSONAL_DATA_BARRED, "rule6.bulletins")


@pytest.mark.parametrize("room", ["mps-desk-aus", "direct-aus.secondee1", "mps-aus-idn"])
def test_it_holds_in_every_room(room: str) -> None:
    assert refusal(_send(None, room=room))[0] is Code.PERSONAL_DATA_FOUND


@pytest.mark.parametrize("kind", [RelationKind.REPLY, RelationKind.EDIT])
def test_what_relates_to_personal_data_takes_its_pd(kind: RelationKind) -> None:
    first = related(sender="aus.secondee1", marking=carried(personal_data=PersonalData.PRESENT))
    act = Post(CALLING, None, Relation(kind, first.event_id))
    verdict = accepted(decide(act, related=(first,)))
    assert verdict.effective is not None
    assert verdict.effective.personal_data is PersonalData.PRESENT


def test_an_identifier_in_the_quotation_before_an_answer_or_in_a_files_name_is_one() -> None:
    """ATTACK: older clients show the quotation, and every client shows the name."""
    first = related()
    relation = Relation(RelationKind.REPLY, first.event_id)
    quoted = Post("noted", None, relation, fallback="> <@x:y> call +61 412 345 678\n\n")
    assert refusal(decide(quoted, related=(first,)))[0] is Code.PERSONAL_DATA_FOUND
    file = Attachment("s", "m", b"k", b"c", b"d", "image/jpeg", name="+61 412 345 678.jpg")
    named = Post("", None, files=(file,))
    assert refusal(decide(named))[0] is Code.PERSONAL_DATA_FOUND


def test_an_edit_that_brings_an_identifier_in_is_refused() -> None:
    first = related(sender="aus.secondee1")
    act = Post(CALLING, None, Relation(RelationKind.EDIT, first.event_id))
    assert refusal(decide(act, related=(first,)))[0] is Code.PERSONAL_DATA_FOUND


def test_a_room_that_leaves_a_party_out_is_named_first() -> None:
    assert refusal(_send(written(Tlp.AMBER, "AUS IDN")))[0] is Code.REL_EXCLUDES_ROOM
