"""The network as one frozen value: parties, groups, rooms, officers, and who belongs where.

It is derived from checked documents by `rilon.policy.build`, and written to one JSON document
and read back, since the running steward takes the active policy from its database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from rilon.domain.gazetteer import Gazetteer
from rilon.domain.markings import Tlp, Vocabulary, WrittenMarking
from rilon.domain.officers import Officer
from rilon.domain.parties import Parties, Party
from rilon.domain.rooms import Room
from rilon.domain.themes import Theme
from rilon.policy.bulletin_rules import BulletinPolicy
from rilon.policy.calendars import WorkingCalendar
from rilon.policy.documents import AdmittedKey, Documents
from rilon.policy.file_rules import FileRules
from rilon.policy.release import ReleaseRules
from rilon.policy.request_documents import RequestsEntry
from rilon.policy.rota import PartyDuty

DOCUMENT_FORMAT = 1


class BrokenPolicyDocument(ValueError):
    """A stored policy document isn't what was written: wrong format, altered, or not valid."""


@dataclass(frozen=True, slots=True)
class PartyInfo:
    """A party as people see it. `languages` are BCP 47 tags, the first is its officers' default.

    `calendar` says when its offices work, `duty` who is on duty as policy files have it.
    """

    code: Party
    name: str
    zone: str
    languages: tuple[str, ...]
    calendar: WorkingCalendar
    duty: PartyDuty


@dataclass(frozen=True, slots=True)
class Group:
    """A response group. `parties` are its states and the RSO. Days are UTC, both included.

    `themes` are its own, beside Article 10(1). `requests` and `bulletins` are its rules for them.
    """

    key: str
    short: str
    theme: str
    states: Parties
    parties: Parties
    chair: Party
    begins: date | None
    ends: date | None
    themes: tuple[Theme, ...]
    requests: RequestsEntry
    bulletins: BulletinPolicy

    def within_term(self, day: date) -> bool:
        """Whether the group's term includes that day (UTC)."""
        return (self.begins is None or self.begins <= day) and (
            self.ends is None or day <= self.ends
        )


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How a TLP label is shown: colour on black, and the reaction that stands for it."""

    colour: str
    sign: str


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that policy says. `digest` is the SHA-256 of the canonical documents, in hex.

    INVARIANT: every member of a room belongs to a party of the room's ceiling.
    """

    name: str
    version: int
    digest: str
    steward: str
    """The local part of the steward's user id."""
    vocabulary: Vocabulary
    labels: Mapping[Tlp, LabelStyle]
    parties: Mapping[Party, PartyInfo]
    groups: Mapping[str, Group]
    rooms: Mapping[str, Room]
    officers: Mapping[str, Officer]
    admitted_keys: tuple[AdmittedKey, ...]
    redact_within: timedelta
    rotate_after_messages: int
    rotate_after: timedelta
    retention: Mapping[str, timedelta]
    """How long a room keeps its messages, by room key."""
    documents: Documents = field(repr=False, compare=False)
    files: FileRules = field(default_factory=FileRules)
    releases: ReleaseRules = field(default_factory=ReleaseRules)
    member_names: Mapping[str, frozenset[str]] = field(repr=False, default_factory=dict)
    exchange_rooms: Mapping[str, tuple[Room, ...]] = field(repr=False, default_factory=dict)
    """Floors, compartments and desks where an officer may write, those with most parties first."""
    caveat_codes: frozenset[str] = frozenset()
    personal_data_kept: Mapping[str, timedelta] = field(default_factory=dict)
    """How long a room keeps what is marked PD, by room key, where that is shorter."""
    gazetteer: Gazetteer = field(default_factory=Gazetteer, repr=False)
    group_defaults: Mapping[str, WrittenMarking] = field(default_factory=dict)
    """The marking of a group's content that has none, by the group's key."""

    def members(self, room_key: str) -> frozenset[str]:
        """The names of the officers who belong in the room by policy; of nobody, if unknown.

        Terms and admission change by the day and aren't looked at here.
        """
        return self.member_names.get(room_key, frozenset())

    def to_document(self) -> dict[str, Any]:
        """The network as one JSON document, which `rilon.policy.build.from_document` reads."""
        return {
            "format": DOCUMENT_FORMAT,
            "digest": digest_of(self.documents),
            "documents": as_json(self.documents),
        }


def as_json(documents: Documents) -> dict[str, Any]:
    """The documents as JSON values."""
    values: dict[str, Any] = _known_then(documents.model_dump(mode="json", by_alias=True))
    return values


_LATER_KEYS = frozenset({"files", "releases", "personal_data_days", "gazetteer", "bulletins"})


def _known_then(value: Any) -> Any:
    """A policy that was stored before there was some key keeps its digest: it is left out where
    it says nothing."""
    if isinstance(value, dict):
        return {
            name: _known_then(one)
            for name, one in value.items()
            if not (one is None and name in _LATER_KEYS)
        }
    return [_known_then(one) for one in value] if isinstance(value, list) else value


def digest_of(documents: Documents) -> str:
    """SHA-256 over the documents' canonical JSON (RFC 8785: sorted keys, no spaces), in hex."""
    return digest_of_json(as_json(documents))


def digest_of_json(value: object) -> str:
    """The same of documents as they were stored, perhaps by an earlier release."""
    # The keys are ASCII and the numbers integers, for which this is RFC 8785.
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
