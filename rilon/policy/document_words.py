"""The words and the base that all policy documents share.

What single words may look like is decided here; what the documents say with them, in
`rilon.policy.documents` and `rilon.policy.duty_documents`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FIRST_YEAR, LAST_YEAR = 2000, 2100

PartyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 3166 alpha-3, or RSO")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
OfficerName = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{3}\.[a-z][a-z0-9_-]{0,31}$",
        description="local part of the Matrix user id: party, a dot, the role (`idn.focal1`)",
    ),
]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S[^\r\n]*$")]
MarkingText = Annotated[str, Field(max_length=200, description="a marking, `TLP:AMBER`")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9A-F]{6}$")]


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("isn't an IANA time zone; write one like `Asia/Jakarta`")
    return zone


Zone = Annotated[str, AfterValidator(_known_zone), Field(description="IANA time zone")]


def _near_day(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"is out of bounds; write a day of {FIRST_YEAR} to {LAST_YEAR}")
    return day


Day = Annotated[date, AfterValidator(_near_day)]
"""A day whose neighbours can be worked out in every zone."""


class Document(BaseModel):
    """Base of all documents and their parts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Term(Document):
    """First and last day, UTC, both included. An absent one is open."""

    begins: Annotated[date | None, Field(alias="from")] = None
    ends: Annotated[date | None, Field(alias="until")] = None
