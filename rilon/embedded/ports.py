"""Free loopback ports, chosen once and kept in the state folder.

A kept port that somebody else has taken meanwhile is replaced; the configuration files are
written anew at every start, so nothing else needs to know.
"""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rilon.embedded.layout import write_private

HOST = "127.0.0.1"

LOWEST = 15_000
HIGHEST = 32_000
"""Below the range from which Linux gives ports to outgoing connections (32768 and up), so that
no passing connection sits on a kept port while its server restarts."""


class NoFreePort(Exception):
    """Every port that was tried is taken."""


def is_free(port: int) -> bool:
    """Whether a server could listen on that loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections that have ended don't block the port, listeners do.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def choose_ports(
    names: Iterable[str],
    kept: Mapping[str, int],
    free: Callable[[int], bool] = is_free,
    draw: Callable[[], int] = lambda: random.randint(LOWEST, HIGHEST),  # noqa: S311
) -> dict[str, int]:
    """One free port for each name, all different; kept ones stay if they are free.

    Raises `NoFreePort` after a thousand tries for one name.
    """
    chosen: dict[str, int] = {}
    for name in names:
        port = kept.get(name)
        tries = 0
        while port is None or port in chosen.values() or not free(port):
            tries += 1
            if tries > 1000:
                raise NoFreePort(name)
            port = draw()
        chosen[name] = port
    return chosen


def keep_ports(path: Path, names: Iterable[str]) -> dict[str, int]:
    """The ports of this state folder, read from `path` and written back where they changed."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    chosen = choose_ports(names, kept)
    if chosen != kept:
        write_private(path, json.dumps(chosen, indent=2) + "\n")
    return chosen
