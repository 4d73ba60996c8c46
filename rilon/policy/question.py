"""What the decision is asked about: an act in a room, who stands behind it, what it relates to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from rilon.domain.acts import Act
from rilon.domain.files import FileFacts
from rilon.domain.markings import Marking
from rilon.domain.officers import Officer
from rilon.domain.parties import Parties
from rilon.domain.rooms import Room
from rilon.policy.release import Grant


@dataclass(frozen=True, slots=True)
class Standing:
    """How the sender stands at this moment, read in the transaction that commits the verdict.

    `officer` is the network's own value, `None` for somebody else. `admitted`: the coordinator
    admitted them and their pinned keys stand. `device_signed`: the owner signed the sending
    device. `in_room`: joined to this room now.
    `is_steward`: the event matches an outbox row that was judged before; the steward's name
    alone isn't enough.
    """

    officer: Officer | None
    admitted: bool = False
    device_signed: bool = False
    in_room: bool = False
    is_steward: bool = False


class RelatedKind(StrEnum):
    """What a related event is."""

    CONTENT = "content"
    """An officer's delivered post. It has a marking."""
    STEWARD = "steward"
    """A post of the steward. It has a marking where it carries officers' content."""
    REACTION = "reaction"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Related:
    """A delivered event of the same room, which the act answers, edits, reacts to or removes.

    `sender` is a full Matrix user id; `sent_at` is aware. `marking` is the effective one today.
    """

    event_id: str
    sender: str
    marking: Marking | None
    kind: RelatedKind
    sent_at: datetime
    recalled: bool = False
    """Whether it was recalled: it can be answered, under its marking, and not be edited."""


@dataclass(frozen=True, slots=True)
class Source:
    """Delivered content that has passages in common with the act: where they may come from.

    INVARIANT: it was delivered to the sender's party. What wasn't is never asked about, so that
    no answer can depend on it.
    `ceiling` is that of the room `room_key`. `marking` is the effective one. `written`: an
    officer wrote a marking on it; else it is the room's default. `passages` are the
    fingerprints in common (`rilon.policy.passages`), at least one.
    """

    identity: bytes
    room_key: str
    ceiling: Parties
    marking: Marking
    written: bool
    passages: frozenset[int]


@dataclass(frozen=True, slots=True)
class Found:
    """A source, the parties that received it, and when it was delivered. Whoever is asked about
    a sender's post never sees this one: it may be of content that the sender never had."""

    source: Source
    parties: Parties
    delivered_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """One event that wants to enter a room.

    `room` is the network's own value. `sender_id` is a full Matrix user id. `related` holds
    the delivered events of this room that the act names, by event id; what is not in it is
    unknown. `now` is aware. `files` is what is known of the files of a post, in their order;
    None while nobody has opened them. `sources` are what the act's passages come from;
    `grants` what their originators consented to, for this very post.
    """

    act: Act
    room: Room
    standing: Standing
    sender_id: str
    related: Mapping[str, Related]
    now: datetime
    files: tuple[FileFacts, ...] | None = None
    sources: tuple[Source, ...] = ()
    grants: tuple[Grant, ...] = ()

    @property
    def today(self) -> date:
        """The day of the question in UTC. A time without zone is an error."""
        if self.now.utcoffset() is None:
            raise ValueError("the question's time has no zone")
        return self.now.astimezone(UTC).date()
