"""`rilon policy replay` on a real PostgreSQL: what the gate recorded, tried against a policy."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from rilon.bootstrap.operations import CantOperate
from rilon.bootstrap.replaying import Trial
from rilon.commands import replay as command
from rilon.config import Database
from rilon.domain.markings import Tlp
from rilon.embedded.provision import read_policy
from rilon.policy.replay import Outcome
from rilon.storage.tables import policy_version, verdict
from tests.integration.steward_desk import NOW, OTHER, SERVER, STEWARD, Desk, fresh, opened_desk
from tests.policy_scene import NETWORK, POLICIES, carried


@pytest.fixture(scope="module")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        for changed in (
            {"marking": carried()},
            {"marking": carried(Tlp.GREEN), "sender": OTHER},
            {"marking": carried(Tlp.GREEN), "sender": OTHER},
            {"marking": carried(), "sender": f"@rso.analyst1:{SERVER}"},
            {"kind": "reaction", "sender": f"@rso.analyst1:{SERVER}"},
            {"marking": carried(Tlp.RED), "accepted": False, "code": "red_not_open",
             "rule": "rule4.red"},
            {"accepted": False, "code": "unreadable", "rule": "rule1.shape",
             "kind": "undecodable"},
            {"accepted": False, "code": "outside_term", "rule": "rule2.term"},
            {"kind": "state"},
            {"kind": "steward", "rule": "own.effect", "sender": STEWARD},
            {"marking": carried(), "decided_at": NOW - timedelta(days=400)},
        ):  # fmt: skip
            await opened.record(opened.judged(*fresh(), **changed))
        yield opened


@pytest.fixture
def database(postgres_dsn: str, tmp_path: Path) -> Database:
    before, _, after = postgres_dsn.rpartition("@")
    user, _, password = before.removeprefix("postgresql://").partition(":")
    (tmp_path / "password").write_text(password)
    return Database(dsn=f"postgresql://{user}@{after}", password_file=tmp_path / "password")


def changed_policy(folder: Path, *changes: tuple[str, str]) -> Path:
    shutil.copytree(POLICIES, folder, ignore=shutil.ignore_patterns("cases"))
    file = folder / "groups" / "mps.yaml"
    text = file.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")
    return folder


async def outcomes(database: Database, folder: Path) -> list[Outcome]:
    trial = Trial(read_policy(folder))
    since = NOW - timedelta(days=30)
    return [replayed.outcome async for _, replayed in trial.since(database, since)]


async def test_under_the_policy_in_force_no_decision_differs(
    desk: Desk, database: Database
) -> None:
    found = await outcomes(database, POLICIES)
    assert len(found) == 10
    assert set(found) == {Outcome.SAME, Outcome.UNKNOWN, Outcome.NOT_POLICY}
    assert found.count(Outcome.UNKNOWN) == 2


async def test_a_changed_policy_is_told_line_by_line_and_changes_nothing(
    desk: Desk,
    database: Database,
    tmp_path: Path,
) -> None:
    folder = changed_policy(
        tmp_path / "p",
        ("focal_point, chair, analyst, coordinator]", "focal_point, chair, coordinator]"),
        ("  floor:\n", "  floor:\n    opens_to_red: true\n"),
    )
    before = await _rows(desk)
    told = await command.report(read_policy(folder), database, NOW - timedelta(days=30))
    text = "\n".join(told)
    assert "against the 10 decisions since 2026-10-23 12:00 UTC. Nothing was changed." in text
    assert (
        "the same: 4; refused now: 2; accepted now: 1; for another reason: 0; "
        "can't be told: 2; the steward's own or leaving: 1"
    ) in text
    accepted = "mps-floor, rso.analyst1, content TLP:AMBER: accepted -> not_in_room (rule2.in_room)"
    assert f"  1 × {accepted}" in text
    opened = "mps-floor, aus.focal1, content TLP:RED: red_not_open (rule4.red) -> accepted"
    assert f"  1 × {opened}" in text
    assert "content: outside_term (rule2.term): it was refused before its marking was" in text
    assert "No text is kept." in text
    assert command.OTHER_WORDS not in text
    assert await _rows(desk) == before


async def test_like_decisions_are_one_line(desk: Desk, database: Database, tmp_path: Path) -> None:
    folder = changed_policy(
        tmp_path / "p", ("  floor:\n", "  floor:\n    needs_declaration: true\n")
    )
    told = await command.report(read_policy(folder), database, NOW - timedelta(days=30))
    line = "mps-floor, idn.focal1, content TLP:GREEN: accepted -> declaration_needed"
    assert f"  2 × {line} (rule6.declaration)" in told


async def test_other_caveats_are_said_to_change_what_text_means(
    desk: Desk, database: Database, tmp_path: Path
) -> None:
    folder = changed_policy(tmp_path / "p")
    file = folder / "markings.yaml"
    file.write_text(file.read_text("utf-8").replace("aliases: [H2]", "aliases: [H2, H3]"), "utf-8")
    told = await command.report(read_policy(folder), database, NOW - timedelta(days=30))
    assert command.OTHER_WORDS in told


async def test_a_database_that_is_away_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("x")
    away = Database(dsn="postgresql://rilon@127.0.0.1:1/rilon", password_file=tmp_path / "password")
    with pytest.raises(CantOperate, match="rilon status"):
        await command.report(NETWORK, away, NOW)


async def _rows(desk: Desk) -> Any:
    async with desk.engine.connect() as connection:
        return [
            (await connection.execute(select(table).order_by(*table.primary_key))).all()
            for table in (verdict, policy_version)
        ]
