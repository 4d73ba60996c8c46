"""A stock Synapse with a doorkeeper that refuses as it is told, and officers on both libraries."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from ruamel.yaml import YAML

from rilon.embedded.officer_client import NotSent, OfficerClient, Sent
from tests.e2e.js_client import JsClient

Json = dict[str, Any]
Client = OfficerClient | JsClient

SERVER_NAME = "clients.test"
PASSWORD = "only for this test"
REGISTRATION_SECRET = "only for this test too"
GENEROUS = {"per_second": 10_000, "burst_count": 10_000}

# Answers as `orders.json` beside it says, and notes each question in `asked.jsonl`.
DOORKEEPER = """
import json, time
from pathlib import Path
from synapse.api.errors import LimitExceededError, SynapseError

class Doorkeeper:
    def __init__(self, config, api):
        self.folder = Path(config["folder"])
        api.register_third_party_rules_callbacks(check_event_allowed=self.check)

    @staticmethod
    def parse_config(config):
        return config

    async def check(self, event, state):
        if event.type != "m.room.encrypted":
            return True, None
        asked = {
            "at": time.time() * 1000,
            "sender": event.sender,
            "txn": getattr(event.internal_metadata, "txn_id", None),
            "device": getattr(event.internal_metadata, "device_id", None),
            "content": dict(event.content),
            "event_id": event.event_id,
        }
        with (self.folder / "asked.jsonl").open("a") as file:
            file.write(json.dumps(asked) + "\\n")
        path = self.folder / "orders.json"
        orders = json.loads(path.read_text()) if path.exists() else []
        if orders:
            order = orders.pop(0)
            path.write_text(json.dumps(orders))
            if order == "refuse":
                raise SynapseError(
                    403, "Not delivered.", "M_FORBIDDEN",
                    additional_fields={"org.rilon.reason": "rel_excludes_room"},
                )
            if order == "break":
                raise RuntimeError("as ordered")
            if isinstance(order, int):
                raise LimitExceededError(limiter_name="rilon", retry_after_ms=order)
        return True, None
"""


@dataclass(frozen=True, slots=True)
class Homeserver:
    """A stock Synapse with the doorkeeper."""

    url: str
    folder: Path

    def order(self, *answers: str | int) -> None:
        """What the doorkeeper answers to the next encrypted events; afterwards it accepts."""
        (self.folder / "asked.jsonl").unlink(missing_ok=True)
        (self.folder / "orders.json").write_text(json.dumps(answers))

    def asked(self) -> list[Json]:
        """What the doorkeeper was asked since the last order."""
        path = self.folder / "asked.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    async def register(self, name: str) -> str:
        """A new user's id."""
        name = f"{name}.{uuid4().hex[:8]}"
        url = f"{self.url}/_synapse/admin/v1/register"
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as answer:
                nonce = (await answer.json())["nonce"]
            signed = "\0".join([nonce, name, PASSWORD, "notadmin"]).encode()
            mac = hmac.new(REGISTRATION_SECRET.encode(), signed, hashlib.sha1).hexdigest()
            body = {"nonce": nonce, "username": name, "password": PASSWORD, "mac": mac}
            async with session.post(url, json=body) as answer:
                assert answer.status == 200, await answer.text()
                return str((await answer.json())["user_id"])


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def synapse_config(folder: Path, port: int) -> Json:
    listener = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "type": "http",
        "tls": False,
        "resources": [{"names": ["client"]}],
    }
    rates = [
        "rc_message",
        "rc_registration",
        "rc_admin_redaction",
        "rc_third_party_invite",
        "rc_presence",
        "rc_room_creation",
    ]
    return {
        "server_name": SERVER_NAME,
        "public_baseurl": f"http://127.0.0.1:{port}/",
        "pid_file": str(folder / "synapse.pid"),
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "synapse.db")}},
        "log_config": str(folder / "log.yaml"),
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "macaroon_secret_key": secrets.token_hex(16),
        "form_secret": secrets.token_hex(16),
        "registration_shared_secret": REGISTRATION_SECRET,
        "report_stats": False,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "presence": {"enabled": False},
        "bcrypt_rounds": 4,
        "modules": [{"module": "doorkeeper.Doorkeeper", "config": {"folder": str(folder)}}],
        **dict.fromkeys(rates, GENEROUS),
        "rc_login": dict.fromkeys(["address", "account", "failed_attempts"], GENEROUS),
        "rc_joins": dict.fromkeys(["local", "remote"], GENEROUS),
        "rc_invites": dict.fromkeys(["per_room", "per_user", "per_issuer"], GENEROUS),
    }


def wait_for_answer(url: str, server: subprocess.Popen[bytes], within: float = 60) -> None:
    """Until the homeserver answers."""
    end = time.monotonic() + within
    while server.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the homeserver doesn't answer")


