"""A draft as a request: what an officer has said, in the values of the deeds."""

from __future__ import annotations

from rilon.application.request_values import NewRequest
from rilon.domain.request_draft import Draft
from rilon.domain.request_hiding import Unnamed
from rilon.domain.requests import Priority, Urgency


def new_request(draft: Draft) -> NewRequest:
    """What is asked, before it has a number. Raises ValueError for an urgent draft without its
    ground: it isn't finished."""
    urgency = None
    if draft.priority is Priority.URGENT:
        if draft.ground is None:
            raise ValueError("an urgent request names its ground")
        urgency = Urgency(draft.ground)
    return NewRequest(
        addressees=draft.parties,
        agencies=tuple(one for one in draft.addressees if one.agency),
        questions=(draft.question,),
        handling=draft.marking,
        urgency=urgency,
        theme=draft.theme,
        purpose=draft.purpose,
        selectors=draft.selectors,
        overlaps_known=draft.overlaps,
        requester_hidden=Unnamed.REQUESTER in draft.unnamed,
        answerers_hidden=Unnamed.ANSWERERS in draft.unnamed,
    )
