"""Recall, tightening and expiry: notices in the room, and answers to the officer who asked.

A notice says whose message from when, and what to do now. It holds nothing of the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rilon.texts.parties import listed
from rilon.texts.rendering import Line, Text, Typed, Value, text
from rilon.texts.translator import Translator, translatable

_FORMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "recall": ("!recall", translatable("It is removed, and everybody there is told.")),
        "mark": (
            "!mark TLP:RED REL AUS,IDN //",
            translatable(
                "The stricter of the old and the new marking holds from then on. "
                "Where it does not fit the room, the message is removed."
            ),
        ),
    }
)


def recalled(t: Translator, parties: Sequence[str], time: str) -> Text:
    """The notice in the room: an originator took its message back."""
    return text(
        (
            t.say(
                "A message of {parties} from {time} was recalled by the party that wrote it",
                parties=_named(t, parties),
                time=time,
            ).strong(),
            _delete_copies(t),
        )
    )


def tightened(t: Translator, parties: Sequence[str], time: str, marking: str) -> Text:
    """The notice in the room: a message stays, under a stricter marking."""
    return text(
        (
            _stricter(t, parties, time, marking),
            t.say("The party that wrote it changed it. Treat the message by this marking."),
        )
    )


def expired(t: Translator, parties: Sequence[str], count: int) -> Text:
    """The notice in the room: the last day of some messages is over."""
    return text(
        (
            t.say_many(
                "{count} message of {parties} has expired and was removed",
                "{count} messages of {parties} have expired and were removed",
                count,
                parties=_named(t, parties),
            ).strong(),
            _delete_copies(t),
        )
    )


def personal_data_ended(t: Translator, parties: Sequence[str], count: int) -> Text:
    """The notice in the room: personal data stood as long as policy keeps it."""
    return text(
        (
            t.say_many(
                "{count} message of {parties} with personal data was removed: its time is over",
                "{count} messages of {parties} with personal data were removed: their time is over",
                count,
                parties=_named(t, parties),
            ).strong(),
            _delete_copies(t),
        )
    )


def copy_recalled(t: Translator, parties: Sequence[str], time: str) -> Text:
    """The notice in the room: a message was removed that repeats what was taken back elsewhere."""
    return text(
        (
            t.say(
                "A message of {parties} from {time} was removed: it repeated words that were "
                "taken back or have expired",
                parties=_named(t, parties),
                time=time,
            ).strong(),
            _delete_copies(t),
        )
    )


def copy_tightened(t: Translator, parties: Sequence[str], time: str, marking: str) -> Text:
    """The notice in the room: a message that repeats others' words has their stricter marking."""
    return text(
        (
            _stricter(t, parties, time, marking),
            t.say("It repeats words that were given this marking. Treat it by this marking."),
        )
    )


def copy_at_desk(t: Translator, outcome: str, party: Sequence[str], room: str, time: str) -> Text:
    """The word to a desk: what became of a message of theirs that holds words of `party`."""
    values: dict[str, Value] = {"room": room, "time": time, "party": listed(t, party)}
    match outcome:
        case "removed":
            first = t.say(
                "Your message in {room} from {time} was removed: it repeated words of {party}",
                **values,
            )
            rest = [t.say("They were taken back, or may not stand in that room any more.")]
        case "tightened":
            first = t.say(
                "Your message in {room} from {time} has a stricter marking now: it repeats words "
                "of {party}",
                **values,
            )
            rest = [t.say("They were given this marking by the party that wrote them.")]
        case "file":
            first = t.say(
                "The file of your message in {room} from {time} was deleted: it came from {party}",
                **values,
            )
            rest = [
                t.say("It was taken back, or may not stand in that room any more."),
                t.say("Your words stand. Take out what you quoted from there."),
            ]
        case _:
            first = t.say(
                "Your message in {room} from {time} quotes words of {party} that may not stand "
                "there any more",
                **values,
            )
            rest = [
                t.say("I left it, since much of it is your own."),
                t.say(
                    "Answer it with {command} to remove it, and write it again without them.",
                    command=Typed("!recall"),
                ),
            ]
    return text((first.strong(), *rest))


def _named(t: Translator, parties: Sequence[str]) -> Line:
    """Whose the words are; all of them may be hidden."""
    return listed(t, parties) if parties else t.say("a party that is not named")


def _stricter(t: Translator, parties: Sequence[str], time: str, marking: str) -> Line:
    return t.say(
        "A message of {parties} from {time} has a stricter marking now: {marking}",
        parties=_named(t, parties),
        time=time,
        marking=Typed(marking),
    ).strong()


def _of_copies(t: Translator) -> Line:
    return t.say(
        "This holds for its copies too, as far as I recognise them, also in rooms that you do "
        "not see."
    )


def _delete_copies(t: Translator) -> Line:
    return t.say("Do not use it or pass it on. Delete copies.")


def how_to(t: Translator, command: str) -> Text:
    """How an officer recalls a message of their party, or marks it tighter."""
    typed, then = _FORMS[command]
    return text(
        (
            t.say(
                "Answer the message itself, in its room, with {command}", command=Typed(typed)
            ).strong(),
            t.say("This works for messages of your own party, whoever of you wrote them."),
            t.say(then),
            t.say("Write nothing else in the same message."),
        )
    )


def answer(t: Translator, outcome: str, parameters: Mapping[str, str]) -> Text:
    """What came of the request, for the officer who asked."""
    room = parameters.get("room", "")
    marking: Value = Typed(parameters.get("marking", ""))
    if outcome == "removed":
        return text(
            (
                t.say("Recalled in {room}. Everybody there is told.", room=room).strong(),
                t.say(
                    "By then it could have been received by (party: officers): {received}",
                    received=parameters.get("received", "").replace(",", ", ") or t.say("nobody"),
                ),
                _of_copies(t),
                *_answers(t, parameters),
            )
        )
    if outcome == "tightened":
        return text(
            (
                t.say(
                    "The marking in {room} is now {marking}. Everybody there is told.",
                    room=room,
                    marking=marking,
                ).strong(),
                _of_copies(t),
            )
        )
    if outcome == "as_strict":
        return text(
            (
                t.say("Nothing changed: the message already has {marking}", marking=marking),
                t.say("I can only make a marking stricter."),
            )
        )
    if outcome == "gone":
        return text((t.say("That message in {room} was recalled before.", room=room),))
    return text(
        (
            t.say("I did nothing: that is not a delivered message of your party").strong(),
            t.say("Only the party that wrote a message can recall it or mark it."),
        )
    )


def _answers(t: Translator, parameters: Mapping[str, str]) -> tuple[Line, ...]:
    count = int(parameters.get("answers", "0"))
    if not count:
        return ()
    return (
        t.say_many(
            "{count} answer to it still stands. Those of your party you can recall one by one.",
            "{count} answers to it still stand. Those of your party you can recall one by one.",
            count,
        ),
    )
