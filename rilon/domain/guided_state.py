"""A guided exchange as a value: where it is, what is known, and its form for sealing.

What an answer changes is `rilon.domain.guided`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rilon.domain.request_draft import Draft, draft_from_json, draft_to_json


class Step(StrEnum):
    """Where an exchange is: at a question, or at its end. Each has one text."""

    GROUP = "group"
    """In which group, for an officer of several."""
    ADDRESSEES = "addressees"
    PRIORITY = "priority"
    GROUND = "ground"
    QUESTION = "question"
    PURPOSE = "purpose"
    THEME = "theme"
    SELECTORS = "selectors"
    HANDLING = "handling"
    OVERLAPS = "overlaps"
    HIDING = "hiding"
    """Who isn't named to the other side."""
    CHANGE = "change"
    """Which of the answers is to be changed."""
    PREVIEW = "preview"
    SEND = "send"
    """The officer said: send it."""
    CANCELLED = "cancelled"


CHANGEABLE = (
    Step.ADDRESSEES,
    Step.QUESTION,
    Step.PRIORITY,
    Step.HANDLING,
    Step.THEME,
    Step.PURPOSE,
    Step.SELECTORS,
    Step.OVERLAPS,
    Step.HIDING,
)
"""The answers that can be changed, by the numbers under which they are offered."""

ENDS = frozenset({Step.SEND, Step.CANCELLED})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One guided exchange. `then` are optional questions still to come, `path` those behind;
    `needs` are the questions that the group's policy doesn't let anyone skip."""

    draft: Draft
    step: Step
    then: tuple[Step, ...] = ()
    path: tuple[Step, ...] = ()
    needs: tuple[Step, ...] = ()
    group: str = ""
    """The key of the group that was chosen."""
    options: tuple[tuple[str, Draft], ...] = ()
    """The groups that it may be asked in, each with what was read of the request there."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be answered."""
        return self.step in ENDS


# --- as values, for sealing --------------------------------------------------------------------


def exchange_to_json(exchange: Exchange) -> dict[str, Any]:
    """The exchange as JSON values. They hold content: seal them."""
    return {
        "draft": draft_to_json(exchange.draft),
        "step": exchange.step.value,
        "then": [step.value for step in exchange.then],
        "path": [step.value for step in exchange.path],
        "needs": [step.value for step in exchange.needs],
        "group": exchange.group,
        "options": [[key, draft_to_json(draft)] for key, draft in exchange.options],
    }


def exchange_from_json(values: Mapping[str, Any]) -> Exchange:
    """The exchange of `exchange_to_json`'s values. Raises `ValueError`, `KeyError` or `TypeError`
    when they aren't."""
    return Exchange(
        draft_from_json(values["draft"]),
        Step(values["step"]),
        tuple(map(Step, values["then"])),
        tuple(map(Step, values["path"])),
        tuple(map(Step, values["needs"])),
        str(values.get("group", "")),
        tuple((str(key), draft_from_json(draft)) for key, draft in values.get("options", ())),
    )
