"""The head of a bulletin's file: what it is, for whom, and what it rests on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from rilon.policy.document_words import Day, Document, Language, Line, MarkingText, Word

MOST_GROUPS, MOST_LANGUAGES = 20, 8
MOST_SOURCES = 2_000
"""A digest rests on every report that it counts, in all of its periods."""


class Kind(StrEnum):
    """What readers may expect of it."""

    TRENDS = "trends"
    """What changed over a time, counted."""
    INSIGHT = "insight"
    """One thing that was learned."""
    ANALYSIS = "analysis"
    """What it means, and how sure that is."""
    ALERT = "alert"
    """What is about to happen."""


class Period(Document):
    """The first and the last day that it speaks of, both included."""

    begins: Annotated[Day, Field(alias="from")]
    ends: Annotated[Day, Field(alias="until")]

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.ends < self.begins:
            raise ValueError("ends before it begins; write the earlier day as `from`")
        return self


class Head(Document):
    """`marking` is the whole's. `sources` are what it cites: events, requests, reports, earlier
    bulletins; `languages` those in which it is written, the first one that of its fixed words."""

    title: Annotated[Line, Field(max_length=150)]
    kind: Kind
    period: Period
    groups: Annotated[tuple[Word, ...], Field(min_length=1, max_length=MOST_GROUPS)]
    marking: MarkingText
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=MOST_LANGUAGES)] = (
        "en",
    )
    sources: Annotated[tuple[Line, ...], Field(max_length=MOST_SOURCES)] = ()
