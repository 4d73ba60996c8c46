"""What is wrong with something that an officer wrote in a report, and how it should read.

Only the codes are listed here; `rilon.texts.report_mistakes` says them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FOUND_SHOWN = 40
"""Characters of what was written that a mistake repeats, to its writer alone."""


class Wrong(StrEnum):
    """Why something isn't taken. The parameters of each are those of `Misread`."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    """`nearest`: the most characters."""
    UNSEEN = "unseen"
    """It holds a character that nobody sees."""
    UNKNOWN = "unknown"
    """`found`, and `nearest`, the nearest word that is known."""
    AMBIGUOUS = "ambiguous"
    """`found` can mean several things; `nearest` says which, as they are written."""
    TWICE = "twice"
    """`found` gives a second value for what has one: `nearest` is the field's name."""
    DAY_UNCLEAR = "day_unclear"
    """`found` is no day that can be read."""
    DAY_AHEAD = "day_ahead"
    """`found` is in the future; `nearest` a day that may be meant."""
    DAY_LONG_AGO = "day_long_ago"
    COUNT = "count"
    """`found` is no number from 1 to 5000, or all together are more."""
    COUNTS_DIFFER = "counts_differ"
    """`found` is a total that isn't the sum of its parts, `nearest`."""
    PLACE_WHICH = "place_which"
    """A place alone: `nearest` is `from …`."""
    NAMES = "names"
    """`found` names a field for persons or their numbers: a report has none."""
    PERSONAL = "personal"
    """The note holds a telephone number, an address, or the number of a document."""
    DECLARES_PERSONAL = "declares_personal"
    """The marking says PD, and a report holds none."""
    LACKS_RSO = "lacks_rso"
    """The marking leaves out the RSO, which counts reports: `nearest` is the marking to write."""
    NEEDED = "needed"
    """`nearest`: the field that is still missing."""
    FIRST_QUESTION = "first_question"
    GROUP_UNCLEAR = "group_unclear"
    """`nearest`: the keys of the groups in which the officer may report."""
    SOURCE_CHANGED = "source_changed"
    """A message of it was edited, removed or recalled since."""
    NUMBER_UNCLEAR = "number_unclear"
    """`found` is something like a report's number, and it isn't one."""


@dataclass(frozen=True, slots=True)
class Misread:
    """A no: its code, the few characters it is about, and the nearest form that is right."""

    code: Wrong
    found: str = field(default="", repr=False)
    nearest: str = field(default="", repr=False)

    @property
    def parameters(self) -> Mapping[str, str]:
        """The values for the sentence, without the empty ones."""
        values = {"found": self.found[:FOUND_SHOWN], "nearest": self.nearest}
        return {name: value for name, value in values.items() if value}
