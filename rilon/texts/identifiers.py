"""What kinds of identifiers of people are called in a sentence.

The kinds are those of `rilon.policy.personal_data`; a test holds the two lists together.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rilon.texts.parties import codes, listed
from rilon.texts.rendering import Line
from rilon.texts.translator import Translator, translatable

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "telephone": translatable("a telephone number"),
        "email": translatable("an e-mail address"),
        "travel_document": translatable("a line of a travel document"),
    }
)

UNKNOWN = translatable("personal data")
"""For a kind that this build does not know."""


def identifiers_listed(t: Translator, value: str) -> Line:
    """The kinds of a parameter, as a sentence names them."""
    named = dict.fromkeys(KINDS.get(kind, UNKNOWN) for kind in codes(value))
    return listed(t, [t.say(name) for name in named])
