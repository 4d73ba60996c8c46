"""The embedded network: real servers on one machine, under one state folder.

It starts them in the order they need each other, keeps them running, describes them in
`network.json`, and ends them. Who and what the network holds (officers, rooms) is put in
place by the provisioning it is given.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from rilon.adapters.registration import register
from rilon.config import Log, MigrationSettings, load
from rilon.embedded.layout import PROJECT, Layout, write_private
from rilon.embedded.ports import HOST, keep_ports
from rilon.embedded.postgres import Postgres
from rilon.embedded.redis import Redis
from rilon.embedded.services import (
    START_S,
    Keeper,
    Say,
    Service,
    answers,
    at_once,
    end_leftovers,
)
from rilon.embedded.settings import STEWARD, account_secret, settings_path, write_settings
from rilon.embedded.synapse import GATE_SECRET, HARDENED, REGISTRATION_SECRET, Synapse
from rilon.gate.protocol import HEALTH_PATH, authorization
from rilon.storage.migrate import upgrade

SERVER_NAME = "rilon.localhost"
PARTS = frozenset({"postgres", "redis", "synapse", "audit", "steward", "worker", "beat"})
BASE = frozenset({"postgres", "redis", "synapse"})
PORTS = ("postgres", "redis", "synapse", "audit", "gate")
ENDED_IN_ORDER = ("beat", "worker", "synapse", "steward", "audit", "redis", "postgres")
"""Synapse before the steward: what it still sends is judged, and nothing hangs on a gate."""


class OtherServerName(Exception):
    """The state folder belongs to a network of another name, which can't be changed."""


class UnknownPart(Exception):
    """A part was asked for that a network doesn't have."""


class AlreadyRunning(Exception):
    """Another network runs in this state folder."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What provisioning put in place, as `network.json` shows it to other programs.

    Officers have `user_id`, `password`, `party`, `agency`, `roles`; rooms have `room_id`,
    `alias`, `group`, `kind`, `ceiling`, `default_marking`.
    """

    officers: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    rooms: Sequence[Mapping[str, Any]] = ()


