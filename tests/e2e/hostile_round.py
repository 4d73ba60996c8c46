"""One hostile officer for a whole file of attacks, and everybody who must get nothing of them:
readers on both libraries, and the homeserver's own store.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import HttpAnswer, NotSent, Received, Sent
from tests.e2e.attacks import API, REASON, delivered, words
from tests.e2e.conftest import STEWARD, World
from tests.e2e.js_client import JsClient
from tests.e2e.words import word

FLOOR, BOTH = "mps-floor", "mps-aus-idn"
MALLORY, OWNER, HONEST = "idn.focal2", "aus.focal2", "tha.focal1"
READER, JS_READER = "bgd.focal1", "tls.secondee1"
Client = OfficerClient | JsClient

_STORED = """
    SELECT j.event_id, j.json FROM event_json j JOIN events e USING (event_id)
     WHERE e.sender = $1 OR j.json LIKE '%' || $2 || '%'
"""


@dataclass
class HostileRound:
    """An officer with a modified client (`mallory`), and what the homeserver took from them."""

    world: World
    mallory: OfficerClient
    owner: OfficerClient
    honest: OfficerClient
    reader: OfficerClient
    js_reader: JsClient
    mark: str = field(default_factory=lambda: f"zq{word()}")
    """In every text that must reach nobody, and in nothing else."""
    accepted: set[str] = field(default_factory=set)
    before: set[str] = field(default_factory=set)
    """What stood there of mallory before this file."""

    @property
    def floor(self) -> str:
        return self.world.room(FLOOR)

    @property
    def both(self) -> str:
        return self.world.room(BOTH)

    @property
    def readers(self) -> tuple[Client, ...]:
        return (self.reader, self.js_reader, self.honest)

    def hidden(self, marking: str = "TLP:GREEN") -> str:
        """A text that must reach nobody."""
        return words(f"{marking} // {self.mark}")

    async def said(self, text: str, room_id: str = "") -> str:
        """Something of mallory's that may stand there: its event id, once the steward saw it."""
        return await self.taken(await self.mallory.send_text(room_id or self.floor, text))

    async def taken(self, answer: Sent | NotSent) -> str:
        assert isinstance(answer, Sent), answer
        self.accepted.add(answer.event_id)
        await delivered(self.world, answer.event_id)
        return answer.event_id

    async def spoken(self) -> str:
        """Something of another officer's that stands there."""
        answer = await self.honest.send_text(self.floor, words("TLP:GREEN // spoken"))
        assert isinstance(answer, Sent)
        await delivered(self.world, answer.event_id)
        return answer.event_id

    async def put(self, kind: str, content: Any, room_id: str = "", **query: str) -> HttpAnswer:
        """An event as it stands, by the path that its kind has."""
        room, transaction = quote(room_id or self.floor), uuid4()
        path = f"{API}/rooms/{room}/send/{quote(kind, safe='')}/{transaction}"
        return await self.mallory.request("PUT", path, content, query)

    async def send(self, content: Mapping[str, Any]) -> Sent | NotSent:
        """A message on the floor, encrypted."""
        return await self.mallory.send(self.floor, "m.room.message", dict(content))

    async def sealed(self, payload: str | Mapping[str, Any], **clear: Any) -> Sent | NotSent:
        """Any payload on the floor, under a room key that the steward has."""
        await self.mallory.encrypt(self.floor, "m.room.message", {"msgtype": "m.text", "body": "x"})
        session = self.mallory._device.nio.olm.outbound_group_sessions[self.floor]
        text = payload if isinstance(payload, str) else json.dumps(payload)
        wire = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "session_id": session.id,
            "ciphertext": session._session.encrypt(text.encode()).to_base64(),
        }
        return await self.mallory.send_as_is(self.floor, "m.room.encrypted", {**wire, **clear})

    async def share(self, room_id: str, session_id: str, session_key: str) -> None:
        """A room key to the steward, in mallory's name."""
        olm = self.mallory._device.nio.olm
        device = next(iter(olm.device_store.active_user_devices(STEWARD)))
        content = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "room_id": room_id,
            "session_id": session_id,
            "session_key": session_key,
        }
        wrapped = olm._olm_encrypt(
            olm.session_store.get(device.curve25519), device, "m.room_key", content
        )
        path = f"{API}/sendToDevice/m.room.encrypted/{uuid4()}"
        body = {"messages": {STEWARD: {device.id: wrapped}}}
        assert (await self.mallory.request("PUT", path, body)).status == 200

    # --- what nobody got -----------------------------------------------------------------------

    @asynccontextmanager
    async def unseen(self) -> AsyncIterator[None]:
        """After what happens within, two unmodified clients go on and hold nothing of it."""
        yield
        after = words("TLP:GREEN // all quiet")
        assert isinstance(await self.honest.send_text(self.floor, after), Sent)
        for client in (self.reader, self.js_reader):
            await client.wait_for_text(self.floor, after)
            for one in client.received(self.floor):
                assert self.mark not in json.dumps(one.content)
                if one.sender == self.mallory.user_id:
                    known = one.event_id in self.accepted | self.before
                    assert known or _is_plain_membership(one), one

    async def nobody_got_anything(self) -> None:
        """No client of another officer holds, and no interface gives them, any of it; and the
        homeserver keeps no event of mallory's that wasn't accepted."""
        rooms = {room_id for client in (self.reader, self.honest) for room_id in client.joined}
        for client in self.readers:
            for room_id in rooms:
                for one in client.received(room_id):
                    assert self.mark not in json.dumps(one.content)
            for answer in await self._raw(client):
                assert self.mark not in json.dumps(answer)
        assert await self._events_kept() <= self.accepted | self.before

    async def _raw(self, client: Client) -> list[Any]:
        """What the homeserver says to a reader, by every interface that shows events."""
        room = f"{API}/rooms/{quote(self.floor)}"
        seen = client.received(self.floor)[-1].event_id
        me = quote(client.user_id)
        paths = [
            f"{API}/sync?full_state=true&timeout=0",
            f"{room}/messages?dir=b&limit=500",
            f"{room}/context/{quote(seen)}?limit=100",
            f"{room}/state",
            f"{room}/members",
            f"{API}/notifications",
            f"{API}/joined_rooms",
            f"/_matrix/client/v1/rooms/{quote(self.floor)}/threads",
            f"/_matrix/client/v1/rooms/{quote(self.world.room('mps'))}/hierarchy",
            f"{API}/profile/{quote(self.mallory.user_id)}/displayname",
            f"{API}/presence/{quote(self.mallory.user_id)}/status",
            f"{API}/user/{me}/filter/0",
        ]
        answers = [(await client.request("GET", path)).body for path in paths]
        search = {"search_categories": {"room_events": {"search_term": self.mark}}}
        answers.append((await client.request("POST", f"{API}/search", search)).body)
        directory = {"search_term": self.mark, "limit": 10}
        found = await client.request("POST", f"{API}/user_directory/search", directory)
        assert not found.body.get("results")
        return answers

    async def _events_kept(self) -> set[str]:
        connection = await self.world.network.postgres().connect("synapse", "synapse")
        try:
            rows = await connection.fetch(_STORED, self.mallory.user_id, self.mark)
        finally:
            await connection.close()
        for row in rows:
            assert self.mark not in row["json"]
        kept = {row["event_id"]: json.loads(row["json"]) for row in rows}
        return {name for name, event in kept.items() if event["type"] != "m.room.member"}


def _is_plain_membership(one: Received) -> bool:
    """Mallory coming in at the beginning, as the steward asked."""
    shown = {key for key, value in one.content.items() if value}
    return one.type == "m.room.member" and shown <= {"membership", "displayname"}


def barred(answer: HttpAnswer, *codes: str) -> None:
    """Refused with 403 and, where codes are given, with one of them."""
    assert answer.status == 403, (answer.status, answer.body)
    assert not codes or answer.text(REASON) in codes, answer.body


async def hostile_round(world: World) -> HostileRound:
    """Everybody signed in; mallory isn't held back by the homeserver's limits on rates."""
    mallory = await world.officer(MALLORY, FLOOR, BOTH)
    path = f"/_synapse/admin/v1/users/{world.user(MALLORY)}/override_ratelimit"
    await world.admin("POST", path, {"messages_per_second": 0, "burst_count": 0})
    made = HostileRound(
        world,
        mallory,
        await world.officer(OWNER, FLOOR, BOTH),
        await world.officer(HONEST, FLOOR),
        await world.officer(READER, FLOOR),
        await world.js_officer(JS_READER, FLOOR),
    )
    made.before = await made._events_kept()
    return made
