"""`rilon status`: whether a network runs in a state folder, and where its parts are."""

from __future__ import annotations

import json
from pathlib import Path

from rilon.embedded.foreground import say
from rilon.embedded.layout import Layout
from rilon.embedded.network import running_at
from rilon.embedded.services import recorded_children


def status(state: Path) -> int:
    """Says what runs. Returns 1 if the network isn't up."""
    layout = Layout.at(state)
    pid = running_at(layout)
    if pid is None:
        say(f"No network runs in {layout.root}.")
        return 1
    for name, child in recorded_children(layout).items():
        say(f"{name:10} process {child}")
    if not layout.description.exists():
        say(f"The network is starting or ending (process {pid}).")
        return 1
    described = json.loads(layout.description.read_text())
    say(f"The network is up (process {pid}).")
    say(f"Homeserver: {described['homeserver']}  Audit service: {described['audit']}")
    return 0
