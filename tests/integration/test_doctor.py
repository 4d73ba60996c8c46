"""The doctor: silent about what is hardened, and it finds each weakness that is opened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest

from rilon.adapters.doctor import Finding, Kind
from rilon.adapters.registration import register
from rilon.commands.doctor import findings_at
from rilon.embedded.network import BASE, Network
from rilon.embedded.synapse import REGISTRATION_SECRET

WITHOUT_A_STEWARD = {
    "gate_away",
    "gate_not_asked",
    "steward_signed",
    "fallback_keys",
    "steward_rate",
    "other_modules",
    "events_judged",
    "device_at_sign_in",
}
"""What is found missing in a network that runs without the steward."""

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
    "server_notices": {"system_mxid_localpart": "notices"},
    "experimental_features": {"msc3026_enabled": True},
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
    "search",
    "server_notices",
    "experimental_features",
    "rooms_made",
    "rooms_closed",
    "invitations",
    "settings_running",
}


@pytest.fixture(scope="module")
async def shipped(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Finding]:
    """What the doctor finds in a network as it is shipped."""
    state = tmp_path_factory.mktemp("doctor") / "state"
    network = Network(state, say=lambda line: None, parts=BASE | {"steward"})
    await network.start()
    try:
        return await _once_settled(network)
    finally:
        await network.stop()


async def _once_settled(network: Network) -> Sequence[Finding]:
    """The findings; the steward may still be uploading its fallback key when it is ready."""
    for _ in range(20):
        findings = await findings_at(network.layout)
        if "fallback_keys" not in _codes(findings, Kind.SHORTFALL):
            break
        await asyncio.sleep(1)
    return findings


def _codes(findings: Sequence[Finding], kind: Kind) -> set[str]:
    return {finding.code for finding in findings if finding.kind is kind}


def test_the_shipped_network_has_no_shortfall(shipped: Sequence[Finding]) -> None:
    assert _codes(shipped, Kind.SHORTFALL) == set()


def test_what_only_a_proxy_closes_is_said_and_is_no_shortfall(shipped: Sequence[Finding]) -> None:
    assert _codes(shipped, Kind.PROXY) == {
        "profile_fields",
        "device_names",
        "to_device_types",
        "key_claims",
        "reports",
        "admin_interface",
    }


def test_every_finding_names_its_mend(shipped: Sequence[Finding]) -> None:
    assert all(finding.problem and finding.mend for finding in shipped)


async def _a_room_as_people_make_them(network: Network) -> None:
    """Public, in clear, with a name, and somebody invited: what nobody governs."""
    url, secret = network.homeserver, network.layout.secret(REGISTRATION_SECRET)
    async with aiohttp.ClientSession() as http:
        for name in ("maker", "invited"):
            await register(http, url, secret, name, "a long password")
        login = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": "maker"},
            "password": "a long password",
        }
        async with http.post(f"{url}/_matrix/client/v3/login", json=login) as answer:
            token = (await answer.json())["access_token"]
        body = {
            "preset": "public_chat",
            "name": "Left at noon",
            "invite": [f"@invited:{network.server_name}"],
        }
        headers = {"Authorization": f"Bearer {token}"}
        path = f"{url}/_matrix/client/v3/createRoom"
        async with http.post(path, json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()


async def test_each_weakness_of_an_unhardened_server_is_found(tmp_path: Path) -> None:
    opened = tmp_path / "opened.yaml"
    opened.write_text(json.dumps(OPENED))
    network = Network(tmp_path / "state", say=lambda line: None, parts=BASE, hardened=opened)
    await network.start()
    try:
        await _a_room_as_people_make_them(network)
        opened.write_text(json.dumps({**OPENED, "url_preview_enabled": False}))
        findings = await findings_at(network.layout, opened)
    finally:
        await network.stop()
    assert _codes(findings, Kind.SHORTFALL) == FOUND | WITHOUT_A_STEWARD
