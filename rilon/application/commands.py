"""What an officer types to the steward in the direct room, read as a command.

Decides which command a text is. What is answered is `rilon.texts.answers`; who may ask, and
what the answer may show, is decided where the command is carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

LOOKED_AT = 200
"""Characters of a text that are looked at; a command is a word."""


class Command(StrEnum):
    """The commands that every officer has."""

    HELP = "help"
    ME = "me"
    ROOMS = "rooms"
    DM = "dm"
    RECALL = "recall"
    MARK = "mark"

    @property
    def typed(self) -> str:
        """The command as an officer types it: `!rooms`."""
        return f"!{self.value}"


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A text that is no command. `nearest` is the command it may have been meant as."""

    nearest: Command | None = None


Reading = Command | NotUnderstood

_MARKS = ("!", "！", "¡", "/")
_OTHER_SPELLINGS = {
    "?": Command.HELP,
    "bantuan": Command.HELP,
    "room": Command.ROOMS,
    "whoami": Command.ME,
}
_BY_WORD = {command.value: command for command in Command} | _OTHER_SPELLINGS


def read_command(said: str) -> Reading:
    """The command that a text is.

    A word behind an exclamation mark is one, whatever follows it; without the mark only a
    text that is nothing but the word.
    """
    words = _without_mention(said[:LOOKED_AT].split())
    if not words:
        return NotUnderstood()
    marked = words[0].startswith(_MARKS)
    first = words[0].lstrip("".join(_MARKS))
    rest = words[1:]
    if marked and not first and rest:
        first, rest = rest[0], rest[1:]
    word = first.casefold().rstrip(".,;:!") or first
    if word in _BY_WORD and (marked or not rest):
        return _BY_WORD[word]
    return NotUnderstood(_nearest(word) if marked or not rest else None)


def command_rest(said: str) -> str:
    """What follows the command: of `!dm @idn.focal1` the name."""
    words = _without_mention(said[:LOOKED_AT].split())
    at = 2 if words and not words[0].strip("".join(_MARKS)) else 1
    return " ".join(words[at:])


def _without_mention(words: list[str]) -> list[str]:
    """The words after the steward's name, which some clients put in front of a text."""
    if words and (words[0].startswith("@") or words[0].casefold() in ("steward", "steward:")):
        return words[1:]
    return words


def _nearest(word: str) -> Command | None:
    close = get_close_matches(word, [command.value for command in Command], n=1, cutoff=0.6)
    return Command(close[0]) if close else None
