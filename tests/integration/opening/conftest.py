"""Where a compartment is opened for a text that has no room yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.opening.opening_desk import Compartments, opened_compartments


@pytest.fixture
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Compartments]:
    """On empty tables."""
    async with opened_compartments(postgres_dsn, tmp_path) as made:
        yield made
