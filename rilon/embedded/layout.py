"""The state folder of an embedded network: its places, its modes, its secrets.

What is written there is decided by the module of each part.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
"""The checkout: `policies/`, `migrations/` and `deploy/` lie beside the package."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths within one state folder. `root` is absolute."""

    root: Path

    @classmethod
    def at(cls, folder: Path | str) -> Layout:
        """The layout of a state folder, which need not exist yet."""
        return cls(Path(folder).expanduser().absolute())

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def lock(self) -> Path:
        return self.run / "lock"

    @property
    def description(self) -> Path:
        """`network.json`: there while the network runs, complete whenever it is there."""
        return self.root / "network.json"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def secret_path(self, name: str) -> Path:
        return self.secrets / name

    def create(self) -> None:
        """Makes the folders. Ours are for us alone; the modes of others are left as they are.

        `root`, where we make it, and `data` can be passed through, so that PostgreSQL reaches
        its own folder under another user id; they can't be listed.
        """
        if not self.root.exists():
            self.root.mkdir(parents=True)
            self.root.chmod(0o711)
        for folder, mode in (
            (self.data, 0o711),
            (self.run, 0o700),
            (self.logs, 0o700),
            (self.secrets, 0o700),
            (self.config, 0o700),
        ):
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)

    def secret(self, name: str) -> str:
        """The secret of that name; made at random (256 bits) the first time it is asked for."""
        path = self.secret_path(name)
        if path.exists():
            return path.read_text().strip()
        value = secrets.token_urlsafe(32)
        self.keep_secret(name, value)
        return value

    def keep_secret(self, name: str, value: str) -> None:
        """Stores a secret under a name, readable by this user alone."""
        write_private(self.secret_path(name), value + "\n")


def write_private(path: Path, text: str) -> None:
    """Writes a file whole or not at all (by rename), mode 0600."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
