"""`rilon report` on the steward's own tables and key."""

from __future__ import annotations

import asyncio
import csv
import stat
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from rilon.cli import main
from rilon.config import Broker, Database, Gate, Homeserver, Log, StewardSettings
from rilon.domain.entries import EntryKind
from rilon.embedded.layout import Layout
from rilon.embedded.settings import as_toml, settings_path
from tests.integration.reports.reports_desk import WHOLE, ReportScene


@pytest.fixture
def state(postgres_dsn: str, tmp_path: Path) -> Path:
    """The folder of a network that has this database; its sealing key is the scene's."""
    layout, url = Layout.at(tmp_path / "state"), make_url(postgres_dsn)
    for folder in (layout.root, layout.config, tmp_path / "store"):
        folder.mkdir(parents=True, exist_ok=True)
    secrets = {"password": str(url.password), "sealing": "secret"}
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
    password = tmp_path / "password"
    settings = StewardSettings(
        database=Database(
            dsn=f"postgresql://{url.username}@{url.host}:{url.port}/{url.database}?sslmode=disable",
            password_file=password,
        ),
        homeserver=Homeserver(
            url="http://127.0.0.1:9", server_name="x", steward="@steward:x", password_file=password
        ),
        gate=Gate(port=9, secret_file=password),
        broker=Broker(dsn="redis://127.0.0.1:9/0", password_file=password),
        log=Log(origin="log.x", verifier_key="x"),
        policies=tmp_path,
        store=tmp_path / "store",
        pickle_key_file=password,
        sealing_key_file=tmp_path / "sealing",
    )
    settings_path(layout, "steward").write_text(as_toml(settings))
    return layout.root


async def call(*arguments: str) -> int:
    return await asyncio.to_thread(main, arguments)


async def test_reports_are_written_for_a_spreadsheet(
    scene: ReportScene, state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the owner may read the file; the ledger has the export; never over another file."""
    report, _ = await scene.files(body=f"{WHOLE}, note: =1+1 seen on the hull")
    file = tmp_path / "reports.csv"
    days = ("--from", "2026-11-01", "--until", "2026-11-30")
    told = ("report", "export", "--csv", str(file), "--dir", str(state), *days)
    assert await call(*told) == 0
    (row,) = csv.DictReader(file.read_text("utf-8-sig").splitlines())
    assert (row["number"], row["people"], row["area"]) == (report.number, "57", "Andaman Sea")
    assert row["marking"] == "TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO //"
    assert row["note"] == "'=1+1 seen on the hull"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    exports = [one for one in await scene.ledger() if one.kind is EntryKind.EXPORT]
    assert len(exports) == 1
    assert await call(*told) == 1
    assert "is there already" in capsys.readouterr().err


async def test_reports_are_listed_with_their_markings(
    scene: ReportScene, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And mistakes in the days or the group are told in a line."""
    report, _ = await scene.files()
    where = ("--dir", str(state), "--from", "2026-11-01", "--until", "2026-11-30")
    assert await call("report", "list", *where) == 0
    said = capsys.readouterr().out
    assert said.startswith("TLP:AMBER REL")
    assert report.number in said
    assert await call("report", "list", "--dir", str(state), "--until", "2020-01-01") == 1
    assert "swap the days" in capsys.readouterr().err
    assert await call("report", "list", *where, "--group", "zzz") == 1
    assert "there is no group" in capsys.readouterr().err
    assert [one for one in await scene.ledger() if one.kind is EntryKind.EXPORT] == []
