"""Bulletins on their way: versions, what is posted of them, and what became of it. Values alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rilon.bulletins.sources import Citation
from rilon.domain.acts import Attachment
from rilon.domain.files import FileType
from rilon.domain.rooms import RoomKind
from rilon.texts.rendering import Text


class State(StrEnum):
    """Where a version of a bulletin stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    """Waits for approval by another analyst."""
    APPROVED = "approved"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    REFUSED = "refused"
    """The gate let it into none of its rooms."""
    OVER = "over"
    """Thrown away, or replaced by a later version."""

    @property
    def waits(self) -> bool:
        """Whether somebody has still to do something with it."""
        return self in (State.DRAFT, State.SUBMITTED, State.APPROVED)


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A picture beside the file: its type and bytes."""

    type: FileType
    data: bytes


Pictures = Mapping[str, Picture]
"""By the names under which the text has them."""


@dataclass(frozen=True, slots=True)
class Thread:
    """Where it is spoken of: the analysts' room, and the message under which; None for a file."""

    room: str
    root: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Version:
    """One version of a bulletin. `content` is its file; `author` and `approved_by` are officers'
    names, `author` None while it was drafted by the steward and nobody has taken it over.

    `published` is the revision that stands in the rooms, 0 before; `withdrawn` that nothing does
    any more. `leave_out`: without the parts that are marked above the whole.
    """

    number: str
    revision: int
    state: State
    content: bytes
    digest: bytes
    author: str | None = None
    approved_by: str | None = None
    thread: Thread | None = None
    groups: tuple[str, ...] = ()
    published: int = 0
    withdrawn: bool = False
    leave_out: bool = False


def digest_of(content: bytes, pictures: Pictures) -> bytes:
    """SHA-256 of all that readers would see: what was approved is this and nothing else."""
    found = hashlib.sha256(len(content).to_bytes(8) + content)
    for name in sorted(pictures):
        data = pictures[name].data
        found.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(data).digest())
    return found.digest()


class Via(StrEnum):
    """Where an analyst takes a step: what it is worth that the step bears their name."""

    ROOM = "room"
    """In a message of a signed device, which the gate let in."""
    SHELL = "shell"
    """In a shell of the server, whose user names whom they like."""


class PostingState(StrEnum):
    WAITING = "waiting"
    POSTED = "posted"
    REFUSED = "refused"
    DROPPED = "dropped"
    """Not sent, since another part was refused."""


class Purpose(StrEnum):
    """What the steward posts in an officer's name, and where that may be."""

    BULLETIN = "bulletin"
    WITHDRAWAL = "withdrawal"
    PREVIEW = "preview"
    REPORT = "report"

    @property
    def room(self) -> RoomKind:
        """The only kind of room that it may be posted in."""
        mine = (Purpose.BULLETIN, Purpose.WITHDRAWAL)
        return RoomKind.BULLETINS if self in mine else RoomKind.ANALYSIS


@dataclass(frozen=True, slots=True, repr=False)
class Posting:
    """One message that the steward posts in an officer's name.

    `number` is the bulletin's or the report's. `sender` is the full user id of whose words they
    are: of a bulletin who approved it. `text` has the marking in it; with a file it is the caption.
    `picture` names the file of the version; `file` is the steward's encrypted copy, once there is
    a place for it, `file_digest` the SHA-256 of what was approved. `replaces` is the event that it
    is an edit of, `root` the thread that it stands in. `cited` is what it rests on.
    `said_in` are an officer's own messages that it repeats: taken back, they take it along.
    `stands` says whether all that it rests on still does: approved by another than its author, and
    not changed since.
    """

    id: str
    purpose: Purpose
    number: str
    revision: int
    room: str
    part: int
    sender: str
    marking: str
    state: PostingState
    text: Text | None
    picture: str | None = None
    file: Attachment | None = None
    file_digest: bytes | None = None
    replaces: str | None = None
    root: str | None = None
    cited: tuple[Citation, ...] = ()
    said_in: tuple[str, ...] = ()
    stands: bool = False


class No(StrEnum):
    """Why a step isn't taken. The texts are `rilon.texts.bulletin_notices`."""

    UNKNOWN = "unknown"
    NOT_ANALYST = "not_analyst"
    OWN = "own"
    """Four eyes: nobody approves what they wrote."""
    NOT_WAITING = "not_waiting"
    NOT_APPROVED = "not_approved"
    NOT_PUBLISHED = "not_published"
    UNDER_WAY = "under_way"
    """It is being posted right now."""
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"
    """Another version has taken its place."""
    NO_REASON = "no_reason"
