"""One real PostgreSQL for a test run, and in it a fresh, migrated database for each module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio

from rilon.embedded.layout import Layout
from rilon.embedded.ports import choose_ports
from rilon.embedded.postgres import SUPERUSER, Postgres, password_secret
from rilon.embedded.services import Keeper
from rilon.storage.migrate import upgrade

_numbers = count(1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Postgres]:
    """A running server on a free port, with passwords, ended with the run."""
    layout = Layout.at(tmp_path_factory.mktemp("postgres"))
    layout.create()
    server = Postgres(layout, choose_ports(["postgres"], {})["postgres"])
    await server.prepare()
    keeper = Keeper(server.service(), layout, lambda line: None)
    await keeper.start()
    yield server
    await keeper.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def postgres_dsn(postgres_server: Postgres) -> str:
    """The address, password included, of the module's own migrated database."""
    name = f"test_{next(_numbers)}"
    connection = await postgres_server.connect(SUPERUSER, "postgres")
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C'")
    await connection.close()
    password = postgres_server.layout.secret(password_secret(SUPERUSER))
    dsn = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{postgres_server.port}/{name}"
    await asyncio.to_thread(upgrade, dsn)
    return dsn
