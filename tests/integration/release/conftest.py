"""Where releases are asked for and granted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.release.release_desk import Stage, opened_stage


@pytest.fixture
async def stage(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """On empty tables."""
    async with opened_stage(postgres_dsn, tmp_path) as made:
        yield made
