"""The shape of what a group says about its bulletins: reminders, small counts, digests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rilon.domain.periods import Every
from rilon.policy.document_words import Document, Language, MarkingText

FEWEST_SHOWN, MOST_LANGUAGES = 3, 4


class DigestEntry(Document):
    """A digest that is drafted of itself. `every` week is Monday to Sunday; days are the RSO's."""

    every: Every
    marking: MarkingText
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=MOST_LANGUAGES)] = (
        "en",
    )


class BulletinsEntry(Document):
    """A group's rules for bulletins."""

    remind_after_days: Annotated[
        int, Field(ge=1, le=90, description="days until a party that hasn't read one is reminded")
    ] = 3
    smallest_count: Annotated[
        int,
        Field(
            ge=FEWEST_SHOWN, le=20, description="a count of reports below it isn't shown in figures"
        ),
    ] = 3
    digests: tuple[DigestEntry, ...] = ()
