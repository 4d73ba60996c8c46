"""Reads a policy folder into bytes by relative path. What they mean is `rilon.policy.load`'s."""

from __future__ import annotations

from pathlib import Path

from rilon.policy.load import Policy, load
from rilon.policy.mistakes import Mistake, Mistakes

FOLDERS = ("groups", "cases", "templates")
MOST_FILES = 500


def load_folder(folder: Path) -> Policy | Mistakes:
    """The policy in that folder, or all its mistakes, unreadable files included."""
    if not folder.is_dir():
        return Mistakes((Mistake(str(folder), 1, 1, "this is no folder", "name a policy folder"),))
    contents: dict[str, bytes] = {}
    unreadable: list[Mistake] = []
    paths = _policy_paths(folder)
    if len(paths) > MOST_FILES:
        return Mistakes((Mistake(".", 1, 1, "the folder has too many files", "name another"),))
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            contents[name] = path.read_bytes()
        except OSError as error:
            reason = error.strerror or "it can't be opened"
            unreadable.append(Mistake(name, 1, 1, f"the file can't be read: {reason}", "mend that"))
    if unreadable:
        return Mistakes(tuple(unreadable))
    return load(contents)


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a policy folder as bytes by relative path. Raises `OSError`."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in _policy_paths(folder)
    }


def _policy_paths(folder: Path) -> list[Path]:
    """YAML files of the folder and its known subfolders; schemas and hidden files are no policy."""
    folders = [folder, *(folder / name for name in FOLDERS)]
    found = (path for place in folders if place.is_dir() for path in place.iterdir())
    wanted = (path for path in found if path.suffix in (".yaml", ".yml"))
    return sorted(path for path in wanted if not path.name.startswith("."))
