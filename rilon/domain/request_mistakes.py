"""What is wrong with something an officer wrote about a request, and how it should read.

Only the codes are listed here; `rilon.texts.request_mistakes` says them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Wrong(StrEnum):
    """Why something isn't taken. The parameters of each are those of `Misread`."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    """`most`: characters."""
    HIDDEN_LETTERS = "hidden_letters"
    """Nothing of what was written can be seen."""
    UNKNOWN_PARTY = "unknown_party"
    """`found`, and `nearest` where something is near."""
    NOT_IN_GROUP = "not_in_group"
    """A state that exists and isn't in the group: `found`."""
    OWN_PARTY = "own_party"
    """`nearest`: the addressees without the own party, where some are left."""
    NO_PARTY = "no_party"
    MARKING_UNCLEAR = "marking_unclear"
    """`problem`: a code of `rilon.domain.marking_text.Problem`; `nearest` where there is one."""
    REL_EXCLUDES = "rel_excludes"
    """The marking keeps the request from an addressee: `found` the parties, `nearest` a marking."""
    PROTECT_EXCLUDES = "protect_excludes"
    """The marking protects from an addressee: `found` the parties."""
    IMO_CHECK = "imo_check"
    MMSI_SHAPE = "mmsi_shape"
    TELEPHONE_SHAPE = "telephone_shape"
    VESSEL_SHAPE = "vessel_shape"
    DOCUMENT_SHAPE = "document_shape"
    SELECTOR_UNCLEAR = "selector_unclear"
    TOO_MANY = "too_many"
    """More selectors than a request may carry: `most`."""
    PRIORITY_UNCLEAR = "priority_unclear"
    GROUND_UNCLEAR = "ground_unclear"
    THEME_UNCLEAR = "theme_unclear"
    OVERLAPS_UNCLEAR = "overlaps_unclear"
    HIDING_UNCLEAR = "hiding_unclear"
    """`found`: words that may be meant to hide somebody; `nearest`."""
    SEEMS_TO_HIDE = "seems_to_hide"
    """The question seems meant to come from nobody, and doesn't. It may be sent even so."""
    NAMES_THE_HIDDEN = "names_the_hidden"
    """`found`: words of the request that name who is to stay hidden. It may be sent even so."""
    GROUND_NOT_TAKEN = "ground_not_taken"
    """`nearest`: the grounds for urgency that the group takes, as codes with commas."""
    UNKNOWN_AGENCY = "unknown_agency"
    """`found`; `nearest`: the agencies of that party, as they are written, with commas."""
    AGENCY_ALONE = "agency_alone"
    """An agency or theme without its party: `found`, `nearest` how it should read."""
    GROUP_UNCLEAR = "group_unclear"
    """`nearest`: the keys of the groups in which the officer may ask."""
    CHANGE_UNCLEAR = "change_unclear"
    PREVIEW_UNCLEAR = "preview_unclear"
    NEEDED = "needed"
    """A question that can't be skipped."""
    FIRST_QUESTION = "first_question"
    """Nothing comes before it."""
    NUMBER_UNCLEAR = "number_unclear"
    """`found`: something like a request's number, and it isn't one."""
    DELAY_UNCLEAR = "delay_unclear"
    DELAY_TOO_LONG = "delay_too_long"
    """`most`: days."""
    REASON_MISSING = "reason_missing"
    """`nearest`: the command as it should read."""
    REFUSAL_UNCLEAR = "refusal_unclear"
    USEFULNESS_UNCLEAR = "usefulness_unclear"
    WORDS_MISSING = "words_missing"
    """`nearest`: the command as it should read."""


FOUND_SHOWN = 40
"""Characters of what was written that a mistake repeats, to its writer alone."""


@dataclass(frozen=True, slots=True)
class Misread:
    """A no: its code, the few characters it is about, and the nearest form that is right."""

    code: Wrong
    found: str = field(default="", repr=False)
    nearest: str = field(default="", repr=False)
    problem: str = ""
    most: int | None = None

    @property
    def parameters(self) -> Mapping[str, str]:
        """The values for the sentence, without the empty ones."""
        values = {
            "found": self.found[:FOUND_SHOWN],
            "nearest": self.nearest,
            "problem": self.problem,
            "most": "" if self.most is None else str(self.most),
        }
        return {name: value for name, value in values.items() if value}
