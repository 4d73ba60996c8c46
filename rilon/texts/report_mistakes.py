"""What the steward says of something that it can't take in a report: what it is about, and how it
should read. The codes are those of `rilon.reports.mistakes`; a test holds the lists together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rilon.texts.rendering import Line, Typed, Value
from rilon.texts.translator import Translator, translatable

MISTAKES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "empty": (
            translatable("Nothing is written behind {found}."),
            translatable("There is nothing in it that I could take."),
        ),
        "too_long": (translatable("That is too long: at most {nearest} characters."),),
        "unseen": (
            translatable("It holds a character that nobody sees. Type it anew, without copying."),
        ),
        "unknown": (
            translatable("I don't understand {found}. Did you mean {nearest}?"),
            translatable("I don't understand {found}. Write a remark as {note}"),
        ),
        "ambiguous": (translatable("{found} can mean several things: {nearest}"),),
        "twice": (translatable("{found} is a second value of {nearest}: write one."),),
        "day_unclear": (translatable("{found} is no day. Write it as {day}"),),
        "day_ahead": (
            translatable("{found} is in the future. Did you mean {nearest}?"),
            translatable("{found} is in the future."),
        ),
        "day_long_ago": (translatable("{found} is more than two years ago."),),
        "count": (
            translatable("{found} is no number of people: write 1 to 5000, as in {people}"),
        ),
        "counts_differ": (
            translatable("{found} isn't the sum of {nearest}. Leave the total out."),
        ),
        "place_which": (translatable("From there, or to there? Write {nearest}"),),
        "names": (
            translatable("A report has no field {found}: no names or numbers of people."),
        ),
        "personal": (
            translatable(
                "The note holds a telephone number, an address or a passport. Leave it out."
            ),
        ),
        "declares_personal": (
            translatable("The marking says PD, and a report holds no personal data. Leave PD out."),
        ),
        "lacks_rso": (
            translatable("The RSO counts reports, and is left out here. Begin with {nearest}"),
        ),
        "needed": (translatable("This can't be left out."),),
        "first_question": (translatable("This is the first question."),),
        "group_unclear": (translatable("Write one of {nearest}"),),
        "source_changed": (
            translatable(
                "A message of this report was changed or taken back. Discard it and write anew."
            ),
        ),
        "number_unclear": (
            translatable("{found} is no report's number. One looks like {number}"),
        ),
    }
)  # fmt: skip

_FORMS: Mapping[str, Value] = MappingProxyType(
    {
        "note": Typed("note: …"),
        "day": Typed("2 Nov"),
        "people": Typed("40 men 12 women"),
        "number": Typed("REP-7K3F-4"),
    }
)


def mistake(t: Translator, code: str, parameters: Mapping[str, str]) -> Line:
    """What is wrong, and how it should read."""
    values = {name: Typed(value) for name, value in parameters.items() if value}
    return t.first_that_fits(MISTAKES[code], {**_FORMS, **values})
