"""The first message in an officer's direct room: who reads what, what to try, whom to call."""

from __future__ import annotations

from rilon.texts.rendering import GAP, Line, Text, Typed, bounded, text
from rilon.texts.translator import Translator


def welcome(t: Translator, *, name: str, party: str, floor: str, coordinator: str) -> Text:
    """The welcome.

    `name` is the officer's display name, `floor` the name of the room where all parties of the
    group write (empty for an officer who is in none), `coordinator` how to reach the coordinator.
    """
    things = _in_the_floor(t, floor, party) if floor else _in_the_direct_room(t)
    return text(
        (
            t.say(
                "Welcome, {name}. You write here for {party}. I am the steward.",
                name=name,
                party=party,
            ).strong(),
            GAP,
            t.say("Who reads what").strong(),
            *_who_reads_what(t),
            GAP,
            t.say("Three things to try").strong(),
            t.say(
                "Write {command} here: I list your rooms and who can read each.",
                command=Typed("!rooms"),
            ).after("1."),
            *(thing.after(f"{number}.") for number, thing in enumerate(things, start=2)),
            GAP,
            t.say("Your recovery key").strong(),
            t.say(
                "Write it down and keep it where your agency keeps passwords, not only on this "
                "phone. Without it you cannot read old messages on a new device. Give it to "
                "nobody: neither I nor the coordinator will ever ask for it."
            ),
            GAP,
            t.say(
                "Lost phone, forgotten password, any question: call {coordinator}.",
                coordinator=coordinator,
            ),
            t.say("Write {command} here at any time.", command=Typed("!help")),
        )
    )


def _who_reads_what(t: Translator) -> tuple[Line, ...]:
    return (
        t.say(
            "I am a program. The RSO runs me. I read every message in every room of this "
            "network, and this one too, so that I can stop a message that does not fit its "
            "room before anyone gets it."
        ).after("•"),
        t.say(
            "People of the RSO read only rooms that include the RSO. Each room's topic says "
            "who can read it."
        ).after("•"),
        t.say("You see what was written after you joined a room, not before.").after("•"),
    )


def _in_the_floor(t: Translator, floor: str, party: str) -> tuple[Line, Line]:
    hello = t.say("Hello from {party}", party=party).plain
    return (
        t.say(
            "Say hello in {floor}: write {form}", floor=floor, form=Typed(f"TLP:GREEN // {hello}")
        ),
        t.say(
            "In {floor}, write something that does not fit there. I stop it, nobody gets it, "
            "and I tell you here why. For example: {form}",
            floor=floor,
            form=Typed(f"REL {bounded(party)} // test"),
        ),
    )


def _in_the_direct_room(t: Translator) -> tuple[Line, Line]:
    return (
        t.say(
            "Write {command} here: I tell you what this network knows about you.",
            command=Typed("!me"),
        ),
        t.say("Write {command} here: I tell you how to mark a message.", command=Typed("!help")),
    )
