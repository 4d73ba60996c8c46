"""Where requests are talked of, in rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rilon.policy.network import Network
from tests.integration.talk.talk_desk import TalkScene, opened_talk_scene
from tests.policy_scene import NETWORK


@pytest.fixture
def network() -> Network:
    """The shipped one; a file may have another."""
    return NETWORK


@pytest.fixture
async def scene(postgres_dsn: str, tmp_path: Path, network: Network) -> AsyncIterator[TalkScene]:
    """On empty tables."""
    async with opened_talk_scene(postgres_dsn, tmp_path, network) as made:
        yield made
