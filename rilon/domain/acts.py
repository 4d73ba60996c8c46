"""Acts: what one Matrix event means to us, decoded once at the edge (`rilon.wire`).

No dictionary travels past the decoder. What can't be decoded is an act of its own kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rilon.domain.markings import WrittenMarking
from rilon.domain.verdicts import Code, Parameters


@dataclass(frozen=True, slots=True)
class Unclear:
    """Something that is nearly a marking, or ambiguous. `nearest` is the nearest valid form."""

    problem: str
    """A code of `rilon.domain.marking_text.Problem`."""
    nearest: str | None = None
    found: str = field(default="", repr=False)
    """The few characters that were taken for a marking; shown to the sender alone."""


ReadMarking = WrittenMarking | None | Unclear
"""What reading a text gave: a marking, none, or something unclear."""


class RelationKind(StrEnum):
    REPLY = "reply"
    THREAD = "thread"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Relation:
    """What a post answers or edits: event ids in the same room.

    A reply within a thread names both: `target` is the thread's root, `reply_to` the event
    that is answered.
    """

    kind: RelationKind
    target: str
    reply_to: str | None = None

    @property
    def events(self) -> frozenset[str]:
        """Every event this relation names."""
        return frozenset({self.target} | ({self.reply_to} if self.reply_to else set()))


@dataclass(frozen=True, slots=True, repr=False)
class Attachment:
    """An encrypted file of a post: where its ciphertext lies, how it is opened, and what the
    sender says that it is.

    `server` and `media` name the ciphertext at a homeserver. `key` (32 bytes), `counter` (16
    bytes, AES-256-CTR) and `digest` (SHA-256 of the ciphertext) are those of Matrix's
    EncryptedFile. `size` is in bytes of the plaintext, where the client says it. `name` is empty
    for a preview, which clients show in the file's place.
    """

    server: str
    media: str
    key: bytes
    counter: bytes
    digest: bytes
    mimetype: str
    size: int | None = None
    name: str = ""
    shown_as: str = "m.file"
    """The msgtype: how clients show it."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message that people read. `body` is its text without reply fallback; never logged.

    With `files`, the body is the caption, empty without one. The first is the file, the second
    its preview.
    """

    body: str = field(repr=False)
    marking: ReadMarking
    relation: Relation | None = None
    mentions: frozenset[str] = frozenset()
    """Full Matrix user ids."""
    shown: str | None = field(default=None, repr=False)
    """What readers of the formatted text see, if there is one. It may leave out signs of the
    body: Markdown, the numbers of a list."""
    fallback: str = field(default="", repr=False)
    """The quotation that older clients put before an answer, and that some still show."""
    files: tuple[Attachment, ...] = ()
    quoted: ReadMarking = None
    """What reading its own quotations gave; the fallback is none of them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its files, which readers see beside the caption."""
        return tuple(file.name for file in self.files if file.name)


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji on an event."""

    target: str
    key: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """The removal of an event."""

    target: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's membership in the room changes. `person` is a full Matrix user id."""

    person: str
    membership: str
    display_name: str | None = None
    avatar: str | None = None
    has_reason: bool = False
    other_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class State:
    """Any other state event: for the steward alone."""

    type: str
    state_key: str


@dataclass(frozen=True, slots=True)
class Verification:
    """A step of verifying a device between people (`m.key.verification.*`)."""

    type: str


@dataclass(frozen=True, slots=True)
class Undecodable:
    """An event that breaks its closed shape, or can't be read. It is refused, never skipped."""

    code: Code
    where: str = ""
    """The path of the first offending key (`content.m.new_content.format`): keys, never values."""
    parameters: Parameters = ()


Act = Post | Reaction | Redaction | Membership | State | Verification | Undecodable
