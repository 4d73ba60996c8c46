"""The message that is asked about: what it is, who holds its session, how it is recognised.

It reads nothing from the database; what is on record of it is `Seen`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from rilon.application.ports import Opened, Seen
from rilon.domain.acts import Attachment, Undecodable
from rilon.domain.files import FileFacts
from rilon.wire.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Asked:
    """One event as the homeserver has it, with the device and transaction that sent it."""

    envelope: Envelope
    device_id: str | None
    transaction_id: str | None
    was_told: bool = True
    """Whether an earlier attempt, if there was one, got its verdict. When it got `later`, the
    verdict may be on record and the sender hasn't heard it: this is then no new attempt."""


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """A message under judgement: what it is, and how it is recognised when it comes again."""

    asked: Asked
    identity: bytes
    opened: Opened | None
    problem: Undecodable | None
    files: tuple[FileFacts, ...] | None = None
    """What is known of its files; None while nobody has opened them."""

    @property
    def session_id(self) -> str | None:
        encrypted = self.asked.envelope.encrypted
        return encrypted.session_id if encrypted and self.opened else None

    @property
    def index(self) -> int | None:
        return self.opened.index if self.opened else None

    def is_signed(self, seen: Seen) -> bool:
        """Whether the event came from a device its owner signed, over a session of that device.

        ATTACK: another officer's session claimed as one's own. The session's owner must be the
        sender, and the device that sent the event must hold the key that brought the session.
        """
        if not seen.device_signed:
            return False
        if self.opened is None:
            return True
        sender = self.asked.envelope.sender
        return self.opened.user_id == sender and self.opened.curve25519 == seen.device_curve25519

    def claims_hold(self) -> bool:
        """Whether the clear part names the sending device, if it names one.

        ATTACK: libraries look a session up by what is claimed here, and a hundred characters of
        any words fit into it.
        """
        encrypted = self.asked.envelope.encrypted
        if encrypted is None or self.opened is None:
            return False
        return encrypted.sender_key in (
            None,
            self.opened.curve25519,
        ) and encrypted.device_id in (None, self.asked.device_id)


class FilesUnseen(Exception):
    """Everything else fits; its files are to be opened first, while no room is locked."""

    def __init__(self, files: tuple[Attachment, ...], largest: int) -> None:
        super().__init__()
        self.files = files
        self.largest = largest


def message_identity(asked: Asked) -> bytes:
    """What makes two events the same message: room, sender, device, type and wire content.

    Clients resend the same ciphertext and Synapse then gives it a new event id. Clear events
    have no index of their own: their transaction, or else their event id, tells them apart.
    """
    envelope = asked.envelope
    parts = [envelope.room_id, envelope.sender, asked.device_id or "", envelope.type]
    if envelope.encrypted is None:
        parts += [envelope.state_key or "", asked.transaction_id or envelope.event_id]
    framed = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
    return hashlib.sha256(b"rilon-message-1" + framed + envelope.digest).digest()
