"""The doctor: silent about what is hardened, and it finds each weakness that is opened."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from rilon.adapters.doctor import Kind
from rilon.commands.doctor import findings_at
from rilon.embedded.network import BASE, Network

WITHOUT_A_STEWARD = {
    "gate_away",
    "gate_not_asked",
    "steward_signed",
    "fallback_keys",
    "steward_rate",
    "other_modules",
}
"""What is missing in a network that runs without the steward: as these tests do."""

OPENED = {
    "enable_registration": True,
    "enable_registration_without_verification": True,
    "allow_guest_access": True,
    "enable_3pid_changes": True,
    "presence": {"enabled": True},
    "max_event_delay_duration": "24h",
    "allow_public_rooms_without_auth": True,
    "user_directory": {"enabled": True, "search_all_users": True},
    "rc_login": {
        part: {"per_second": 1000, "burst_count": 1000}
        for part in ("address", "account", "failed_attempts")
    },
    "default_identity_server": "https://identity.example.org",
    "modules": [],
    "report_stats": False,
}
"""An unhardened server: Synapse's own defaults, and what its defaults close, opened."""

FOUND = {
    "registration",
    "guests",
    "login_rate",
    "session_lifetime",
    "third_party_ids",
    "names_and_avatars",
    "presence",
    "delayed_events",
    "public_rooms",
    "user_directory",
    "federation",
    "encryption_default",
    "push_content",
    "prejoin_state",
    "retention",
    "redaction_retention",
    "message_rate",
    "upload_size",
    "previews_by_identity_server",
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doctor") / "state"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hardened(state: Path) -> AsyncIterator[Network]:
    """A network as it is shipped, without the steward."""
    network = Network(state, say=lambda line: None, parts=BASE)
    await network.start()
    yield network
    await network.stop()


async def test_the_shipped_configuration_has_no_shortfall_but_the_missing_steward(
    hardened: Network,
) -> None:
    findings = await findings_at(hardened.layout)
    found = {finding.code for finding in findings if finding.kind is Kind.SHORTFALL}
    assert found == WITHOUT_A_STEWARD


async def test_what_only_a_proxy_closes_is_said_and_is_no_shortfall(hardened: Network) -> None:
    findings = await findings_at(hardened.layout)
    assert {finding.code for finding in findings if finding.kind is Kind.PROXY} == {
        "profile_fields",
        "device_names",
        "to_device_types",
        "first_avatar",
        "key_claims",
        "admin_interface",
    }


async def test_every_finding_names_its_mend(hardened: Network) -> None:
    for finding in await findings_at(hardened.layout):
        assert finding.problem
        assert finding.mend


async def test_each_weakness_of_an_unhardened_server_is_found(tmp_path: Path) -> None:
    opened = tmp_path / "opened.yaml"
    opened.write_text(json.dumps(OPENED))
    network = Network(tmp_path / "state", say=lambda line: None, parts=BASE, hardened=opened)
    await network.start()
    try:
        findings = await findings_at(network.layout, opened)
    finally:
        await network.stop()
    assert {f.code for f in findings if f.kind is Kind.SHORTFALL} == FOUND | WITHOUT_A_STEWARD
