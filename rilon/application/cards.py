"""Cards as effects: which refusal is explained, brought up to date, and with which signs on it.

What a card says is `rilon.texts.cards`; sending it is the steward's.
"""

from __future__ import annotations

from rilon.application.choices import signs_of
from rilon.application.held import Held
from rilon.application.ports import NewEffect
from rilon.domain.acts import Act, Post, Undecodable
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Code, Refuse


def card_effects(
    identity: bytes, sender: str, refused: Refuse | None, governed: Room | None, act: Act | None
) -> tuple[NewEffect, ...]:
    """The card that explains a refusal: codes and parameters, never content."""
    if refused is None or governed is None or governed.kind is RoomKind.SPACE:
        return ()
    payload = {
        "card": identity.hex(),
        "code": refused.code.value,
        "parameters": dict(refused.parameters) | {"room": governed.name},
        "is_message": isinstance(act, Post | Undecodable),
    }
    shown = NewEffect("card", sender, payload, once=card_name(identity))
    return (shown, draft(identity, sender)) if _is_draft(refused, act) else (shown,)


def _is_draft(refused: Refuse, act: Act | None) -> bool:
    return refused.code is Code.REQUEST_NOT_FOR_ALL and isinstance(act, Post)


def draft(identity: bytes, sender: str) -> NewEffect:
    """The refused request is taken to its sender's direct room, behind its card."""
    name = identity.hex()
    return NewEffect("draft", sender, {"card": name}, once=f"draft-{name}")


def card_name(identity: bytes) -> str:
    """The name of the effect that shows a message's card."""
    return f"card-{identity.hex()}"


def retried(identity: bytes, sender: str, attempts: int) -> tuple[NewEffect, ...]:
    """The sender tried again: the card says so."""
    payload = {"card": identity.hex(), "attempts": attempts}
    once = f"{card_name(identity)}-{attempts}"
    return (NewEffect("card_retried", sender, payload, once=once),)


def settled(held: Held, absent: str = "") -> NewEffect:
    """Something became of the held text: the card says what. `absent` are parties of its room
    that had nobody there when it was posted."""
    payload = {"card": held.identity.hex()} | ({"absent": absent} if absent else {})
    once = f"{card_name(held.identity)}-settled"
    return NewEffect("card_settled", held.sender, payload, once=once)


def opening(held: Held) -> NewEffect:
    """The room for the held text is being opened: the card says so."""
    payload = {"card": held.identity.hex()}
    return NewEffect("card_settled", held.sender, payload, f"{card_name(held.identity)}-opening")


def asked(held: Held) -> NewEffect:
    """Its release was asked for: the card says so, and until when."""
    payload = {"card": held.identity.hex()}
    once = f"{card_name(held.identity)}-asked"
    return NewEffect("card_settled", held.sender, payload, once=once)


def sign_effects(held: Held, room_id: str, card_event_id: str) -> tuple[NewEffect, ...]:
    """The signs of the choices, put on the card, so that one tap chooses."""
    return tuple(
        NewEffect(
            "sign",
            held.sender,
            {
                "card": held.identity.hex(),
                "room_id": room_id,
                "event_id": card_event_id,
                "key": sign,
            },
            once=f"sign-{held.identity.hex()}-{place}",
        )
        for place, sign in enumerate(signs_of(held.choices))
    )


def chosen(card_event_id: str, sender: str, sign: str, event_id: str, replied: bool) -> NewEffect:
    """A tap on a card, or a reply to it. It waits its turn behind the card itself."""
    payload = {"card_event_id": card_event_id, "sign": sign, "replied": replied}
    return NewEffect("choose", sender, payload, once=f"choose-{event_id}")


def relay(held: Held) -> NewEffect:
    """The text that its sender chose to send, posted by the steward."""
    name = held.identity.hex()
    return NewEffect("relay", f"relay {name}", {"held": name}, once=f"relay-{name}")
