"""The shape of what a group says about its requests: themes, allowances, reminders.

Allowances are plain values here; when they end is worked out by the deadlines' own part.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from rilon.policy.document_words import Document, Line, Word


class ThemeEntry(Document):
    """A theme of the group's own, beside the letters of Article 10(1)."""

    key: Word
    name: Line


class Allowance(Document):
    """A length of time: hours, days, or working days of the addressee; exactly one of them."""

    hours: Annotated[int | None, Field(ge=1, le=24 * 90)] = None
    days: Annotated[int | None, Field(ge=1, le=365)] = None
    working_days: Annotated[int | None, Field(ge=1, le=250)] = None

    @model_validator(mode="after")
    def _one(self) -> Allowance:
        if sum(one is not None for one in (self.hours, self.days, self.working_days)) != 1:
            raise ValueError(
                "isn't one length of time; write one of `hours`, `days` and `working_days`"
            )
        return self


class PriorityEntry(Document):
    """How long the addressee has. `escalate` is the time between one rung and the next."""

    acknowledge: Allowance
    answer: Allowance
    escalate: Allowance


class PrioritiesEntry(Document):
    """The three priorities. What is absent is as in Directive (EU) 2023/977, Article 5."""

    urgent_at_hand: PriorityEntry = PriorityEntry(
        acknowledge=Allowance(hours=1), answer=Allowance(hours=8), escalate=Allowance(hours=1)
    )
    urgent: PriorityEntry = PriorityEntry(
        acknowledge=Allowance(hours=2), answer=Allowance(days=3), escalate=Allowance(hours=1)
    )
    routine: PriorityEntry = PriorityEntry(
        acknowledge=Allowance(working_days=1),
        answer=Allowance(days=7),
        escalate=Allowance(working_days=1),
    )


class UrgencyReason(StrEnum):
    """What makes a request urgent (Directive (EU) 2023/977, Articles 2 and 5)."""

    SERIOUS_THREAT = "serious_threat"
    DANGER_TO_LIFE = "danger_to_life"
    DETENTION = "detention"
    LOSS_OF_RELEVANCE = "loss_of_relevance"


class RemindersEntry(Document):
    """When the addressee is reminded: at parts of the time to answer, and once it is late."""

    at_percent: tuple[Annotated[int, Field(ge=1, le=100)], ...] = (50, 90, 100)
    then_every: Allowance = Allowance(days=1)


class MostOpenEntry(Document):
    """How many requests may be open at once, of one officer and of one party."""

    officer: Annotated[int, Field(ge=1, le=10_000)] = 40
    party: Annotated[int, Field(ge=1, le=100_000)] = 400


class RequestsEntry(Document):
    """A group's rules for requests."""

    priorities: PrioritiesEntry = PrioritiesEntry()
    urgent_needs: Annotated[
        tuple[UrgencyReason, ...],
        Field(min_length=1, description="an urgent request names one of these reasons"),
    ] = tuple(UrgencyReason)
    reminders: RemindersEntry = RemindersEntry()
    most_open: MostOpenEntry = MostOpenEntry()
    kept_days: Annotated[
        int, Field(ge=1, le=3650, description="days from a request's closing to its erasure")
    ] = 365
