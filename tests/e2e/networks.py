"""Which network an end-to-end test is played on: files that stop servers, or change who may do
what, share one; all others share the other."""

from __future__ import annotations

SECOND = {
    "test_faults.py",
    "test_officers.py",
    "test_policy.py",
    "test_request_faults.py",
}


def network_of(file_name: str) -> str:
    """The name of the network of that file's tests."""
    return "second" if file_name in SECOND else "first"
