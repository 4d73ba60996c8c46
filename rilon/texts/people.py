"""Finding people and who is on duty: the answers to `!who`, `!duty`, `!away` and `!back`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rilon.texts.rendering import TEXT_LIMIT, Line, Text, Typed, Value, as_line, text, weight
from rilon.texts.requests import joined
from rilon.texts.times import local_date_and_time, local_time, written_day
from rilon.texts.translator import Translator, translatable

PEOPLE_LIMIT = TEXT_LIMIT - 600

# --- !who ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """One officer who was found. `party` is its shown name, `now` the local time of `zone`."""

    display_name: str
    name: str
    party: str
    agency: str
    languages: tuple[str, ...]
    on_duty: bool
    now: datetime
    zone: str
    away_until: datetime | None = None


def people_found(t: Translator, people: Sequence[Person]) -> Text:
    """The answer to `!who` where somebody was found."""
    head = t.say_many("{count} person", "{count} people", len(people)).strong()
    return _listed(t, head, people, ())


def on_duty_now(t: Translator, people: Sequence[Person]) -> Text:
    """The answer to `!who` alone: who is on duty, of all parties."""
    more = t.say("To find others: {form}", form=Typed("!who IDN coast guard"))
    return _listed(t, t.say("On duty now").strong(), people, (more,))


def _listed(t: Translator, head: Line, people: Sequence[Person], more: Sequence[Line]) -> Text:
    lines = [head]
    name = people[0].name if people else "idn.focal1"
    how = t.say("To write to one of them: {command}", command=Typed(f"!dm {name}"))
    for number, person in enumerate(people):
        entry = _person(t, person)
        if weight([*lines, entry, how]) > PEOPLE_LIMIT:
            left = len(people) - number
            lines.append(t.say_many("and {count} more", "and {count} more", left))
            break
        lines.append(entry)
    return text([*lines, how, *more])


def _person(t: Translator, person: Person) -> Line:
    parts = [
        t.say("{name} ({typed})", name=person.display_name, typed=Typed(person.name)),
        as_line(person.agency),
        as_line(", ".join(person.languages) or "en"),
    ]
    if person.on_duty:
        parts.append(t.say("on duty now"))
    if person.away_until is not None:
        until = local_date_and_time(person.away_until, person.zone)
        parts.append(t.say("away until {time}", time=until))
    parts.append(t.say("there it is {time}", time=local_time(person.now, person.zone)))
    return joined(parts).after("🟢" if person.on_duty else "•")


def nobody_found(t: Translator, unknown: Sequence[tuple[str, str | None]]) -> Text:
    """The answer to `!who` where nobody was. `unknown` are the words that fit nobody, each with
    the nearest that would."""
    lines: list[Line] = []
    for word, near in unknown[:5]:
        if near:
            lines.append(
                t.say("{word} finds nobody. Did you mean {near}?", word=word, near=Typed(near))
            )
        else:
            lines.append(t.say("{word} finds nobody.", word=word))
    if not lines:
        lines.append(t.say("Nobody fits all of that. Leave a word out."))
    first, *rest = lines
    return text((first.strong(), *rest, t.say("Write it so: {form}", form=Typed("!who IDN"))))


# --- who is on duty ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One officer on duty. `instead_of` is the shown name of the one who is away."""

    display_name: str
    until: datetime
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time at which nobody of a party (its shown name) is on duty."""

    party: str
    begins: datetime
    ends: datetime


def duty_now(
    t: Translator,
    party: str,
    now: Sequence[OnDuty],
    following: tuple[datetime, Sequence[OnDuty]] | None,
    gaps: Sequence[Gap],
    zone: str,
    *,
    leads: bool,
    code: str = "IDN",
) -> Text:
    """The answer to `!duty` alone: who of the own party is on duty, who is next, where is a gap.

    `leads`: the reader may change it; `code` is the party's, for the example.
    """
    lines: list[Line] = []
    for one in now:
        until = local_date_and_time(one.until, zone)
        if one.instead_of:
            lines.append(
                t.say(
                    "On duty for {party}: {officer}, for {other}, until {time}",
                    party=party,
                    officer=one.display_name,
                    other=one.instead_of,
                    time=until,
                )
            )
        else:
            lines.append(
                t.say(
                    "On duty for {party}: {officer}, until {time}",
                    party=party,
                    officer=one.display_name,
                    time=until,
                )
            )
    if not lines:
        lines.append(t.say("Nobody is on duty for {party} now.", party=party))
        if following is not None:
            at, next_ones = following
            lines.append(
                t.say(
                    "Next: {officer}, from {time}",
                    officer=", ".join(one.display_name for one in next_ones[:3]),
                    time=local_date_and_time(at, zone),
                )
            )
    first, *rest = lines
    how = (
        (
            t.say(
                "To change it: {form}, or {away}",
                form=_own(FORMS["duty"], code),
                away=_own("!away idn.focal2 tomorrow", code),
            ),
        )
        if leads
        else ()
    )
    return text((first.strong(), *rest, *gap_lines(t, gaps, zone), *how))


def gap_lines(t: Translator, gaps: Sequence[Gap], zone: str) -> tuple[Line, ...]:
    """Where nobody is on duty within the next seven days."""
    if not gaps:
        return (t.say("Somebody is on duty at all times in the next 7 days."),)
    lines = [t.say("Times without anybody on duty, in the next 7 days:").strong()]
    for number, gap in enumerate(gaps):
        entry = t.say(
            "{party}: {begins} to {ends}",
            party=gap.party,
            begins=local_date_and_time(gap.begins, zone),
            ends=local_date_and_time(gap.ends, zone),
        ).after("•")
        if weight([*lines, entry]) > PEOPLE_LIMIT // 3:
            left = len(gaps) - number
            return (*lines, t.say_many("and {count} more", "and {count} more", left))
        lines.append(entry)
    return tuple(lines)


# --- changes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the rota that was noted. `kind` is a code; names are shown names."""

    kind: str
    officers: tuple[str, ...]
    begins: datetime
    ends: datetime
    deputy: str = ""
    undo: str = ""
    """What would be typed to take it back, where one command does."""


CHANGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "duty": (translatable("Noted: {officers} on duty from {begins} to {ends}."),),
        "rota": (translatable("Noted: your rota applies again from {begins} to {ends}."),),
        "away": (
            translatable("Noted: {officers} away from {begins} to {ends}; {deputy} stands in."),
            translatable("Noted: {officers} away from {begins} to {ends}."),
        ),
        "back": (translatable("Noted: {officers} is back from {begins}."),),
    }
)


DAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "away": (
            translatable("Noted: {officers} away on {day}; {deputy} stands in."),
            translatable("Noted: {officers} away on {day}."),
            translatable("Noted: {officers} away from {first} to {last}; {deputy} stands in."),
            translatable("Noted: {officers} away from {first} to {last}."),
        ),
    }
)
"""The same for whole days, both included."""


def _days(change: Change, zone: str) -> dict[str, Value]:
    """First and last day of a change of whole local days; nothing for any other."""
    begins, ends = (at.astimezone(ZoneInfo(zone)) for at in (change.begins, change.ends))
    if begins.time() != time() or ends.time() != time():
        return {}
    first, last = begins.date(), ends.date() - timedelta(days=1)
    days: dict[str, Value] = {"first": written_day(first), "last": written_day(last)}
    return days | ({"day": written_day(first)} if first == last else {})


def changed(t: Translator, change: Change, gaps: Sequence[Gap], zone: str) -> Text:
    """The answer to a change: what was noted, as it was understood, and any gap it leaves."""
    values: dict[str, Value] = _days(change, zone) | {
        "officers": ", ".join(change.officers),
        "begins": local_date_and_time(change.begins, zone),
        "ends": local_date_and_time(change.ends, zone),
    }
    if change.deputy:
        values["deputy"] = change.deputy
    wordings = DAYS.get(change.kind, ()) if "first" in values else ()
    noted = t.first_that_fits((*wordings, *CHANGES[change.kind]), values)
    undone = {"undo": Typed(change.undo)} if change.undo else {}
    wins = t.first_that_fits(UNDONE, undone)
    left = gap_lines(t, gaps, zone) if gaps else ()
    return text((noted.strong(), wins, *left))


