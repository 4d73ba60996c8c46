"""Synapse for one machine: its configuration and how it is started.

The hardening is one file for every RILON homeserver, `deploy/synapse/hardened.yaml`; here is
only what belongs to this machine.
"""

from __future__ import annotations

import io
import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey
from ruamel.yaml import YAML

from rilon.embedded.layout import PROJECT, Layout, write_private
from rilon.embedded.ports import HOST
from rilon.embedded.postgres import password_secret
from rilon.embedded.services import Service, answers

HARDENED = PROJECT / "deploy" / "synapse" / "hardened.yaml"

GATE_SECRET = "gate"  # noqa: S105 -- names of secrets, not the secrets
REGISTRATION_SECRET = "synapse.registration"  # noqa: S105

QUICK_HASHES = 8
"""Rounds of bcrypt, in place of 12: first passwords here are random, and there are many."""


class Synapse:
    """One homeserver of a state folder.

    `gate` is the gate's address, or `None` without it. `hardened` is the configuration that
    every homeserver shares.
    """

    def __init__(
        self,
        layout: Layout,
        port: int,
        database_port: int,
        server_name: str,
        gate: str | None,
        hardened: Path = HARDENED,
    ) -> None:
        self._hardened = hardened
        self.layout = layout
        self.port = port
        self.server_name = server_name
        self._database_port = database_port
        self._gate = gate

    @property
    def url(self) -> str:
        """The address for clients, without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    def service(self, environment: Mapping[str, str]) -> Service:
        """Writes the configuration and says how the server is started."""
        own = self.layout.config / "homeserver.yaml"
        logging = self.layout.config / "synapse-logging.yaml"
        self._keep_signing_key()
        self.layout.secret(REGISTRATION_SECRET)
        write_private(own, _yaml(self.configuration()))
        write_private(logging, _yaml(self._logging()))
        return Service(
            name="synapse",
            title="Synapse",
            command=(
                sys.executable, "-m", "synapse.app.homeserver",
                "-c", str(self._hardened), "-c", str(own),
            ),
            ready=partial(answers, f"{self.url}/health"),
            environment=environment,
            directory=self.layout.data,
        )  # fmt: skip

    def configuration(self) -> dict[str, Any]:
        """This machine's part of the configuration."""
        secrets = self.layout.secret_path
        own: dict[str, Any] = {
            "server_name": self.server_name,
            "public_baseurl": f"{self.url}/",
            "pid_file": str(self.layout.run / "synapse.pid"),
            "listeners": [
                {
                    "port": self.port,
                    "bind_addresses": [HOST],
                    "type": "http",
                    "tls": False,
                    "x_forwarded": False,
                    "resources": [{"names": ["client"], "compress": False}],
                }
            ],
            "database": {
                "name": "psycopg2",
                "args": {
                    "host": HOST,
                    "port": self._database_port,
                    "user": "synapse",
                    "password": self.layout.secret(password_secret("synapse")),
                    "dbname": "synapse",
                    "sslmode": "disable",
                    "cp_min": 5,
                    "cp_max": 10,
                },
            },
            "log_config": str(self.layout.config / "synapse-logging.yaml"),
            "media_store_path": str(self.layout.data / "media"),
            "signing_key_path": str(secrets("synapse.signing.key")),
            "registration_shared_secret_path": str(secrets(REGISTRATION_SECRET)),
            "macaroon_secret_key": self.layout.secret("synapse.macaroon"),
            "form_secret": self.layout.secret("synapse.form"),
            "bcrypt_rounds": QUICK_HASHES,
        }
        if self._gate is not None:
            self.layout.secret(GATE_SECRET)
            own["modules"] = [
                {
                    "module": "rilon.gate.module.GateModule",
                    "config": {
                        "url": self._gate,
                        "secret_path": str(secrets(GATE_SECRET)),
                        "steward": f"@steward:{self.server_name}",
                        "timeout_ms": 2000,
                    },
                }
            ]
        return own

    def _logging(self) -> dict[str, Any]:
        # What INFO says otherwise holds neither addresses of requests nor content.
        return {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "precise": {"format": "%(asctime)s %(levelname)s %(name)s %(request)s %(message)s"}
            },
            "handlers": {
                "file": {
                    "class": "logging.handlers.RotatingFileHandler",
                    "filename": str(self.layout.logs / "homeserver.log"),
                    "maxBytes": 16 * 1024 * 1024,
                    "backupCount": 3,
                    "encoding": "utf8",
                    "formatter": "precise",
                }
            },
            "loggers": {
                "synapse.storage.SQL": {"level": "WARNING"},
                "synapse.access": {"level": "WARNING"},
                # Each refusal with its address, in which an event's type can be any words.
                "synapse.http.server": {"level": "WARNING"},
            },
            "root": {"level": "INFO", "handlers": ["file"]},
        }

    def _keep_signing_key(self) -> None:
        path = self.layout.secret_path("synapse.signing.key")
        if not path.exists():
            seed = b64encode(bytes(SigningKey.generate())).decode().rstrip("=")
            write_private(path, f"ed25519 a_{os.urandom(2).hex()} {seed}\n")


def _yaml(document: dict[str, Any]) -> str:
    text = io.StringIO()
    YAML(typ="safe").dump(document, text)
    return text.getvalue()
