"""Where the choices of a card are made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.choices.choices_desk import Choices, opened_choices


@pytest.fixture
async def scene(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Choices]:
    """On empty tables."""
    async with opened_choices(postgres_dsn, tmp_path) as made:
        yield made
