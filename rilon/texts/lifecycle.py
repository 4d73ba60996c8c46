"""What an officer reads when something about their access changes, and what to do then.

Every message says first what happened, then the next step. `coordinator` is always how to
reach the coordinator; days are UTC days, as terms are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rilon.texts.parties import listed
from rilon.texts.rendering import Text, Value, text
from rilon.texts.times import written_day
from rilon.texts.translator import Translator

ROOM_NAME_LIMIT = 60


def rooms_changed(t: Translator, joined: Sequence[str], left: Sequence[str]) -> Text:
    """Rooms that the officer can read from now on, and rooms no longer."""
    gained: list[Value] = list(joined)
    lost: list[Value] = list(left)
    lines = [t.say("Your rooms have changed").strong()]
    if gained:
        rooms = listed(t, gained, ROOM_NAME_LIMIT)
        lines.append(t.say("You can read from now on: {rooms}", rooms=rooms))
    if lost:
        rooms = listed(t, lost, ROOM_NAME_LIMIT)
        lines.append(t.say("You can no longer read: {rooms}", rooms=rooms))
    lines.append(t.say("You do not need to do anything."))
    return text(lines)


def password_reset(t: Translator, coordinator: str) -> Text:
    """After `rilon officer reset`."""
    return text(
        (
            t.say("Your password was changed by the coordinator").strong(),
            t.say("All your devices were signed out. Sign in with the new password."),
            t.say("Then verify the device with your recovery key."),
            t.say("You did not ask for this? Call {coordinator} now.", coordinator=coordinator),
        )
    )


def device_lost(t: Translator, device: str, coordinator: str) -> Text:
    """After `rilon officer lost`, on the officer's other devices."""
    return text(
        (
            t.say("The device {device} was shut out", device=device).strong(),
            t.say(
                "It gets no new messages. Messages that it already had may still be on it: "
                "follow your agency's rules for a lost device."
            ),
            t.say(
                "On a new device: sign in, verify it with your recovery key, then write again. "
                "If the recovery key is lost too, call {coordinator}.",
                coordinator=coordinator,
            ),
            t.say("You did not report it? Call {coordinator} now.", coordinator=coordinator),
        )
    )


def removed(t: Translator, group: str, coordinator: str) -> Text:
    """Before the officer is taken out of the rooms of a group."""
    return text(
        (
            t.say("Your access to {group} ends now", group=group).strong(),
            t.say("You cannot read or write in its rooms any more. Thank you for your work."),
            t.say(
                "For messages that are still on your devices, follow your agency's rules. "
                "The markings still hold."
            ),
            t.say("Is this a mistake? Call {coordinator}.", coordinator=coordinator),
        )
    )


def term_ends_soon(t: Translator, last: date, days: int, coordinator: str) -> Text:
    """Some days before the last day of a term."""
    return text(
        (
            t.say_many(
                "Your term ends in {count} day, on {last}",
                "Your term ends in {count} days, on {last}",
                days,
                last=written_day(last),
            ).strong(),
            t.say("After that day you cannot read or write here."),
            t.say(
                "Will you stay longer? Ask {coordinator} before that day.",
                coordinator=coordinator,
            ),
        )
    )


def term_ended(t: Translator, last: date, coordinator: str) -> Text:
    """When the term has ended."""
    return text(
        (
            t.say("Your term ended on {last}", last=written_day(last)).strong(),
            t.say("You cannot read or write in the rooms any more. Thank you for your work."),
            t.say(
                "Will you stay longer? Ask {coordinator}: your rooms can come back.",
                coordinator=coordinator,
            ),
        )
    )


def waiting_for_confirmed_device(t: Translator, coordinator: str) -> Text:
    """To an officer whose account has no confirmed device left: nobody can send to it."""
    return text(
        (
            t.say("You are not in your rooms yet: no device of yours is confirmed").strong(),
            t.say(
                "In your client, open the security settings and set up your recovery key, "
                "or verify this device with the one you have."
            ),
            t.say("You then join your rooms within a minute, without an invitation."),
            t.say("If it does not work, call {coordinator}.", coordinator=coordinator),
        )
    )


def device_not_confirmed(t: Translator, device: str, coordinator: str) -> Text:
    """To an officer who signed in on a device and has not confirmed it."""
    return text(
        (
            t.say("Your device {device} is not confirmed", device=device).strong(),
            t.say("It cannot send messages, and may not be able to read them."),
            t.say(
                "On that device, open the security settings and verify it with your recovery key "
                "or with another device of yours."
            ),
            t.say("You do not know this device? Call {coordinator} now.", coordinator=coordinator),
        )
    )


def identity_changed(t: Translator, coordinator: str) -> Text:
    """To an officer whose encryption identity changed: stopped until the coordinator confirms."""
    return text(
        (
            t.say("You cannot send now: your encryption identity has changed").strong(),
            t.say(
                "If you set up encryption again, tell {coordinator}. "
                "One tap of the coordinator lets you send again.",
                coordinator=coordinator,
            ),
            t.say(
                "If you did not, somebody else may be using your account: call {coordinator} now.",
                coordinator=coordinator,
            ),
        )
    )


def identity_confirmed(t: Translator, coordinator: str) -> Text:
    """To an officer whose changed identity the coordinator confirmed."""
    return text(
        (
            t.say("You can send again: your new encryption identity is confirmed").strong(),
            t.say(
                "You did not set it up yourself? Call {coordinator} now.", coordinator=coordinator
            ),
        )
    )
