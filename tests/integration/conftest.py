"""One real PostgreSQL for a test run, and in it a fresh, migrated database for each module."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import pytest

from rilon.embedded.layout import Layout
from rilon.embedded.ports import choose_ports
from rilon.embedded.postgres import SUPERUSER, Postgres, password_secret
from rilon.embedded.services import Keeper
from rilon.storage.migrate import upgrade
from tests.integration.clients_desk import Homeserver, started

_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
async def loop_of_the_run() -> asyncio.AbstractEventLoop:
    """The loop on which every test here runs."""
    return asyncio.get_running_loop()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """A test over its time limit is cancelled, so that it gives back what it holds.

    The limit itself strikes at any line and leaves the test on the loop: it would go on in the
    next test, with its fixtures gone and its connections open. So it is cancelled just before.
    """
    loop: Any = pyfuncitem.funcargs["loop_of_the_run"]
    limit = _limit_s(pyfuncitem)
    late: list[asyncio.Task[Any]] = []
    alarm = loop.call_later(
        limit * 0.98 or math.inf, lambda: late.extend(_cancelled(pyfuncitem, loop))
    )
    try:
        return (yield)
    except asyncio.CancelledError:
        if late:
            pytest.fail(f"not done within {limit:g} s")
        raise
    finally:
        alarm.cancel()
        if left := _cancelled(pyfuncitem, loop):
            loop.run_until_complete(asyncio.wait(left, timeout=20))


def _limit_s(test: pytest.Function) -> float:
    """Zero: it has none."""
    marker = test.get_closest_marker("timeout")
    given = marker.args[0] if marker else test.config.getoption("timeout")
    return float(test.config.getini("timeout") if given is None else given)


def _cancelled(test: pytest.Function, loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[Any]]:
    """The test's own tasks that aren't over: each is told to end."""
    code = getattr(test.obj, "__wrapped__", test.obj).__code__
    running = [
        task
        for task in asyncio.all_tasks(loop)
        if getattr(task.get_coro(), "cr_code", None) is code
    ]
    for task in running:
        task.cancel()
    return running


@pytest.fixture(scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Postgres]:
    """A running server on a free port, with passwords, ended with the run.

    Nothing of it outlives the machine, so nothing waits for the disk. What a killed server had
    committed is there all the same: the system has it.
    """
    layout = Layout.at(tmp_path_factory.mktemp("postgres"))
    layout.create()
    server = Postgres(layout, choose_ports(["postgres"], {})["postgres"])
    await server.prepare()
    keeper = Keeper(server.service(), layout, lambda line: None)
    await keeper.start()
    await _execute(
        server,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    )
    yield server
    await keeper.stop()


@pytest.fixture(scope="session")
async def migrated(postgres_server: Postgres) -> str:
    """The name of an empty database with every migration, which others are copied from."""
    name = "migrated"
    await _execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C'")
    await asyncio.to_thread(upgrade, _dsn(postgres_server, name))
    return name


@pytest.fixture(scope="module")
async def postgres_dsn(postgres_server: Postgres, migrated: str) -> str:
    """The address, password included, of the module's own migrated database."""
    name = f"test_{next(_numbers)}"
    await _execute(
        postgres_server, f"CREATE DATABASE {name} TEMPLATE {migrated} STRATEGY file_copy"
    )
    return _dsn(postgres_server, name)


async def _execute(server: Postgres, *statements: str) -> None:
    connection = await server.connect(SUPERUSER, "postgres")
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


def _dsn(server: Postgres, database: str) -> str:
    password = server.layout.secret(password_secret(SUPERUSER))
    return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{server.port}/{database}"


@pytest.fixture(scope="session")
def stock_synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """One Synapse without the gate, for all tests of the client libraries."""
    with started(tmp_path_factory.mktemp("synapse")) as made:
        yield made
