"""What the steward says when something written about a request can't be taken: how it should read.

The codes are those of `rilon.domain.request_mistakes`; a test holds the two lists together.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rilon.texts.parties import codes, listed
from rilon.texts.rendering import Line, Text, Typed, Value, as_line, text
from rilon.texts.request_questions import GROUNDS
from rilon.texts.translator import Translator, translatable
from rilon.texts.unclear import problem_sentence

MISTAKES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "empty": (translatable("There are no words in it. Write a few, or {cancel}."),),
        "too_long": (translatable("That is too long: at most {most} characters. Please shorten."),),
        "hidden_letters": (
            translatable("Nothing in it can be read. Type it yourself, do not paste it."),
        ),
        "unknown_party": (
            translatable("I do not know {found}. Did you mean {nearest}? Write it so."),
            translatable("I do not know {found}. Write parties so: {form}"),
        ),
        "not_in_group": (
            translatable("{found} is not in this group. The parties are {parties}."),
            translatable("{found} is not in this group. Write parties so: {form}"),
        ),
        "own_party": (
            translatable("{found} is your own party. Without it, write {nearest}."),
            translatable("{found} is your own party. Name another one: {form}"),
        ),
        "no_party": (translatable("Whom do you ask? Write parties so: {form}"),),
        "marking_unclear": (
            translatable("The marking is not clear. {problem} Write {nearest} before your words."),
            translatable("The marking is not clear. {problem}"),
        ),
        "rel_excludes": (
            translatable("Your marking keeps it from {found}. Leave it out, or write {nearest}"),
        ),
        "protect_excludes": (
            translatable("Your marking protects from {found}, so it cannot be sent there."),
        ),
        "imo_check": (
            translatable("{found} is no IMO number: seven digits, and the last one checks them."),
        ),
        "mmsi_shape": (
            translatable("{found} is no MMSI: nine digits, with the digits of a country in it."),
        ),
        "telephone_shape": (
            translatable("{found} is no telephone number. Write it with its country: {form}"),
        ),
        "vessel_shape": (translatable("That is no ship's name. Write it so: {form}"),),
        "document_shape": (
            translatable(
                "{found} is no document number: letters and digits, at least three digits."
            ),
        ),
        "selector_unclear": (translatable("Say what it is, one on each line: {form}"),),
        "too_many": (translatable("A request holds at most {most} ships and numbers."),),
        "priority_unclear": (translatable("Write {routine} or {urgent}."),),
        "ground_unclear": (
            translatable("Which of the four reasons is it? Write a number from 1 to 4."),
        ),
        "theme_unclear": (translatable("Write a number from 1 to 6, or {skip}."),),
        "overlaps_unclear": (translatable("Write {yes} or {no}."),),
        "hiding_unclear": (
            translatable(
                "Is somebody to stay unnamed? Write {nearest} on a line of its own, or {named}."
            ),
        ),
        "seems_to_hide": (translatable("They learn who asks. If they must not, tap 🕶️."),),
        "names_the_hidden": (translatable("{found} in your words tells who asks."),),
        "ground_not_taken": (
            translatable("Urgent needs one of these reasons here: {grounds}. Or write {routine}."),
            translatable("Urgent needs another reason here. Or write {routine}."),
        ),
        "unknown_agency": (
            translatable("{found} is no agency there. Write one of: {nearest}"),
            translatable("{found} is no agency there. Write the party alone."),
        ),
        "agency_alone": (
            translatable("{found} of which party? Write it so: {nearest}"),
            translatable("{found} of which party? Write parties so: {form}"),
        ),
        "group_unclear": (translatable("Which group? Write one of: {nearest}"),),
        "change_unclear": (translatable("Write the number of what you want to change."),),
        "preview_unclear": (translatable("Write {send}, {change} or {cancel}; or tap."),),
        "needed": (translatable("I need this one. Write a few words, or {cancel}."),),
        "first_question": (translatable("This is the first question. To stop, write {cancel}."),),
        "number_unclear": (
            translatable("{found} is no request's number. Look at it again: {form}"),
        ),
        "delay_unclear": (translatable("How long, and why? Write it so: {nearest}"),),
        "delay_too_long": (translatable("That is too long: at most {most} days."),),
        "reason_missing": (translatable("Say why, in a few words: {nearest}"),),
        "refusal_unclear": (
            translatable(
                "Say why with one letter from a to h; words beside it stay in your desk: {nearest}"
            ),
        ),
        "usefulness_unclear": (
            translatable("How useful was it? Write {useful}, {partly} or {not_useful}."),
        ),
        "words_missing": (translatable("Write your words behind it: {nearest}"),),
    }
)

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "telephone_shape": "+62 812 3456 7890",
        "vessel_shape": "vessel: NOVA STAR",
        "selector_unclear": "IMO 9074729",
        "number_unclear": "MPS-7K3F-4",
    }
)
"""How something should read, by the mistake. For the rest it is how addressees are written."""

_TYPED: Mapping[str, str] = MappingProxyType(
    {word: word for word in ("cancel", "skip", "send", "change", "routine", "urgent", "yes", "no")}
    | {"named": "hide: no"}
    | {"useful": "!close useful", "partly": "!close partly", "not_useful": "!close not"}
)
"""Words that are typed as they stand, in every language."""


def mistake(
    t: Translator, code: str, parameters: Mapping[str, str], parties: tuple[str, ...] = ()
) -> Line:
    """One sentence or two. `parties` are those of the group other than the reader's own."""
    values: dict[str, Value] = {name: Typed(word) for name, word in _TYPED.items()}
    values["form"] = Typed(FORMS.get(code, ",".join(parties[:2]) or "IDN,MYS"))
    if parties:
        values["parties"] = listed(t, parties)
    values |= parameters
    if "problem" in parameters:
        values["problem"] = t.say(problem_sentence(parameters["problem"]))
    if near := parameters.get("nearest"):
        several = code == "unknown_party"
        values["nearest"] = _either(t, codes(near)) if several else Typed(near)
    if code == "ground_not_taken":
        named = [t.say(GROUNDS[one]) for one in (near or "").split(",") if one in GROUNDS]
        values |= {"grounds": listed(t, named, 200)} if named else {}
    return t.first_that_fits(MISTAKES.get(code, _UNKNOWN), values)


_UNKNOWN = (translatable("I did not understand that. Write it in another way, or {cancel}."),)


def mistake_text(
    t: Translator, code: str, parameters: Mapping[str, str], parties: tuple[str, ...] = ()
) -> Text:
    """The sentence as a message of its own."""
    return text([mistake(t, code, parameters, parties)])


def _either(t: Translator, near: tuple[str, ...]) -> Line:
    if len(near) == 1:
        return as_line(Typed(near[0]))
    first = listed(t, [as_line(Typed(one)) for one in near[:-1]])
    return t.say("{first} or {last}", first=first, last=Typed(near[-1]))
