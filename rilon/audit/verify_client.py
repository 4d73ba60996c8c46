"""Verification of a log from outside: over HTTP or from a folder, given only public keys.

What is checked is `rilon.ledger.verify`; how it is told is `rilon.audit.explain`.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from rilon.ledger.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from rilon.ledger.keys import VerifierKey
from rilon.ledger.note import NoteError
from rilon.ledger.verify import Fault, FaultCode, Findings, verify_log

LARGEST_ANSWER = 256 * (65_535 + 2) + 1
"""In bytes: a full bundle of the longest entries. More is not read."""


class SourceError(Exception):
    """The log can't be read: the address, the network or the token. Says nothing about the log."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification looked at and found."""

    origin: str
    checkpoint: Checkpoint | None
    findings: Findings
    entries_read: bool
    signatures_checked: bool

    @property
    def sound(self) -> bool:
        """Whether nothing failed in what was looked at."""
        return self.checkpoint is not None and self.findings.sound


class Source(Protocol):
    """Where a log's bytes come from."""

    def fetch(self, path: str) -> bytes | None:
        """The bytes at a path, `None` when there are none; raises `SourceError`."""


class FolderSource:
    """A copy of a log in a folder, laid out as the log's paths are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, path: str) -> bytes | None:
        """The file at that path."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise SourceError(f"{self._folder / path}: {error.strerror}") from error


class HttpSource:
    """A log behind an address, over one connection that is opened again when it breaks."""

    def __init__(self, url: str, token: str | None = None, limit_s: float = 30) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SourceError(f"{url}: not an address that begins with http:// or https://")
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=limit_s, context=ssl.create_default_context()
            )
        else:
            self._connection = http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=limit_s
            )

    def fetch(self, path: str) -> bytes | None:
        """GET the path. 404 is `None`; any other refusal is a `SourceError`."""
        try:
            status, body = self._get(path)
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            status, body = self._again(path)
        except OSError as error:
            raise SourceError(f"{self._url}: {error}") from error
        if status == 404:
            return None
        if status != 200:
            said = body[:200].decode(errors="replace").strip()
            raise SourceError(f"{self._url}: answered {status} for {path}: {said}")
        return body

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _again(self, path: str) -> tuple[int, bytes]:
        try:
            return self._get(path)
        except (OSError, http.client.HTTPException) as error:
            raise SourceError(f"{self._url}: {error}") from error

    def _get(self, path: str) -> tuple[int, bytes]:
        headers = self._headers if path.startswith("tile/entries/") else {}
        self._connection.request("GET", f"{self._prefix}/{path}", headers=headers)
        response = self._connection.getresponse()
        body = response.read(LARGEST_ANSWER)
        if len(body) == LARGEST_ANSWER:
            self._connection.close()
            raise SourceError(f"{self._url}: the answer for {path} is too long")
        return response.status, body


def verify(
    url_or_dir: str | Path,
    verifier_key: VerifierKey | str,
    token: str | None = None,
    component_keys: Sequence[VerifierKey] | None = None,
    previous: bytes | None = None,
) -> Report:
    """Verify the log at an address (`http…`) or in a folder against its public key.

    With the auditor's `token`, or from a folder that holds entries, every entry too; with
    `component_keys` their signatures. `previous` is a checkpoint that was kept from earlier:
    the log must continue it. Raises `SourceError` when the log can't be read at all, and
    `KeyFormatError` for a key that isn't one; whatever the log's bytes say is in the report.
    """
    key = VerifierKey.parse(verifier_key) if isinstance(verifier_key, str) else verifier_key
    text = str(url_or_dir)
    if text.startswith(("http://", "https://")):
        remote = HttpSource(text, token)
        try:
            return verify_source(remote, key, token is not None, component_keys, previous)
        finally:
            remote.close()
    folder = Path(url_or_dir)
    entries = (folder / "tile" / "entries").is_dir()
    return verify_source(FolderSource(folder), key, entries, component_keys, previous)


def verify_source(
    source: Source,
    key: VerifierKey,
    with_entries: bool,
    component_keys: Sequence[VerifierKey] | None,
    previous: bytes | None,
) -> Report:
    """As `verify`, from any source."""
    signatures = with_entries and component_keys is not None
    raw = source.fetch("checkpoint")
    if raw is None:
        raise SourceError("there is no checkpoint: this is not a log, or it has not begun yet")
    try:
        checkpoint = open_checkpoint(raw, key)
        earlier = None if previous is None else open_checkpoint(previous, key)
    except (NoteError, CheckpointError) as error:
        fault = Fault(FaultCode.CHECKPOINT_BAD, detail=str(error))
        return Report(key.name, None, Findings(0, faults=(fault,)), False, False)
    findings = verify_log(
        checkpoint,
        source.fetch,
        with_entries=with_entries,
        component_keys=component_keys if signatures else None,
        previous=earlier,
    )
    return Report(key.name, checkpoint, findings, with_entries, signatures)
