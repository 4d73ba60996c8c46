"""The audit service's HTTP interface: checkpoint, tiles, proofs, entries, health, metrics.

It shows nothing beyond the newest published checkpoint. Entries are for the auditor alone.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from rilon.audit.metrics import Metrics
from rilon.ledger.checkpoint import Checkpoint
from rilon.ledger.tiles import WIDTH, Tile, TileError, bundle, parse_path, width_at
from rilon.ledger.tree import ProofError
from rilon.storage.checkpoints import CheckpointFile, LedgerStopped, Stored
from rilon.storage.ledger_reader import LedgerReader
from rilon.storage.sequencer import Sequencer, State

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FOR_EVER = "public, max-age=31536000, immutable"
"""A tile of given index and width never changes."""
_AWAY = (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError)
_LARGEST = 10**18


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the routes read from. `auditor_token` is the bearer token for entries."""

    reader: LedgerReader
    checkpoints: CheckpointFile
    sequencer: Sequencer
    auditor_token: bytes
    metrics: Metrics

    def published(self) -> Stored:
        """The newest checkpoint; answers 503 before there is one."""
        stored = self.checkpoints.current()
        if stored is None:
            raise _unavailable("The ledger has published no checkpoint yet. Try again in a moment.")
        return stored


LEDGER = web.AppKey("ledger", Ledger)


def make_app(ledger: Ledger) -> web.Application:
    """The application, ready to be served."""
    app = web.Application(middlewares=[_counted, _plain_failures])
    app[LEDGER] = ledger
    app.router.add_get("/checkpoint", _checkpoint)
    app.router.add_get("/tile/entries/{number:.+}", _entries)
    app.router.add_get("/tile/{number:.+}", _tile)
    app.router.add_get("/proof/inclusion", _inclusion)
    app.router.add_get("/proof/consistency", _consistency)
    app.router.add_get("/healthz", _health)
    app.router.add_get("/metrics", _metrics)
    return app


async def _checkpoint(request: web.Request) -> web.Response:
    stored = request.app[LEDGER].published()
    return web.Response(
        body=stored.raw,
        content_type="text/plain",
        charset="utf-8",
        headers={"Cache-Control": "no-cache"},
    )


async def _tile(request: web.Request) -> web.Response:
    ledger = request.app[LEDGER]
    tile = _tile_of(request, ledger.published().checkpoint, entries=False)
    body = await ledger.reader.tile(tile.level, tile.index, tile.width)
    if body is None:
        raise _not_found()
    return _bytes(body, FOR_EVER)


async def _entries(request: web.Request) -> web.Response:
    ledger = request.app[LEDGER]
    _must_be_auditor(request, ledger.auditor_token)
    tile = _tile_of(request, ledger.published().checkpoint, entries=True)
    entries = await ledger.reader.entries(tile.index * WIDTH, tile.width)
    if len(entries) != tile.width:
        raise _not_found()
    return _bytes(bundle(entries), "private, no-store")


async def _inclusion(request: web.Request) -> web.Response:
    ledger = request.app[LEDGER]
    checkpoint = ledger.published().checkpoint
    index, size = _number(request, "index"), _number(request, "size", checkpoint.size)
    _must_be_published(size, checkpoint)
    hashes = await _proven(ledger.reader.inclusion(index, size))
    return web.json_response({"index": index, "size": size, "hashes": _written(hashes)})


async def _consistency(request: web.Request) -> web.Response:
    ledger = request.app[LEDGER]
    checkpoint = ledger.published().checkpoint
    old, new = _number(request, "from"), _number(request, "to", checkpoint.size)
    _must_be_published(new, checkpoint)
    hashes = await _proven(ledger.reader.consistency(old, new))
    return web.json_response({"from": old, "to": new, "hashes": _written(hashes)})


async def _health(request: web.Request) -> web.Response:
    ledger = request.app[LEDGER]
    state = ledger.sequencer.state
    stored = ledger.checkpoints.current()
    well = state in (State.FOLLOWING, State.STANDBY) and stored is not None
    told = {
        "status": "ok" if well else "unwell",
        "sequencer": state.value,
        "checkpoint": stored.checkpoint.size if stored else None,
    }
    return web.json_response(told, status=200 if well else 503)


async def _metrics(request: web.Request) -> web.Response:
    ledger = request.app[LEDGER]
    ledger.metrics.state(ledger.sequencer.state)
    stored = ledger.checkpoints.current()
    ledger.metrics.size.set(stored.checkpoint.size if stored else 0)
    try:
        async with asyncio.timeout(1):
            ledger.metrics.waiting.set(await ledger.reader.waiting())
    except _AWAY:
        ledger.metrics.waiting.set(float("nan"))
    body = ledger.metrics.written()
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


@web.middleware
async def _counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    resource = request.match_info.route.resource
    # The pattern, never the path: indexes would make a series for each entry.
    route = resource.canonical.split("/{")[0] if resource is not None else "other"
    metrics = request.app[LEDGER].metrics
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        metrics.requests.labels(route, str(refusal.status)).inc()
        raise
    metrics.requests.labels(route, str(response.status)).inc()
    return response


@web.middleware
async def _plain_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except _AWAY as error:
        log.warning("a read failed: %s", type(error).__name__)
        raise _unavailable(
            "The ledger's database can't be reached just now. Try again in a moment."
        ) from error
    except (LedgerStopped, TileError) as error:
        log.error("a read failed: %s", error)
        raise web.HTTPServiceUnavailable(
            text="The ledger is stopped: its operator must look at the audit service's log.\n"
        ) from error


def _must_be_auditor(request: web.Request, token: bytes) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        raise web.HTTPUnauthorized(
            text="Entries are for the auditor: send the auditor's token as a bearer token.\n",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if not hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token):
        raise web.HTTPForbidden(text="This is not the auditor's token: entries stay closed.\n")


def _tile_of(request: web.Request, checkpoint: Checkpoint, *, entries: bool) -> Tile:
    """ATTACK: `/tile/entries%2f000` is routed as a tile of hashes, and read as one of entries."""
    try:
        tile, is_entries = parse_path(request.path.removeprefix("/"))
    except TileError as error:
        raise _not_found() from error
    if is_entries is not entries:
        raise _not_found()
    if tile.width > width_at(tile.level, tile.index, checkpoint.size):
        raise _not_found()
    return tile


def _number(request: web.Request, name: str, default: int | None = None) -> int:
    text = request.query.get(name)
    if text is None and default is not None:
        return default
    if text is None or not text.isascii() or not text.isdecimal() or int(text) > _LARGEST:
        raise web.HTTPBadRequest(text=f"Give `{name}` as a whole number from 0 on.\n")
    return int(text)


def _must_be_published(size: int, checkpoint: Checkpoint) -> None:
    if size > checkpoint.size:
        raise web.HTTPBadRequest(
            text=f"The newest checkpoint is of {checkpoint.size} entries: ask up to there.\n"
        )


async def _proven(proof: Awaitable[list[bytes]]) -> list[bytes]:
    try:
        return await proof
    except ProofError as error:
        raise web.HTTPBadRequest(text=f"There is no such proof: {error}.\n") from error


def _written(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]


def _bytes(body: bytes, cache: str) -> web.Response:
    return web.Response(
        body=body, content_type="application/octet-stream", headers={"Cache-Control": cache}
    )


def _not_found() -> web.HTTPNotFound:
    return web.HTTPNotFound(text="The log has no such tile up to its newest checkpoint.\n")


def _unavailable(sentence: str) -> web.HTTPServiceUnavailable:
    return web.HTTPServiceUnavailable(text=sentence + "\n", headers={"Retry-After": "1"})
