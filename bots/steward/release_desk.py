"""What stands in an originator's desk of a request for release: the text, and the card under it.

Whether the text may stand there is the gate's to say, when it arrives there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from bots.steward.choosing import GIVEN_UP_AFTER, relayed_content
from bots.steward.deeds import Deeds
from bots.steward.mailer import message
from bots.steward.means import or_not_yet
from bots.steward.performer import NotYet, Perform
from rilon.adapters.homeserver import HomeserverError
from rilon.application import release_steps
from rilon.application.choices import Choice, ChoiceKind
from rilon.application.held import Consent, Held
from rilon.application.ports import DueEffect
from rilon.domain.officers import name_of
from rilon.domain.parties import in_order
from rilon.domain.verdicts import Code
from rilon.policy.network import Network
from rilon.policy.release import may_release
from rilon.storage.effects import Effects
from rilon.storage.held import HeldStore
from rilon.storage.releases import ReleaseStore
from rilon.storage.rooms import RoomStore
from rilon.texts import releases as texts
from rilon.texts.rendering import Text
from rilon.texts.times import local_date_and_time
from rilon.texts.translator import Translator, translator

Json = dict[str, Any]


class ReleaseDesk:
    """The steward's deeds in the desks. `not_shown` ends a request whose text the gate let not
    into a desk."""

    def __init__(
        self,
        store: ReleaseStore,
        held: HeldStore,
        effects: Effects,
        rooms: RoomStore,
        deeds: Deeds,
        network: Callable[[], Awaitable[Network | None]],
        not_shown: Callable[[Held, str | None], Awaitable[None]],
        server: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._held = held
        self._effects = effects
        self._rooms = rooms
        self._deeds = deeds
        self._network = or_not_yet(network)
        self._not_shown = not_shown
        self._server = server
        self._now = now

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {
            "show": self.show,
            "release_card": self.release_card,
            "release_card_settled": self.release_card_settled,
        }

    async def show(self, due: DueEffect) -> Json:
        """Posts the text in the desk of a party that is asked. The gate judges it."""
        found = await self._asked(due)
        if found is None:
            return {}
        held, consent = found
        if due.wire is None and not release_steps.is_open(held, consent):
            return {}
        try:
            return {"event_id": await self._show(due, held, consent)}
        except HomeserverError as error:
            if error.reason is None and due.attempts < GIVEN_UP_AFTER:
                raise
            if error.reason != Code.REPLAYED.value:
                await self._not_shown(held, error.reason)
        return {}

    async def _show(self, due: DueEffect, held: Held, consent: Consent) -> str:
        if due.wire is not None:
            return await self._deeds.post(due, str(due.wire["room_id"]), {})
        room_id = await self._rooms.room_id(consent.desk or "")
        if room_id is None or held.text is None:
            raise NotYet
        network = await self._network()
        shown = Choice(ChoiceKind.SEND_TO, consent.desk or "", consent.shown_marking or "")
        content = relayed_content(held, shown, held.text, network, self._now())
        return await self._deeds.post(due, room_id, content)

    async def release_card(self, due: DueEffect) -> Json:
        """The card under the text, with the signs that answer it."""
        found = await self._asked(due)
        if found is None or not release_steps.is_open(*found):
            return {}
        held, consent = found
        network = await self._network()
        room_id = await self._rooms.room_id(consent.desk or "")
        if room_id is None:
            raise NotYet
        fits = bool(due.payload["fits"])
        said = self._request_text(held, consent, fits, network)
        content = message(said, self._entitled(consent, network))
        shown = await self._effects.result_of(release_steps.show_name(held, consent.party))
        if shown and shown.get("event_id"):
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": shown["event_id"]}}
        event_id = await self._deeds.post(due, room_id, content)
        signs = release_steps.sign_effects(held, consent, fits)
        await self._store.shown(held.identity, consent.party, event_id, signs)
        return {"event_id": event_id}

    async def release_card_settled(self, due: DueEffect) -> Json:
        """Brings the card in the desk up to date."""
        found = await self._asked(due)
        if found is None:
            return {}
        held, consent = found
        shown = await self._effects.result_of(release_steps.card_name(held, consent.party))
        room_id = await self._rooms.room_id(consent.desk or "")
        if room_id is None or not shown or not shown.get("event_id"):
            return {}
        network = await self._network()
        by = network.officers.get(name_of(consent.by)) if consent.by else None
        said = texts.request_ended(
            _language_of(consent, network),
            consent.state,
            held.outcome.value if held.outcome else "",
            _room_name(held.room_key, network),
            by.display_name if by else "",
            consent.marking or "",
            consent.part is not None,
            consent.unnamed,
        )
        content = message(said, [], str(shown["event_id"]))
        return {"event_id": await self._deeds.post(due, room_id, content)}

    def _request_text(self, held: Held, consent: Consent, fits: bool, network: Network) -> Text:
        officer = network.officers.get(name_of(held.sender))
        room = network.rooms.get(held.room_key)
        asked_for = texts.Request(
            officer=officer.display_name if officer else "",
            party=network.parties[officer.party].name if officer else "",
            room=_room_name(held.room_key, network),
            readers=in_order(room.ceiling) if room else (),
            marking=held.choice.marking if held.choice else "",
            fits=fits,
            until=local_date_and_time(held.expires_at, "UTC"),
            grant_sign=release_steps.GRANT_SIGN,
            unnamed_sign=release_steps.UNNAMED_SIGN,
            decline_sign=release_steps.DECLINE_SIGN,
        )
        return texts.request(_language_of(consent, network), asked_for)

    def _entitled(self, consent: Consent, network: Network) -> list[str]:
        """Whose telephones ring."""
        today = self._now().astimezone(UTC).date()
        return [
            f"@{name}:{self._server}"
            for name in sorted(network.members(consent.desk or ""))
            if may_release(network.releases, network.officers[name], consent.party, today)
        ]

    async def _asked(self, due: DueEffect) -> tuple[Held, Consent] | None:
        identity = bytes.fromhex(due.payload["held"])
        held = await self._held.of_message(identity, self._now())
        if held is None:
            return None
        consents = await self._store.consents(identity)
        mine = next((one for one in consents if one.party == due.payload["party"]), None)
        return None if mine is None else (held, mine)


def _language_of(consent: Consent, network: Network) -> Translator:
    """A desk is one party's: its card speaks that party's language."""
    party = network.parties.get(consent.party)
    return translator(party.languages[0] if party else "en")


def _room_name(key: str, network: Network) -> str:
    room = network.rooms.get(key)
    return room.name if room else key
