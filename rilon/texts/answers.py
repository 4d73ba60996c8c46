"""What the steward answers in the direct room: `!help`, `!me`, `!rooms`, and everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from rilon.texts.parties import listed
from rilon.texts.rendering import GAP, TEXT_LIMIT, Line, Text, Typed, Value, text, weight
from rilon.texts.times import local_date_and_time, written_day
from rilon.texts.translator import Translator, translatable

NAME_LIMIT = 60
ROOMS_LIMIT = TEXT_LIMIT - 500
"""Bytes for the rooms themselves; the rest is for the line that counts those left out."""

ROLE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "secondee": translatable("secondee"),
        "focal_point": translatable("focal point"),
        "analyst": translatable("analyst"),
        "coordinator": translatable("coordinator"),
        "auditor": translatable("auditor"),
        "chair": translatable("chair"),
    }
)

LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType({"en": "English", "id": "Bahasa Indonesia"})
"""Each language by its own name, so it is not translated."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the network knows of an officer. `language` is a BCP 47 tag, `zone` an IANA name."""

    name: str
    party: str
    agency: str
    roles: tuple[str, ...]
    devices: tuple[str, ...]
    """Names or ids of the devices that the officer has confirmed."""
    language: str
    now: datetime
    zone: str
    term_from: date | None = None
    term_until: date | None = None


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """A room of the officer. `readers` are the parties that may be in it. `in_threads`: one
    writes there under a bulletin alone."""

    name: str
    alias: str
    readers: tuple[str, ...]
    default_marking: str
    can_write: bool = True
    in_threads: bool = False


def help_answer(t: Translator, coordinator: str) -> Text:
    """The answer to `!help`."""
    placeholder = t.say("your text").plain
    return text(
        (
            t.say("What you can write to me here").strong(),
            *_commands(t),
            t.say(
                "In the thread of a request, {command} says what you can do with that request.",
                command=Typed("!help"),
            ),
            GAP,
            t.say("How to mark a message").strong(),
            t.say(
                "Write the marking before the text: {form}",
                form=Typed(f"TLP:AMBER REL AUS,IDN // {placeholder}"),
            ),
            t.say(
                "TLP says how far it may go: RED, AMBER+STRICT, AMBER, GREEN or CLEAR. "
                "REL names the parties that may have it; your own party is always one of them. "
                "Without a marking, the message takes the room's."
            ),
            GAP,
            t.say("Anything else: call {coordinator}.", coordinator=coordinator),
        )
    )


def not_understood(t: Translator, nearest: str | None = None) -> Text:
    """The friendly answer to anything that is no command. It does not repeat what was written."""
    opening = (
        t.say("I did not understand that. Did you mean {command}?", command=Typed(nearest))
        if nearest
        else t.say("I am a program and understand only a few words. Nobody else is in this room.")
    )
    return text(
        (
            opening,
            *_commands(t),
            t.say("To write to other officers, use one of your rooms."),
        )
    )


def verification_answer(t: Translator) -> Text:
    """The answer to an officer who asks the steward to verify each other's devices."""
    return text(
        (
            t.say("You do not need to verify me.").strong(),
            t.say(
                "I cannot compare emoji. The operator has confirmed my device, and your client "
                "sends me what you write without it."
            ),
        )
    )


def profile_answer(t: Translator, profile: Profile) -> Text:
    """The answer to `!me`."""
    roles: list[Value] = [_role(t, role) for role in profile.roles]
    devices: list[Value] = list(profile.devices)
    language = LANGUAGE_NAMES.get(profile.language, profile.language)
    return text(
        (
            t.say("You are {name}", name=profile.name).strong(),
            t.say("Party: {party}. Agency: {agency}.", party=profile.party, agency=profile.agency),
            t.say("Roles: {roles}", roles=listed(t, roles, NAME_LIMIT))
            if roles
            else t.say("Roles: none"),
            _term(t, profile.term_from, profile.term_until),
            t.say("Confirmed devices: {devices}", devices=listed(t, devices, NAME_LIMIT))
            if devices
            else t.say(
                "Confirmed devices: none. Open your client's security settings and verify "
                "your device."
            ),
            t.say("Language: {language}", language=language),
            t.say("Your time now: {time}", time=local_date_and_time(profile.now, profile.zone)),
            GAP,
            t.say("If something is wrong, tell your coordinator."),
        )
    )


def rooms_answer(t: Translator, rooms: Sequence[RoomEntry]) -> Text:
    """The answer to `!rooms`."""
    if not rooms:
        return text((t.say("You are in no room yet. Ask your coordinator."),))
    lines = [t.say_many("You are in {count} room", "You are in {count} rooms", len(rooms)).strong()]
    for number, room in enumerate(rooms):
        entry = [GAP, *_room(t, room)]
        if weight([*lines, *entry]) > ROOMS_LIMIT:
            left = len(rooms) - number
            return text([*lines, GAP, _rooms_left(t, left)])
        lines += entry
    return text(lines)


def _rooms_left(t: Translator, left: int) -> Line:
    return t.say_many("and {count} more room", "and {count} more rooms", left)


def _room(t: Translator, room: RoomEntry) -> tuple[Line, ...]:
    marking: Value = Typed(room.default_marking) if room.default_marking else t.say("none")
    return (
        t.say("{name} ({alias})", name=room.name, alias=room.alias).strong(),
        t.say("People of {parties} can read.", parties=listed(t, room.readers)),
        _writing(t, room, marking),
    )


def _writing(t: Translator, room: RoomEntry, marking: Value) -> Line:
    if not room.can_write:
        return t.say("You can read here, but not write.")
    if room.in_threads:
        return t.say("Read here; ask in the thread under a bulletin.")
    return t.say("Without a marking, a message here gets {marking}", marking=marking)


def _role(t: Translator, role: str) -> Value:
    return t.say(ROLE_NAMES[role]) if role in ROLE_NAMES else role


def _term(t: Translator, first: date | None, last: date | None) -> Line:
    if first and last:
        return t.say("Term: {first} to {last}", first=written_day(first), last=written_day(last))
    if last:
        return t.say("Term: until {last}", last=written_day(last))
    if first:
        return t.say("Term: since {first}, open end", first=written_day(first))
    return t.say("Term: open end")


def _commands(t: Translator) -> tuple[Line, ...]:
    return (
        t.say("{command}: your rooms and who can read them", command=Typed("!rooms")),
        t.say("{command}: ask another party something", command=Typed("!rfi")),
        t.say("{command}: the same, unnamed", command=Typed("!rfi IDN, hide me: …")),
        t.say("{command}: what waits for you, and what you wait for", command=Typed("!requests")),
        t.say("{command}: find the right person", command=Typed("!who IDN")),
        t.say("{command}: who of your party is on duty", command=Typed("!duty")),
        t.say("{command}: report a boat that you saw or heard of", command=Typed("!report")),
        t.say("{command}: find a bulletin", command=Typed("!bulletins Andaman")),
        t.say("{command}: a room for you and that officer alone", command=Typed("!dm idn.focal1")),
        t.say("{command}: what this network knows about you", command=Typed("!me")),
        t.say("{command}: take a message of your party back", command=Typed("!recall")),
        t.say("{command}: give a message of your party a stricter marking", command=Typed("!mark")),
        t.say("{command}: this list, and how to mark a message", command=Typed("!help")),
    )
