"""How each kind of effect is performed: rooms, memberships, words, redactions.

Each deed may be done again after a crash and then changes nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bots.steward.mailer import message
from bots.steward.means import Means
from bots.steward.performer import NotYet, Perform
from rilon.adapters.homeserver import HomeserverError
from rilon.application.cards import sign_effects
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect
from rilon.domain.officers import Role, name_of
from rilon.domain.rooms import RoomKind
from rilon.policy import desired
from rilon.policy.network import Network
from rilon.storage.held import HeldStore
from rilon.wire.canonical import content_digest

Json = dict[str, Any]

NO_DEVICE_S = 3.0
"""How long the steward waits before it looks for somebody's signed device again."""

STEWARD_NAME = "Steward"
"""The steward's display name, as each of its memberships shows it."""


class Deeds:
    """The steward's deeds, by kind of effect."""

    def __init__(self, means: Means, held: HeldStore | None = None) -> None:
        self._means = means
        self._held = held
        self._making = asyncio.Lock()

    def by_kind(self) -> dict[str, Perform]:
        """Every kind of effect there is."""
        return {
            "create_room": self.create_room,
            "set_state": self.set_state,
            "link": self.link,
            "join": self.join,
            "unban": self.unban,
            "remove": self.remove,
            "say": self.say,
            "card": self.card,
            "card_retried": self.card_retried,
            "card_settled": self.card_settled,
            "redact": self.redact,
            "react": self.react,
            "nothing": self.nothing,
        }

    # --- rooms -------------------------------------------------------------------------------

    async def create_room(self, due: DueEffect) -> Json:
        """Makes a room of the policy with all its state, unless it is there."""
        key = str(due.payload["room"])
        if key not in (await self._means.network()).rooms:
            return {"room_id": None}
        async with self._making:
            room_id = await self._means.rooms.room_id(key) or await self._adopt(due, key)
            if room_id is None:
                room_id = await self._make(due, key)
                await self._means.rooms.govern(key, room_id)
        return {"room_id": room_id}

    async def _adopt(self, due: DueEffect, key: str) -> str | None:
        """A room that was made before a crash, and not noted any more.

        ATTACK: an alias may lead to somebody else's room. And the homeserver gives the alias
        before the room has its state: one that is half made is finished before it is governed,
        and one that nobody is in, not even we, can't be entered any more and is made anew.
        """
        alias = f"#{key}:{self._means.server}"
        room_id = await self._means.homeserver.room_of_alias(alias)
        if room_id is None:
            return None
        network = await self._means.network()
        room = network.rooms[key]
        standing = await self._means.homeserver.state(room_id)
        state = {(one["type"], one["state_key"]): one["content"] for one in standing}
        creators = {one["sender"] for one in standing if one["type"] == "m.room.create"}
        created = state.get(("m.room.create", ""), {})
        wanted = {"room_version": desired.ROOM_VERSION, **desired.creation_content(room)}
        if creators != {self._means.homeserver.user_id} or created != wanted:
            raise HomeserverError(409, "ORG_RILON_NOT_OUR_ROOM")
        own = state.get(("m.room.member", self._means.homeserver.user_id), {})
        if own.get("membership") != "join":
            await self._means.homeserver.release_alias(alias)
            return None
        for event in desired.room_state(network, room, self._means.server):
            if state.get((event.type, event.state_key)) != event.content:
                await self._set(due, room_id, event.type, event.state_key, dict(event.content))
        await self._means.rooms.govern(key, room_id)
        return room_id

    async def _make(self, due: DueEffect, key: str) -> str:
        network = await self._means.network()
        room = network.rooms[key]
        state = desired.room_state(network, room, self._means.server)
        creation = desired.creation_content(room)
        first: list[tuple[str, str, Mapping[str, Any]]] = [
            ("m.room.create", "", {"room_version": desired.ROOM_VERSION, **creation}),
            *((event.type, event.state_key, event.content) for event in state),
            (
                "m.room.member",
                self._means.homeserver.user_id,
                {"membership": "join", "displayname": STEWARD_NAME},
            ),
        ]
        wire = {"first": [[kind, at, content_digest(content).hex()] for kind, at, content in first]}
        await self._means.effects.prepare(due, wire, None)
        body = {
            "room_alias_name": key,
            "room_version": desired.ROOM_VERSION,
            "creation_content": creation,
            "visibility": "private",
            "preset": "private_chat",
            "initial_state": [
                {"type": event.type, "state_key": event.state_key, "content": event.content}
                for event in state
                if event.type != "m.room.canonical_alias"
            ],
        }
        return await self._means.homeserver.create_room(body)

    async def set_state(self, due: DueEffect) -> Json:
        """Sets one state event of a governed room."""
        room_id = await self._means.room_id(str(due.payload["room"]))
        await self._set(
            due,
            room_id,
            str(due.payload["type"]),
            str(due.payload["state_key"]),
            dict(due.payload["content"]),
        )
        return {}

    async def link(self, due: DueEffect) -> Json:
        """Makes a room a child of its group's space, and the space its parent."""
        space = await self._means.room_id(str(due.payload["space"]))
        room = await self._means.room_id(str(due.payload["room"]))
        await self._set(due, space, "m.space.child", room, desired.space_child(self._means.server))
        await self._set(
            due, room, "m.space.parent", space, desired.space_parent(self._means.server)
        )
        return {}

    async def _set(
        self, due: DueEffect, room_id: str, kind: str, state_key: str, content: Json
    ) -> None:
        wire = {"room_id": room_id, "type": kind, "state_key": state_key}
        await self._means.effects.prepare(due, wire, content_digest(content))
        await self._means.homeserver.set_state(room_id, kind, state_key, content)

    # --- memberships -------------------------------------------------------------------------

    async def join(self, due: DueEffect) -> Json:
        """Joins an officer, with no invitation to answer. Only while still admitted."""
        key, user_id = str(due.payload["room"]), str(due.payload["user_id"])
        network, name = await self._means.network(), name_of(user_id)
        officer = network.officers.get(name)
        if officer is None or name not in network.members(key):
            return {"joined": False}
        room_id = await self._means.room_id(key)
        if (
            not officer.within_term(self._means.now().date())
            or user_id not in await self._means.officers.admitted()
        ):
            return {"joined": False}
        invitation = content_digest({"membership": "invite"})
        await self._means.effects.prepare(due, {"room_id": room_id, "invites": user_id}, invitation)
        try:
            await self._means.homeserver.join_officer(room_id, user_id)
        except HomeserverError:
            if user_id not in await self._means.members(room_id):
                await self._take_picture_out(user_id)
                raise
        belongs = name in (await self._means.network()).members(key)
        if not belongs or user_id not in await self._means.officers.admitted():
            # Removed while the join was under way: who listed the rooms didn't see this one.
            await self._means.homeserver.kick(room_id, user_id)
            return {"joined": False}
        return {"joined": True}

    async def _take_picture_out(self, user_id: str) -> None:
        """ATTACK: a picture in one's profile, which the homeserver puts into every join, which
        the gate refuses for it. Its owner can't take it out either: changing one is disabled."""
        account = await self._means.homeserver.account(user_id)
        if account is not None and account.get("avatar_url"):
            await self._means.homeserver.set_account(user_id, {"avatar_url": ""})
            raise NotYet

    async def unban(self, due: DueEffect) -> Json:
        """Lifts a ban."""
        room_id = await self._means.room_id(str(due.payload["room"]))
        user_id = str(due.payload["user_id"])
        try:
            await self._means.homeserver.unban(room_id, user_id)
        except HomeserverError:
            for event in await self._means.homeserver.state(room_id):
                banned = event["content"].get("membership") == "ban"
                if event["type"] == "m.room.member" and event["state_key"] == user_id and banned:
                    raise
        return {}

    async def remove(self, due: DueEffect) -> Json:
        """Removes somebody from a room. Who isn't in it is removed already."""
        room_id = await self._means.rooms.room_id(str(due.payload["room"]))
        if room_id is None:
            return {"removed": False}
        try:
            await self._means.homeserver.kick(room_id, str(due.payload["user_id"]))
        except HomeserverError as error:
            if error.status in (403, 404) and error.reason is None:
                members = await self._means.members(room_id)
                if due.payload["user_id"] not in members:
                    return {"removed": False}
            raise
        return {"removed": True}

    # --- words -------------------------------------------------------------------------------

    async def say(self, due: DueEffect) -> Json:
        """Says something to a room; nothing to somebody who isn't admitted any more."""
        network = await self._means.network()
        key = _place(str(due.payload["to"]), network)
        room_id = await self._means.room_id(key)
        mentioned = due.payload.get("mention")
        if mentioned is not None and mentioned not in await self._means.officers.admitted():
            return {}
        await self._until_readable(mentioned)
        said = await self._means.speech.compose(due.payload, network, self._means.now())
        replaces = None
        if "updates" in due.payload:
            shown = await self._means.effects.result_of(str(due.payload["updates"]))
            replaces = str(shown["event_id"]) if shown and shown.get("event_id") else None
        content = message(said, self._mentioned(due.payload, network), replaces)
        return {"event_id": await self._send(due, room_id, content)}

    async def _until_readable(self, user_id: object) -> None:
        """What is said to somebody without a signed device could never be read: it waits."""
        if isinstance(user_id, str):
            devices = await self._means.officers.devices(user_id)
            if not any(one.signed for one in devices):
                raise NotYet(NO_DEVICE_S)

    def _mentioned(self, payload: Mapping[str, Any], network: Network) -> list[str]:
        """Whose phone should ring: for an alarm the coordinators', else whom it is for."""
        if payload["to"] == RoomKind.COORDINATION.value:
            return [
                f"@{officer.name}:{self._means.server}"
                for officer in network.officers.values()
                if Role.COORDINATOR in officer.roles
            ]
        mention = payload.get("mention")
        return [] if payload.get("quiet") or not mention else [str(mention)]

    async def card(self, due: DueEffect) -> Json:
        """Explains a refusal to its sender, in their direct room, with a mention."""
        return await self._card(due, due.payload, attempts=1, replaces=None)

    async def card_retried(self, due: DueEffect) -> Json:
        """Brings the card up to date: they tried again."""
        name = f"card-{due.payload['card']}"
        first = await self._means.effects.payload_of(name)
        shown = await self._means.effects.result_of(name)
        if first is None or shown is None or not shown.get("event_id"):
            # The card has its turn before this. If it shows nowhere, it never will; waiting for
            # it would hold up everything else for this officer, for ever.
            return {}
        return await self._card(
            due, first, attempts=int(due.payload["attempts"]), replaces=shown["event_id"]
        )

    async def card_settled(self, due: DueEffect) -> Json:
        """Brings the card up to date: what became of the text."""
        name = f"card-{due.payload['card']}"
        first = await self._means.effects.payload_of(name)
        shown = await self._means.effects.result_of(name)
        if first is None or shown is None or not shown.get("event_id"):
            return {}
        now_known = {**first, "absent": due.payload.get("absent", "")}
        return await self._card(due, now_known, attempts=0, replaces=shown["event_id"])

    async def _card(
        self, due: DueEffect, payload: Mapping[str, Any], attempts: int, replaces: str | None
    ) -> Json:
        network = await self._means.network()
        sender = due.subject
        name = name_of(sender)
        room_id = await self._means.rooms.room_id(direct_room_key(name))
        if name not in network.officers or room_id is None:
            # Nobody to tell: a stranger, or an officer who never came in.
            return {}
        identity, now = bytes.fromhex(str(payload.get("card", ""))), self._means.now()
        held = None if self._held is None else await self._held.of_message(identity, now)
        addressed = {**payload, "mention": sender}
        said = self._means.speech.card(addressed, network, attempts, now, held)
        event_id = await self._send(due, room_id, message(said, [sender], replaces))
        if self._held is not None and held is not None and held.is_open and replaces is None:
            signs = sign_effects(held, room_id, event_id)
            await self._held.shown(identity, event_id, signs)
        return {"event_id": event_id}

    async def post(self, due: DueEffect, room_id: str, content: Json) -> str:
        """Sends a message to everyone admitted in a room; its event id."""
        return await self._send(due, room_id, content)

    async def redact(self, due: DueEffect) -> Json:
        """Takes an event back."""
        room_id, event_id = str(due.payload["room_id"]), str(due.payload["event_id"])
        content = {"redacts": event_id}
        wire = {"room_id": room_id, "type": "m.room.redaction"}
        await self._means.effects.prepare(due, wire, content_digest(content))
        return {"event_id": await self._means.homeserver.redact(room_id, event_id, due.transaction)}

    async def react(self, due: DueEffect) -> Json:
        """Puts a reaction on something the steward said, so that one tap chooses."""
        shown = await self._means.effects.result_of(str(due.payload["on"]))
        if shown is None or not shown.get("event_id"):
            return {}
        room_id = await self._means.room_id(
            _place(str(due.payload["to"]), await self._means.network())
        )
        key = str(due.payload["key"])
        return await self._means.mailer.react(due, room_id, str(shown["event_id"]), key)

    async def nothing(self, due: DueEffect) -> Json:
        """A mark that something was noted; there is nothing to do."""
        return {}

    # --- what they need ----------------------------------------------------------------------

    async def _send(self, due: DueEffect, room_id: str, content: Json) -> str:
        members = set(await self._means.members(room_id))
        readers = sorted(members & await self._means.officers.admitted())
        return await self._means.mailer.send(due, room_id, content, readers)


def _place(to: str, network: Network) -> str:
    """The room's key; `coordination` is the first room of that kind."""
    if to != RoomKind.COORDINATION.value:
        return to
    keys = (key for key, room in network.rooms.items() if room.kind is RoomKind.COORDINATION)
    return min(keys, default=to)
