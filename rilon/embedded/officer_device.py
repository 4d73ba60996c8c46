"""One device of an officer on matrix-nio: its session, its cross-signed identity, and whom it
shares room keys with. It leaves messages, and what the officer sees, to `officer_client`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import nio
from nio.store import SqliteStore

from rilon.adapters.cross_signing import (
    CrossSigningKeys,
    device_signature,
    identity_upload,
    keys_from_seeds,
    make_keys,
    verified_devices,
)
from rilon.embedded.officer_values import HttpAnswer, Json

API = "/_matrix/client/v3"
_SHARE_ATTEMPTS = 4
_TRIES, _PAUSE_S = 60, 1.0
"""How often the homeserver is asked again while it is in trouble, and seconds in between."""


class SignInError(Exception):
    """The homeserver didn't let the officer in, or their identity is held by another client."""


class SteadyClient(nio.AsyncClient):  # type: ignore[misc]  # nio's class carries no types
    """nio's client, which stays signed in while the homeserver is in trouble.

    nio reads the readers of a failed room key as "you are signed out" (`ShareGroupSessionError`
    fills its fields in another order than it names them), and forgets its session over any error.
    """

    async def receive_response(self, response: nio.Response) -> None:
        """Nothing of such an error changes what the client knows."""
        if not isinstance(response, nio.ShareGroupSessionError):
            await super().receive_response(response)

    async def keys_claim(self, user_set: Json) -> nio.KeysClaimResponse:
        """nio can't read an error here, and would hold the room's key as being shared for ever."""
        for _ in range(_TRIES):
            with suppress(TypeError):
                return await super().keys_claim(user_set)
            await asyncio.sleep(_PAUSE_S)
        raise SignInError("the homeserver gives no keys of other devices")


