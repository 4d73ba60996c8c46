"""`rilon bulletin submit|approve|publish|status|correct|withdraw`: steps on the running network.

They reach the network's database as its operator does. What they do there: `bulletin_work`.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from rilon.bootstrap.bulletins import Shell, at_the_shell
from rilon.bootstrap.operations import CantOperate, operating
from rilon.commands import bulletin_work as work
from rilon.config import secret
from rilon.embedded.layout import Layout
from rilon.embedded.provision import settings_of

Work = Callable[[Shell], Awaitable[int]]


def submit(state: Path, file: Path, by: str, leave_out: bool) -> int:
    """A new bulletin from a file, submitted for approval."""
    return _run(state, lambda shell: work.submitted(shell, file, by, leave_out))


def correct(state: Path, number: str, file: Path, by: str, leave_out: bool) -> int:
    """Another version of a bulletin, submitted for approval. What stands stays until then."""
    return _run(state, lambda shell: work.submitted(shell, file, by, leave_out, of=number))


def approve(state: Path, number: str, by: str, html: Path | None, yes: bool) -> int:
    """Shows what was submitted, and approves it once that is confirmed."""
    return _run(
        state, lambda shell: work.approved(shell, number, by, html, lambda: yes or _asked())
    )


def publish(state: Path, number: str, by: str) -> int:
    """Posts what was approved."""
    return _run(state, lambda shell: work.published(shell, number, by))


def withdraw(state: Path, number: str, by: str, why: str) -> int:
    """Takes back what stands in the rooms; readers see that, and why."""
    return _run(state, lambda shell: work.withdrawn(shell, number, by, why))


def status(state: Path, number: str | None) -> int:
    """What waits for whom; or where one stands."""
    return _run(state, lambda shell: work.standing(shell, number))


@asynccontextmanager
async def shell_of(layout: Layout) -> AsyncIterator[Shell]:
    """The parts of a running network that the steps need. Raises CantOperate."""
    settings = settings_of(layout)
    async with operating(settings) as operations:
        network = await operations.policies.in_force()
        if network is None:
            raise CantOperate("no policy is in force: `rilon apply` first")
        yield at_the_shell(
            secret(settings.sealing_key_file),
            operations.database,
            operations.outbox,
            network,
            operations.server,
            lambda: datetime.now(UTC),
            lambda: secrets.token_bytes(16),
        )


def _run(state: Path, step: Work) -> int:
    async def run() -> int:
        async with shell_of(Layout.at(state)) as shell:
            return await step(shell)

    return asyncio.run(run())


def _asked() -> bool:
    """The answer of whoever sits there. Nobody does: it isn't approved."""
    if not sys.stdin.isatty():
        print("Nobody can answer here. Once you have read it: the same with --yes.")
        return False
    print("Approve? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
