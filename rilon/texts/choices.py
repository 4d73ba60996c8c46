"""What a card says of its choices: their labels, until when the text is kept, what became of it.

The explanation of the refusal itself is `rilon.texts.cards`.
"""

from __future__ import annotations

from rilon.texts.explanations import EXPLANATIONS, UNKNOWN
from rilon.texts.rendering import Line, Text, Typed, text
from rilon.texts.translator import Translator


def send_to(t: Translator, room: str, marking: str) -> Line:
    """Post it in another room."""
    return t.say("Send it to {room} as {marking}", room=room, marking=Typed(marking))


def send_as(t: Translator, marking: str) -> Line:
    """Post it where it was meant to go, with another marking."""
    return t.say("Send it here as {marking}", marking=Typed(marking))


def discard(t: Translator) -> Line:
    """Throw it away."""
    return t.say("Discard it")


def kept_until(t: Translator, local_time: str) -> Line:
    """How long the choices stand, and what else than a tap chooses."""
    return t.say(
        "You can also reply to this card with the number. "
        "Your text is kept for this until {time}. Then it is gone.",
        time=local_time,
    )


def gone(t: Translator) -> Line:
    """The choices stood too long."""
    return t.say("Your text is not kept any more. To send it, write it again.")


def being_sent(t: Translator) -> Line:
    """The sender chose, and the steward is at it."""
    return t.say("You chose to send it. The steward is sending it now.")


def posted(t: Translator, room: str, marking: str) -> Text:
    """The card of a text that was sent."""
    headline = t.say("Sent to {room} in your name, as {marking}", room=room, marking=Typed(marking))
    return text([headline.strong(), _delete_the_first(t)])


def discarded(t: Translator, room: str) -> Text:
    """The card of a text that was thrown away."""
    headline = t.say("Discarded: your message in {room} went to nobody", room=room)
    return text([headline.strong(), _delete_the_first(t)])


def refused(t: Translator, room: str, code: str) -> Text:
    """The card of a text that the gate refused where its sender had sent it."""
    headlines = EXPLANATIONS.get(code, UNKNOWN).headlines
    lines = [
        t.say("Not sent to {room}: it was refused there", room=room).strong(),
        t.first_that_fits(headlines, {"room": room}),
        gone(t),
    ]
    return text(lines)


def attribution(t: Translator, officer: str, party: str) -> Line:
    """The first line of what the steward posts for an officer."""
    return t.say("{officer} ({party}) writes, sent by the steward:", officer=officer, party=party)


def _delete_the_first(t: Translator) -> Line:
    return t.say("Delete the message that your client shows in red as not sent.")
