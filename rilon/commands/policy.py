"""`rilon policy check` and `rilon policy schema`: mistakes, failing cases, schemas for editors."""

from __future__ import annotations

from pathlib import Path

from rilon.adapters.policy_files import load_folder
from rilon.policy.cases import run_case
from rilon.policy.load import json_schemas
from rilon.policy.mistakes import Mistakes


def check(folder: Path) -> int:
    """Print every mistake and every failing case, with file and line; 0 when there is none.

    A policy without mistakes may still have remarks, which are printed and change nothing.
    """
    policy = load_folder(folder)
    if isinstance(policy, Mistakes):
        for mistake in policy.items:
            print(f"{folder}/{mistake}")
        print(f"{_count(len(policy.items), 'mistake')}. Nothing was changed.")
        return 1
    failed = [failure for case in policy.cases if (failure := run_case(case, policy.network))]
    for failure in failed:
        print(f"{folder}/{failure}")
    for remark in policy.remarks:
        print(f"{folder}/{remark} (a remark)")
    network = policy.network
    print(
        f"{network.name} version {network.version}, digest {network.digest[:16]}: "
        f"{_count(len(network.groups), 'group')}, {_count(len(network.officers), 'officer')}, "
        f"{_count(len(network.rooms), 'room')}."
    )
    decided = len(policy.cases) - len(failed)
    print(f"{decided} of {_count(len(policy.cases), 'case')} decided as expected.")
    return 1 if failed else 0


def schema(folder: Path) -> int:
    """Write the JSON Schemas for editors into `folder/schema`, and print their names."""
    place = folder / "schema"
    place.mkdir(parents=True, exist_ok=True)
    for name, text in json_schemas().items():
        (place / name).write_text(text, encoding="utf-8")
        print(place / name)
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
