"""Parts that several processes are made of: engines, keys, logging, an orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rilon.adapters.sealing import Seal, derived_key
from rilon.application.quotation import Quotation
from rilon.config import Database
from rilon.domain.entries import Entry
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import sign
from rilon.storage.ledger import outbox_values
from rilon.texts.translator import fixed_parts


def engine(database: Database, size: int) -> AsyncEngine:
    """A pool of connections of its own. Errors never show the values of a statement."""
    return create_async_engine(
        database.url(),
        pool_size=size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args={"timeout": 5, "command_timeout": 30},
        hide_parameters=True,
    )


def signer_of(folder: Path, component: str) -> SignerKey:
    """The component's signing key, made the first time. Its public half lies beside it
    (`<component>.pub`), for verifiers."""
    path = folder / f"{component}.key"
    if not path.exists():
        fresh = path.with_suffix(".new")
        made = SignerKey(component, secrets.token_bytes(32))
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(made.secret_text())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    key = SignerKey.parse(path.read_text().strip())
    (folder / f"{component}.pub").write_text(f"{key.verifier}\n")
    return key


def outbox_of(key: SignerKey) -> Callable[[Entry], dict[str, Any]]:
    """Makes the ledger outbox row of an entry, signed with that key."""

    def values(entry: Entry) -> dict[str, Any]:
        return outbox_values(sign(entry, key))

    return values


def quotation_of(sealing_secret: str) -> Quotation:
    """The recognition of passages, its keys made from the secret that seals the steward's."""
    return Quotation(
        derived_key(sealing_secret, "passages"), Seal(sealing_secret, "recent words"), fixed_parts()
    )


def log_plainly() -> None:
    """Times, levels and sentences on the standard error; libraries only when something is off."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    for ours in ("rilon", "bots"):
        logging.getLogger(ours).setLevel(logging.INFO)


async def end_on_signals(work: Coroutine[Any, Any, None]) -> None:
    """Does the work until it ends, or until SIGTERM or SIGINT asks for its end."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
