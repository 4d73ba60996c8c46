"""`rilon verify`: checks a ledger, given only public keys."""

from __future__ import annotations

import json
from pathlib import Path

from rilon.audit.explain import explain
from rilon.audit.verify_client import verify as verify_log
from rilon.embedded.layout import Layout
from rilon.embedded.services import NotStarted
from rilon.embedded.settings import AUDITOR_TOKEN, component_keys
from rilon.texts.translator import translator

UNSOUND = 1


def verify(state: Path, audit: str | None, key: str | None) -> int:
    """Verifies this machine's network, or the log at an address or in a folder.

    Raises NotStarted if neither is there, and SourceError if the log can't be read.
    """
    layout = Layout.at(state)
    if audit is not None and key is not None:
        report = verify_log(audit, key)
    elif layout.description.exists():
        described = json.loads(layout.description.read_text())
        report = verify_log(
            audit or described["audit"],
            key or described["log"]["verifier_key"],
            layout.secret(AUDITOR_TOKEN),
            component_keys(layout),
        )
    else:
        raise NotStarted(
            f"no network is up in {layout.root}: start it with `rilon up`, "
            "or give --audit and --key"
        )
    for line in explain(report, translator("en")):
        print(line)
    return 0 if report.sound else UNSOUND
