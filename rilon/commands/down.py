"""`rilon down`: ends the network that runs in a state folder, and waits for its end."""

from __future__ import annotations

from pathlib import Path

from rilon.embedded.foreground import end_network, say
from rilon.embedded.layout import Layout


def down(state: Path) -> int:
    """Ends the network. It is no mistake if none runs."""
    layout = Layout.at(state)
    ended = end_network(layout)
    say(f"The network in {layout.root} {'has ended' if ended else 'was not running'}.")
    return 0
