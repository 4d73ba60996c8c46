"""What benchmarks share: a PostgreSQL of their own, the machine, figures shown and kept."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rilon.embedded.layout import Layout
from rilon.embedded.ports import choose_ports
from rilon.embedded.postgres import SUPERUSER, Postgres, password_secret
from rilon.embedded.services import Keeper
from rilon.storage.migrate import upgrade


async def with_postgres(folder: Path, work: Callable[[str], Awaitable[dict[str, Any]]]) -> Any:
    """Run the work with the address of a fresh, migrated database."""
    layout = Layout.at(folder)
    layout.create()
    server = Postgres(layout, choose_ports(["postgres"], {})["postgres"])
    await server.prepare()
    keeper = Keeper(server.service(), layout, print)
    await keeper.start()
    try:
        connection = await server.connect(SUPERUSER, "postgres")
        await connection.execute("CREATE DATABASE bench TEMPLATE template0 LC_COLLATE 'C'")
        await connection.close()
        password = layout.secret(password_secret(SUPERUSER))
        dsn = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{server.port}/bench"
        await asyncio.to_thread(upgrade, dsn)
        return await work(dsn)
    finally:
        await keeper.stop()


def machine() -> str:
    """What it ran on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def finish(found: dict[str, Any], file: Path | None) -> None:
    """Shows the figures, and writes them as JSON, too, if a file was named."""
    shown(found)
    if file is not None:
        file.write_text(json.dumps(found, indent=2) + "\n")


def shown(found: dict[str, Any], indent: str = "") -> None:
    for name, value in found.items():
        if isinstance(value, dict):
            print(f"{indent}{name}")
            shown(value, indent + "  ")
        else:
            text = f"{value:.3f}" if isinstance(value, float) else str(value)
            print(f"{indent}{name.replace('_', ' ')}: {text}")
