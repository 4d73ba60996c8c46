"""`python -m bench [NAME] [options]`: one benchmark of `ALL`, or all of them."""

from __future__ import annotations

import sys
from importlib import import_module

ALL = ("decisions", "passages", "ledger", "requests", "bulletins", "archive", "gate")


def main() -> None:
    """Runs the named benchmark with its options, or all without any."""
    chosen = sys.argv[1:]
    if chosen and chosen[0] in ALL:
        import_module(f"bench.{chosen[0]}").main(chosen[1:])
        return
    for name in ALL:
        print(f"\n# {name}")
        import_module(f"bench.{name}").main(chosen)


if __name__ == "__main__":
    main()