@contextmanager
def started(folder: Path) -> Iterator[Homeserver]:
    """A Synapse of its own in that folder, ended afterwards."""
    port = free_port()
    (folder / "doorkeeper.py").write_text(DOORKEEPER)
    log = {"version": 1, "handlers": {"file": {"class": "logging.FileHandler"}}}
    log["handlers"]["file"]["filename"] = str(folder / "synapse.log")  # type: ignore[index]
    log |= {"root": {"level": "WARNING", "handlers": ["file"]}, "disable_existing_loggers": False}
    for name, value in (("log.yaml", log), ("homeserver.yaml", synapse_config(folder, port))):
        with (folder / name).open("w") as file:
            YAML(typ="safe").dump(value, file)
    command = [
        sys.executable,
        "-m",
        "synapse.app.homeserver",
        "-c",
        str(folder / "homeserver.yaml"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    (folder / "signing.key").write_text(f"ed25519 a_test {seed}\n")
    with (folder / "output.log").open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, cwd=folder
        )
    try:
        wait_for_answer(f"http://127.0.0.1:{port}", server)
        yield Homeserver(f"http://127.0.0.1:{port}", folder)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


class Officers:
    """Signs officers in and ends their clients after the test."""

    def __init__(self, homeserver: Homeserver, folder: Path, ends: AsyncExitStack) -> None:
        self.homeserver = homeserver
        self._folder = folder
        self._ends = ends

    async def nio(self, user_id: str = "", *, folder: str = "", **options: Any) -> OfficerClient:
        user_id = user_id or await self.homeserver.register("nio")
        place = self._folder / (folder or uuid4().hex)
        client = await OfficerClient.sign_in(
            self.homeserver.url, user_id, PASSWORD, place, **options
        )
        return await self._ends.enter_async_context(client)

    async def js(self, user_id: str = "", **options: Any) -> JsClient:
        user_id = user_id or await self.homeserver.register("js")
        client = await JsClient.sign_in(self.homeserver.url, user_id, PASSWORD, **options)
        return await self._ends.enter_async_context(client)


async def room_of(owner: OfficerClient, *others: Client) -> str:
    """An encrypted room, made by the first and joined by all."""
    encryption = {
        "type": "m.room.encryption",
        "state_key": "",
        "content": {"algorithm": "m.megolm.v1.aes-sha2"},
    }
    visibility = {
        "type": "m.room.history_visibility",
        "state_key": "",
        "content": {"history_visibility": "joined"},
    }
    made = await owner.request(
        "POST",
        "/_matrix/client/v3/createRoom",
        {"preset": "public_chat", "initial_state": [encryption, visibility]},
    )
    room_id = made.text("room_id")
    assert made.status == 200, made.body
    await owner.wait_for(lambda: room_id in owner.joined)
    for other in others:
        await join(other, room_id)
    for member in (owner, *others):
        if isinstance(member, OfficerClient):
            for other in others:
                await knows(member, room_id, other.user_id)
    return room_id


async def join(client: Client, room_id: str) -> None:
    if isinstance(client, JsClient):
        await client.ask("join", room_id=room_id)
    else:
        await client.request("POST", f"/_matrix/client/v3/join/{room_id}", {})
        await client.wait_for(lambda: room_id in client.joined)


async def knows(client: OfficerClient, room_id: str, user_id: str) -> None:
    """Until the client saw the other's membership."""
    await client.wait_for(
        lambda: (
            any(
                event.type == "m.room.member" and event.state_key == user_id
                for event in client.received(room_id)
            )
            or user_id in client._nio.rooms[room_id].users
        )
    )


def event_id(result: Sent | NotSent) -> str:
    assert isinstance(result, Sent), result
    return result.event_id


async def signs(js: JsClient, other: Client) -> bool:
    return (await js.devices(other.user_id)).get(other.device_id, False)


async def until(condition: Callable[[], Awaitable[bool]], within: float = 20) -> None:
    """Until the condition, which asks another process, holds."""
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.05)


async def forgot(js: JsClient, other: Client) -> bool:
    return other.device_id not in await js.devices(other.user_id)


async def session_ids(room_id: str, nio: OfficerClient, js: JsClient, text: str) -> dict[str, str]:
    """Each library sends one message; the sessions that they used."""
    by_js = event_id(await js.send_text(room_id, f"js {text}"))
    by_nio = event_id(await nio.send_text(room_id, f"nio {text}"))
    await js.wait_for_text(room_id, f"js {text}")
    await js.wait_for_text(room_id, f"nio {text}")
    return {
        "js": js.wire(by_js)["session_id"],
        "nio": js.wire(by_nio)["session_id"],
    }
