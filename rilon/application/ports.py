"""What the use cases need from the outside, as protocols, and the values that pass through.

`rilon.storage` and the steward implement them; nothing here performs anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from rilon.application.bulletin_values import Posting
from rilon.application.cited import Found
from rilon.application.held import Carried, NewHeld, Outcome, Posted
from rilon.application.request_values import Words
from rilon.bulletins.sources import Citation
from rilon.domain.acts import Attachment
from rilon.domain.entries import Entry
from rilon.domain.files import FileFacts
from rilon.domain.markings import Marking
from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.network import Network
from rilon.policy.question import Related, RelatedKind, Source

_RELATABLE = frozenset(kind.value for kind in RelatedKind)


class Unsure(Exception):
    """The answer isn't known right now: the gate says `later`. Never an accept."""


# --- messages ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A decrypted message: its plaintext, its index in the session, and the session's owner,
    the officer and device whose Olm message first brought the session."""

    plaintext: bytes
    index: int
    user_id: str
    curve25519: str
    ed25519: str


class KeyMissing(Exception):
    """No session of that id has reached the steward, and none is on its way."""


class NotOpened(Exception):
    """The session is here, and the ciphertext is not one of it."""


class Opener(Protocol):
    """Opens encrypted messages."""

    async def open(self, room_id: str, session_id: str, ciphertext: str) -> Opened:
        """Raises KeyMissing, NotOpened, or Unsure while a key may still be on its way."""


class PatientOpener(Opener, Protocol):
    """Opens messages whose keys may still be on their way."""

    async def catch_up(self) -> None:
        """Returns when everything is known that the homeserver held when this was asked."""


class FileOpener(Protocol):
    """Fetches, decrypts and looks into the files of messages."""

    async def open_all(self, files: Sequence[Attachment], largest: int) -> tuple[FileFacts, ...]:
        """What is known of each, in their order; `largest` in bytes. Raises Unsure while the
        homeserver doesn't give them."""


