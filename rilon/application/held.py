"""The text of a refused message while it waits: what is kept, until when, and what became of it.

Values only. What it waits for is `rilon.application.choices` and, where others must consent,
`rilon.application.release`; it is kept by `rilon.storage.held`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from rilon.application.choices import Choice
from rilon.domain.acts import Relation
from rilon.domain.markings import (
    Marking,
)
from rilon.domain.parties import Party

HELD_FOR = timedelta(minutes=15)
"""How long a text waits for its sender's choice."""


@dataclass(frozen=True, slots=True)
class HeldText:
    """What is kept of a refused message, sealed. `text` is without its marking.

    `relation` is what it answers in the room where it was refused. `carried` is the marking of
    what it answers, which goes along into any other room; `answered` those messages, each as it was
    when the text was held.
    """

    text: str = field(repr=False)
    relation: Relation | None = None
    carried: Marking | None = None
    answered: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """The choices of one refusal, in the order of the card, and the text that waits for one."""

    choices: tuple[Choice, ...]
    held: HeldText


class Outcome(StrEnum):
    """What became of a held text. With an outcome, the text is gone."""

    POSTED = "posted"
    REFUSED = "refused"
    DISCARDED = "discarded"
    TAKEN = "taken"
    """A request's draft: the guided exchange has it now."""
    EXPIRED = "expired"
    UNSENT = "unsent"
    """The room for it couldn't be had; `code` says why (`rilon.application.opening`)."""
    DECLINED = "declined"
    """An originator didn't consent to its release."""
    LAPSED = "lapsed"
    """Not every originator answered in time."""
    WITHDRAWN = "withdrawn"
    """Its sender took the asking for release back."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A held text that was let in: the identity of its post, and the fingerprints that this
    leaves once it is delivered. Then the text is gone, and they can't be worked out any more."""

    identity: bytes
    passages: frozenset[int]
    files: frozenset[int] = frozenset()
    """Those of them that are of files."""


@dataclass(frozen=True, slots=True, repr=False)
class NewHeld:
    """The text of a refused message, to be kept until `expires_at`, with what is offered."""

    identity: bytes
    sender: str
    device_id: str | None
    room_key: str
    offer: Offer
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """What is held of a refused message, or was. `text` is None once it is gone or past its
    time; `place` is the choice made, `code` the refusal that an attempt to post it met."""

    identity: bytes
    sender: str
    device_id: str | None
    room_key: str
    choices: tuple[Choice, ...]
    expires_at: datetime
    card_event_id: str | None
    place: int | None
    outcome: Outcome | None
    code: str | None
    text: HeldText | None

    @property
    def choice(self) -> Choice | None:
        """The choice that was made."""
        return None if self.place is None else self.choices[self.place]

    @property
    def is_open(self) -> bool:
        """Whether its sender can still choose."""
        return self.text is not None and self.place is None


@dataclass(frozen=True, slots=True)
class Consent:
    """What one party is asked about a held text, or has answered.

    `sources` are the contents that it has to consent to, with their markings at that time.
    `desk` is where it is asked, under the written marking `shown_marking`; both None for the
    sender's own party, which consents by the sender's tap. `marking` is the written one under
    which it consents, `part` where the released part begins and ends in the text, `by` the full
    user id of who answered; `admitted` whether that officer is so now. `hidden`: the sender
    mustn't learn that it is this party. `card_event_id` is its card in the desk. `gone`: one of
    the contents was taken back, or came to its end.
    """

    party: Party
    sources: tuple[tuple[bytes, Marking], ...]
    desk: str | None = None
    shown_marking: str | None = None
    hidden: bool = False
    state: str = "asked"
    marking: str | None = None
    part: tuple[int, int] | None = None
    unnamed: bool = False
    by: str | None = None
    admitted: bool = False
    card_event_id: str | None = None
    gone: bool = False

    @property
    def is_given(self) -> bool:
        """Whether the party consented."""
        return self.state == "granted" and self.marking is not None


@dataclass(frozen=True, slots=True, repr=False)
class Carried:
    """What an event of the steward carries of an officer: a held text, into the room where its
    sender chose to send it, or into the desk of the party `shown_to`. `changed`: what the text
    answers was edited, recalled, removed or tightened since."""

    held: Held
    consents: tuple[Consent, ...] = ()
    shown_to: Consent | None = None
    changed: bool = False
