"""Words for staying unnamed: in every language, in every place, and never by half."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rilon.application.asking import asked
from rilon.domain.guided import Step, begin, tapped, written
from rilon.domain.parties import Party, parties
from rilon.domain.party_names import Addressee
from rilon.domain.request_draft import Draft
from rilon.domain.request_hiding import (
    ANSWERERS,
    BOTH,
    NOBODY,
    PHRASES,
    REQUESTER,
    Hiding,
    gives_away,
    hiding_of,
    may_mean_to_hide,
    phrase_said,
    without_hiding,
)
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_text import read_request
from rilon.texts.translator import translator
from tests.request_writing import ASKER, NAMES


def read(said: str) -> Draft:
    found = read_request(said, ASKER)
    assert isinstance(found, Draft), found
    return found


@pytest.mark.parametrize(
    "said",
    [
        "!rfi IDN, hide me: Has it left?",
        "!rfi IDN hide me: Has it left?",
        "!rfi hide me, IDN: Has it left?",
        "!rfi IDN anonymous: Has it left?",
        "!rfi IDN hidden: Has it left?",
        "!rfi 🇮🇩 anonymous, Has it left?",
        "!rfi IDN hide us Has it left?",
        "!rfi IDN: Hide me. Has it left?",
        "!rfi IDN: Has it left? Hide me.",
        "!rfi IDN: Has it left? (anonymous)",
        "!rfi IDN: Has it left?\nhide me",
        "!rfi IDN: Has it left?\nHIDE: yes",
        "!rfi IDN: Has it left?\nanonymous: yes",
        "!rfi IDN sembunyikan kami: Has it left?",
        "!rfi IDN rahsiakan nama kami: Has it left?",
        "!rfi IDN ไม่ระบุชื่อ: Has it left?",
        "!rfi IDN পরিচয় গোপন রাখুন: Has it left?",
        "!rfi IDN anónimo: Has it left?",
        "!rfi IDN subar naran: Has it left?",
        "!rfi IDN: Has it left?\nsembunyikan: ya",
        "TLP:RED // !rfi IDN anonim Has it left? (tanpa nama)",
    ],
)
def test_who_asks_is_hidden_in_many_ways_of_saying_it(said: str) -> None:
    draft = read(said)
    assert draft.unnamed == REQUESTER
    assert draft.parties == parties("IDN")
    if "anonim Has" not in said:
        assert draft.question == "Has it left?"


def test_a_word_that_may_begin_the_question_hides_and_stays_in_it() -> None:
    draft = read("!rfi IDN anonymous callers say that it left. Did it?")
    assert draft.unnamed == REQUESTER
    assert draft.question.startswith("anonymous callers say")


@pytest.mark.parametrize(
    ("said", "whom"),
    [
        ("hide officers", ANSWERERS),
        ("sembunyikan petugas", ANSWERERS),
        ("hide both", BOTH),
        ("hide: both", BOTH),
        ("hide: officers", ANSWERERS),
        ("hide me\nhide officers", BOTH),
        ("hide me\nhide: no", NOBODY),
    ],
)
def test_which_officers_answer_can_be_hidden_too(said: str, whom: Hiding) -> None:
    assert read(f"!rfi IDN: Has it left?\n{said}").unnamed == whom


@pytest.mark.parametrize(
    "said",
    [
        "!rfi IDN anonymus: Has it left?",
        "!rfi IDN anonymuos Has it left?\nhide mee",
        "!rfi IDN: anonymus: Has it left?",
        "!rfi IDN hide my country: Has it left?",
        "!rfi IDN hide: Has it left?",
        "!rfi IDN: Has it left?\nhide: someone else entirely and much more than that",
        "!rfi IDN: Has it left?\nhide meee",
        "!rfi IDN: Has it left?\nanonymous: they said so",
        "!rfi IDN ไม่เปิดเผยนะ: Has it left?",
    ],
)
def test_what_is_nearly_such_a_word_is_a_no(said: str) -> None:
    """INVARIANT: a name that was to stay hidden isn't told because of a slip."""
    found = read_request(said, ASKER)
    assert isinstance(found, Misread), found
    assert found.code is Wrong.HIDING_UNCLEAR


@pytest.mark.parametrize(
    "question",
    [
        "hidden compartments in the hull, were there any?",
        "Where do they hide the boats?",
        "Hiding places on the ship?",
        "Who hides them, and where?",
        "Did anonymous donors pay for it?",
        "The source was anonymous.",
        "Anonymous callers named two boats. Which?",
        "Which of them is hidden?",
    ],
)
def test_ordinary_questions_hide_nobody_and_keep_their_words(question: str) -> None:
    draft = read(f"!rfi IDN: {question}")
    assert (draft.unnamed, draft.question) == (NOBODY, question)


