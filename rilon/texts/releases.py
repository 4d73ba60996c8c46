"""Release: what a card offers of it, the card in an originator's desk, and what came of it.

Nothing here holds a word of the text itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rilon.texts.explanations import EXPLANATIONS, UNKNOWN
from rilon.texts.parties import listed
from rilon.texts.rendering import GAP, Line, Text, Typed, text
from rilon.texts.translator import Translator

HIDDEN = "?"


# --- the sender's card -------------------------------------------------------------------------


def release_here(t: Translator, marking: str) -> Line:
    """Post there what one's own party had written more narrowly."""
    return t.say(
        "Release it here as {marking}. Your party wrote it; this is recorded.",
        marking=Typed(marking),
    )


def ask_release(t: Translator, asks: Sequence[str], hours: int) -> Line:
    """Ask the originators. The sender must know that the text goes to them."""
    if HIDDEN in asks:
        return t.say(
            "Ask those who wrote it first to release it here. Your text then goes to their desks, "
            "and is kept until they answer, {hours} hours at most",
            hours=str(hours),
        )
    return t.say(
        "Ask {parties} to release it here. Your text then goes to the desk of {parties}, "
        "and is kept until they answer, {hours} hours at most",
        parties=listed(t, list(asks)),
        hours=str(hours),
    )


def asked(t: Translator, asks: Sequence[str], until: str, sign: str) -> list[Line]:
    """It was asked for."""
    if HIDDEN in asks:
        first = t.say(
            "You asked those who wrote it first to release it. Their desks see your text."
        )
    else:
        first = t.say(
            "You asked {parties} to release it. The desk of {parties} sees your text.",
            parties=listed(t, list(asks)),
        )
    return [
        first,
        t.say(
            "It is kept until they answer, until {time} at most. "
            "Tap {sign}, or reply “discard”, to take it back.",
            time=until,
            sign=sign,
        ),
    ]


def declined(t: Translator, room: str) -> Text:
    """An originator didn't consent."""
    headline = t.say("Not released to {room}: who wrote it first declined", room=room)
    return text([headline.strong(), _gone(t)])


def lapsed(t: Translator, room: str) -> Text:
    """Nobody answered in time."""
    headline = t.say("Not released to {room}: nobody answered in time", room=room)
    return text([headline.strong(), _gone(t)])


def withdrawn(t: Translator, room: str) -> Text:
    """The sender took it back."""
    headline = t.say("Taken back: you do not ask for release to {room} any more", room=room)
    return text([headline.strong(), _gone(t)])


def released(t: Translator, room: str, marking: str) -> Text:
    """It was released, and posted."""
    headline = t.say(
        "Released: sent to {room} in your name, as {marking}", room=room, marking=Typed(marking)
    )
    return text([headline.strong(), t.say("Look there: it may be a part of your text.")])


def ended(t: Translator, parameters: Mapping[str, str]) -> Text:
    """The end of a request, to who asked."""
    room, marking = parameters["room"], parameters["marking"]
    match parameters["outcome"]:
        case "posted":
            return released(t, room, marking)
        case "declined":
            return declined(t, room)
        case "lapsed" | "expired":
            return lapsed(t, room)
    headlines = EXPLANATIONS.get(parameters.get("code", ""), UNKNOWN).headlines
    return text(
        [
            t.say("Not sent to {room}: it was refused there", room=room).strong(),
            t.first_that_fits(headlines, {"room": room}),
            _gone(t),
        ]
    )


def _gone(t: Translator) -> Line:
    return t.say("Your text is not kept any more. To send it, write it again.")


# --- what the steward posts --------------------------------------------------------------------


def attribution(t: Translator, officer: str, party: str, by: Sequence[str]) -> Line:
    """The first line of a released text: whose words they are, and who released them."""
    if by:
        return t.say(
            "{officer} ({party}) writes, released by {parties}, sent by the steward:",
            officer=officer,
            party=party,
            parties=listed(t, list(by)),
        )
    return t.say(
        "{officer} ({party}) writes, released by who wrote it first, sent by the steward:",
        officer=officer,
        party=party,
    )


# --- the card in the desk ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """What a desk is asked. `marking` is the proposed one, and `fits` whether a tap grants it;
    `readers` are the parties of the room. Times are UTC: a desk's people may be anywhere."""

    officer: str
    party: str
    room: str
    readers: Sequence[str]
    marking: str
    fits: bool
    until: str
    grant_sign: str
    unnamed_sign: str
    decline_sign: str


