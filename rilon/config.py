"""Settings of each process: one TOML file, checked, frozen. Secrets are named by path only.

`rilon up` writes these files into its state folder; `deploy/` shows them for real machines.
What a setting leads to is decided by the process that reads it, in `rilon.bootstrap`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError


class SettingsError(Exception):
    """A settings file is missing, unreadable or wrong. The message names file, key and mend."""


def _without_password(dsn: str) -> str:
    if urlsplit(dsn).password is not None:
        raise ValueError("leave the password out and name its file in `password_file`")
    return dsn


Dsn = Annotated[str, AfterValidator(_without_password)]
"""An address without a password: `postgresql://rilon_steward@127.0.0.1:5432/rilon`."""

Port = Annotated[int, Field(ge=1, le=65_535)]


class Section(BaseModel):
    """A part of a settings file. An unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Database(Section):
    """PostgreSQL: an address without its password, and the file that holds the password.

    `?sslmode=` in the address is libpq's.
    """

    dsn: Dsn
    password_file: Path

    def url(self, scheme: str = "postgresql+asyncpg") -> str:
        """The address with its password, for the driver alone: never log it."""
        address = _with_password(self.dsn, self.password_file, scheme)
        # asyncpg has another name for the same setting.
        return address.replace("?sslmode=", "?ssl=") if "asyncpg" in scheme else address


class Broker(Section):
    """Celery's broker. The URL holds no password; the file does."""

    dsn: Dsn
    password_file: Path

    def url(self) -> str:
        """The address with its password, for the driver alone: never log it."""
        return _with_password(self.dsn, self.password_file, urlsplit(self.dsn).scheme)


class Listen(Section):
    """Where an HTTP endpoint listens."""

    host: str = "127.0.0.1"
    port: Port


class Homeserver(Section):
    """The homeserver, and the steward's account on it."""

    url: str
    server_name: str
    steward: str
    """The steward's full Matrix user id."""
    password_file: Path


class Gate(Section):
    """The gate's endpoint: where it listens, and the secret it shares with the module."""

    host: str = "127.0.0.1"
    port: Port
    secret_file: Path


class Log(Section):
    """The ledger's log: its origin, and its keys. Only the audit service has the private one."""

    origin: str
    verifier_key: str
    signing_key_file: Path | None = None


class StewardSettings(Section):
    """What the steward's process needs. `store` is the folder of nio's crypto store."""

    database: Database
    homeserver: Homeserver
    gate: Gate
    broker: Broker
    log: Log
    policies: Path
    store: Path
    pickle_key_file: Path
    """Opens the crypto store."""
    sealing_key_file: Path
    """Seals held texts and the cross-signing keys."""


class AuditSettings(Section):
    """What the audit service needs."""

    database: Database
    listen: Listen
    log: Log
    policies: Path
    checkpoints: Path
    """The folder of the checkpoint file; kept apart from the database and from its backups."""
    auditor_token_file: Path
    """The bearer token with which the auditor reads entries."""


class WorkerSettings(Section):
    """What Celery's worker and beat need. `schedule` is beat's own file."""

    database: Database
    broker: Broker
    policies: Path
    schedule: Path


class MigrationSettings(Section):
    """What migrations need: the owner of the tables."""

    database: Database


S = TypeVar("S", bound=Section)


def load(kind: type[S], path: Path) -> S:
    """The checked settings of that file. Raises `SettingsError`; never quotes a value."""
    try:
        document = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: can't be read: {error}") from None
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
            for mistake in error.errors(include_url=False, include_input=False)
        )
        raise SettingsError(f"{path}: {mistakes}") from None


def secret(path: Path) -> str:
    """The secret in a file, without the line's end. Raises `SettingsError`."""
    try:
        value = path.read_text().strip()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    if not value:
        raise SettingsError(f"{path}: is empty")
    return value


def _with_password(dsn: str, password_file: Path, scheme: str) -> str:
    parts = urlsplit(dsn)
    user = quote(parts.username or "", safe="")
    password = quote(secret(password_file), safe="")
    place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    return urlunsplit((scheme, f"{user}:{password}@{place}", parts.path, parts.query, ""))
