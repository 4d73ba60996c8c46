"""Officers: who they are, for whom they act, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rilon.domain.parties import Party


class Role(StrEnum):
    """What an officer is entitled to. An officer has one or more."""

    SECONDEE = "secondee"
    FOCAL_POINT = "focal_point"
    ANALYST = "analyst"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    CHAIR = "chair"


@dataclass(frozen=True, slots=True)
class Officer:
    """One person of the roster, named by role (`idn.focal1`), never by a person's name here.

    `name` is the local part of the Matrix user id. `term_from` and `term_until` are the
    first and the last day of the term, UTC, both included; `None` is open.
    `language` is the BCP 47 tag of the language that the steward writes to the officer in,
    `languages` are those in which one may ask the officer; `zone` is an IANA time zone.
    `themes` are letters of Article 10(1) or a group's own; without any, the officer answers for
    all. `lead` marks the party's focal point lead, who changes its duty rota.
    """

    name: str
    party: Party
    agency: str
    roles: frozenset[Role]
    groups: frozenset[str]
    display_name: str
    language: str = "en"
    zone: str = "UTC"
    term_from: date | None = None
    term_until: date | None = None
    languages: tuple[str, ...] = ()
    themes: frozenset[str] = frozenset()
    lead: bool = False

    def within_term(self, day: date) -> bool:
        """Whether the term includes that day (UTC)."""
        return (self.term_from is None or self.term_from <= day) and (
            self.term_until is None or day <= self.term_until
        )


def name_of(user_id: str) -> str:
    """The officer's name in a full Matrix user id: `idn.focal1` of `@idn.focal1:server`."""
    return user_id[1:].partition(":")[0]
