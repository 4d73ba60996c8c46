"""The card: what the sender of a refused message reads in the direct room.

The card is the interface: some clients show a refusal poorly or not at all. Its first line is
complete in itself, since a notification shows no more. When the officer tries again the same
card is rendered again with more attempts, and the steward edits it in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rilon.texts.explanation import Leftover
from rilon.texts.explanations import EXPLANATIONS, UNKNOWN
from rilon.texts.identifiers import identifiers_listed
from rilon.texts.parties import codes, listed
from rilon.texts.releases import HIDDEN
from rilon.texts.rendering import GAP, VALUE_LIMIT, Line, Text, Typed, Value, as_line, text
from rilon.texts.translator import Translator, translatable
from rilon.texts.unclear import problem_sentence

Choices = Sequence[tuple[str, Value]]
"""What one tap does: the reaction on the card, and its label in the reader's language."""

CHOICE_LIMIT = 8
_FORMS: Mapping[str, Typed] = MappingProxyType(
    {
        "rooms_command": Typed("!rooms"),
        "rfi_command": Typed("!rfi"),
        "example": Typed("TLP:AMBER REL AUS,IDN //"),
        "lower_form": Typed("TLP:AMBER+STRICT //"),
        "present_form": Typed("TLP:AMBER PD //"),
        "absent_form": Typed("TLP:AMBER NOPD //"),
    }
)
"""What a sentence tells the reader to type, where no parameter says it better."""

_LEFTOVERS: Mapping[Leftover, tuple[str, ...]] = MappingProxyType(
    {
        Leftover.MESSAGE: (
            translatable(
                "Nobody received it. Delete the message that your client shows in red as not sent."
            ),
        ),
        Leftover.MAYBE: (translatable("If your client shows something in red, delete it there."),),
        Leftover.NOTHING: (),
    }
)


def card(
    t: Translator,
    code: str,
    parameters: Mapping[str, str],
    choices: Choices = (),
    attempts: int = 1,
    local_time: str = "",
    after_choices: Sequence[Line] = (),
) -> Text:
    """The card for a refusal.

    `parameters` are those of the refusal, `room` among them (`rilon.texts.explanation`).
    `local_time` is the last attempt's, as `rilon.texts.times` writes it. `after_choices` says
    how long they stand, or what became of them.
    """
    explanation = EXPLANATIONS.get(code, UNKNOWN)
    values = _values(t, parameters)
    lines = [t.first_that_fits(explanation.headlines, values).strong()]
    lines += [t.first_that_fits(step, values) for step in explanation.steps]
    lines += [t.say(sentence) for sentence in _LEFTOVERS[explanation.leftover]]
    lines += [*_choices(t, choices), *after_choices]
    lines += _tried(t, attempts, local_time)
    return text(lines)


def removal_card(
    t: Translator, code: str, parameters: Mapping[str, str], local_time: str = ""
) -> Text:
    """The card of the second lock: a message had entered the room and was removed again.

    It does not say that nobody received it: some may have.
    """
    explanation = EXPLANATIONS.get(code, UNKNOWN)
    values = _values(t, parameters)
    room = values["room"]
    headline = t.say(
        "Removed in {room}: your message entered the room without its check", room=room
    )
    lines = [
        headline.strong(),
        t.say("Some people in the room may have seen it. The coordinator knows."),
        GAP,
        t.say("If you want to send it again, this applies:"),
        t.first_that_fits(explanation.headlines, values),
    ]
    lines += [t.first_that_fits(step, values) for step in explanation.steps]
    if local_time:
        lines.append(t.say("Removed at {time}.", time=local_time))
    return text(lines)


def _values(t: Translator, parameters: Mapping[str, str]) -> dict[str, Value]:
    """The parameters as values, each in its dress; empty ones are taken for missing."""
    given = {name: value for name, value in parameters.items() if value and not value.isspace()}
    values: dict[str, Value] = dict(given)
    values.setdefault("room", t.say("this room"))
    values.update(_FORMS)
    for name in ("excluded", "protect", "originators"):
        if name in given:
            values[name] = listed(t, codes(given[name]))
    if "unasked" in given:
        hidden = HIDDEN in given["unasked"]
        unasked = t.say("who wrote it first") if hidden else listed(t, codes(given["unasked"]))
        values["unasked"] = unasked
    if "identifiers" in given:
        values["identifiers"] = identifiers_listed(t, given["identifiers"])
    for name in ("nearest", "found", "where"):
        if name in given:
            values[name] = Typed(given[name])
    for name in ("marking", "needed"):
        if name in given:
            values[name] = _in_a_sentence(given[name])
    if "needed" in given:
        values["needed_form"] = Typed(given["needed"])
    if "problem" in given:
        values["problem"] = t.say(problem_sentence(given["problem"]))
    return values


def _in_a_sentence(marking: str) -> str:
    """A marking to read, not to copy: `REL AUS, IDN`, without the `//` that ends it."""
    spaced = ", ".join(part.strip() for part in marking[: VALUE_LIMIT * 4].split(","))
    return spaced.removesuffix("//").rstrip() or marking


def _choices(t: Translator, choices: Choices) -> list[Line]:
    if not choices:
        return []
    shown = [as_line(label).after(reaction) for reaction, label in choices[:CHOICE_LIMIT]]
    return [GAP, t.say("Or tap a reaction on this card:"), *shown]


def _tried(t: Translator, attempts: int, local_time: str) -> list[Line]:
    if not local_time:
        return []
    return [
        t.say_many(
            "Tried {count} time, at {time}.",
            "Tried {count} times, last {time}.",
            attempts,
            time=local_time,
        )
    ]
