"""What one tap on a message of a request means: ✅, ❌ and 🕶️ on a preview, 👍 on a card, a rating.

Whether it may be done, and what follows, is `rilon.application.requests`.
"""

from __future__ import annotations

from bots.steward.hearing import Heard
from rilon.application.request_tellings import Side, Telling, subject_of
from rilon.application.request_values import Place, Role, WordsKind
from rilon.application.requests import Requests
from rilon.domain.officers import Officer
from rilon.domain.request_course import Usefulness
from rilon.domain.request_steps import Acknowledge, Close
from rilon.domain.taps import Tap, rating_of, tap_of
from rilon.storage.effects import Effects
from rilon.storage.requests import RequestStore


class RequestTaps:
    """Works off taps on what the steward said of requests."""

    def __init__(self, requests: Requests, store: RequestStore, effects: Effects) -> None:
        self._requests = requests
        self._store = store
        self._effects = effects

    async def tapped(self, one: Heard, target: str, officer: Officer) -> bool:
        """Does what the tap asks for; False where nobody knows yet what the message is."""
        place, tap = await self._requests.place(target, one.room), tap_of(one.key)
        if place is None or place.role is Role.PREVIEW:
            if tap in (Tap.SEND, Tap.CANCEL):
                sends = tap is Tap.SEND
                done = await self._requests.decide_proposal(target, one.sender, sends, one.event_id)
                if done is not None or place is not None:
                    return True
            elif tap is Tap.HIDE:
                hid = await self._requests.hide_proposal(target, one.sender, one.event_id)
                if hid or place is not None:
                    return True
        if place is None:
            return False
        if place.role is Role.CARD and tap is Tap.ACKNOWLEDGE:
            await self._requests.act(one.sender, place, Acknowledge(), one.event_id)
        elif place.addressee not in (None, officer.party) and await self._asks_rating(
            place, target
        ):
            useful = rating_of(one.key)
            if useful is not None:
                close = Close(Usefulness(useful.value), place.addressee)
                await self._requests.act(one.sender, place, close, one.event_id)
        return True

    async def _asks_rating(self, place: Place, target: str) -> bool:
        """Whether a message is an answer, or asks how useful one was."""
        if place.role is Role.WORDS:
            words = await self._store.words(place.words or "")
            return words is not None and words.kind is WordsKind.ANSWER
        if place.role is not Role.SAID:
            return False
        subject = subject_of(place.request, place.addressee, Side.REQUESTER)
        said = await self._effects.said_as(subject, target)
        return said is not None and said.get("text") == Telling.TO_RATE.value
