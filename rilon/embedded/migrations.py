"""Checks that the migrations make the tables that the code expects, on an empty database.

Run by `make check` (`python -m rilon.embedded.migrations`): a PostgreSQL of its own in a
temporary folder, gone afterwards.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile

from alembic.util import CommandError

from rilon.embedded.foreground import say
from rilon.embedded.network import Network
from rilon.storage.migrate import check, upgrade


async def in_step() -> bool:
    """Migrates an empty database and compares. Says what is missing."""
    with tempfile.TemporaryDirectory(prefix="rilon-") as folder:
        network = Network(folder, say=lambda line: None, parts=frozenset({"postgres"}))
        await network.start()
        try:
            address = network.owner_address()
            await asyncio.to_thread(upgrade, address)
            await asyncio.to_thread(check, address)
        except CommandError as difference:
            say(f"migrations are not in step with the tables: {difference}")
            return False
        finally:
            await network.stop()
    say("migrations in step with the tables")
    return True


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(in_step()) else 1)