# --- verdicts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was decided about the same message before."""

    accepted: bool
    code: str | None
    rule: str
    policy_id: int
    attempts: int
    delivered: bool
    recalled: bool = False

    @property
    def verdict(self) -> Verdict:
        """The verdict as it is told again."""
        if self.accepted:
            return Accept(rule=self.rule)
        return Refuse(Code(self.code or Code.RULE_FAILED), self.rule)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered event of the room that others may relate to. `marking` is None for what
    carries no content, and for the steward's own words."""

    event_id: str
    sender: str
    kind: str
    marking: Marking | None
    sent_at: datetime
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything a verdict depends on, read in the verdict's own transaction."""

    policy_id: int | None
    officer_state: str | None
    device_curve25519: str | None
    device_signed: bool
    recorded: Recorded | None
    index_identity: bytes | None
    """The message that already used this index of this session, if any."""
    related: tuple[Delivered, ...]
    rooms: int = 0
    """The generation of the rooms on demand."""
    related_pending: bool = False
    """Whether something it names was accepted and hasn't been seen in the room yet."""
    recent_words: bytes | None = field(default=None, repr=False)
    """What the sender said in the room within the last minutes, sealed."""

    def relatable(self) -> dict[str, Related]:
        """What the message names and may relate to, as the decision asks for it."""
        return {
            one.event_id: Related(
                one.event_id,
                one.sender,
                one.marking,
                RelatedKind(one.kind),
                one.sent_at,
                one.recalled,
            )
            for one in self.related
            if one.kind in _RELATABLE
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict to be stored. `identity` names the message, `event_id` this attempt."""

    identity: bytes
    event_id: str
    sender: str
    device_id: str | None
    session_id: str | None
    message_index: int | None
    kind: str
    accepted: bool
    code: str | None
    rule: str
    marking: Marking | None
    policy_id: int
    sent_at: datetime
    decided_at: datetime
    edits: str | None = None
    """The event that an accepted edit changes. From now on that event carries the edit's marking,
    which is a join with its own: who answers it answers what readers see of it."""
    relations: tuple[tuple[str, str], ...] = ()
    """What it answers or edits: the kind of relation and the event; and its files: `file` with
    server and media."""


# --- what lies sealed --------------------------------------------------------------------------


class Safe(Protocol):
    """Seals bytes under a key that lies elsewhere."""

    def seal(self, value: bytes) -> bytes:
        """The value, sealed."""

    def open(self, sealed: bytes) -> bytes:
        """The value. Raises ValueError if it was altered, or sealed under another key."""


class RoomDecision(Protocol):
    """A room under its lock, within one transaction that ends with the context."""

    @property
    def key(self) -> str | None:
        """The room's key in the policy, once looked; None for a room that isn't governed."""

    async def look(
        self,
        identity: bytes,
        sender: str,
        device_id: str | None,
        session_id: str | None,
        index: int | None,
        related: Sequence[str],
    ) -> Seen:
        """Everything the verdict depends on."""

    async def sources(self, passages: Collection[int], party: Party) -> tuple[Source, ...]:
        """What was delivered to that party and holds one of these passages."""

    def remember(self, sender: str, sealed: bytes) -> None:
        """An officer's recent words in this room, sealed, to be kept with the verdict."""

    async def record(self, judged: Judged, entry: Entry, effects: Sequence[NewEffect] = ()) -> None:
        """Stores verdict, ledger outbox row and effects; durable when the context ends."""

    async def record_again(
        self, identity: bytes, event_id: str, effects: Sequence[NewEffect] = ()
    ) -> None:
        """Notes that the same message was asked once more, under another event id."""

    async def hold(self, new: NewHeld) -> None:
        """Keeps the text of a refused message, sealed; once, whatever comes again."""

    async def relayed(self, effect_id: int, now: datetime) -> Carried | None:
        """The held text that this effect of the steward posts, under its lock, if it does."""

    async def on_their_way(self, effect_id: int) -> Words | None:
        """The words of a request that this effect of the steward carries, under their lock."""

    async def unsaid(
        self, identities: Collection[bytes], events: Collection[str]
    ) -> frozenset[bytes]:
        """Of these messages those in which nobody wrote REL, and those of `events`."""

    async def posting(self, effect_id: int) -> Posting | None:
        """What this effect of the steward posts in an officer's name, under its lock."""

    async def cited(
        self, citations: Collection[Citation], reader: Officer, network: Network
    ) -> dict[Citation, Found]:
        """What is cited, as it is now, as far as this officer may cite it."""

    async def drafts(self, identities: Collection[bytes]) -> frozenset[bytes]:
        """Which of these messages are drafts of bulletins: typed by an analyst, or a preview."""

    async def settle_posting(
        self, posting_id: str, code: str | None, posted: Posted | None
    ) -> None:
        """Erases what was to be posted: it was let in, or (without `posted`) refused."""

    async def settle_words(self, words_id: str, code: str | None, posted: Posted | None) -> None:
        """Erases words of a request: they were let in, or (without `posted`) refused."""

    async def showed(self, identity: bytes, party: Party, posted: Posted) -> None:
        """A held text was let into that party's desk; what this leaves once it is delivered."""

    async def settle(
        self, identity: bytes, outcome: Outcome, code: str | None, posted: Posted | None = None
    ) -> None:
        """Erases a held text and keeps what became of it."""


class Decisions(Protocol):
    """The gate's way to its tables."""

    def in_room(self, room_id: str) -> AbstractAsyncContextManager[RoomDecision]:
        """One transaction under the room's lock. Raises Unsure while the database is away."""


class Policies(Protocol):
    """Policies by the id of their version."""

    async def version(self, policy_id: int, generation: int) -> Network:
        """The network of that version, with the rooms on demand of that generation; kept in
        memory, since neither ever changes."""


# --- effects -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewEffect:
    """An effect to be written. Effects of one `subject` (a room's key, an officer) keep their
    order. `once` names the effect, so that writing it twice is writing it once. It is performed
    no sooner than `after` from now."""

    kind: str
    subject: str
    payload: Mapping[str, Any]
    once: str | None = None
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class DueEffect:
    """An effect to be performed. `wire` is the exact event, if it was already made."""

    id: int
    kind: str
    subject: str
    payload: Mapping[str, Any]
    wire: Mapping[str, Any] | None
    attempts: int

    @property
    def transaction(self) -> str:
        """The Matrix transaction id: derived, so that a resend is the same event."""
        return f"rilon-effect-{self.id}"


class OwnEvents(Protocol):
    """Which events of the steward are its own doing."""

    async def recognise(
        self, room_id: str, kind: str, state_key: str | None, digest: bytes
    ) -> int | None:
        """The effect that is being performed with exactly this event, or None."""