UNDONE = (
    translatable("It goes before your rota for that time. To take it back: {undo}"),
    translatable("It goes before your rota for that time. What you say last counts."),
)


NOT_ENTITLED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "not_the_lead": (
            translatable("{lead} changes the rota of your party. Please tell them."),
            translatable("Your party's lead changes its rota. Please tell them."),
        ),
        "no_lead": (
            translatable("Your party has no lead here. Ask your coordinator to change the rota."),
        ),
    }
)


def not_entitled(t: Translator, code: str, lead: str = "") -> Text:
    """Why this officer may not change the rota. `lead` is the shown name of who may."""
    values: dict[str, Value] = {"lead": lead} if lead else {}
    return text((t.first_that_fits(NOT_ENTITLED[code], values),))


FORMS: Mapping[str, str] = MappingProxyType(
    {
        "duty": "!duty idn.focal2 today 18:00-22:00",
        "away": "!away idn.focal1 24 Dec - 3 Jan, deputy idn.focal2",
        "back": "!back idn.focal1 tomorrow",
        "assign": "!assign idn.focal1",
    }
)

PROBLEMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "no_officer": (translatable("Who? Write it so: {form}"),),
        "unknown_officer": (
            translatable("Your party has no officer {words}. It has {officers}."),
            translatable("Your party has no such officer. It has {officers}."),
        ),
        "one_officer": (translatable("One officer at a time, please: {form}"),),
        "own_deputy": (translatable("Nobody can stand in for themselves. Name someone else."),),
        "whole_days": (
            translatable("An absence is of whole days. For hours, change the duty: {duty_form}"),
        ),
        "too_long": (
            translatable("That is longer than {days} days: it belongs in the standing rota."),
        ),
        "too_far": (translatable("That is more than {days} days ahead."),),
        "not_away": (translatable("{words} is not away then. For another day: {form}"),
                     translatable("That officer is not away then. For another day: {form}")),
        "two_readings": (
            translatable("{words} can be {first} or {second}. Write it so: {first}"),
        ),
        "no_such_day": (translatable("{words} is no day of the calendar."),),
        "no_end": (translatable("Until when? Write it so: {form}"),),
        "ends_first": (translatable("It ends before it begins. Write it so: {form}"),),
        "past": (translatable("That time is over."),),
    }
)  # fmt: skip
"""What is wrong, by the problem's code. Of a time that isn't listed here: `_TIME`."""

_TIME = (
    translatable("I do not understand the time in {words}. Write it so: {form}"),
    translatable("From when to when? Write it so: {form}"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something is no change. `command` is `duty`, `away` or `back`; `words` are the writer's
    own; `officers` names that may be written; `first` and `second` the readings of a day; `party`
    the code of the writer's party, for the example."""

    code: str
    command: str
    words: str = ""
    officers: tuple[str, ...] = ()
    days: int | None = None
    first: date | None = None
    second: date | None = None
    party: str = "IDN"


def _own(form: str, party: str) -> Typed:
    """An example with officers of the reader's own party, so that it can be typed as it stands."""
    return Typed(form.replace("idn.", f"{party.lower()}."))


def not_a_change(t: Translator, problem: Problem) -> Text:
    """What is wrong with it, and how it should read."""
    values: dict[str, Value] = {
        "form": _own(FORMS[problem.command], problem.party),
        "duty_form": _own(FORMS["duty"], problem.party),
        "officers": ", ".join(problem.officers[:8]) or t.say("nobody"),
    }
    if problem.words.strip():
        values["words"] = problem.words
        if problem.code == "not_away":
            values["form"] = Typed(f"!back {problem.words} tomorrow")
    if problem.days is not None:
        values["days"] = str(problem.days)
    if problem.first is not None and problem.second is not None:
        values["first"] = Typed(written_day(problem.first))
        values["second"] = written_day(problem.second)
    return text((t.first_that_fits((*PROBLEMS.get(problem.code, ()), *_TIME), values),))
