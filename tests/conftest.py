"""How the tests are spread over two workers: whole networks side by side, each test where it
finds the network that its file expects."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.e2e.networks import network_of


class OneNetworkAWorker(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """All files of one network run on one worker; any other file where there is time."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.partition("::")[0])
        return f"{network_of(path.name)} network" if "e2e" in path.parts else str(path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; never two whole networks at once while there is anything else."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if "e2e" in item.path.parts:
        return 0 if network_of(item.path.name) == "first" else 2
    return 1 if "integration" in item.path.parts else 3


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """The one above, whatever `--dist` says."""
    return OneNetworkAWorker(config, log)


# The default, 200 ms of wall time an example, measures how busy the machine is: the first example
# reads calendars and tables. `tests/property` bounds the processor's time instead.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