def test_nobody_else_is_addressed_by_words_for_hiding() -> None:
    """ATTACK by mistake: `hide us all` is no request to all, `my` isn't Malaysia."""
    for said in ("hide us all", "hide me and my party", "hide my party"):
        assert read(f"!rfi IDN, {said}: Has it left?").parties == parties("IDN")


def test_every_phrase_is_itself_in_every_case() -> None:
    for phrase, whom in PHRASES.items():
        assert phrase_said(phrase) == phrase_said(phrase.upper()) == whom
        assert hiding_of(phrase) == whom


def test_an_answer_loses_the_line_that_hides_and_nothing_else() -> None:
    assert without_hiding("hide me\nIt left.\nOn Monday.") == ("It left.\nOn Monday.", REQUESTER)
    assert without_hiding("It left.\n\nOn Monday. Hide me.") == (
        "It left.\n\nOn Monday.",
        REQUESTER,
    )
    assert without_hiding("It left. They hide it.") == ("It left. They hide it.", NOBODY)
    assert isinstance(without_hiding("It left.\nhide mee"), Misread)


@pytest.mark.parametrize(
    "said",
    [
        "hide me which mast do you mean?",
        "Please hide me, which mast do you mean?",
        "hide me: which mast do you mean?",
        "(hide me) which mast do you mean?",
        "**hide me** which mast do you mean?",
        "hide officers which mast do you mean?",
        "sembunyikan nama saya tiang yang mana?",
        "tanpa nama tiang yang mana?",
        "ซ่อนชื่อเรา เสากระโดงไหน",
        "the front mast is bent, hide me",
        "the front mast is bent - please hide my name",
        "It left.\nhide me on Monday it came back",
    ],
)
def test_words_that_hide_and_go_on_are_asked_about(said: str) -> None:
    """ATTACK by haste: a name that is told at once because the line went on."""
    found = without_hiding(said)
    assert isinstance(found, Misread), found
    assert found.code is Wrong.HIDING_UNCLEAR
    # Who meant nothing of it says so, and every word stays.
    assert without_hiding(f"{said}\nhide: no") == (said, NOBODY)


def test_a_first_sentence_hides_as_a_last_one_does() -> None:
    assert without_hiding("Hide me. The front mast is bent.") == (
        "The front mast is bent.",
        REQUESTER,
    )


HINTS = [
    "hideme which sail", "hide-me which sail", "hid me which sail", "🕶️ which sail", "🕶 which",
    "which sail? hide mee", "which sail? hide me pls", "which sail? (anon)", "🕵️ which sail",
    "pls hide my name: which sail", "which sail?\nhidden", "which sail?\nsembunyi saya",
    "anonymously which sail", "keep me hidden", "keep me unnamed, which sail",
    "without name: which", "jangan sebut nama saya: layar mana", "ｈｉｄｅ me, which",
    "which? ซ่อนนะ",
    "পাল কোনটি? আমার নাম নয়", "qual vela? sem nome", "qual vela? não diga o meu nome",
]  # fmt: skip
"""What officers tried, in an attempt from outside and since."""


@pytest.mark.parametrize("said", HINTS)
def test_what_may_be_meant_to_hide_is_noticed(said: str) -> None:
    assert may_mean_to_hide(said)


@pytest.mark.parametrize(
    "said",
    [
        "Which sail? hide me pls", "🕶️ which sail?", "which sail? 🕶", "keep me unnamed: which sail?",
        "Which sail? sembunyi saya", "please don't say our name. Which sail?",
    ],
)  # fmt: skip
def test_a_request_that_seems_to_hide_who_asks_says_that_it_doesnt(said: str) -> None:
    exchange = begin(Draft(addressees=(Addressee(Party("IDN")),), question=said))
    assert "They learn who asks" in asked(translator("en"), exchange, ASKER).plain
    assert exchange.draft.unnamed == NOBODY
    hidden = replace(exchange, draft=replace(exchange.draft, unnamed=REQUESTER))
    assert "They learn who asks" not in asked(translator("en"), hidden, ASKER).plain


@pytest.mark.parametrize("said", ["Any hidden compartments?", "Where do they hide the boats?"])
def test_ordinary_words_of_hiding_are_left_alone(said: str) -> None:
    exchange = begin(Draft(addressees=(Addressee(Party("IDN")),), question=said))
    assert "⚠️" not in asked(translator("en"), exchange, ASKER).plain


@pytest.mark.parametrize(
    "said",
    ["Which sail do you mean?", "the port is closed", "ชื่อเรืออะไร", "জাহাজের নাম কী?", "Layar mana?"],
)
def test_most_words_arent(said: str) -> None:
    assert not may_mean_to_hide(said)


