"""What the steward asks while a report is being written, its preview, and what is told of it.

The steps are those of `rilon.reports.guided`; a test holds the lists together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rilon.texts.parties import listed
from rilon.texts.rendering import GAP, Line, Text, Typed, as_line, text
from rilon.texts.translator import Translator, translatable

QUESTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "group": (translatable("In which group do you report?"),),
        "day": (
            translatable("On which day was it?"),
            translatable("Or write it: 2 Nov, 2026-11-02"),
        ),
        "where": (
            translatable("Where was it?"),
            translatable("Or write a sea area, or from where to where: {where}"),
        ),
        "who": (
            translatable("What was seen?"),
            translatable("Or write how many people: {people}"),
        ),
        "change": (
            translatable("What do you want to change?"),
            translatable("Write it with its name: {change}"),
        ),
        "discarded": (translatable("Discarded. Nothing was filed, and nothing of it is kept."),),
        "file": (translatable("I am filing it now."),),
    }
)
FORMS: Mapping[str, Typed] = MappingProxyType(
    {
        "where": Typed("Teknaf to Aceh"),
        "people": Typed("40 men 12 women 5 children"),
        "change": Typed("area: Java Sea"),
    }
)
"""How answers look: the same in every language, since names of fields are read in all."""

DAYS = (
    translatable("today"),
    translatable("yesterday"),
    translatable("the day before yesterday"),
)


def question(t: Translator, step: str, choices: Sequence[Line | str] = ()) -> list[Line]:
    """One question with what its numbers stand for."""
    first, *rest = QUESTIONS[step]
    offered = [
        t.say("{number} {choice}", number=str(number), choice=choice)
        for number, choice in enumerate(choices, start=1)
    ]
    return [
        t.say(first, **FORMS).strong(),
        *([_side_by_side(offered)] if offered else []),
        *(t.say(line, **FORMS) for line in rest),
    ]


def days(t: Translator) -> tuple[Line, ...]:
    """The days that are offered by number, from today backwards."""
    return tuple(t.say(day) for day in DAYS)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown before a report is filed: its lines, the marking as it is written, and the
    names of the parties that will be able to read it. `group` is empty for an officer of one."""

    lines: tuple[Line, ...]
    marking: str
    readers: tuple[str, ...]
    group: str = ""


def preview(t: Translator, shown: Preview) -> list[Line]:
    """All that it says, its marking, who will be able to read it, and what a tap does."""
    head = t.say("Your report:")
    if shown.group:
        head = t.say("Your report in {group}:", group=shown.group)
    legend = [
        t.say("file").after("✅"),
        t.say("change").after("✏️"),
        t.say("discard").after("🗑️"),
    ]
    return [
        head.strong(),
        *shown.lines,
        GAP,
        t.say("Marking: {marking}", marking=Typed(shown.marking)),
        t.say(
            "Will be able to read it: {parties}",
            parties=listed(t, shown.readers, limit=120),
        ),
        t.say("No names or numbers of people, please."),
        _side_by_side(legend),
        t.say("To add or change something, write it here: {change}", **FORMS),
    ]


def _side_by_side(parts: Iterable[Line]) -> Line:
    kept = list(parts)
    return Line(" · ".join(one.plain for one in kept), " · ".join(one.html for one in kept))


# --- what is told ------------------------------------------------------------------------------


def filed(t: Translator, number: str) -> Text:
    """It is filed, and how it is corrected."""
    return text(
        [
            t.say("Filed as {number}. The RSO counts it.", number=Typed(number)).strong(),
            t.say("To correct it: {correct}", correct=Typed(f"!report {number} area: Java Sea")),
            t.say("To take it back: {withdraw}", withdraw=Typed(f"!report withdraw {number}")),
        ]
    )


def corrected(t: Translator, lines: Iterable[Line], marking: str) -> Text:
    """It is corrected, and what it says now."""
    return text(
        [
            t.say("Corrected. It says now:").strong(),
            *lines,
            t.say("Marking: {marking}", marking=Typed(marking)),
        ]
    )


def shown(t: Translator, lines: Iterable[Line], marking: str) -> Text:
    """A report that somebody wants to read."""
    return text([*lines, t.say("Marking: {marking}", marking=Typed(marking))])


def withdrawn(t: Translator, number: str) -> Text:
    """It is taken back."""
    return text(
        [
            t.say("{number} is withdrawn.", number=Typed(number)).strong(),
            t.say("It isn't counted any more, and nothing of what it said is kept."),
        ]
    )


def gone(t: Translator, number: str, party: str) -> Text:
    """What the RSO's analysts are told of one that was withdrawn: they may have drawn on it."""
    said = t.say(
        "The report {number} from {party} was withdrawn.", number=Typed(number), party=party
    )
    return text([said])


def where_to_write(t: Translator) -> Text:
    """A report was begun in a room where others would read what is asked."""
    return text(
        [
            t.say("Reports are written in your desk, or here.").strong(),
            t.say(
                "Write it here: {form}",
                form=Typed("!report 2 Nov, Andaman Sea, fishing boat, 40 men"),
            ),
        ]
    )


def may_not(t: Translator) -> Text:
    """An officer who files no reports, or has no group within its term."""
    return text([t.say("You have no group now in which you could file a report.")])


def no_such(t: Translator, number: str) -> Text:
    """No report, or one of somebody else: the same words for both."""
    return text(
        [
            t.say("There is no report {number} that I could show or change for you.",
                  number=Typed(number)),
            t.say("Your reports: {reports}", reports=Typed("!reports")),
        ]
    )  # fmt: skip


def which_report(t: Translator) -> Text:
    """A withdrawal without a number, outside a report's thread."""
    return text([t.say("Which one? Write {form}", form=Typed("!report withdraw REP-7K3F-4"))])


def entry(t: Translator, number: str, summary: Line | None, party: str) -> Line:
    """One report in a list; without a summary it is withdrawn. `party` is empty for the own."""
    head = as_line(Typed(number))
    if party:
        head = t.say("{number} from {party}", number=Typed(number), party=party)
    last = summary or t.say("withdrawn")
    return _side_by_side([head, last])


def list_of(t: Translator, own: Sequence[Line], others: Sequence[Line]) -> Text:
    """`!reports`."""
    lines: list[Line] = []
    if own:
        lines += [t.say("Reports of your party:").strong(), *own]
    if others:
        lines += [*([GAP] if lines else []), t.say("Reports that you may read:").strong(), *others]
    if not lines:
        lines = [t.say("There are no reports that I could show you.")]
    if own or others:
        lines.append(t.say("To read one: {form}", form=Typed("!report REP-7K3F-4")))
    return text(lines)
