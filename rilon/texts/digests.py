"""What a digest says: titles, heads of its tables, changes in words, and how to read it.

No percentage stands anywhere: of small counts it says more than they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from rilon.texts.rendering import Line
from rilon.texts.times import written_day
from rilon.texts.translator import Translator, translatable

WEEK, MONTH = "week", "month"

SUBJECTS = {
    "route": translatable("Reports by route"),
    "area": translatable("Reports by sea area"),
    "method": translatable("Reports by method"),
    "vessel": translatable("Reports by vessel"),
    "outcome": translatable("Reports by outcome"),
}
KEY_HEADS = {
    "route": translatable("Route"),
    "area": translatable("Sea area"),
    "method": translatable("Method"),
    "vessel": translatable("Vessel"),
    "outcome": translatable("Outcome"),
}
KEYS = {
    "method": {
        "mother_ship": translatable("mother ship"),
        "transfer": translatable("from boat to boat at sea"),
        "hidden": translatable("hidden on board"),
        "escorted": translatable("escorted by another boat"),
        "landing": translatable("straight to a beach"),
        "port": translatable("through a port"),
        "abandoned": translatable("left by the crew"),
        "other": translatable("another method"),
    },
    "vessel": {
        "fishing": translatable("fishing boat"),
        "speedboat": translatable("speedboat"),
        "cargo": translatable("cargo ship"),
        "ferry": translatable("ferry"),
        "yacht": translatable("yacht"),
        "raft": translatable("raft"),
        "other": translatable("another vessel"),
    },
    "outcome": {
        "intercepted": translatable("intercepted"),
        "rescued": translatable("rescued"),
        "landed": translatable("landed"),
        "turned_back": translatable("turned back"),
        "lost": translatable("sank, or people died"),
        "under_way": translatable("under way"),
        "unknown": translatable("not known"),
    },
}
_CHANGES = {
    (WEEK, "more"): translatable("More than in the week before: {what}."),
    (WEEK, "fewer"): translatable("Fewer than in the week before: {what}."),
    (MONTH, "more"): translatable("More than in the month before: {what}."),
    (MONTH, "fewer"): translatable("Fewer than in the month before: {what}."),
}
_LONGER = {
    (WEEK, "more"): translatable("More than in the {count} weeks before, on average: {what}."),
    (WEEK, "fewer"): translatable("Fewer than in the {count} weeks before, on average: {what}."),
    (MONTH, "more"): translatable("More than in the {count} months before, on average: {what}."),
    (MONTH, "fewer"): translatable("Fewer than in the {count} months before, on average: {what}."),
}


_UNCLEAR = {
    "no clear change": translatable("No clear change: {what}."),
    "too few": translatable("Too few to compare: {what}."),
}


def whole(text: str) -> Line:
    """A text that isn't cut: several names, one after the other."""
    return Line(text, escape(text, quote=False))


def title(t: Translator, every: str, theme: str, begins: date, *, so_far: bool = False) -> str:
    """What a digest is called; `so_far`: of a period that isn't over."""
    if every == MONTH:
        said = translatable("{theme}: reports of {month}")
        if so_far:
            said = translatable("{theme}: reports of {month} so far")
        return t.say(said, theme=theme, month=_month(t, begins)).plain
    year, week, _ = begins.isocalendar()
    said = translatable("{theme}: reports of week {week}, {year}")
    if so_far:
        said = translatable("{theme}: reports of week {week}, {year}, so far")
    return t.say(said, theme=theme, week=str(week), year=str(year)).plain


def _month(t: Translator, begins: date) -> str:
    return format_date(begins, "MMMM y", locale=_locale(t))


