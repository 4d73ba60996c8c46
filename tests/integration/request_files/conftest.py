"""Where requests are answered with files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.request_files.files_desk import FileScene, opened_file_scene


@pytest.fixture
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[FileScene]:
    """On empty tables."""
    async with opened_file_scene(postgres_dsn, tmp_path) as made:
        yield made
