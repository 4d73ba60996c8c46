"""How the tests are spread over two workers: whole networks side by side, each test where it
finds the network that its file expects."""

from __future__ import annotations

from pathlib import Path

import pytest

SECOND_NETWORK = {"test_faults.py", "test_officers.py", "test_policy.py"}
"""End-to-end tests that stop servers and change who may do what: on a network of their own."""


@pytest.hookimpl(tryfirst=True)  # before the names of groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one group run on one worker, in the order of their files."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path)))


def _group(path: Path) -> str:
    folder = path.parent.name
    if folder == "e2e":
        return "second-network" if path.name in SECOND_NETWORK else "first-network"
    return "servers" if folder == "integration" else "pure"