@pytest.mark.parametrize(
    "said",
    [
        "Anonymous callers named two boats near the old pier.",
        "A ship without name.",
        "Kapal tanpa nama.",
        "They hide all the fuel in the bilge, and wait.",
        "Hidden under nets.",
        "He hides his officers well.",
    ],
)
def test_ordinary_answers_keep_their_words(said: str) -> None:
    assert without_hiding(said) == (said, NOBODY)


@pytest.mark.parametrize(
    "text",
    ["We in Australia ask.", "AUS asks", "ask 🇦🇺", "the Australian… Austrália", "for AU only"],
)
def test_words_that_name_the_own_party_are_found(text: str) -> None:
    assert gives_away((text,), NAMES, Party("AUS"))


def test_words_that_name_others_give_nothing_away() -> None:
    for text in ("It left Malaysia for IDN.", "au revoir", "austere", ""):
        assert gives_away((text,), NAMES, Party("AUS")) == ""


# --- in the guided exchange ----------------------------------------------------------------------


def test_hiding_is_kept_through_the_exchange_and_anew_with_whom() -> None:
    exchange = written(begin(read("!rfi")), "IDN, hide me", ASKER)
    assert not isinstance(exchange, Misread)
    assert (exchange.step, exchange.draft.unnamed) == (Step.QUESTION, REQUESTER)
    asked = written(exchange, "Has it left?", ASKER)
    assert not isinstance(asked, Misread)
    assert (asked.step, asked.draft.unnamed) == (Step.PREVIEW, REQUESTER)
    named = written(asked, "hide: no", ASKER)
    assert not isinstance(named, Misread)
    assert named.draft.unnamed == NOBODY


def test_none_answers_who_is_hidden_and_skips_nothing() -> None:
    changing = written(begin(read("!rfi IDN, hide me: q")), "change", ASKER)
    assert not isinstance(changing, Misread)
    asking = tapped(changing, Step.CHANGE, "9️⃣", ASKER)
    assert not isinstance(asking, Misread)
    assert asking.step is Step.HIDING
    done = written(asking, "none", ASKER)
    assert not isinstance(done, Misread)
    assert (done.step, done.draft.unnamed) == (Step.PREVIEW, NOBODY)


# --- agencies and themes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "!rfi IDN/police: q",
        "!rfi IDN/Police q",
        "!rfi 🇮🇩/police: q",
        "!rfi Indonesia, Police: q",
        "!rfi IDN police: q",
        "!rfi police of Indonesia: q",
        "!rfi IDN/ police, urgent, life: q",
    ],
)
def test_an_agency_belongs_to_its_party(said: str) -> None:
    assert read(said).addressees == (Addressee(Party("IDN"), "Police"),)
    assert read(said).question == "q"


def test_an_agency_that_two_parties_have_is_that_of_the_one_before_it() -> None:
    draft = read("!rfi IDN, MYS/police: q")
    assert draft.addressees == (Addressee(Party("IDN")), Addressee(Party("MYS"), "Police"))
    draft = read("!rfi IDN/police, MYS/coast guard: q")
    assert [one.agency for one in draft.addressees] == ["Police", "Coast guard"]


def test_two_agencies_of_one_party_are_both_kept() -> None:
    draft = read("!rfi IDN/police, immigration: q")
    assert [one.agency for one in draft.addressees] == ["Immigration", "Police"]


@pytest.mark.parametrize(
    "said", ["!rfi IDN/navy: q", "!rfi IDN/navy where is it?", "!rfi IDN/polis: q"]
)
def test_an_unknown_agency_is_a_no_that_names_the_known_ones(said: str) -> None:
    found = read_request(said, ASKER)
    assert isinstance(found, Misread)
    assert found.code is Wrong.UNKNOWN_AGENCY
    assert "IDN/Coast guard, IDN/Immigration, IDN/Police" in found.nearest


def test_a_slip_behind_a_stroke_may_still_be_a_party() -> None:
    found = read_request("!rfi IDN/Malasya: q", ASKER)
    assert isinstance(found, Misread)
    assert (found.code, found.nearest) == (Wrong.UNKNOWN_PARTY, "MYS")
    assert read("!rfi IDN/MYS: q").parties == parties("IDN", "MYS")


def test_an_agency_without_a_party_asks_of_which() -> None:
    found = read_request("!rfi police: q", ASKER)
    assert isinstance(found, Misread)
    assert (found.code, found.nearest) == (Wrong.AGENCY_ALONE, "BGD/Police")


@pytest.mark.parametrize(
    "said",
    ["!rfi IDN theme routes: q", "!rfi IDN/routes: q", "!rfi IDN, tema rute: q", "!rfi IDN/rute q"],
)
def test_a_theme_reads_in_the_head(said: str) -> None:
    draft = read(said)
    assert (draft.theme, draft.parties, draft.question) == ("a", parties("IDN"), "q")
