"""The first picture of a profile: the homeserver puts it into each later join, the gate refuses
the join for it, and its owner gets a card about a room where they are not."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from rilon.adapters.doctor_proxy import first_avatar
from rilon.adapters.registration import register
from rilon.embedded.network import BASE, Network
from rilon.embedded.synapse import HARDENED, REGISTRATION_SECRET

PASSWORD = "a long password of somebody"
API = "/_matrix/client/v3"
TYPES = ("image/png", "application/octet-stream", "none - pictures in profiles are closed", "")


class _Visit:
    """A person's session, as the doctor has one."""

    def __init__(self, http: aiohttp.ClientSession, network: Network, signed_in: dict[str, str]):
        self._http, self._url = http, network.homeserver
        self._headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
        self.user_id = signed_in["user_id"]
        self.target = type("Target", (), {"server_name": self.user_id.partition(":")[2]})

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str]]:
        async with self._http.request(
            method, self._url + path, json=body, headers=self._headers
        ) as answer:
            return answer.status, await answer.json()

    async def upload(self, data: bytes, type_: str) -> str:
        path = f"{self._url}/_matrix/media/v3/upload"
        headers = {**self._headers, "Content-Type": type_}
        async with self._http.post(path, data=data, headers=headers) as answer:
            return str((await answer.json())["content_uri"])


async def _visit(http: aiohttp.ClientSession, network: Network) -> _Visit:
    secret = network.layout.secret(REGISTRATION_SECRET)
    await register(http, network.homeserver, secret, "visitor", PASSWORD)
    login = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "visitor"},
        "password": PASSWORD,
    }
    async with http.post(f"{network.homeserver}{API}/login", json=login) as answer:
        return _Visit(http, network, await answer.json())


@pytest.mark.parametrize("opened", [False, True], ids=["as shipped", "without the setting"])
async def test_nobody_gives_a_profile_its_first_picture(tmp_path: Path, opened: bool) -> None:
    settings = tmp_path / "settings.yaml"
    kept = [line for line in HARDENED.read_text().splitlines() if "allowed_avatar" not in line]
    settings.write_text("\n".join(one for one in kept if "max_avatar" not in one))
    network = Network(
        tmp_path / "state",
        say=lambda line: None,
        parts=BASE,
        hardened=settings if opened else HARDENED,
    )
    await network.start()
    try:
        async with aiohttp.ClientSession() as http:
            visit = await _visit(http, network)
            path = f"{API}/profile/{quote(visit.user_id)}/avatar_url"
            found = await first_avatar(visit)  # type: ignore[arg-type]  # what it asks for
            assert (found is not None) is opened
            if opened:
                # Still found by the next visit, when the first picture is no longer the first.
                assert await first_avatar(visit)  # type: ignore[arg-type]
                return
            for type_ in TYPES:
                for data in (b"x", b"y" * 2000):
                    link = {"avatar_url": await visit.upload(data, type_)}
                    assert (await visit.ask("PUT", path, link))[0] == 403, (type_, len(data))
            assert not (await visit.ask("GET", path))[1].get("avatar_url")
    finally:
        await network.stop()
