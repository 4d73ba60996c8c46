"""Alarms for the coordination room: what happened, who and where, what to do next.

An alarm names officers, rooms, devices and times. It never quotes a message.
"""

from __future__ import annotations

from rilon.texts.rendering import Line, Text, Typed, text
from rilon.texts.translator import Translator


def second_lock(t: Translator, room: str, officer: str, time: str) -> Text:
    """An event stood in a governed room without a verdict, and was removed."""
    return text(
        (
            t.say(
                "Alarm: a message by {officer} entered {room} without the gate, at {time}",
                officer=officer,
                room=room,
                time=time,
            ).strong(),
            t.say("I removed it. People in the room may have received it before that."),
            t.say(
                "Next: ask the operator to run {command}, "
                "and tell the parties of the room what happened.",
                command=Typed("rilon doctor"),
            ),
        )
    )


def claimed_session(t: Translator, officer: str, device: str, owner: str, time: str) -> Text:
    """A device offered encryption keys that belong to somebody else's device."""
    return text(
        (
            t.say(
                "Alarm: devices of {officer} and of {owner} claim the same encryption key, "
                "at {time}",
                officer=officer,
                owner=owner,
                time=time,
            ).strong(),
            t.say(
                "I took it for {owner}, whose device brought it first, and ignored {officer}. "
                "No message was delivered by it.",
                owner=owner,
                officer=officer,
            ),
            t.say(
                "Ordinary clients do not do this: one of the two did it on purpose. "
                "The device of {officer}: {device}",
                officer=officer,
                device=Typed(device),
            ),
            t.say(
                "Next: call both. If a device is not its officer's, the operator runs {command}",
                command=Typed("rilon officer lost"),
            ),
        )
    )


def passage_posted(
    t: Translator, time: str, since: str, source: str, *, party: str, officer: str, room: str
) -> Text:
    """Words of a restricted message were posted by a party that never received it. Told to the
    desk of its originator alone, whose officers read that room."""
    headline = t.say(
        "Words of your party were posted by {officer} in {room}, at {time}",
        officer=officer,
        room=room,
        time=time,
    )
    who = t.say("{party} did not receive that message in this network.", party=party)
    return text((headline.strong(), _first_in(t, since, source), who, *_chance(t)))


def passage_somewhere(t: Translator, since: str, source: str) -> Text:
    """The same in a room that not all of the originator's desk read: not who, where or when."""
    headline = t.say("Words of your party stand in a room that not everybody here reads")
    who = t.say(
        "Who posted them had not received that message in this network. I may not say who it "
        "was, or where."
    )
    return text((headline.strong(), _first_in(t, since, source), who, *_chance(t)))


def _first_in(t: Translator, since: str, source: str) -> Line:
    if not source:
        return t.say("They are first in a restricted message of {since}.", since=since)
    return t.say(
        "They are first in a restricted message in {source}, of {since}.",
        source=source,
        since=since,
    )


def _chance(t: Translator) -> tuple[Line, Line]:
    return (
        t.say(
            "It may be chance, or a public text. The officer was told nothing, "
            "and the message was delivered."
        ),
        t.say("Next: if it matters, ask your coordinator how it can have got there."),
    )


def gate_undecided(t: Translator, since: str, waiting: int) -> Text:
    """The gate has not been able to decide for some time: messages wait in the clients."""
    return text(
        (
            t.say("Alarm: the gate cannot decide since {since}", since=since).strong(),
            t.say_many(
                "{count} message waits. Nothing gets through unchecked.",
                "{count} messages wait. Nothing gets through unchecked.",
                waiting,
            ),
            t.say(
                "After about two minutes, clients show a message as not sent; "
                "its sender can then send it again."
            ),
            t.say(
                "Next: ask the operator to run {command}. For anything urgent, use the telephone.",
                command=Typed("rilon doctor"),
            ),
        )
    )


def gate_decides_again(t: Translator, since: str, until: str) -> Text:
    """The end of the alarm above; the same message is brought up to date with it."""
    return text(
        (
            t.say(
                "The gate decides again. It could not from {since} to {until}",
                since=since,
                until=until,
            ).strong(),
            t.say("Messages that clients show as not sent can be sent again."),
        )
    )


def identity_changed(t: Translator, officer: str, time: str, tap: str = "") -> Text:
    """An officer's encryption identity is not the one that was pinned. `tap` is the reaction
    that confirms it, where one can."""
    lines = [
        t.say(
            "Alarm: the encryption identity of {officer} changed, at {time}",
            officer=officer,
            time=time,
        ).strong(),
        t.say("{officer} cannot send any more.", officer=officer),
        t.say("Next: call {officer} on a number that you know.", officer=officer),
    ]
    if tap:
        confirm = t.say(
            "I spoke with them, and they set up their encryption again themselves: let them in"
        )
        lines += [
            t.say("Then, only as the coordinator, tap the reaction on this message:"),
            confirm.after(tap),
        ]
    lines.append(
        t.say(
            "It was not them, or you are not sure: {command}",
            command=Typed(f"rilon officer lost {officer}"),
        )
    )
    return text(lines)


def identity_confirmed(t: Translator, officer: str, by: str, time: str) -> Text:
    """The alarm above, brought up to date: a coordinator let the officer in again."""
    return text(
        (
            t.say(
                "{officer} can send again: {by} confirmed the new identity, at {time}",
                officer=officer,
                by=by,
                time=time,
            ).strong(),
        )
    )


def identity_confirmed_by_you(t: Translator, officer: str, time: str) -> Text:
    """To the coordinator whose tap it was: a reaction could be forged, this message can't."""
    return text(
        (
            t.say(
                "You confirmed the new identity of {officer}, at {time}",
                officer=officer,
                time=time,
            ).strong(),
            t.say(
                "You did not? Then the server may be in other hands: run {command} now, and "
                "call the operator.",
                command=Typed(f"rilon officer lost {officer}"),
            ),
        )
    )


def unknown_part(t: Translator, officer: str, where: str, time: str) -> Text:
    """A client added a part that no admitted client adds. `where` names keys, never values."""
    return text(
        (
            t.say(
                "A client of {officer} added a part that is not known, at {time}",
                officer=officer,
                time=time,
            ).strong(),
            t.say("The part: {where}. The message was not delivered.", where=Typed(where)),
            t.say(
                "Next: if this client is in proper use, the operator can admit the part in {file}",
                file=Typed("policies/clients.yaml"),
            ),
        )
    )


def waiting_for_officer(t: Translator, officer: str, since: str) -> Text:
    """An officer was added and has not confirmed a device yet, so is in no room."""
    return text(
        (
            t.say(
                "{officer} is not in the rooms yet: no device is confirmed", officer=officer
            ).strong(),
            t.say("Added: {since}.", since=since),
            t.say(
                "Next: call {officer} and help them sign in and set up the recovery key. "
                "I do the rest.",
                officer=officer,
            ),
        )
    )
