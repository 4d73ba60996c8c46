"""Verdicts: what the gate answers, with the rule that spoke and the reason as a code.

Codes are part of the protocol with clients (`org.rilon.reason`). They are listed here and
nowhere else, documented in `docs/codes.md`, and never reused. `rilon.texts` turns a code
with its parameters into a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rilon.domain.markings import Marking

Parameters = tuple[tuple[str, str], ...]
"""Named values for a sentence, never content of a message: parties, a marking, a room's name."""


class Code(StrEnum):
    """Why something was refused."""

    # Rule 1: type and shape
    TYPE_NOT_ALLOWED = "type_not_allowed"
    SHAPE_NOT_ALLOWED = "shape_not_allowed"
    NOT_ENCRYPTED = "not_encrypted"
    UNREADABLE = "unreadable"
    REPLAYED = "replayed"
    RELATION_UNKNOWN = "relation_unknown"
    NOT_YOUR_EVENT = "not_your_event"
    FILE_NOT_ALLOWED = "file_not_allowed"
    FILE_TOO_LARGE = "file_too_large"
    FILE_UNREADABLE = "file_unreadable"
    FILE_NOT_AS_SAID = "file_not_as_said"
    FILE_HAS_POSITION = "file_has_position"
    FILE_NAME_UNCLEAR = "file_name_unclear"
    STEWARD_ONLY = "steward_only"
    REASON_NOT_ALLOWED = "reason_not_allowed"
    TOO_LATE = "too_late"
    REQUEST_NOT_FOR_ALL = "request_not_for_all"
    COMMAND_NOT_HERE = "command_not_here"
    # Rule 2: sender
    NOT_ADMITTED = "not_admitted"
    OUTSIDE_TERM = "outside_term"
    NOT_IN_ROOM = "not_in_room"
    DEVICE_NOT_SIGNED = "device_not_signed"
    READ_ONLY = "read_only"
    # Rule 3: marking against the ceiling
    MARKING_UNCLEAR = "marking_unclear"
    MARKING_TOO_WIDE = "marking_too_wide"
    REL_EXCLUDES_ROOM = "rel_excludes_room"
    PROTECTED_FROM_PARTY = "protected_from_party"
    EXPIRED = "expired"
    NO_PARTY_LEFT = "no_party_left"
    # Rule 4: TLP
    RED_NOT_OPEN = "red_not_open"
    ONWARD_NOT_ALLOWED = "onward_not_allowed"
    # Rule 5: what it comes from
    SOURCE_RESTRICTED = "source_restricted"
    # Rule 6: personal data
    DECLARATION_NEEDED = "declaration_needed"
    PERSONAL_DATA_BARRED = "personal_data_barred"
    PERSONAL_DATA_FOUND = "personal_data_found"
    # Rooms and people
    ROOM_NOT_GOVERNED = "room_not_governed"
    # A rule that errs refuses
    RULE_FAILED = "rule_failed"


@dataclass(frozen=True, slots=True)
class Accept:
    """The event may enter the room. `effective` is its marking, if it carries content."""

    effective: Marking | None = None
    rule: str = "accept"


@dataclass(frozen=True, slots=True)
class Refuse:
    """The event may not enter. `rule` names who spoke (`rule3.rel`)."""

    code: Code
    rule: str
    parameters: Parameters = ()
    effective: Marking | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """The gate can't tell right now. `after_ms` is the least delay before asking again."""

    after_ms: int


Verdict = Accept | Refuse
Answer = Accept | Refuse | Later


def refuse(code: Code, rule: str, **parameters: str) -> Refuse:
    """A refusal with named parameters."""
    return Refuse(code, rule, tuple(sorted(parameters.items())))
