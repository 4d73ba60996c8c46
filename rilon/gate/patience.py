"""How long a client is told to wait while the gate can't tell.

Delays grow for each (sender, device, transaction), so that a client that resends four times
and no more outlasts two minutes.
"""

from __future__ import annotations

from collections import OrderedDict

from rilon.gate.protocol import DELAYS_MS

REMEMBERED = 10_000
"""How many unanswered transactions are remembered; the oldest are forgotten first."""

Key = tuple[str, str | None, str | None]


class Patience:
    """Counts the attempts of each transaction that could not be answered."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._attempts: OrderedDict[Key, int] = OrderedDict()
        self._remembered = remembered

    def next_delay_ms(self, key: Key, least_ms: int = 0) -> int:
        """The delay to tell for one more unanswered attempt, in milliseconds."""
        attempt = self._attempts.pop(key, 0)
        self._attempts[key] = attempt + 1
        while len(self._attempts) > self._remembered:
            self._attempts.popitem(last=False)
        return max(DELAYS_MS[min(attempt, len(DELAYS_MS) - 1)], least_ms)

    def answered(self, key: Key) -> None:
        """The transaction got its answer: forget it."""
        self._attempts.pop(key, None)
