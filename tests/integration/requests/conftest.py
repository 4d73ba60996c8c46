"""Where requests are made and answered, without the words of rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.requests.requests_desk import Scene, opened_scene


@pytest.fixture
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """On empty tables."""
    async with opened_scene(postgres_dsn, tmp_path) as made:
        yield made
