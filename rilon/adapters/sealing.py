"""Sealing: small secrets in files and in the database, encrypted under a key from elsewhere.

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


class Seal:
    """Seals small values for the database. `secret` is any text of high entropy, `purpose` what
    the values are: one purpose's can't be opened as another's."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._box = SecretBox(derived_key(secret, purpose))

    def seal(self, value: bytes) -> bytes:
        """The sealed value; never the same twice."""
        return bytes(self._box.encrypt(value))

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises ValueError if it was altered, or sealed under another key."""
        try:
            return bytes(self._box.decrypt(sealed))
        except CryptoError:
            raise ValueError("altered, or sealed under another key") from None


def derived_key(secret: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, from a secret of high entropy."""
    return hashlib.blake2b(
        purpose.encode(), key=hashlib.sha256(secret.encode()).digest(), digest_size=32
    ).digest()


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
