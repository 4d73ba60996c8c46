"""What a release would come to now: the question about the post, and the marking it would have.

Whom it takes is `rilon.application.release`, what their consent comes to
`rilon.application.consents`. The sources are looked up each time, since some time has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rilon.application.consents import grant_of, grants_of, judge_released, marking_of_release
from rilon.application.held import Consent, Held, HeldText
from rilon.application.quotation import Quotation
from rilon.domain import marking_text
from rilon.domain.acts import Post
from rilon.domain.markings import WrittenMarking
from rilon.domain.officers import name_of
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Code, Refuse
from rilon.policy.network import Network
from rilon.policy.question import Question, Standing
from rilon.storage.releases import Request


class ReleaseQuestions:
    """Asks them, under the lock of the request."""

    def __init__(self, quotation: Quotation) -> None:
        self._quotation = quotation

    async def question(
        self, request: Request, text: HeldText, room: Room, network: Network, now: datetime
    ) -> Question:
        """The question about the post as it would be, everything but its words in order: who may
        post is looked at when it is posted."""
        held = request.held
        officer = network.officers.get(name_of(held.sender))
        passages = self._passages(held, text, network, now)
        sources = await request.sources(passages, officer.party) if officer else ()
        return Question(
            act=Post(text.text, None),
            room=room,
            standing=Standing(officer, admitted=True, device_signed=True),
            sender_id=held.sender,
            related={},
            now=now,
            sources=sources,
        )

    async def marking_if(
        self,
        request: Request,
        text: HeldText,
        consents: Sequence[Consent],
        answer: Consent,
        room: Room,
        network: Network,
        now: datetime,
    ) -> WrittenMarking | Refuse:
        """The marking under which the text goes if those who haven't answered yet answer alike,
        or why it can't go so."""
        held, today = request.held, now.astimezone(UTC).date()
        question = await self.question(request, text, room, network, now)
        passages = self._passages(held, text, network, now)
        grants = list(grants_of(consents, room, passages, held.sender, network, today))
        for one in consents:
            if not one.is_given:
                alike = replace(one, marking=answer.marking)
                grant = grant_of(alike, room, passages, network, today)
                grants += [grant] if grant else []
        if not grants or question.standing.officer is None:
            return Refuse(Code.NOT_ADMITTED, "own.held")
        question = replace(question, grants=tuple(grants))
        written = read_marking(held.choice.own if held.choice else "", network, now)
        marking = marking_of_release(text, written, question)
        verdict = judge_released(marking, text, question, network)
        return verdict if isinstance(verdict, Refuse) else marking

    def _passages(
        self, held: Held, text: HeldText, network: Network, now: datetime
    ) -> frozenset[int]:
        post = Post(text.text, None)
        return self._quotation.look(post, held.identity, now, None, None, network, now).passages


def read_marking(marking: str, network: Network, now: datetime) -> WrittenMarking | None:
    today = now.astimezone(UTC).date()
    found = marking_text.read(marking, network.vocabulary, today) if marking else None
    return found if isinstance(found, WrittenMarking) else None
