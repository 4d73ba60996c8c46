"""What a card says of its choices: their labels, until when the text is kept, what became of it.

The explanation of the refusal itself is `rilon.texts.cards`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rilon.texts.explanations import EXPLANATIONS, UNKNOWN
from rilon.texts.parties import listed
from rilon.texts.rendering import Line, Text, Typed, text
from rilon.texts.translator import Translator


def send_to(t: Translator, room: str, marking: str) -> Line:
    """Post it in another room."""
    return t.say("Send it to {room} as {marking}", room=room, marking=Typed(marking))


def send_to_new(t: Translator, parties: Sequence[str], marking: str) -> Line:
    """Post it in a compartment that doesn't stand yet."""
    return t.say(
        "Send it to a compartment of {parties}, which will be opened, as {marking}",
        parties=listed(t, parties),
        marking=Typed(marking),
    )


def send_as(t: Translator, marking: str) -> Line:
    """Post it where it was meant to go, with another marking."""
    return t.say("Send it here as {marking}", marking=Typed(marking))


def discard(t: Translator) -> Line:
    """Throw it away."""
    return t.say("Discard it")


def kept_until(t: Translator, local_time: str, numbered: bool = True) -> Line:
    """How long the choices stand, and what else than a tap chooses. `numbered`: there is one
    with a number, and not only the one that throws the text away."""
    if not numbered:
        return t.say("Your text is kept for this until {time}. Then it is gone.", time=local_time)
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


def room_being_opened(t: Translator, local_time: str) -> Line:
    """The sender chose a room that has to be opened, and the steward is at it."""
    return t.say(
        "You chose to send it. I open the room and send the text as soon as the officers who "
        "belong there are in it. If that takes longer than until {time}, nothing is sent.",
        time=local_time,
    )


def posted(t: Translator, room: str, marking: str, absent: Sequence[str] = ()) -> Text:
    """The card of a text that was sent. `absent` are parties of whom nobody was in the room."""
    headline = t.say("Sent to {room} in your name, as {marking}", room=room, marking=Typed(marking))
    lines = [headline.strong()]
    if absent:
        missing = listed(t, absent)
        lines.append(
            t.say(
                "Nobody of {parties} is in the room yet. Who comes in later cannot read it.",
                parties=missing,
            )
        )
    return text([*lines, _delete_the_first(t)])


def not_opened(t: Translator, room: str, why: str) -> Text:
    """The card of a text whose room couldn't be had. `why` is a code; an unknown one, and none,
    says that it took too long."""
    reasons = {
        "too_many_rooms": t.say("You have opened many rooms today: I open the next one tomorrow"),
        "room_not_opened": t.say("By the rules of the network there is no such room for you now."),
        "nobody_in_room": t.say("Nobody else who may read it can come into the room yet."),
    }
    late = t.say("The room was not ready in time.")
    return text(
        [
            t.say("Not sent to {room}: the room could not be opened", room=room).strong(),
            reasons.get(why, late),
            gone(t),
        ]
    )


def discarded(t: Translator, room: str) -> Text:
    """The card of a text that was thrown away."""
    headline = t.say("Discarded: your message in {room} went to nobody", room=room)
    return text([headline.strong(), _delete_the_first(t)])


def refused(t: Translator, room: str, code: str) -> Text:
    """The card of a text that the gate refused where its sender had sent it."""
    why = t.first_that_fits(EXPLANATIONS.get(code, UNKNOWN).headlines, {"room": room})
    if code == "too_late":
        why = t.say("What it answers was changed, marked or taken back since")
    return text(
        [t.say("Not sent to {room}: it was refused there", room=room).strong(), why, gone(t)]
    )


def attribution(t: Translator, officer: str, party: str) -> Line:
    """The first line of what the steward posts for an officer."""
    return t.say("{officer} ({party}) writes, sent by the steward:", officer=officer, party=party)


def _delete_the_first(t: Translator) -> Line:
    return t.say("Delete the message that your client shows in red as not sent.")
