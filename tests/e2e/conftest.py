"""The whole networks of the end-to-end tests, and officers on them as real clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rilon.audit.verify_client import Report, verify
from rilon.bootstrap.operations import Operations, operating
from rilon.embedded.layout import Layout
from rilon.embedded.network import Network
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import PATIENT_S
from rilon.embedded.provision import provisioning, settings_of
from rilon.embedded.settings import AUDITOR_TOKEN, component_keys
from tests.e2e.js_client import JsClient, ensure_js_packages
from tests.e2e.networks import network_of

STEWARD = "@steward:rilon.localhost"


@dataclass
class World:
    """A running network with its officers. Names are local parts (`idn.focal1`)."""

    network: Network
    described: dict[str, Any]
    folder: Path
    stack: AsyncExitStack
    clients: dict[str, OfficerClient] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    on_js: dict[str, JsClient] = field(default_factory=dict)
    """Each library makes an identity of its own: an officer on both would be stopped."""

    @property
    def layout(self) -> Layout:
        return self.network.layout

    def room(self, key: str) -> str:
        """The Matrix id of a room of the policy."""
        rooms = self.described["rooms"]
        return str(next(one["room_id"] for one in rooms if one["alias"].startswith(f"#{key}:")))

    def user(self, name: str) -> str:
        return f"@{name}:{self.network.server_name}"

    def password(self, name: str) -> str:
        officers = self.described["officers"]
        return str(next(one["password"] for one in officers if one["user_id"] == self.user(name)))

    async def officer(self, name: str, *rooms: str) -> OfficerClient:
        """The officer on matrix-nio, signed in once a run, and in these rooms."""
        assert name not in self.on_js, f"{name} is on the other library in another test"
        if name not in self.clients:
            folder = self.folder / "officers" / name
            folder.mkdir(parents=True)
            client = await OfficerClient.sign_in(
                self.network.homeserver, self.user(name), self.password(name), folder
            )
            self.clients[name] = await self.stack.enter_async_context(client)
        client = self.clients[name]
        for key in (f"direct-{name}", *rooms):
            await client.in_room(await self.room_id(key))
        return client

    async def room_id(self, key: str) -> str:
        """The Matrix id of a room, direct rooms included, once it is there."""
        async with operating(settings_of(self.layout)) as operations:
            for _ in range(1800):
                room_id = await operations.rooms.room_id(key)
                if room_id is not None:
                    return room_id
                await asyncio.sleep(0.1)
        raise AssertionError(f"{key} was not made")

    async def card(self, client: OfficerClient, part: str, within: float = PATIENT_S) -> str:
        """A text of the steward to that officer which holds the part."""

        def shown() -> str | None:
            for room_id in client.joined:
                for one in client.received(room_id):
                    if one.sender == STEWARD and part in one.text:
                        return one.text
            return None

        try:
            return await client.wait_for(shown, within)
        except TimeoutError:
            said = [
                one.text[:120]
                for room_id in client.joined
                for one in client.received(room_id)
                if one.sender == STEWARD and one.encrypted
            ]
            raise AssertionError(f"the steward didn't say {part!r}, but {said}") from None

    async def js_officer(self, name: str, *rooms: str) -> JsClient:
        """The officer on matrix-js-sdk, in its "only signed devices" mode, signed in once a run."""
        assert name not in self.clients, f"{name} is on the other library in another test"
        if name not in self.on_js:
            signed_in = await JsClient.sign_in(
                self.network.homeserver, self.user(name), self.password(name)
            )
            self.on_js[name] = await self.stack.enter_async_context(signed_in)
        client = self.on_js[name]
        for key in rooms:
            await client.wait_until_joined(await self.room_id(key))
        return client

    def operating(self) -> Any:
        """The coordinator's side of the network."""
        return operating(settings_of(self.layout))

    async def verify(self) -> Report:
        """The ledger's verification, entries and signatures included."""
        log = self.described["log"]
        return await asyncio.to_thread(
            verify,
            self.described["audit"],
            log["verifier_key"],
            self.layout.secret(AUDITOR_TOKEN),
            component_keys(self.layout),
        )

    async def admin(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request with the steward's own rights, as a server administrator would make it;
        "later" (429) is waited out."""
        async with self.operating() as operations, aiohttp.ClientSession() as http:
            headers = {"Authorization": f"Bearer {operations.homeserver.token}"}
            url = self.network.homeserver + path
            while True:
                async with http.request(method, url, json=body, headers=headers) as response:
                    answer = await response.json()
                    if response.status != 429:
                        return response.status, answer
                await asyncio.sleep(answer.get("retry_after_ms", 1000) / 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Time for the waits of a test of whole networks, unless its file says otherwise."""
    for item in items:
        if "e2e" in item.path.parts and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))


class Worlds:
    """The networks of a run, each started when the first test asks for it."""

    def __init__(self, stack: AsyncExitStack, folders: pytest.TempPathFactory) -> None:
        self._stack = stack
        self._folders = folders
        self._started: dict[str, World] = {}

    async def of(self, name: str) -> World:
        if name not in self._started:
            await asyncio.to_thread(ensure_js_packages)
            started = _started(self._folders.mktemp("world"))
            self._started[name] = await self._stack.enter_async_context(started)
        return self._started[name]


@asynccontextmanager
async def _started(folder: Path) -> AsyncIterator[World]:
    folder.chmod(0o711)
    said: list[str] = []
    network = Network(folder / "state", say=said.append, provision=provisioning(None, said.append))
    await network.start()
    try:
        async with AsyncExitStack() as stack:
            described = json.loads(network.layout.description.read_text())
            yield World(network, described, folder, stack, said=said)
    finally:
        await network.stop()


@pytest.fixture(scope="session")
async def worlds(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Worlds]:
    """Every network that was started, ended with the run."""
    async with AsyncExitStack() as stack:
        yield Worlds(stack, tmp_path_factory)


@pytest.fixture(scope="module")
async def world(worlds: Worlds, request: pytest.FixtureRequest) -> World:
    """The network of the file's tests, whichever worker plays them."""
    return await worlds.of(network_of(request.path.name))


__all__ = ["Operations", "World"]
