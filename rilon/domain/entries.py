"""Entries of the ledger as values: what one act leaves in the record, and what it may never hold.

An entry has no content: every field has a closed shape in which a sentence can't be written.
Bytes and signatures are `rilon.ledger.leaf`; indexes and proofs come with the tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rilon.domain.parties import PARTY_SHAPE, Parties

SALT_LENGTH = 16
"""Random bytes in every entry, so that a leaf hash can't be guessed from what is known."""


class EntryKind(StrEnum):
    """What kind of act an entry records. A name, once used, keeps its meaning for ever."""

    # Messages
    MESSAGE_ACCEPTED = "message_accepted"
    MESSAGE_DELIVERED = "message_delivered"
    MESSAGE_REFUSED = "message_refused"
    VERDICT_SUPERSEDED = "verdict_superseded"
    SECOND_LOCK_REDACTED = "second_lock_redacted"
    HELD_CHOICE = "held_choice"
    MARKING_TIGHTENED = "marking_tightened"
    MESSAGE_RECALLED = "message_recalled"
    # Release
    RELEASE_ASKED = "release_asked"
    RELEASE_GRANTED = "release_granted"
    RELEASE_DECLINED = "release_declined"
    # Requests and bulletins
    REQUEST = "request"
    BULLETIN = "bulletin"
    REPORT = "report"
    """A structured report: filed, corrected, withdrawn. Nothing of what it says."""
    # People, keys, policy
    MEMBERSHIP = "membership"
    ROOM = "room"
    KEY_CHANGE = "key_change"
    DUTY = "duty"
    """What a party's lead told of its rota (`!duty`, `!away`, `!back`)."""
    POLICY_VERSION = "policy_version"
    # The record itself
    RETENTION = "retention"
    LEGAL_HOLD = "legal_hold"
    EXPORT = "export"
    EVIDENCE_PACKAGE = "evidence_package"
    READ = "read"


class Subject(StrEnum):
    """What an entry may name beside its fixed fields. Each has one shape (`SUBJECT_SHAPES`)."""

    EVENT_ID = "event_id"
    ROOM_ID = "room_id"
    OFFICER = "officer"
    OFFICERS = "officers"
    DEPUTY = "deputy"
    BEGINS = "begins"
    ENDS = "ends"
    USER_ID = "user_id"
    DEVICE_ID = "device_id"
    DEVICE_SHA256 = "device_sha256"
    SESSION_ID = "session_id"
    MESSAGE_INDEX = "message_index"
    CIPHERTEXT_SHA256 = "ciphertext_sha256"
    EVENT_SHA256 = "event_sha256"
    EVENT_TYPE = "event_type"
    KEY_SHA256 = "key_sha256"
    POLICY_VERSION = "policy_version"
    POLICY_SHA256 = "policy_sha256"
    MEMBERSHIP = "membership"
    SUPERSEDES = "supersedes"
    STEP = "step"
    REFERENCE = "reference"
    UNTIL = "until"
    RECEIVED_BY = "received_by"
    VIA = "via"
    """Where a step was taken: what the officer's name beside it is worth."""


_SHA256 = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[a-z0-9_]{1,64}")
_TOKEN = re.compile(r"[A-Za-z0-9._~:=+/@$!-]{1,255}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")

SUBJECT_SHAPES: Mapping[Subject, re.Pattern[str]] = {
    Subject.EVENT_ID: re.compile(r"\$[A-Za-z0-9_./+=:-]{1,254}"),
    Subject.ROOM_ID: re.compile(r"![A-Za-z0-9_./+=:\[\]-]{1,254}"),
    Subject.OFFICER: re.compile(r"[a-z0-9._=/+-]{1,255}"),
    Subject.OFFICERS: re.compile(r"[a-z0-9._=/+-]{1,255}(?:,[a-z0-9._=/+-]{1,255}){0,30}"),
    Subject.DEPUTY: re.compile(r"[a-z0-9._=/+-]{1,255}"),
    Subject.USER_ID: re.compile(r"@[a-z0-9._=/+-]{1,200}:[A-Za-z0-9.:\[\]-]{1,200}"),
    Subject.DEVICE_ID: re.compile(r"[A-Za-z0-9_+/=.~-]{1,64}"),
    Subject.DEVICE_SHA256: _SHA256,
    Subject.SESSION_ID: re.compile(r"[A-Za-z0-9_+/=-]{1,64}"),
    Subject.MESSAGE_INDEX: _NUMBER,
    Subject.CIPHERTEXT_SHA256: _SHA256,
    Subject.EVENT_SHA256: _SHA256,
    Subject.EVENT_TYPE: re.compile(r"[a-z][a-z0-9._]{0,127}"),
    Subject.KEY_SHA256: _SHA256,
    Subject.POLICY_VERSION: re.compile(r"[A-Za-z0-9.+-]{1,64}"),
    Subject.POLICY_SHA256: _SHA256,
    Subject.MEMBERSHIP: re.compile(r"invite|join|knock|leave|ban"),
    Subject.SUPERSEDES: _TOKEN,
    Subject.STEP: _WORD,
    Subject.REFERENCE: re.compile(r"[A-Za-z0-9._-]{1,64}"),
    Subject.UNTIL: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    # From when to when something holds, UTC.
    Subject.BEGINS: _MOMENT,
    Subject.ENDS: _MOMENT,
    # Who could have received something: parties with how many officers, where that is known.
    Subject.RECEIVED_BY: re.compile(
        r"(?:[A-Z]{3}|other)(?::[0-9]{1,6})?(?:,(?:[A-Z]{3}|other)(?::[0-9]{1,6})?){0,60}"
    ),
    Subject.VIA: re.compile(r"room|shell"),
}