def _locale(t: Translator) -> Locale:
    try:
        return Locale.parse(t.language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def decimal(t: Translator, value: float) -> str:
    """A number with one decimal."""
    return format_decimal(value, "0.0", locale=_locale(t))


def about(t: Translator, theme: str, begins: date, ends: date) -> str:
    """Of what and of when a picture is."""
    said = translatable("{theme} · {begins} to {ends}")
    return t.say(said, theme=theme, begins=written_day(begins), ends=written_day(ends)).plain


def period_names(t: Translator, every: str) -> tuple[str, str]:
    """What this period and the one before are called."""
    if every == MONTH:
        return t.say("This month").plain, t.say("Month before").plain
    return t.say("This week").plain, t.say("Week before").plain


def mean_head(t: Translator, every: str, periods: int) -> str:
    """The head of the column of means."""
    if every == MONTH:
        return t.say("Mean of {count} months before", count=str(periods)).plain
    return t.say("Mean of {count} weeks before", count=str(periods)).plain


def unsaid(t: Translator) -> str:
    """What a report doesn't say."""
    return t.say("not said").plain


def stretch(t: Translator, begins: str | None, ends: str | None) -> str:
    """From where to where, of which one may be missing."""
    if ends is None:
        return t.say("from {place}", place=begins or "").plain
    if begins is None:
        return t.say("to {place}", place=ends).plain
    return t.say("{begins} to {ends}", begins=begins, ends=ends).plain


def change(t: Translator, every: str, came_to: str, what: str) -> str:
    """What differs from the period before."""
    return t.say(_CHANGES[every, came_to], what=whole(what)).plain


def unclear(t: Translator, came_to: str, what: str) -> str:
    """What doesn't clearly differ from any time before."""
    return t.say(_UNCLEAR[came_to], what=whole(what)).plain


def longer_change(t: Translator, every: str, came_to: str, periods: int, what: str) -> str:
    """The same of the periods before."""
    return t.say(_LONGER[every, came_to], count=str(periods), what=whole(what)).plain


def with_figures(t: Translator, label: str, now: str, before: str) -> str:
    """A name with its figures in both periods."""
    said = translatable("{what} ({now}, before {before})")
    return t.say(said, what=whole(label), now=now, before=before).plain


def too_few_for_parts(t: Translator, tables: str) -> str:
    """Instead of tables of which nothing may be shown."""
    return t.say("Too few reports, so not shown: {tables}.", tables=whole(tables)).plain


def reading(t: Translator, every: str, smallest: int) -> Sequence[str]:
    """How the figures are to be read."""
    counted = (
        translatable("A report is counted in the month in which it was filed.")
        if every == MONTH
        else translatable("A report is counted in the week in which it was filed.")
    )
    return (
        t.say(counted).plain,
        t.say(
            "Only reports that all readers of this bulletin may have are counted. One boat may be "
            "in several reports."
        ).plain,
        small_counts(t, smallest),
        t.say("A table has what was often reported in one of the two periods.").plain,
    )


def chance(t: Translator) -> str:
    """When a change is told in words."""
    return t.say(
        "More or fewer is said only where chance alone is unlikely: if nothing changed, one "
        "bulletin in twenty would say it."
    ).plain


def not_over(t: Translator, every: str) -> str:
    """Above a digest of a period that isn't over."""
    if every == MONTH:
        return t.say(
            "This month isn't over. These are its figures so far: not to be compared with those of "
            "whole months."
        ).plain
    return t.say(
        "This week isn't over. These are its figures so far: not to be compared with those of "
        "whole weeks."
    ).plain


def small_counts(t: Translator, smallest: int) -> str:
    """What the signs for figures that aren't shown mean."""
    said = translatable(
        "<{smallest} is fewer than {smallest}. – isn't shown: others could be worked out from it."
    )
    return t.say(said, smallest=str(smallest)).plain


def pictured(t: Translator, kind: str, figures: str) -> str:
    """The words for those who don't see a picture."""
    said = {
        "bars": translatable("Bars of reports by route. {figures}."),
        "course": translatable("Line of all reports, period by period. {figures}."),
        "map": translatable("Map of routes, each with its number of reports. {figures}."),
    }[kind]
    return t.say(said, figures=whole(figures)).plain


# --- people and requests -------------------------------------------------------------------------


def headings(t: Translator) -> tuple[str, str, str, str]:
    """Of the first part, of people, of requests, and of how to read it all."""
    return (
        t.say("In short").plain,
        t.say("People").plain,
        t.say("Requests").plain,
        t.say("How to read these figures").plain,
    )


def routes_on_a_map(t: Translator) -> tuple[str, str]:
    """The title of the map, and what its lines are."""
    return (
        t.say("Routes").plain,
        t.say(
            "Numbers and width: reports. A line goes from place to place; it isn't the course of "
            "a boat."
        ).plain,
    )


def course_title(t: Translator, every: str) -> str:
    """The title of the line over periods."""
    return t.say("Reports by month").plain if every == MONTH else t.say("Reports by week").plain


def all_reports(t: Translator) -> str:
    """What the total is called."""
    return t.say("all reports").plain


def people_rows(t: Translator) -> tuple[str, str]:
    """All people, and the children among them."""
    return t.say("people in reports").plain, t.say("of them children").plain


def people_head(t: Translator) -> str:
    """The head of the rows of people."""
    return t.say("Who").plain


def people_note(t: Translator) -> str:
    """What keeps people from being compared."""
    return t.say(
        "People aren't compared: one boat with many of them would look like a change."
    ).plain


def request_rows(t: Translator) -> tuple[str, ...]:
    """The rows of requests, in their order."""
    return (
        t.say("asked").plain,
        t.say("of them urgent").plain,
        t.say("answered in time").plain,
        t.say("answered late").plain,
        t.say("refused").plain,
        t.say("still open").plain,
        t.say("withdrawn or not delivered").plain,
    )


def request_head(t: Translator) -> str:
    """The head of the rows of requests."""
    return t.say("Requests").plain


def request_note(t: Translator) -> str:
    """How requests are counted."""
    return t.say(
        "A request to two parties counts twice. What became of it is as of now, so it isn't given "
        "for the time before."
    ).plain
