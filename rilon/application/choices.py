"""The choices of a card: what each does, its sign, and which of them a tap or a reply names.

Which of them a refusal offers is `rilon.application.offers`; the text that waits for one,
`rilon.application.held`; posting it, `rilon.application.relay`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SEND_SIGNS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣")
DISCARD_SIGN = "🗑️"
_SIGNS = (*SEND_SIGNS, DISCARD_SIGN)
_DISCARDS = frozenset({"discard", "buang", "hapus"})


class ChoiceKind(StrEnum):
    """What a choice does. Those of release are made by `rilon.application.release`."""

    SEND_TO = "send_to"
    """Post it in another room, which its marking fits. A compartment that policy allows and that
    doesn't stand yet is opened first."""
    SEND_AS = "send_as"
    """Post it where it was meant to go, with another marking."""
    RELEASE_HERE = "release_here"
    """Post there what one's own party had written more narrowly."""
    ASK_RELEASE = "ask_release"
    """Ask those whose words are in it for their consent to post it there."""
    RELEASED = "released"
    """They consented, and it is posted there. Never offered: it takes the asking's place."""
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a card. `room` is the key of the room to post in, `marking` the written
    one to post with, in canonical text; both empty for a choice that posts nothing.

    Of a release, `own` is the marking that the sender wrote, and `asks` whose consent it takes:
    parties, with a `?` for those whose name the sender mustn't learn.
    """

    kind: ChoiceKind
    room: str = ""
    marking: str = ""
    own: str = ""
    asks: str = ""


def signs_of(choices: tuple[Choice, ...]) -> tuple[str, ...]:
    """The reaction of each choice."""
    sends = iter(SEND_SIGNS)
    return tuple(DISCARD_SIGN if one.kind is ChoiceKind.DISCARD else next(sends) for one in choices)


def sign_named(said: str) -> str | None:
    """The sign that a tap or a reply names: the emoji, its number, or the word for discarding.

    It never returns anything of what was said, only a sign of ours.
    """
    word = said[:40].strip().casefold().rstrip(".!)").replace("\ufe0f", "")
    if word in _DISCARDS:
        return DISCARD_SIGN
    return _BY_WORD.get(word)


_BY_WORD: Mapping[str, str] = {
    **{sign.replace("\ufe0f", ""): sign for sign in _SIGNS},
    **{str(number): sign for number, sign in enumerate(SEND_SIGNS, start=1)},
}


def choice_named(sign: str, choices: tuple[Choice, ...]) -> int | None:
    """The place of the choice with that sign, or `None`."""
    signs = signs_of(choices)
    return signs.index(sign) if sign in signs else None


# --- as values for the database ----------------------------------------------------------------


def to_json(choices: tuple[Choice, ...]) -> list[dict[str, str]]:
    """The choices as JSON values. They hold no content."""
    return [
        {
            "kind": one.kind,
            "room": one.room,
            "marking": one.marking,
            **({"own": one.own} if one.own else {}),
            **({"asks": one.asks} if one.asks else {}),
        }
        for one in choices
    ]


def from_json(values: object) -> tuple[Choice, ...]:
    """The choices of `to_json`'s values."""
    if not isinstance(values, list):
        return ()
    return tuple(
        Choice(
            ChoiceKind(value["kind"]),
            value["room"],
            value["marking"],
            value.get("own", ""),
            value.get("asks", ""),
        )
        for value in values
    )