def request(t: Translator, asked_for: Request) -> Text:
    """The card under the text."""
    one = asked_for
    lines = [
        t.say(
            "{officer} ({party}) asks your party to release the text above to {room}",
            officer=one.officer,
            party=one.party,
            room=one.room,
        ).strong(),
        t.say(
            "Your party wrote some of it. {room} is read by {readers}.",
            room=one.room,
            readers=listed(t, list(one.readers)),
        ),
        GAP,
    ]
    if one.fits:
        released_as = t.say("Release it as {marking}", marking=Typed(one.marking))
        lines += [
            released_as.after(one.grant_sign),
            t.say("The same, without naming your party").after(one.unnamed_sign),
        ]
    else:
        lines.append(
            t.say("As it is marked, it does not fit there: reply with a marking that does.")
        )
    lines += [
        t.say("Decline").after(one.decline_sign),
        GAP,
        t.say("Or reply to this card: with the part that you release, word for word;"),
        t.say("or with another marking alone, as in {form}", form=Typed("TLP:GREEN //")),
        t.say(
            "The first answer counts. Without one, the request lapses at {time}.", time=one.until
        ),
    ]
    return text(lines)


def request_ended(
    t: Translator,
    state: str,
    outcome: str,
    room: str,
    by: str,
    marking: str,
    in_part: bool,
    unnamed: bool,
) -> Text:
    """What became of it: `state` is the desk's own answer, `outcome` what became of the text."""
    lines = []
    if state == "declined":
        lines.append(t.say("Declined by {officer}: not released to {room}", officer=by, room=room))
    elif state == "granted":
        lines.append(
            t.say(
                "Released to {room} by {officer}, as {marking}",
                room=room,
                officer=by,
                marking=Typed(marking),
            )
        )
        if in_part:
            lines.append(t.say("Only the part that was named in the reply."))
        if unnamed:
            lines.append(t.say("Your party is not named."))
    else:
        lines.append(t.say("Not released to {room}", room=room))
    match outcome:
        case "posted":
            lines.append(t.say("It was sent."))
        case "withdrawn":
            lines.append(t.say("Who asked took it back."))
        case "lapsed" | "expired":
            lines.append(t.say("It lapsed before everybody had answered."))
        case "declined" if state != "declined":
            lines.append(t.say("Another party declined."))
        case "refused":
            lines.append(t.say("It was refused there, and not sent."))
    first, *rest = lines
    return text([first.strong(), *rest])


# --- to who answered ---------------------------------------------------------------------------


def told(t: Translator, name: str, parameters: Mapping[str, str]) -> Text | None:
    """A sentence to an officer who answered; None for a text that isn't one of these."""
    match name:
        case "release_ended":
            return ended(t, parameters)
        case "release_not_entitled":
            first = t.say("Your answer changed nothing: others of your party release")
            return text([first.strong(), t.say("Ask a focal point of your party.")])
        case "release_answered":
            first = t.say("Your answer changed nothing: this request was answered or ended before")
            return text([first.strong()])
        case "release_gone":
            first = t.say("Not released: a message that it repeats was taken back meanwhile")
            return text([first.strong(), t.say("Who asked is told that it was not sent.")])
        case "release_unfit":
            first = t.say(
                "Not released: as {marking} it may not be in {room}",
                room=parameters["room"],
                marking=Typed(parameters["marking"]),
            )
            headlines = EXPLANATIONS.get(parameters["code"], UNKNOWN).headlines
            why = t.first_that_fits(headlines, {"room": parameters["room"]})
            return text([first.strong(), why, t.say("You can still answer the card otherwise.")])
        case "release_too_many":
            most = parameters["most"]
            first = t.say("Not asked: you wait for {most} releases already", most=most)
            back = t.say(
                "Take one back with {discard} on its card, or wait for an answer. "
                "Then choose again.",
                discard="🗑️",
            )
            return text([first.strong(), back])
        case "release_parts":
            first = t.say("Not released: another party released another part of the text")
            return text([first.strong(), t.say("You can still answer the card otherwise.")])
        case "release_not_understood":
            first = t.say("Your reply to the request for release changed nothing")
            return text(
                [
                    first.strong(),
                    t.say(
                        "It is no marking, and no part of the text word for word "
                        "(two words and ten characters at the least)."
                    ),
                ]
            )
    return None
