"""The translator of one officer: sentences in that officer's language.

Decides which catalogue answers. There is no language of the process: whoever writes to an
officer passes that officer's translator along.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rilon.texts.rendering import Line, Value, fill, placeholders

DOMAIN = "rilon"
LOCALES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"
_VALUE = re.compile(r"\{[a-z_]{1,40}\}")


def translatable(message: str) -> str:
    """The message itself; the name marks it for extraction into the catalogue."""
    return message


@dataclass(frozen=True, slots=True)
class Translator:
    """Says things in one language (a BCP 47 tag); in English what is not translated."""

    language: str
    catalogue: gettext.NullTranslations

    def say(self, message: str, /, **values: Value) -> Line:
        """The message in this language, with its values."""
        return fill(self.catalogue.gettext(message), values)

    def say_many(self, one: str, many: str, count: int, /, **values: Value) -> Line:
        """The form of the message for that number; `{count}` in it is the number."""
        form = self.catalogue.ngettext(one, many, count)
        return fill(form, {**values, "count": str(count)})

    def first_that_fits(self, messages: Iterable[str], values: Mapping[str, Value]) -> Line:
        """The first message for which every value is there.

        Raises `LookupError` when there is none: the last message should need no value.
        """
        for message in messages:
            if placeholders(message) <= values.keys():
                return fill(self.catalogue.gettext(message), values)
        raise LookupError("no message fits the values")


@lru_cache(maxsize=64)
def translator(language: str) -> Translator:
    """The translator of a language: `id`, `pt-TL`. An unknown one speaks English."""
    tag = language.replace("-", "_") if language.replace("-", "").isalnum() else SOURCE_LANGUAGE
    catalogue = gettext.translation(DOMAIN, LOCALES, languages=[tag], fallback=True)
    return Translator(language, catalogue)


def fixed_parts() -> tuple[str, ...]:
    """What the steward says in every language, cut where values are put in."""
    sentences: set[str] = set()
    for language in languages():
        catalogue = getattr(translator(language).catalogue, "_catalog", {})
        for said, translated in catalogue.items():
            sentences |= {said[0] if isinstance(said, tuple) else said, translated}
    parts = (part for sentence in sentences for part in _VALUE.split(sentence))
    return tuple(sorted({part for part in parts if part.strip()}))


def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, English among them."""
    found = {path.parent.parent.name for path in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")}
    return tuple(sorted(tag.replace("_", "-") for tag in found | {SOURCE_LANGUAGE}))
