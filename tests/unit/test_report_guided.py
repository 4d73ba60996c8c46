"""The exchange of a report: which question comes next, and what an answer changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rilon.domain.markings import Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.reports import Vessel
from rilon.reports.commands import Deed, Order, draw_number, read_order
from rilon.reports.draft import Draft
from rilon.reports.guided import (
    DISCARD,
    Exchange,
    Step,
    begin,
    exchange_from_json,
    exchange_to_json,
    missing,
    offered,
    signs,
    tapped,
    written,
)
from rilon.reports.mistakes import Misread, Wrong
from rilon.reports.reading import Said
from tests.unit.report_words import GAZETTEER, SETTING, read

TWO_GROUPS = replace(SETTING, groups=(("mps", "Maritime people smuggling"), ("inv", "Inquiries")))
WHOLE = "2 Nov, Java Sea, ferry"


def at(text: str = "", group: str = "mps") -> Exchange:
    return begin(Said(read(text)), None, group)


def after(exchange: Exchange, said: str, step: Step | None = None) -> Exchange:
    found = written(exchange, said, SETTING, step)
    assert isinstance(found, Exchange), found
    return found


def refused(exchange: Exchange, said: str) -> Misread:
    found = written(exchange, said, SETTING)
    assert isinstance(found, Misread), found
    return found


@pytest.mark.parametrize(
    ("said", "step"),
    [("", Step.DAY), ("2 Nov", Step.WHERE), ("2 Nov, Java Sea", Step.WHO), ("ferry", Step.DAY),
     (WHOLE, Step.PREVIEW)],
)  # fmt: skip
def test_only_what_is_missing_and_needed_is_asked(said: str, step: Step) -> None:
    """In this order; and of an officer of several groups the group, first of all."""
    assert at(said).step is step
    assert at(said, group="").step is Step.GROUP


def test_each_question_offers_what_its_numbers_stand_for() -> None:
    """The signs are as many as there are numbers, with a way back and a way out."""
    assert offered(Step.DAY, SETTING) == ("day: 2026-11-22", "day: 2026-11-21", "day: 2026-11-20")
    assert len(offered(Step.WHERE, SETTING)) == 9
    assert offered(Step.WHO, SETTING)[0] == "vessel: fishing boat"
    assert offered(Step.GROUP, TWO_GROUPS) == ("mps", "inv")
    assert offered(Step.CHANGE, SETTING) == ()
    assert signs(at(), SETTING) == ("1\ufe0f\u20e3", "2\ufe0f\u20e3", "3\ufe0f\u20e3", DISCARD)
    assert signs(after(at(), "2 Nov"), SETTING)[-2:] == ("↩️", DISCARD)
    assert signs(at(WHOLE), SETTING) == ("✅", "✏️", DISCARD)
    assert signs(after(at(WHOLE), "ok"), SETTING) == ()


def test_a_tap_answers_its_question_now_or_later() -> None:
    """A tap on an earlier one changes its answer and moves nothing."""
    first = tapped(at(), Step.DAY, "2️⃣", SETTING)
    assert isinstance(first, Exchange)
    assert (first.draft.day, first.step) == (date(2026, 11, 21), Step.WHERE)
    again = tapped(first, Step.DAY, "1️⃣", SETTING)
    assert isinstance(again, Exchange)
    assert (again.draft.day, again.step) == (date(2026, 11, 22), Step.WHERE)
    last = tapped(after(again, "Java Sea"), Step.WHO, "5️⃣", SETTING)
    assert isinstance(last, Exchange)
    assert (last.draft.vessel, last.step) == (Vessel.YACHT, Step.PREVIEW)


@pytest.mark.parametrize(
    ("step", "key"),
    [(Step.DAY, "9️⃣"), (Step.DAY, "✅"), (Step.DAY, "✏️"), (Step.WHERE, "↩️"), (Step.DAY, "x"),
     (Step.FILE, "1️⃣"), (Step.WHERE, "✅")],
)  # fmt: skip
def test_a_tap_that_says_nothing_here_changes_nothing(step: Step, key: str) -> None:
    """Whatever sign, on whatever question."""
    assert tapped(at(), step, key, SETTING) == at()


def test_taps_on_the_preview_file_change_and_discard() -> None:
    """And after that nothing does anything."""
    preview = at(WHOLE)
    steps = [tapped(preview, Step.PREVIEW, key, SETTING) for key in ("✅", "✏️", "🗑", "❌")]
    assert [one.step for one in steps if isinstance(one, Exchange)] == [
        Step.FILE, Step.CHANGE, Step.DISCARDED, Step.DISCARDED,
    ]  # fmt: skip
    over = steps[2]
    assert isinstance(over, Exchange)
    assert over.is_over
    assert tapped(over, Step.PREVIEW, "✅", SETTING) == over
    assert written(over, "ok", SETTING) == over


@pytest.mark.parametrize(
    ("said", "step"),
    [("ok", Step.FILE), ("file it", Step.FILE), ("✅", Step.FILE), ("kirim", Step.FILE),
     ("no", Step.DISCARDED), ("cancel", Step.DISCARDED), ("🗑️", Step.DISCARDED),
     ("batal", Step.DISCARDED), ("change", Step.CHANGE), ("✏️", Step.CHANGE),
     ("change area: Timor Sea", Step.PREVIEW), ("ubah wilayah laut: Laut Timor", Step.PREVIEW),
     ("skip", Step.PREVIEW)],
)  # fmt: skip
def test_words_at_the_preview(said: str, step: Step) -> None:
    """What a tap does, words do too, and a field changes that field."""
    found = after(at(WHOLE), said)
    assert found.step is step
    if "imor" in said:
        assert found.draft.area == "timor-sea"


def test_a_change_is_written_with_its_field() -> None:
    """From the question what to change, back to the preview."""
    changing = after(at(WHOLE), "change")
    assert after(changing, "vessel: yacht").step is Step.PREVIEW
    assert after(changing, "area: none").step is Step.WHERE
    assert after(changing, "cancel").step is Step.DISCARDED
    assert after(at("2 Nov"), "change").step is Step.WHERE


def test_an_answer_to_an_earlier_question_is_taken() -> None:
    """By a reply to it; the question that stands goes on standing, unless it is answered too."""
    where = after(at(), "2 Nov")
    assert after(where, "yesterday", Step.DAY).step is Step.WHERE
    assert after(where, "1", Step.DAY).draft.day == date(2026, 11, 22)
    assert after(where, "Java Sea", Step.DAY).step is Step.WHO
    assert after(at(WHOLE), "yesterday", Step.DAY).step is Step.PREVIEW
    assert after(at(WHOLE), "ok", Step.PREVIEW).step is Step.FILE
    assert after(where, "yesterday", Step.FILE).step is Step.WHERE


def test_back_goes_back_and_the_answer_can_be_given_anew() -> None:
    """The first question has nothing before it."""
    where = after(at(), "2 Nov")
    assert after(where, "back").step is Step.DAY
    assert after(after(where, "back"), "yesterday").draft.day == date(2026, 11, 21)
    back = tapped(where, Step.WHERE, "↩️", SETTING)
    assert isinstance(back, Exchange)
    assert back.step is Step.DAY
    assert refused(at(), "back").code is Wrong.FIRST_QUESTION


@pytest.mark.parametrize(
    ("said", "code"),
    [("skip", Wrong.NEEDED), ("5", Wrong.UNKNOWN), ("0", Wrong.UNKNOWN), ("", Wrong.EMPTY),
     (",,", Wrong.EMPTY), ("zebra", Wrong.UNKNOWN), ("x" * 3000, Wrong.TOO_LONG)],
)  # fmt: skip
def test_what_is_no_answer_leaves_the_question(said: str, code: Wrong) -> None:
    """And says why."""
    assert refused(at(), said).code is code


def test_a_bare_number_of_people_or_of_a_vessel_is_neither() -> None:
    """INVARIANT: nothing is guessed."""
    who = at("2 Nov, Java Sea")
    assert refused(who, "5").nearest == "5 people · yacht"
    assert refused(who, "57").nearest == "57 people"
    assert after(who, "57 people").step is Step.PREVIEW


def test_a_group_is_chosen_by_number_key_or_name() -> None:
    """Of an officer of several."""
    start = at(WHOLE, group="")
    for said in ("1", "MPS", "maritime people smuggling"):
        found = written(start, said, TWO_GROUPS)
        assert isinstance(found, Exchange)
        assert (found.group, found.step) == ("mps", Step.PREVIEW)
    wrong = written(start, "9", TWO_GROUPS)
    assert wrong == Misread(Wrong.GROUP_UNCLEAR, nearest="MPS, INV")


def test_an_exchange_is_itself_after_sealing() -> None:
    """All of it, the marking included; a broken one says so."""
    marking = WrittenMarking(Tlp.RED, parties("IDN", "RSO"))
    one = replace(after(at(), "2 Nov"), marking=marking)
    assert exchange_from_json(exchange_to_json(one)) == one
    assert exchange_from_json(exchange_to_json(at())) == at()
    with pytest.raises((ValueError, KeyError, TypeError)):
        exchange_from_json({"draft": {}})


def test_nothing_is_filed_that_lacks_something() -> None:
    """INVARIANT: even where the state says that it is at its preview."""
    forged = Exchange(Draft(), Step.PREVIEW, "mps")
    assert after(forged, "ok").step is Step.DAY
    assert missing(forged) == (Step.DAY, Step.WHERE, Step.WHO)
    assert GAZETTEER.areas


NUMBER = draw_number(lambda _: 7)


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("!report", Order(Deed.REPORT)), ("!report 2 Nov", Order(Deed.REPORT, rest="2 Nov")),
        ("!lapor: 2 Nov", Order(Deed.REPORT, rest="2 Nov")), ("!รายงาน", Order(Deed.REPORT)),
        ("!reports", Order(Deed.LIST)), ("! REPORTS", Order(Deed.LIST)),
        (f"!report {NUMBER}", Order(Deed.REPORT, NUMBER)),
        (f"!report {NUMBER.lower()} area: Java Sea", Order(Deed.REPORT, NUMBER, "area: Java Sea")),
        (f"!report #{NUMBER}: B2", Order(Deed.REPORT, NUMBER, "B2")),
        (f"!report withdraw {NUMBER}", Order(Deed.WITHDRAW, NUMBER)),
        (f"!report {NUMBER} withdraw", Order(Deed.WITHDRAW, NUMBER)),
        ("!report withdraw", Order(Deed.WITHDRAW)),
        ("!report REP-7K3F-5 B2", Order(Deed.REPORT, None, "REP-7K3F-5 B2", "REP-7K3F-5")),
        ("!rfi IDN: x", None), ("report 2 Nov", None), ("!reporting", None), ("", None),
    ],
)  # fmt: skip
def test_commands_of_reports(said: str, order: Order | None) -> None:
    """With a number or without; what is like a number and isn't one is told apart."""
    assert read_order(said) == order
