"""What an explanation of a refusal is made of: headlines, next steps, what is left in a client.

For each code it holds headlines and next steps, the most telling first: the first whose values
are all there is used, and the last needs only `room`.

Values (text; a missing one is left out, not filled with something empty):
`room` the room's short name · `marking` what the message carries · `needed` the marking to
write · `excluded` parties of the room that may not have it · `protect` parties a person is
protected from · `expires` the day in the marking · `found` the characters read as a marking ·
`nearest` the nearest valid form · `problem` a code of `rilon.texts.unclear` · `where` the path
of a key that is not allowed · `device` the device · `person` whom the officer wanted to reach ·
`identifiers` kinds of `rilon.texts.identifiers` · `declared` what the marking says of them ·
`types` kinds of files · `size` megabytes ·
`bulletins` the room's short name, where only bulletins appear ·
`fits` the name of a room where it may go · `originators` other parties that wrote it first ·
`unasked` those of them that can't be asked for release ·
`until` or `since` a day of a term.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rilon.texts.translator import translatable


class Leftover(Enum):
    """What the refused act leaves in the sender's client."""

    MESSAGE = "message"
    MAYBE = "maybe"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Headlines, then steps; each step is a choice of wordings, the most telling first."""

    headlines: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    leftover: Leftover = Leftover.MESSAGE


ROOMS = translatable("Write {rooms_command} here to see your rooms and who can read them.")
"""Where to see which rooms there are."""
ASK = translatable("If you think this is wrong, ask your coordinator.")
"""The last resort."""
