"""Where reports are talked of, in rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.reports.reports_desk import ReportScene, opened_report_scene


@pytest.fixture
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[ReportScene]:
    """On empty tables."""
    async with opened_report_scene(postgres_dsn, tmp_path) as made:
        yield made
