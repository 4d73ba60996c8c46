"""Why a deed with a request changed nothing, as what the officer is told of it.

INVARIANT: a request that isn't there and another's are answered by the same words.
"""

from __future__ import annotations

from rilon.application import request_proposals as proposals
from rilon.application.ports import NewEffect
from rilon.application.request_tellings import (
    Side,
    Telling,
    Told,
    already_telling,
    effect_of,
    no_telling,
)
from rilon.application.request_values import Place, WordsKind
from rilon.domain.officers import name_of
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_steps import UNKNOWN, Already, No, Outcome
from rilon.domain.requests import Actor, Request
from rilon.domain.verdicts import Refuse


def of_no_request(actor: str, event_id: str) -> NewEffect:
    """There is no such request, or none for this officer."""
    told = no_telling(Side.OFFICER, None, name_of(actor), UNKNOWN)
    return effect_of(told, None, _once(event_id))


def of_no_change(
    request: Request,
    outcome: Outcome,
    actor: str,
    by: Actor | None,
    at: Place | RequestNumber,
    event_id: str,
) -> list[NewEffect]:
    """A no, or that it was done before. `by` is None for a stranger to the request."""
    if by is None or outcome == UNKNOWN:
        return [of_no_request(actor, event_id)]
    side, addressee = Side.OFFICER, None
    if isinstance(at, Place):
        side = Side.REQUESTER if by.party == request.party else Side.DESK
        addressee = by.party if side is Side.DESK else at.addressee
    if isinstance(outcome, No):
        told = no_telling(side, addressee, name_of(actor), outcome)
    elif isinstance(outcome, Already):
        told = already_telling(side, addressee, name_of(actor), by, outcome)
    else:
        return []
    return [effect_of(told, request, _once(event_id))]


def of_unfit_words(
    request: Request,
    refused: Refuse,
    sender: str,
    kind: WordsKind,
    by: Actor | None,
    event_id: str,
) -> NewEffect:
    """The words may not go where they should."""
    side = Side.REQUESTER if kind.to_desk else Side.DESK
    addressee = by.party if by is not None and not kind.to_desk else None
    parameters = proposals.may_know(refused, request, kind) | {
        "kind": kind.value,
        "code": proposals.why_unfit(refused),
    }
    told = Told(side, Telling.NOT_SENT, addressee, parameters, (name_of(sender),))
    return effect_of(told, request, _once(event_id))


def _once(event_id: str) -> str:
    return f"request-{event_id}-0"
