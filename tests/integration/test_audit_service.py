"""The audit service as a process of its own, read over HTTP as others will read it."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from rilon.audit.verify_client import SourceError, verify
from rilon.config import AuditSettings, load
from rilon.domain.entries import Entry, EntryKind
from rilon.embedded.ports import choose_ports
from rilon.ledger.checkpoint import open_checkpoint
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import sign
from rilon.ledger.tiles import entries_in
from rilon.ledger.tree import CompactRange, leaf_hash, verify_consistency, verify_inclusion
from rilon.storage.ledger import ledger_outbox, outbox_values

LOG = SignerKey("log.rilon.test", b"\x01" * 32)
STEWARD = SignerKey("steward", b"\x03" * 32)
TOKEN = "the auditor's, of this test"
LIMIT_S = 20
ENTRIES = 300


def leaf(number: int) -> bytes:
    entry = Entry(
        kind=EntryKind.MESSAGE_ACCEPTED,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        component="steward",
        correlation=f"act-{number}",
        salt=number.to_bytes(16, "big"),
    )
    return sign(entry, STEWARD)


@dataclass
class Service:
    """The process, where it listens, and the database behind it."""

    folder: Path
    dsn: str
    port: int
    engine: AsyncEngine
    process: asyncio.subprocess.Process | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def write_settings(self, more: str = "") -> Path:
        parts = urlsplit(self.dsn)
        for name, value in (
            ("password", parts.password or ""),
            ("token", TOKEN),
            ("log.key", LOG.secret_text()),
        ):
            (self.folder / name).write_text(value + "\n")
        path = self.folder / "audit.toml"
        path.write_text(
            f"""
            policies = "{self.folder}"
            checkpoints = "{self.folder}/checkpoints"
            auditor_token_file = "{self.folder}/token"
            {more}
            [database]
            dsn = "postgresql://{parts.username}@{parts.hostname}:{parts.port}{parts.path}"
            password_file = "{self.folder}/password"
            [listen]
            port = {self.port}
            [log]
            origin = "{LOG.name}"
            verifier_key = "{LOG.verifier}"
            signing_key_file = "{self.folder}/log.key"
            """
        )
        return path

    async def start(self) -> asyncio.subprocess.Process:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "rilon.bootstrap.audit",
            "--config",
            str(self.write_settings()),
            stderr=asyncio.subprocess.PIPE,
        )
        return self.process

    async def stop(self) -> tuple[int, str]:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(self.process.communicate(), LIMIT_S)
        return self.process.returncode or 0, errors.decode()

    async def act(self, *leaves: bytes) -> None:
        async with self.engine.begin() as connection:
            for each in leaves:
                await connection.execute(insert(ledger_outbox).values(**outbox_values(each)))

    async def get(self, path: str, token: str | None = None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession() as http,
            http.get(self.url + path, headers=headers) as response,
        ):
            return response.status, await response.read()

    async def size(self) -> int:
        try:
            status, raw = await self.get("/checkpoint")
        except aiohttp.ClientError:
            return -1
        return open_checkpoint(raw, LOG.verifier).size if status == 200 else -1

    async def wait_for(self, size: int) -> None:
        async with asyncio.timeout(LIMIT_S):
            while await self.size() != size:
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
async def service(
    postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    engine = create_async_engine(
        postgres_dsn.replace("postgresql://", "postgresql+asyncpg://"), poolclass=NullPool
    )
    port = choose_ports(["audit"], {})["audit"]
    made = Service(tmp_path_factory.mktemp("audit"), postgres_dsn, port, engine)
    await made.act(*(leaf(number) for number in range(ENTRIES)))
    await made.start()
    await made.wait_for(ENTRIES)
    yield made
    await made.stop()


async def test_what_was_committed_is_under_the_checkpoint_and_verifies(service: Service) -> None:
    report = await asyncio.to_thread(
        verify, service.url, str(LOG.verifier), TOKEN, [STEWARD.verifier]
    )
    assert report.sound
    assert report.findings.entries == report.findings.signatures == await service.size()
    partly = await asyncio.to_thread(verify, service.url, str(LOG.verifier))
    assert partly.sound
    assert not partly.entries_read


async def test_verifying_with_a_wrong_token_is_an_error_and_no_verdict(service: Service) -> None:
    with pytest.raises(SourceError, match="403"):
        await asyncio.to_thread(verify, service.url, str(LOG.verifier), "wrong")


async def test_entries_are_for_the_auditor_alone(service: Service) -> None:
    status, said = await service.get("/tile/entries/000")
    assert (status, b"auditor" in said) == (401, True)
    status, said = await service.get("/tile/entries/000", "wrong")
    assert (status, b"auditor" in said) == (403, True)
    assert (await service.get("/tile/entries/000", TOKEN.encode().hex()))[0] == 403
    # ATTACK: a path that the router and the reader of paths take apart differently.
    assert (await service.get("/tile/entries%2f000"))[0] == 404
    assert (await service.get("/tile/entries%2F000", TOKEN))[0] == 404
    status, raw = await service.get("/tile/entries/000", TOKEN)
    assert status == 200
    assert entries_in(raw) == [leaf(number) for number in range(256)]


async def test_no_answer_without_the_token_holds_an_entry(service: Service) -> None:
    for path in (
        "/tile/entries/000",
        "/tile/entries/../entries/000",
        "/tile//entries/000",
        "/tile/0/../entries/000",
        "/tile/%65ntries/000",
        "/tile/entries%2f000",
        "/tile/0/000",
        "/metrics",
        "/healthz",
        "/proof/inclusion?index=0",
    ):
        _, raw = await service.get(path)
        assert b"act-" not in raw, path


async def test_inclusion_and_consistency_proofs_hold(service: Service) -> None:
    _, raw = await service.get("/checkpoint")
    checkpoint = open_checkpoint(raw, LOG.verifier)
    _, raw = await service.get("/proof/inclusion?index=17")
    proof = [base64.b64decode(each) for each in json.loads(raw)["hashes"]]
    verify_inclusion(leaf_hash(leaf(17)), 17, checkpoint.size, proof, checkpoint.root)
    _, raw = await service.get(f"/proof/consistency?from=100&to={checkpoint.size}")
    proof = [base64.b64decode(each) for each in json.loads(raw)["hashes"]]
    old = CompactRange().append(*(leaf_hash(leaf(number)) for number in range(100)))
    verify_consistency(100, checkpoint.size, proof, old.root, checkpoint.root)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/proof/inclusion", 400),
        ("/proof/inclusion?index=-1", 400),
        ("/proof/inclusion?index=1e3", 400),
        ("/proof/inclusion?index=%D9%A1", 400),
        ("/proof/inclusion?index=5&size=5", 400),
        ("/proof/inclusion?index=0&size=1000000", 400),
        ("/proof/inclusion?index=0&size=" + "9" * 500, 400),
        ("/proof/consistency?from=0", 400),
        ("/proof/consistency?from=5&to=4", 400),
        ("/proof/consistency?from=5&to=1000000", 400),
        ("/tile/0/001.p/255", 404),
        ("/tile/0/001", 404),
        ("/tile/0/002", 404),
        ("/tile/9/000", 404),
        ("/tile/0/0", 404),
        ("/tile/0/999999", 404),
        ("/nothing", 404),
    ],
)
async def test_what_is_not_there_is_said_plainly(service: Service, path: str, status: int) -> None:
    answered, said = await service.get(path)
    assert answered == status
    assert b"Traceback" not in said


async def test_nothing_beyond_the_published_checkpoint_is_shown(service: Service) -> None:
    size = await service.size()
    width = size % 256
    assert (await service.get(f"/tile/0/001.p/{width}"))[0] == 200
    assert (await service.get(f"/tile/0/001.p/{width - 1}"))[0] == 200
    assert (await service.get(f"/tile/0/001.p/{width + 1}"))[0] == 404


async def test_health_and_metrics_tell_the_state_and_name_nobody(service: Service) -> None:
    status, raw = await service.get("/healthz")
    assert (status, b'"following"' in raw) == (200, True)
    status, raw = await service.get("/metrics")
    assert status == 200
    assert f"rilon_ledger_checkpoint_size {float(await service.size())}".encode() in raw
    assert b"rilon_ledger_waiting 0.0" in raw
    assert b"steward" not in raw
    assert b"/tile/0/" not in raw


async def test_a_database_that_went_away_comes_back_and_nothing_is_lost(service: Service) -> None:
    size = await service.size()
    name = urlsplit(service.dsn).path[1:]
    admin = create_async_engine(
        service.dsn.replace("postgresql://", "postgresql+asyncpg://").rsplit("/", 1)[0]
        + "/postgres",
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
    await service.act(*(leaf(number) for number in range(1000, 1010)))
    async with admin.connect() as connection:
        await connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        await connection.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{name}'")
        )
        try:
            async with asyncio.timeout(LIMIT_S):
                while (await service.get("/healthz"))[0] != 503:
                    await asyncio.sleep(0.02)
            # What was published stays readable; what needs the database says so.
            assert (await service.get("/checkpoint"))[0] == 200
            status, said = await service.get("/tile/0/001.p/9")
            assert (status, b"Try again" in said) == (503, True)
        finally:
            await connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    await service.wait_for(size + 10)
    async with asyncio.timeout(LIMIT_S):
        while (await service.get("/healthz"))[0] != 200:
            await asyncio.sleep(0.02)


async def test_killed_and_started_again_it_goes_on_where_it_was(service: Service) -> None:
    size = await service.size()
    assert service.process is not None
    service.process.kill()
    await service.stop()
    await service.act(leaf(2000))
    await service.start()
    await service.wait_for(size + 1)
    code, errors = await service.stop()
    assert code == 0
    assert "ending as asked" in errors
    assert urlsplit(service.dsn).password not in errors  # type: ignore[operator]
    await service.start()
    await service.wait_for(size + 1)


async def test_a_database_set_back_ends_the_service_with_a_clear_error(service: Service) -> None:
    await service.stop()
    async with service.engine.begin() as connection:
        await connection.execute(text("UPDATE ledger_head SET size = size - 1"))
    try:
        process = await service.start()
        _, raw = await asyncio.wait_for(process.communicate(), LIMIT_S)
        assert process.returncode == 3
        assert b"was set back" in raw
    finally:
        async with service.engine.begin() as connection:
            await connection.execute(text("UPDATE ledger_head SET size = size + 1"))
    await service.start()


async def test_a_wrong_setting_is_named_and_no_secret_is_shown(service: Service) -> None:
    await service.stop()
    path = service.write_settings(more='extra = "1"')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rilon.bootstrap.audit", "--config", str(path),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, raw = await asyncio.wait_for(process.communicate(), LIMIT_S)
    assert process.returncode == 2
    assert b"extra" in raw
    service.write_settings()
    (service.folder / "log.key").write_text(STEWARD.secret_text())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rilon.bootstrap.audit", "--config", str(path),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, raw = await asyncio.wait_for(process.communicate(), LIMIT_S)
    assert process.returncode == 2
    assert STEWARD.secret_text().rsplit("+", 1)[1].encode() not in raw
    load(AuditSettings, service.write_settings())
    await service.start()
