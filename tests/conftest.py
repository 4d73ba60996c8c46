"""How the tests are spread over two workers: whole networks side by side, each test where it
finds the network that its file expects."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.e2e.networks import network_of


class OneGroupAWorker(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Tests of one group run on one worker, in the order of their files."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.partition("::")[0])
        if "e2e" in path.parts:
            return f"{network_of(path.name)} network"
        return "servers" if "integration" in path.parts else "pure"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """The one above, whatever `--dist` says."""
    return OneGroupAWorker(config, log)


# The default, 200 ms of wall time an example, measures how busy the machine is: the first example
# reads calendars and tables. `tests/property` bounds the processor's time instead.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
