"""What officers do with requests: asking, acting, proposing, deciding; each once, whatever repeats.

Every deed is one transaction: the request is locked, decided on (`rilon.domain.request_rules`),
stored with what it asks of the outbox and the ledger, or nothing of it is. What people read is
others' part: effects name a text by its code (`rilon.application.request_tellings`).
"""

from __future__ import annotations

from datetime import datetime

from rilon.application.request_values import Listed, NewRequest, Place, Proposed, WordsKind
from rilon.domain.markings import WrittenMarking
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_steps import Command, No, Outcome
from rilon.domain.verdicts import Refuse


class Requests:
    """The deeds. `sender` and `actor` are full user ids; `event_id` is the delivered message or
    reaction that asks for the deed, and makes it one: with the same event it is done once, and
    `None` is returned after that.

    Whatever a deed comes to is told by an effect that it writes: to the actor in the thread where
    it was asked for, to the other side where that has to know. A caller only needs what it
    returns where it says so.
    """

    async def ask(
        self,
        sender: str,
        group: str,
        new: NewRequest,
        asked_in: str,
        event_id: str,
        root: str | None = None,
    ) -> RequestNumber | No | Refuse | None:
        """Asks it: draws a number, sends it, and carries it into each addressee's desk.

        `asked_in` is the key of the room where it was asked (the own desk or a direct room),
        `root` the thread there, `event_id` itself if None. A `Refuse` says that its words may not
        go into a desk as they are marked (personal data undeclared, RED): nothing is stored.
        No and Refuse are the caller's to tell: the draft is still in its hands.
        """
        raise NotImplementedError

    async def act(
        self, actor: str, at: Place | RequestNumber, command: Command, event_id: str
    ) -> Outcome | None:
        """Acknowledge, Assign, Finish, Refuse, Withdraw, Close. What carries words is `propose`.

        `at` is what the actor replied to or tapped, or the number that they typed. Its outcome is
        told in the thread.
        """
        raise NotImplementedError

    async def propose(
        self,
        sender: str,
        at: Place | RequestNumber,
        words: str,
        marking: WrittenMarking | None,
        kind: WordsKind,
        event_id: str,
        *,
        at_once: bool = False,
        until: datetime | None = None,
    ) -> Proposed | No | Refuse | None:
        """Words for the other side: ANSWER, PART, CLARIFICATION, DELAY (with `until`) from an
        addressee's desk, CLARIFIED from the requester's thread.

        `words` are without their marking, `marking` is what was written (None for none). With
        `at_once` they go without a preview, if the sender may speak for the party: for commands
        (`!clarify`, `!delay`) and for the requester's reply. No and Refuse are told in the thread.
        """
        raise NotImplementedError

    async def decide_proposal(
        self, preview_event: str, actor: str, sends: bool, event_id: str
    ) -> Outcome | None:
        """✅ or ❌ on a preview, or on the proposed message itself. None if it is neither.

        The first decides; whoever comes second is told who did. What is sent counts from now on,
        and is told as sent once the gate let it in.
        """
        raise NotImplementedError

    async def place(self, event_id: str) -> Place | None:
        """What a message is to a request, if it is anything."""
        raise NotImplementedError

    async def listed(self, reader: str, now: datetime) -> tuple[Listed, ...]:
        """The open requests that the reader's party asked or is asked, the most urgent first."""
        raise NotImplementedError
