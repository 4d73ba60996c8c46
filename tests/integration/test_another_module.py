"""A homeserver that loads another module with our callback ends at its start, whichever of the two
comes first and however it is loaded: what we judged might not be what is sent.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from rilon.gate.module import ANOTHER_MODULE
from tests.integration.clients_desk import free_port, synapse_config

OTHER = '''
class Other:
    """Lets everything in, in another form."""

    def __init__(self, config, module_api=None, api=None):
        if api := api or (module_api if config.get("registers") else None):
            api.register_third_party_rules_callbacks(check_event_allowed=self.check_event_allowed)

    @staticmethod
    def parse_config(config):
        return config

    async def check_event_allowed(self, event, state_events):
        return True, None
'''


@pytest.mark.parametrize(
    "loaded",
    [
        {"modules": ["ours", {"module": "other.Other", "config": {"registers": True}}]},
        {
            "modules": ["ours"],
            "third_party_event_rules": {"module": "other.Other", "config": {}},
        },
    ],
    ids=["after ours", "by the older key"],
)
def test_the_homeserver_does_not_start_beside_another_module(
    tmp_path: Path, loaded: dict[str, Any]
) -> None:
    (tmp_path / "other.py").write_text(OTHER)
    (tmp_path / "secret").write_text("s" * 40)
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    (tmp_path / "signing.key").write_text(f"ed25519 a_test {seed}\n")
    ours = {
        "module": "rilon.gate.module.GateModule",
        "config": {
            "url": "http://127.0.0.1:9",
            "secret_path": str(tmp_path / "secret"),
            "steward": "@steward:test",
        },
    }
    config = synapse_config(tmp_path, free_port()) | loaded
    config["modules"] = [ours if one == "ours" else one for one in config["modules"]]
    log = {
        "version": 1,
        "handlers": {"file": {"class": "logging.FileHandler",
                              "filename": str(tmp_path / "synapse.log")}},
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }  # fmt: skip
    for name, value in (("log.yaml", log), ("homeserver.yaml", config)):
        with (tmp_path / name).open("w") as file:
            YAML(typ="safe").dump(value, file)
    command = [sys.executable, "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"]
    paths = os.pathsep.join([str(tmp_path), str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    with (tmp_path / "output.log").open("wb") as output:
        ended = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": paths},
            stdout=output,
            stderr=output,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
    said = (tmp_path / "synapse.log").read_text() + (tmp_path / "output.log").read_text()
    assert ANOTHER_MODULE in said, (ended.returncode, said[-2000:])
