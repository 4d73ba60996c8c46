"""A draft as a request: what an officer has said, in the values of the deeds."""

from __future__ import annotations

from rilon.application.request_values import NewRequest
from rilon.domain.request_draft import Draft
from rilon.domain.request_terms import Priority
from rilon.domain.requests import Ground, Selector, SelectorKind, Theme, Urgency


def new_request(draft: Draft) -> NewRequest:
    """What is asked, before it has a number. Raises ValueError for an urgent draft without its
    ground: it isn't finished."""
    urgency = None
    if draft.priority is Priority.URGENT:
        if draft.ground is None:
            raise ValueError("an urgent request names its ground")
        urgency = Urgency(Ground(draft.ground.value))
    return NewRequest(
        addressees=draft.parties,
        questions=(draft.question,),
        handling=draft.marking,
        urgency=urgency,
        theme=Theme(draft.theme.value) if draft.theme is not None else None,
        purpose=draft.purpose,
        selectors=tuple(
            Selector(SelectorKind(one.kind.value), one.value) for one in draft.selectors
        ),
        overlaps_known=draft.overlaps,
    )
