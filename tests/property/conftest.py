"""Laws are checked on thousands of examples: what makes one of them slow fails its law."""

from __future__ import annotations

import time
from collections.abc import Generator

import pytest

MOST_S = 60.0
"""Seconds of the processor that one law may take, whatever else the machine does."""


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    begun = time.process_time()
    result = yield
    spent = time.process_time() - begun
    assert spent < MOST_S, f"{pyfuncitem.name} took {spent:.0f} s of the processor"
    return result
