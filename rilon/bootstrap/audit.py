"""The audit service as a process: `python -m rilon.bootstrap.audit --config PATH`.

It wires the sequencer, the reader and the HTTP interface together, and ends on SIGTERM or
SIGINT, or when the ledger must not go on.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rilon.audit.metrics import Metrics
from rilon.audit.service import Ledger, make_app
from rilon.config import AuditSettings, SettingsError, load, secret
from rilon.ledger.keys import KeyFormatError, SignerKey
from rilon.storage.checkpoints import CheckpointFile, LedgerStopped
from rilon.storage.ledger_reader import LedgerReader
from rilon.storage.sequencer import Sequencer

log = logging.getLogger("rilon.audit")

EXIT_SETTINGS = 2
EXIT_STOPPED = 3
"""The ledger must not go on: starting again doesn't help, a person must look."""


def main(arguments: list[str] | None = None) -> int:
    """Run until told to end; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m rilon.bootstrap.audit")
    parser.add_argument("--config", type=Path, required=True, help="the settings file")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    try:
        settings = load(AuditSettings, chosen.config)
        key, token = _log_key(settings), secret(settings.auditor_token_file)
        return asyncio.run(_serve(settings, key, token))
    except SettingsError as error:
        log.error("%s", error)
        return EXIT_SETTINGS
    except LedgerStopped as error:
        log.critical("The ledger is stopped. %s", error)
        return EXIT_STOPPED


async def _serve(settings: AuditSettings, key: SignerKey, token: str) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    engine = _engine(settings.database.url())
    checkpoints = CheckpointFile(settings.checkpoints, key.verifier)
    metrics = Metrics()
    sequencer = Sequencer(engine, checkpoints, key, observe=metrics.batch)
    ledger = Ledger(LedgerReader(engine), checkpoints, sequencer, token.encode(), metrics)
    runner = web.AppRunner(make_app(ledger), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.listen.host, settings.listen.port).start()
        log.info("listening on %s:%d", settings.listen.host, settings.listen.port)
        await sequencer.run(stopping)
        log.info("ending as asked")
    finally:
        await runner.cleanup()
        await engine.dispose()
    return 0


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=8,
        pool_pre_ping=True,
        pool_timeout=5,
        connect_args={"timeout": 5, "command_timeout": 60},
        hide_parameters=True,
    )


def _log_key(settings: AuditSettings) -> SignerKey:
    path = settings.log.signing_key_file
    if path is None:
        raise SettingsError("log.signing_key_file: the audit service needs the log's signing key")
    try:
        key = SignerKey.parse(secret(path))
    except KeyFormatError as error:
        raise SettingsError(f"{path}: is not a signing key ({error})") from None
    if key.name != settings.log.origin or str(key.verifier) != settings.log.verifier_key:
        raise SettingsError(f"{path}: is not the key of log.origin and log.verifier_key")
    return key


if __name__ == "__main__":
    sys.exit(main())
