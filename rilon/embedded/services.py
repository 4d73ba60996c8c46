"""Keeps the servers of an embedded network running: starts, restarts, ends each of them.

What each server is started with is said in the modules of the servers. A server that ends
without being asked is started again, with growing pauses, and the operator is told.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from rilon.embedded.identity import Identity
from rilon.embedded.layout import Layout, write_private

CHILD = Path(__file__).with_name("child.py")

PAUSES_S = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Pauses before a server is started again; the last one repeats."""
START_S = 180.0
"""So long a server may take to be ready: starting is much work, and a machine may be slow."""
STEADY_S = 20.0
"""A server that ran this long starts again from the first pause."""
TRIES_AT_START = 4
"""So often a server may end before it was ready for the first time."""
LARGEST_LOG = 16 * 1024 * 1024
"""In bytes. A longer log is set aside when its server starts, one generation back."""

Say = Callable[[str], None]


class NotStarted(Exception):
    """A server didn't become ready. The message says which one and where its log is."""


async def _nothing() -> None:
    return None


async def at_once() -> bool:
    """For a server that has nothing to be asked: it counts as ready when it runs."""
    return True


async def answers(url: str, authorization: str = "") -> bool:
    """Whether a server answers that address with 200 within two seconds."""
    limit = aiohttp.ClientTimeout(total=2)
    headers = {"Authorization": authorization} if authorization else {}
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, headers=headers) as http,
            http.get(url) as answer,
        ):
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


@dataclass(frozen=True, slots=True)
class Service:
    """How one server is started, known to be ready, and ended."""

    name: str
    title: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]] = at_once
    before: Callable[[], Awaitable[None]] = _nothing
    """Done before each start (after a crash too)."""
    ending: signal.Signals = signal.SIGTERM
    """Asks the server to end, also when the network dies."""
    identity: Identity | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None


def launch_command(service: Service, parent: int) -> list[str]:
    """The command line of the launcher for this server."""
    command = [sys.executable, "-I", "-S", str(CHILD)]
    command += [f"--parent={parent}", f"--signal={service.ending.name}"]
    if service.identity is not None:
        command += [f"--user={service.identity.uid}", f"--group={service.identity.gid}"]
        if service.identity.keep is not None:
            command.append(f"--keep={service.identity.keep}")
    if service.directory is not None:
        command.append(f"--directory={service.directory}")
    return [*command, "--", *service.command]