class OfficerDevice:
    """A signed-in device with its own encryption store in `folder`. Made by `sign_in`."""

    def __init__(self, nio_client: nio.AsyncClient, folder: Path) -> None:
        self.nio = nio_client
        self._folder = folder
        self._encrypting = asyncio.Lock()

    @classmethod
    async def sign_in(
        cls, homeserver: str, user_id: str, password: str, folder: Path, name: str
    ) -> OfficerDevice:
        """The device that `folder` keeps, or a new one; its keys are on the homeserver."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = _read(folder / "device.json")
        config = nio.AsyncClientConfig(
            store=SqliteStore,
            store_sync_tokens=True,
            pickle_key=kept.setdefault("pickle_key", os.urandom(32).hex()),
        )
        client = SteadyClient(homeserver, user_id, store_path=str(folder), config=config)
        try:
            if "access_token" in kept:
                client.restore_login(user_id, kept["device_id"], kept["access_token"])
            else:
                answer = await client.login(password, name)
                if not isinstance(answer, nio.LoginResponse):
                    raise SignInError(f"{user_id} can't sign in: {answer.status_code}")
                kept |= {"device_id": client.device_id, "access_token": client.access_token}
                _write(folder / "device.json", json.dumps(kept).encode())
            if client.should_upload_keys:
                await client.keys_upload()
        except BaseException:
            await client.close()
            raise
        return cls(client, folder)

    async def close(self) -> None:
        """Ends the connection and the store; the device stays."""
        await self.nio.close()
        if self.nio.store is not None:
            self.nio.store.database.close()

    @property
    def user_id(self) -> str:
        """The full Matrix user id."""
        return str(self.nio.user_id)

    @property
    def device_id(self) -> str:
        """The id of this device."""
        return str(self.nio.device_id)

    async def request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Any request to the homeserver as this officer, once, with what came back."""
        answer = await self.nio.send(
            method,
            f"{path}?{urlencode(query)}" if query else path,
            None if body is None else json.dumps(body),
            {
                "Authorization": f"Bearer {self.nio.access_token}",
                "Content-Type": "application/json",
            },
        )
        try:
            return HttpAnswer(answer.status, json.loads(await answer.read() or b"null"))
        except ValueError:
            return HttpAnswer(answer.status, None)
        finally:
            answer.release()

    # --- identity ------------------------------------------------------------------------------

    async def sign_itself(self, password: str, *, replace_identity: bool) -> None:
        """Makes the officer's identity where there is none, and signs this device with it.

        `replace_identity` makes a new one where another client holds the present one; else that
        raises `SignInError`.
        """
        answer = await self._keys_query([self.user_id])
        shown = verified_devices(answer, self.user_id, None)
        keys = self._identity()
        if keys is None or shown.master != keys.master_key:
            if shown.master is not None and not replace_identity:
                raise SignInError(f"{self.user_id} has an identity that this client doesn't hold")
            keys = keys or make_keys(self.user_id, os.urandom)
            # Kept before it is uploaded: an identity whose keys are lost locks the officer out.
            _write(self._folder / "identity.seeds", keys.seeds())
            await self._upload_identity(keys, password)
        identity = self.nio.olm.account.identity_keys
        own = (answer.get("device_keys") or {}).get(self.user_id, {}).get(self.device_id, {})
        body = device_signature(keys, own, identity["ed25519"], identity["curve25519"])
        signed = await self.request("POST", f"{API}/keys/signatures/upload", body)
        if signed.status != 200 or signed.body.get("failures"):
            raise SignInError(f"{self.user_id} can't sign their device: {signed.status}")

    def _identity(self) -> CrossSigningKeys | None:
        path = self._folder / "identity.seeds"
        return keys_from_seeds(path.read_bytes()) if path.exists() else None

    async def _upload_identity(self, keys: CrossSigningKeys, password: str) -> None:
        path, body = f"{API}/keys/device_signing/upload", identity_upload(keys)
        answer = await self.request("POST", path, body)
        if answer.status == 401:  # A later upload wants the password once more.
            auth = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self.user_id},
                "password": password,
                "session": answer.text("session"),
            }
            answer = await self.request("POST", path, {**body, "auth": auth})
        if answer.status != 200:
            raise SignInError(f"{self.user_id} can't upload an identity: {answer.status}")

    # --- others' devices and room keys -----------------------------------------------------------

    async def signed_devices(self, user_id: str) -> frozenset[str]:
        """The ids of a user's devices that their owner signed."""
        shown = verified_devices(await self._keys_query([user_id]), user_id, None)
        return frozenset(device.device_id for device in shown.devices)

    async def learn_devices(self) -> None:
        """Learns changed devices, and shares keys only with those that their owner signed."""
        users = sorted(self.nio.users_for_key_query)
        if not users:
            return
        answer = await self._keys_query(users)
        response = nio.KeysQueryResponse.from_dict(answer)
        if not isinstance(response, nio.KeysQueryResponse):
            return
        await self.nio.receive_response(response)
        for user_id in users:
            signed = verified_devices(answer, user_id, None)
            for device in self.nio.device_store.active_user_devices(user_id):
                known = signed.device(device.id)
                keys = (device.ed25519, device.curve25519)
                if known is None or (known.ed25519, known.curve25519) != keys:
                    self.nio.blacklist_device(device)
                else:
                    self.nio.verify_device(device)

    async def _keys_query(self, users: list[str]) -> Json:
        query: Json = {"device_keys": {user_id: [] for user_id in users}}
        for _ in range(_TRIES):
            answer = await self.request("POST", f"{API}/keys/query", query)
            if answer.status < 500:
                break
            await asyncio.sleep(_PAUSE_S)
        return answer.body if answer.status == 200 and isinstance(answer.body, dict) else {}

    async def encrypt(self, room_id: str, event_type: str, content: Json) -> Json:
        """The content of the `m.room.encrypted` event, after the room key was shared.

        Raises `ValueError` for a room that isn't known to be encrypted: never clear by mistake.
        """
        room = self.nio.rooms.get(room_id)
        if room is None or not room.encrypted:
            raise ValueError("the officer is not in this room, or it isn't encrypted")
        async with self._encrypting:
            for _ in range(_TRIES):
                if room.members_synced:
                    break
                answer = await self.nio.joined_members(room_id)
                if isinstance(answer, nio.JoinedMembersError):
                    await asyncio.sleep(_PAUSE_S)
            else:
                raise SignInError("the homeserver doesn't say who is in the room")
            await self.learn_devices()
            if self.nio.olm.should_share_group_session(room_id):
                await self._share_room_key(room_id)
            return dict(self.nio.encrypt(room_id, event_type, content)[1])

    async def _share_room_key(self, room_id: str) -> None:
        """Shares with every signed device of the room. nio takes a failed share for a done one."""
        wanted = {
            (user_id, device.id)
            for user_id in self.nio.rooms[room_id].users
            for device in self.nio.device_store.active_user_devices(user_id)
            if device.verified and device.id != self.device_id
        }
        for attempt in range(_SHARE_ATTEMPTS):
            if attempt:
                await asyncio.sleep(attempt * _PAUSE_S)
                self.nio.invalidate_outbound_session(room_id)
            try:
                answer = await self.nio.share_group_session(room_id)
            except KeyError:
                # Somebody came in meanwhile: nio has thrown the session away in its midst.
                continue
            if wanted <= answer.users_shared_with:
                return


def _read(path: Path) -> Json:
    return dict(json.loads(path.read_bytes())) if path.exists() else {}


def _write(path: Path, value: bytes) -> None:
    """Writes whole or not at all, readable by the owner alone."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(value)
    draft.replace(path)
