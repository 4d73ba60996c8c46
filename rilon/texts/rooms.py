"""What an officer reads about rooms on demand: opened, there already, not possible, retired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rilon.texts.rendering import Line, Text, Typed, text
from rilon.texts.translator import Translator

Said = Callable[[Translator, Mapping[str, str]], tuple[Line, ...]]
"""The lines of one text. Parameters: `person` as they are shown, `room` and `alias` of a room,
`readers` who can read there, `marking` its default, `reaction` the tap that takes an offer."""


def room_text(t: Translator, name: str, values: Mapping[str, str]) -> Text:
    """The text of that name. Raises KeyError for one that doesn't exist."""
    first, *rest = ROOM_TEXTS[name](t, values)
    return text((first.strong(), *rest))


def _opened(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (t.say("The room is open: {room}", room=values["room"]), *_about(t, values))


def _opened_by(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say(
            "{person} opened a direct room with you: {room}",
            person=values["person"],
            room=values["room"],
        ),
        *_about(t, values),
    )


def _there(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("There is a room for that already: {room}", room=values["room"]),
        *_about(t, values),
    )


def _about(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    place = t.say("You find it among your rooms: {alias}", alias=values["alias"])
    if "readers" not in values:
        # It was retired before this could be said.
        return (place,)
    return (
        place,
        t.say(
            "{readers} and I can read it. Without a marking, a message there gets {marking}.",
            readers=values["readers"],
            marking=Typed(values["marking"]),
        ),
    )


def _offer(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("You wanted to write to {person}", person=values["person"]),
        t.say("Chats that clients start are closed here: nobody would check them."),
        t.say(
            "Tap {reaction} on this message: I open a room for you two.",
            reaction=values["reaction"],
        ),
    )


def _self(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("That is you"),
        t.say("What you write here in this room, nobody reads but me."),
    )


def _several(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("I open rooms for two: name one officer"),
        t.say("For several people, use one of your rooms: {command}", command=Typed("!rooms")),
    )


def _unknown(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("I do not know whom you mean: nobody of that name is in a group with you"),
        t.say("Write the officer's name as in {form}", form=Typed("!dm idn.focal1")),
        t.say("For several people, use one of your rooms: {command}", command=Typed("!rooms")),
    )


def _not_here(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("That officer is not here yet, or not any more"),
        t.say("Use one of your rooms, or ask the coordinator: {command}", command=Typed("!rooms")),
    )


def _policy(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("Your group has no direct rooms for you two"),
        t.say("Use one of your rooms: {command}", command=Typed("!rooms")),
    )


def _too_many(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("You have opened many rooms today: I open the next one tomorrow"),
        t.say("Use one of your rooms: {command}", command=Typed("!rooms")),
    )


def _retired(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("Closed, since nobody wrote in it for some time: {room}", room=values["room"]),
        t.say("When it is needed again, it is opened again: ask for it as before."),
    )


def _how(t: Translator, values: Mapping[str, str]) -> tuple[Line, ...]:
    return (
        t.say("To write to one officer alone"),
        t.say("Write the officer's name as in {form}", form=Typed("!dm idn.focal1")),
    )


ROOM_TEXTS: Mapping[str, Said] = MappingProxyType(
    {
        "room_opened": _opened,
        "room_opened_by": _opened_by,
        "room_there": _there,
        "room_too_many": _too_many,
        "room_retired": _retired,
        "pair_offer": _offer,
        "pair_self": _self,
        "pair_several": _several,
        "pair_unknown": _unknown,
        "pair_not_here": _not_here,
        "pair_policy": _policy,
        "dm": _how,
    }
)