_GROUP = re.compile(r"[a-z0-9-]{1,64}")
_ROOM = re.compile(r"[a-z0-9._=/+-]{1,255}")
_COMPONENT = re.compile(r"[a-z0-9.-]{1,64}")
_RULE = re.compile(r"[a-z0-9_]{1,64}(\.[a-z0-9_]{1,64}){0,4}")
# One list in it names up to sixty-four parties.
_MARKING = re.compile(r"TLP:[A-Z+]{1,20}( [A-Z0-9_+,:/-]{1,255}){0,32}")


class EntryError(ValueError):
    """An entry that would break the ledger's shape. Names the field, never its value."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, as the ledger keeps it.

    `time` is UTC, cut to the millisecond. `parties` are those the entry concerns, who may
    read it. `marking` is the effective marking in canonical text. `correlation` ties the
    entries of one act together. `component` is the name of the program that witnessed the
    act, and of the key that signs. `commitments` maps a field's name to 64 hex digits
    (`rilon.ledger.commitments`). `salt` is at least 16 random bytes.

    A value that hasn't the shape of its subject (a device id that a client chose freely)
    goes in as its digest. Raises `EntryError` for anything out of shape.
    """

    kind: EntryKind
    time: datetime
    component: str
    correlation: str
    salt: bytes
    group: str | None = None
    room: str | None = None
    parties: Parties = frozenset()
    marking: str | None = None
    rule: str | None = None
    code: str | None = None
    subject: tuple[tuple[Subject, str], ...] = ()
    commitments: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.time.tzinfo is None or self.time.utcoffset() != timedelta(0):
            raise EntryError("time", "is not UTC")
        if not SALT_LENGTH <= len(self.salt) <= 64:
            raise EntryError("salt", "must be 16 to 64 random bytes")
        _must_fit("component", self.component, _COMPONENT)
        _must_fit("correlation", self.correlation, _TOKEN)
        _may_fit("group", self.group, _GROUP)
        _may_fit("room", self.room, _ROOM)
        _may_fit("marking", self.marking, _MARKING)
        _may_fit("rule", self.rule, _RULE)
        _may_fit("code", self.code, _WORD)
        for party in self.parties:
            _must_fit("parties", party, PARTY_SHAPE)
        _names_must_differ("subject", self.subject)
        for name, value in self.subject:
            shape = SUBJECT_SHAPES.get(name)
            if shape is None:
                raise EntryError("subject", "holds a name that is not in the vocabulary")
            _must_fit(f"subject.{name.value}", value, shape)
        _names_must_differ("commitments", self.commitments)
        for field, digest in self.commitments:
            _must_fit("commitments", field, _WORD)
            _must_fit(f"commitments.{field}", digest, _SHA256)
        millisecond = self.time.microsecond // 1000 * 1000
        object.__setattr__(self, "time", self.time.replace(microsecond=millisecond))
        object.__setattr__(self, "subject", tuple(sorted(self.subject)))
        object.__setattr__(self, "commitments", tuple(sorted(self.commitments)))


def subject(fields: Mapping[Subject, str | None]) -> tuple[tuple[Subject, str], ...]:
    """The subject of an entry from named values; those that are `None` are left out."""
    return tuple((name, value) for name, value in fields.items() if value is not None)


def _must_fit(field: str, value: str, shape: re.Pattern[str]) -> None:
    if shape.fullmatch(value) is None:
        raise EntryError(field, "has not the shape that this field must have")


def _may_fit(field: str, value: str | None, shape: re.Pattern[str]) -> None:
    if value is not None:
        _must_fit(field, value, shape)


def _names_must_differ(field: str, pairs: tuple[tuple[str, str], ...]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise EntryError(field, "names one thing twice")
