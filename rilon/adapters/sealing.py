"""Sealing: small secrets kept in files, encrypted under a key that lies elsewhere.

XSalsa20-Poly1305 (PyNaCl SecretBox). It decides nothing about where the key comes from.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox


class SealBroken(Exception):
    """A sealed file was altered, or the key is another one."""


class Sealed:
    """Sealed files in one folder. `secret` is any text of high entropy."""

    def __init__(self, folder: Path, secret: str) -> None:
        self._folder = folder
        self._box = SecretBox(hashlib.sha256(b"rilon-sealing-1" + secret.encode()).digest())

    def __repr__(self) -> str:
        return f"Sealed({str(self._folder)!r})"

    def read(self, name: str) -> bytes | None:
        """What is sealed under that name, or None. Raises SealBroken."""
        path = self._folder / f"{name}.sealed"
        if not path.exists():
            return None
        try:
            return self._box.decrypt(path.read_bytes())
        except CryptoError:
            raise SealBroken(f"{path}: altered, or sealed under another key") from None

    def write(self, name: str, value: bytes) -> None:
        """Seals a value under a name: whole or not at all, durable when it returns."""
        path = self._folder / f"{name}.sealed"
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(self._box.encrypt(value)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def forget(self, name: str) -> None:
        """Removes what is sealed under that name, if anything is."""
        (self._folder / f"{name}.sealed").unlink(missing_ok=True)