class Network:
    """One embedded network.

    `parts` are the servers to run; without the steward there is no gate, and Synapse runs
    without the module. `hardened` is Synapse's shared configuration. `provision` is awaited
    when every server is ready, before the network is described. Start it from the main thread,
    which must live as long as the network: the kernel ends the children with the thread that
    started them.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        say: Say = print,
        parts: frozenset[str] = PARTS,
        server_name: str = SERVER_NAME,
        policies: Path | None = None,
        hardened: Path = HARDENED,
        provision: Callable[[Network], Awaitable[Provisioned]] | None = None,
    ) -> None:
        if unknown := parts - PARTS:
            raise UnknownPart(f"there is no {min(unknown)}; parts are {', '.join(sorted(PARTS))}")
        self.layout = Layout.at(folder)
        self.server_name = server_name
        self.parts = parts
        self.ports: dict[str, int] = {}
        self.log: Log | None = None
        self._say = say
        self._policies = policies
        self._hardened = hardened
        self._provision = provision
        self._keepers: dict[str, Keeper] = {}
        self._lock: int | None = None

    # What others ask

    @property
    def homeserver(self) -> str:
        """The homeserver's address."""
        return f"http://{HOST}:{self.ports['synapse']}"

    @property
    def gate(self) -> str:
        """The address of the gate, which the steward's process serves."""
        return f"http://{HOST}:{self.ports['gate']}"

    @property
    def audit(self) -> str:
        """The audit service's address."""
        return f"http://{HOST}:{self.ports['audit']}"

    @property
    def processes(self) -> dict[str, int]:
        """The process id of each server that runs now."""
        return {name: keeper.pid for name, keeper in self._keepers.items() if keeper.pid}

    def kill(self, name: str) -> None:
        """Ends a server by SIGKILL, as a crash would. It is started again by itself."""
        self._keepers[name].kill()

    async def wait_ready(self, name: str, limit_s: float = START_S) -> None:
        """Waits until a server is ready (again). Raises `NotStarted`."""
        await self._keepers[name].wait_ready(limit_s)

    def postgres(self) -> Postgres:
        """The database server."""
        return Postgres(self.layout, self.ports["postgres"])

    def owner_address(self) -> str:
        """The database's address as the owner of the tables, password included: never log it."""
        settings = load(MigrationSettings, settings_path(self.layout, "migrate"))
        return settings.database.url()

    # From start to end

    async def start(self) -> None:
        """Starts everything and describes it. On any failure, what ran is ended again.

        Raises `AlreadyRunning`, `OtherServerName`, `NotStarted`, `NoIdentity`, `NoFreePort`.
        """
        self.layout.create()
        self._take_lock()
        try:
            self.layout.description.unlink(missing_ok=True)
            _keep_server_name(self.layout, self.server_name)
            await end_leftovers(self.layout, self._say)
            self.ports = keep_ports(self.layout.data / "ports.json", PORTS)
            self.log = write_settings(self.layout, self.ports, self.server_name, self._policies)
            await self._start_storage()
            await _together(self._start_homeserver(), self._start_audit())
            await self._start_bots()
            provisioned = await self._provision(self) if self._provision else Provisioned()
            self._describe(provisioned)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ends every server in order. Safe to call more than once, and if it never started."""
        if self._lock is None:
            return
        self.layout.description.unlink(missing_ok=True)
        for name in ENDED_IN_ORDER:
            keeper = self._keepers.pop(name, None)
            if keeper is not None:
                await keeper.stop()
        for note in self.layout.run.glob("*.json"):
            note.unlink()
        os.close(self._lock)
        self._lock = None

    async def _start_storage(self) -> None:
        postgres, redis = self.postgres(), Redis(self.layout, self.ports["redis"])
        if not (self.layout.data / "postgres.complete").exists():
            self._say("Making the database cluster, once")
        await postgres.prepare()
        services = [postgres.service()]
        if "redis" in self.parts:
            services.append(redis.service())
        await _together(*(self._keep(service) for service in services))
        await postgres.create_roles_and_databases()
        await self._migrate()

    async def _migrate(self) -> None:
        if self.parts <= BASE:
            return
        await asyncio.to_thread(upgrade, self.owner_address())

    async def _start_homeserver(self) -> None:
        if "synapse" not in self.parts:
            return
        gate = self.gate if "steward" in self.parts else None
        synapse = Synapse(
            self.layout,
            self.ports["synapse"],
            self.ports["postgres"],
            self.server_name,
            gate,
            self._hardened,
        )
        await self._keep(synapse.service(environment()))
        async with aiohttp.ClientSession() as http:
            await register(
                http,
                self.homeserver,
                self.layout.secret(REGISTRATION_SECRET),
                STEWARD,
                self.layout.secret(account_secret(STEWARD)),
                admin=True,
            )

    async def _start_audit(self) -> None:
        if "audit" in self.parts:
            await self._keep(
                self._ours(
                    "audit", "Audit service", ready=partial(answers, f"{self.audit}/healthz")
                )
            )

    async def _start_bots(self) -> None:
        if "steward" in self.parts:
            secret = authorization(self.layout.secret(GATE_SECRET))
            await self._keep(
                self._ours(
                    "steward", "Steward", ready=partial(answers, self.gate + HEALTH_PATH, secret)
                )
            )
        for name in ("worker", "beat"):
            if name in self.parts:
                title = "Celery worker" if name == "worker" else "Celery beat"
                await self._keep(self._ours("worker", title, name))

    def _ours(
        self, module: str, title: str, *more: str, ready: Callable[[], Awaitable[bool]] = at_once
    ) -> Service:
        return Service(
            name=more[0] if more else module,
            title=title,
            command=(
                sys.executable,
                "-m",
                f"rilon.bootstrap.{module}",
                "--config",
                str(settings_path(self.layout, module)),
                *more,
            ),
            ready=ready,
            environment=environment(),
            directory=self.layout.data,
        )

    async def _keep(self, service: Service) -> None:
        keeper = Keeper(service, self.layout, self._say)
        self._keepers[service.name] = keeper
        await keeper.start()
        self._say(f"{service.title} is ready")

    def _describe(self, provisioned: Provisioned) -> None:
        log = self.log
        description = {
            "homeserver": self.homeserver,
            "server_name": self.server_name,
            "audit": self.audit,
            "steward": f"@{STEWARD}:{self.server_name}",
            "officers": [dict(officer) for officer in provisioned.officers],
            "rooms": [dict(room) for room in provisioned.rooms],
            "log": {"origin": log.origin, "verifier_key": log.verifier_key} if log else {},
        }
        write_private(self.layout.description, json.dumps(description, indent=2) + "\n")

    def _take_lock(self) -> None:
        lock = os.open(self.layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise AlreadyRunning(
                f"a network already runs in {self.layout.root}: "
                f"end it with `rilon down --dir {self.layout.root}`, or choose another --dir"
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock


def _keep_server_name(layout: Layout, name: str) -> None:
    path = layout.data / "server_name"
    kept = path.read_text().strip() if path.exists() else name
    if kept != name:
        raise OtherServerName(f"{layout.root} holds the network {kept}: take another --dir")
    write_private(path, name + "\n")


def running_at(layout: Layout) -> int | None:
    """The process id of the network that runs in this state folder, if one does."""
    try:
        lock = os.open(layout.lock, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode().strip()
        return int(holder) if holder.isdigit() else None
    else:
        return None
    finally:
        os.close(lock)


def environment() -> dict[str, str]:
    """What our own processes inherit, with the checkout on Python's path."""
    path = os.pathsep.join(
        part for part in (str(PROJECT), os.environ.get("PYTHONPATH", "")) if part
    )
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


async def _together(*steps: Coroutine[Any, Any, None]) -> None:
    """Does the steps side by side; the first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
