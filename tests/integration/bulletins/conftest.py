"""Where bulletins are written, approved and published."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rilon.bootstrap.bulletins import Shell, at_the_shell
from tests.integration.bulletins.bulletins_desk import BulletinScene, opened_bulletin_scene
from tests.integration.desk import SERVER


@pytest.fixture
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[BulletinScene]:
    """On empty tables."""
    async with opened_bulletin_scene(postgres_dsn, tmp_path) as made:
        yield made


@pytest.fixture
def shell(scene: BulletinScene) -> Shell:
    """What commands act with, on the scene."""
    return at_the_shell(
        "secret",
        scene.engine,
        scene.outbox,
        scene.network,
        SERVER,
        scene.now,
        lambda: secrets.token_bytes(16),
    )
