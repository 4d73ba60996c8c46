"""A word that stands nowhere else."""

from __future__ import annotations

from uuid import uuid4

_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def word() -> str:
    """Twelve letters. Digits among them would pass for a telephone number now and then."""
    return uuid4().hex[:12].translate(_LETTERS)