class Keeper:
    """Keeps one server running from `start()` to `stop()`."""

    def __init__(self, service: Service, layout: Layout, say: Say) -> None:
        self.service = service
        self.starts = 0
        self._layout = layout
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._was_ready = False
        self._ending = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process id of the server, while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self, limit_s: float = START_S) -> None:
        """Starts the server and waits until it is ready. Raises `NotStarted`."""
        self._ending.clear()
        self._ready.clear()
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.service.name}")
        await self.wait_ready(limit_s)

    async def wait_ready(self, limit_s: float = START_S) -> None:
        """Waits until the server is ready (again). Raises `NotStarted`."""
        task = self._task
        if task is None:
            raise NotStarted(f"{self.service.title} was never started")
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait({ready, task}, timeout=limit_s, return_when="FIRST_COMPLETED")
        finally:
            ready.cancel()
        if task.done():
            task.result()
        if not self._ready.is_set():
            raise NotStarted(self._complaint(f"wasn't ready within {limit_s:.0f} s"))

    async def stop(self, limit_s: float = 15.0) -> None:
        """Asks the server to end, and ends it by force after `limit_s`."""
        self._ending.set()
        self._send(self.service.ending)
        if self._task is None:
            return
        _, late = await asyncio.wait({self._task}, timeout=limit_s)
        if late:
            self._say(f"{self.service.title} didn't end within {limit_s:.0f} s: ended by force")
            self._send(signal.SIGKILL)
            self._task.cancel()
            await asyncio.wait({self._task})
        self._task = None

    def kill(self) -> None:
        """Ends the server by SIGKILL, as a crash would. It is started again."""
        self._ready.clear()
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _keep(self) -> None:
        pauses = iter(PAUSES_S)
        while not self._ending.is_set():
            begun = time.monotonic()
            await self.service.before()
            await self._run_once()
            self._ready.clear()
            if self._ending.is_set():
                return
            if not self._was_ready and self.starts >= TRIES_AT_START:
                raise NotStarted(self._complaint("ended again and again"))
            if time.monotonic() - begun > STEADY_S:
                pauses = iter(PAUSES_S)
            pause = next(pauses, PAUSES_S[-1])
            self._say(f"{self.service.title} ended ({self._how()}); starting it again")
            await asyncio.sleep(pause)

    async def _run_once(self) -> None:
        with _log_file(self._layout.log(self.service.name)) as log:
            self._process = await asyncio.create_subprocess_exec(
                *launch_command(self.service, os.getpid()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.service.environment),
            )
        self.starts += 1
        record_child(self._layout, self.service.name, self._process.pid)
        if self._ending.is_set():
            self._send(self.service.ending)
        watching = asyncio.create_task(self._watch_ready())
        try:
            await self._process.wait()
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _watch_ready(self) -> None:
        while not await self.service.ready():
            await asyncio.sleep(0.05)
        if self.starts > 1:
            self._say(f"{self.service.title} is back")
        self._was_ready = True
        self._ready.set()

    def _how(self) -> str:
        code = self._process.returncode if self._process is not None else None
        if code is None:
            return "unknown"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def _complaint(self, what: str) -> str:
        path = self._layout.log(self.service.name)
        tail = path.read_text(errors="replace").splitlines()[-6:] if path.exists() else []
        return "\n  ".join([f"{self.service.title} {what}. Its log, {path}, ends:", *tail])


def _log_file(path: Path) -> _Log:
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return _Log(path)


class _Log:
    """An open log file's descriptor, for a child to inherit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._descriptor = os.open(self._path, flags, 0o600)
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


# What an earlier network may have left behind


def begun_at(pid: int) -> str | None:
    """When a process began, in clock ticks since boot: with the id, it names one process."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] == "Z" else after_name[19]


def record_child(layout: Layout, name: str, pid: int) -> None:
    """Notes a child, so that the next start can tell whether it is still there."""
    note = {"pid": pid, "begun": begun_at(pid), "at": time.time()}
    write_private(layout.run / f"{name}.json", json.dumps(note) + "\n")


def recorded_children(layout: Layout) -> dict[str, int]:
    """The noted children that still run: name and process id."""
    alive: dict[str, int] = {}
    for path in sorted(layout.run.glob("*.json")):
        note = json.loads(path.read_text())
        if note["begun"] is not None and begun_at(note["pid"]) == note["begun"]:
            alive[path.stem] = note["pid"]
    return alive


def started_at(layout: Layout, name: str) -> float | None:
    """When a child that runs was started, in seconds since 1970; `None` if nobody can tell."""
    if name not in recorded_children(layout):
        return None
    at = json.loads((layout.run / f"{name}.json").read_text()).get("at")
    return at if isinstance(at, float) else None


async def end_leftovers(layout: Layout, say: Say, limit_s: float = 20.0) -> None:
    """Waits for children of an earlier network that are still ending; forces those that don't.

    Called under the lock of the state folder: so no network runs that could own them.
    """
    end = time.monotonic() + limit_s
    said = False
    while left := recorded_children(layout):
        if not said:
            say(f"Waiting for what an earlier start left: {', '.join(sorted(left))}")
            said = True
        late = time.monotonic() > end
        for name, pid in left.items():
            gentle = signal.SIGQUIT if name == "postgres" else signal.SIGTERM
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if late else gentle)
        await asyncio.sleep(0.2)
    for path in layout.run.glob("*.json"):
        path.unlink()
