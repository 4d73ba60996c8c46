"""The settings files that `rilon up` writes into the state folder, one for each process.

Their shapes are `rilon.config`'s; here they get this machine's ports, paths and secrets.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from rilon.config import (
    AuditSettings,
    Broker,
    Database,
    Gate,
    Homeserver,
    Listen,
    Log,
    MigrationSettings,
    StewardSettings,
    WorkerSettings,
)
from rilon.embedded import redis
from rilon.embedded.layout import PROJECT, Layout, write_private
from rilon.embedded.ports import HOST
from rilon.embedded.postgres import OWNER, password_secret
from rilon.embedded.synapse import GATE_SECRET
from rilon.ledger.keys import SignerKey, VerifierKey

STEWARD = "steward"
LOG_KEY = "log.key"
AUDITOR_TOKEN = "auditor.token"  # noqa: S105


def account_secret(name: str) -> str:
    """The name under which the state folder keeps an account's password."""
    return f"account.{name}"


def settings_path(layout: Layout, process: str) -> Path:
    """Where a process's settings lie: `steward`, `audit`, `worker` or `migrate`."""
    return layout.config / f"{process}.toml"


def log_key(layout: Layout, origin: str) -> SignerKey:
    """The log's signing key; made the first time it is asked for."""
    path = layout.secret_path(LOG_KEY)
    if not path.exists():
        layout.keep_secret(LOG_KEY, SignerKey(origin, secrets.token_bytes(32)).secret_text())
    return SignerKey.parse(path.read_text().strip())


def write_settings(
    layout: Layout, ports: Mapping[str, int], server_name: str, policies: Path | None = None
) -> Log:
    """Writes every process's settings anew, since ports may have changed. Returns the log's."""
    from_policies = policies or PROJECT / "policies"
    key = log_key(layout, f"log.{server_name}")
    log = Log(origin=key.name, verifier_key=str(key.verifier))
    broker = Broker(
        dsn=f"redis://{HOST}:{ports['redis']}/0", password_file=_secret_file(layout, redis.SECRET)
    )

    def database(role: str) -> Database:
        return Database(
            # On loopback; else the driver looks for certificates in HOME, readable or not.
            dsn=f"postgresql://{role}@{HOST}:{ports['postgres']}/rilon?sslmode=disable",
            password_file=_secret_file(layout, password_secret(role)),
        )

    documents: dict[str, BaseModel] = {
        "migrate": MigrationSettings(database=database(OWNER)),
        "steward": StewardSettings(
            database=database("rilon_steward"),
            homeserver=Homeserver(
                url=f"http://{HOST}:{ports['synapse']}",
                server_name=server_name,
                steward=f"@{STEWARD}:{server_name}",
                password_file=_secret_file(layout, account_secret(STEWARD)),
            ),
            gate=Gate(port=ports["gate"], secret_file=_secret_file(layout, GATE_SECRET)),
            broker=broker,
            log=log,
            policies=from_policies,
            store=_folder(layout.data / "steward"),
            pickle_key_file=_secret_file(layout, "steward.pickle"),
            sealing_key_file=_secret_file(layout, "steward.sealing"),
        ),
        "audit": AuditSettings(
            database=database("rilon_audit"),
            listen=Listen(port=ports["audit"]),
            log=log.model_copy(update={"signing_key_file": layout.secret_path(LOG_KEY)}),
            policies=from_policies,
            checkpoints=_folder(layout.data / "checkpoints"),
            auditor_token_file=_secret_file(layout, AUDITOR_TOKEN),
        ),
        "worker": WorkerSettings(
            database=database("rilon_worker"),
            broker=broker,
            policies=from_policies,
            schedule=_folder(layout.data / "beat") / "schedule",
        ),
    }
    for process, document in documents.items():
        write_private(settings_path(layout, process), as_toml(document))
    return log


def as_toml(document: BaseModel) -> str:
    """A settings document as TOML: single values first, then one table a section."""
    values = document.model_dump(mode="json", exclude_none=True)
    lines = [f"{key} = {_value(value)}" for key, value in values.items() if _single(value)]
    for key, section in values.items():
        if not _single(section):
            lines += ["", f"[{key}]"]
            lines += [f"{name} = {_value(value)}" for name, value in section.items()]
    return "\n".join(lines).lstrip() + "\n"


def _single(value: object) -> bool:
    return not isinstance(value, dict)


def _value(value: str | float) -> str:
    # A JSON string is a TOML basic string (TOML 1.0, String), DEL excepted.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _secret_file(layout: Layout, name: str) -> Path:
    layout.secret(name)
    return layout.secret_path(name)


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def component_keys(layout: Layout) -> list[VerifierKey]:
    """The public keys of the programs whose entries this network's ledger holds."""
    return [VerifierKey.parse(path.read_text().strip()) for path in layout.data.glob("*/*.pub")]
