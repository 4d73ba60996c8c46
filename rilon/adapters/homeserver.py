"""The homeserver's client and administration interfaces, as the steward needs them.

One method a call, JSON in and out, typed errors. It leaves retrying to its callers: an
effect is tried again by the outbox, a sync by its loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp

Json = dict[str, Any]


class HomeserverError(Exception):
    """The homeserver said no. `errcode` is Matrix's; the text never quotes content."""

    def __init__(self, status: int, errcode: str, reason: str | None = None) -> None:
        super().__init__(f"{status} {errcode}")
        self.status = status
        self.errcode = errcode
        self.reason = reason
        """`org.rilon.reason`, when our gate refused."""


class HomeserverAway(Exception):
    """No usable answer: unreachable, timed out, or a fault of the server. Try again."""


class TooManyRequests(Exception):
    """Asked to wait. `after` is in seconds."""

    def __init__(self, after: float) -> None:
        super().__init__(f"wait {after} s")
        self.after = after


class TooLarge(Exception):
    """More bytes than asked for."""


class TokenRevoked(Exception):
    """The access token is not valid (any more). Fatal for the process that holds it."""


class Homeserver:
    """A signed-in account at the homeserver.

    `base` is its URL without a path, `token` the access token of `user_id`. Use it as an
    asynchronous context, which owns the connections.
    """

    def __init__(self, base: str, user_id: str, token: str = "", device_id: str = "") -> None:
        self.base = base.rstrip("/")
        self.user_id = user_id
        self.device_id = device_id
        self._token = token
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Homeserver:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=64), auto_decompress=True
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http is not None:
            await self._http.close()

    def __repr__(self) -> str:
        return f"Homeserver({self.base!r}, {self.user_id!r})"

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> Json:
        """One call. Raises HomeserverError, HomeserverAway, TooManyRequests or TokenRevoked."""
        if self._http is None:
            raise RuntimeError("use the homeserver as a context")
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            async with self._http.request(
                method,
                self.base + path,
                json=body,
                params=query,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                answer = await response.json(content_type=None)
                status = response.status
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            raise HomeserverAway(type(error).__name__) from None
        if 200 <= status < 300 and isinstance(answer, dict):
            return answer
        raise _error(status, answer)

    async def download(self, server: str, media: str, most: int, timeout: float = 60.0) -> bytes:
        """The bytes of an uploaded file. Raises `TooLarge` beyond so many, HomeserverError for
        one that isn't there, else HomeserverAway, TooManyRequests or TokenRevoked."""
        if self._http is None:
            raise RuntimeError("use the homeserver as a context")
        path = f"/_matrix/client/v1/media/download/{_q(server)}/{_q(media)}"
        try:
            async with self._http.get(
                self.base + path,
                params={"allow_remote": "false", "timeout_ms": "5000"},
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
            ) as response:
                if response.status != 200:
                    raise _error(response.status, await response.json(content_type=None))
                data = bytearray()
                async for chunk in response.content.iter_chunked(1 << 16):
                    data += chunk
                    if len(data) > most:
                        raise TooLarge
                return bytes(data)
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            raise HomeserverAway(type(error).__name__) from None

    async def reserve_media(self) -> str:
        """A place for a file that is still to be uploaded: its media id."""
        answer = await self.call("POST", "/_matrix/media/v1/create", {})
        return str(answer["content_uri"]).rpartition("/")[2]

    async def fill_media(self, server: str, media: str, data: bytes, timeout: float = 60.0) -> None:
        """Uploads a file to its reserved place; one that lies there already is left. Raises
        HomeserverError for a place that is reserved no more, else as `download`."""
        if self._http is None:
            raise RuntimeError("use the homeserver as a context")
        try:
            async with self._http.put(
                f"{self.base}/_matrix/media/v3/upload/{_q(server)}/{_q(media)}",
                data=data,
                headers={
                    "Authorization": f"Bearer {self._token}",
                    "Content-Type": "application/octet-stream",
                },
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                if response.status not in (200, 409):
                    raise _error(response.status, await response.json(content_type=None))
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            raise HomeserverAway(type(error).__name__) from None

    async def log_in(self, password: str, device_name: str, device_id: str | None = None) -> None:
        """Signs in with a password and keeps token and device id."""
        body: Json = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.user_id},
            "password": password,
            "initial_device_display_name": device_name,
        }
        if device_id:
            body["device_id"] = device_id
        answer = await self.call("POST", "/_matrix/client/v3/login", body)
        self._token, self.device_id = str(answer["access_token"]), str(answer["device_id"])

    def take_up(self, token: str, device_id: str) -> None:
        """Goes on with a session that was kept."""
        self._token, self.device_id = token, device_id

    async def who_am_i(self) -> str:
        """The user id the token belongs to. Raises TokenRevoked."""
        return str((await self.call("GET", "/_matrix/client/v3/account/whoami"))["user_id"])

    @property
    def token(self) -> str:
        """The access token, for whoever keeps it sealed."""
        return self._token

    async def sync(self, since: str | None, filter_json: str, timeout_ms: int) -> Json:
        """One sync; `timeout_ms` is how long the server may hold it."""
        query = {"filter": filter_json, "timeout": str(timeout_ms)}
        if since:
            query["since"] = since
        return await self.call(
            "GET", "/_matrix/client/v3/sync", query=query, timeout=timeout_ms / 1000 + 30
        )

    async def send(self, room_id: str, kind: str, transaction: str, content: Json) -> str:
        """Sends a message event; the transaction id makes a resend the same event."""
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/send/{_q(kind)}/{_q(transaction)}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def redact(self, room_id: str, event_id: str, transaction: str) -> str:
        """Redacts an event, without a reason."""
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/redact/{_q(event_id)}/{_q(transaction)}"
        return str((await self.call("PUT", path, {}))["event_id"])

    async def set_state(self, room_id: str, kind: str, state_key: str, content: Json) -> str:
        """Sets a state event."""
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/state/{_q(kind)}/{_q(state_key)}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def state(self, room_id: str) -> list[Json]:
        """The whole current state of a room."""
        answer = await self.call("GET", f"/_synapse/admin/v1/rooms/{_q(room_id)}/state", timeout=60)
        return list(answer["state"])

    async def create_room(self, body: Json) -> str:
        """Creates a room and returns its id."""
        return str((await self.call("POST", "/_matrix/client/v3/createRoom", body))["room_id"])

    async def room_of_alias(self, alias: str) -> str | None:
        """The room an alias names, or None."""
        try:
            answer = await self.call("GET", f"/_matrix/client/v3/directory/room/{_q(alias)}")
        except HomeserverError as error:
            if error.status == 404:
                return None
            raise
        return str(answer["room_id"])

    async def release_alias(self, alias: str) -> None:
        """Takes an alias of ours away from the room it names."""
        await self.call("DELETE", f"/_matrix/client/v3/directory/room/{_q(alias)}")

    async def join_officer(self, room_id: str, user_id: str) -> None:
        """Joins a local user to a room without an invitation to answer (administration)."""
        await self.call("POST", f"/_synapse/admin/v1/join/{_q(room_id)}", {"user_id": user_id})

    async def kick(self, room_id: str, user_id: str) -> None:
        """Removes a user from a room, without a reason."""
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/kick"
        await self.call("POST", path, {"user_id": user_id})

    async def joined_members(self, room_id: str) -> list[str]:
        """The user ids of those who are in a room now."""
        answer = await self.call("GET", f"/_matrix/client/v3/rooms/{_q(room_id)}/joined_members")
        return [str(user) for user in answer["joined"]]

    async def delete_media(self, server: str, media: str) -> None:
        """Deletes an uploaded file for good (administration); one that is gone is deleted."""
        try:
            path = f"/_synapse/admin/v1/media/{_q(server)}/{_q(media)}"
            await self.call("DELETE", path)
        except HomeserverError as error:
            if error.status != 404:
                raise

    async def members_at(self, room_id: str, event_id: str) -> list[str] | None:
        """The user ids of those who were in a room when an event came; None if it isn't known."""
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/context/{_q(event_id)}"
        try:
            answer = await self.call("GET", path, query={"limit": "0"}, timeout=60)
        except HomeserverError:
            return None
        return [
            str(one["state_key"])
            for one in answer.get("state", [])
            if one.get("type") == "m.room.member" and one["content"].get("membership") == "join"
        ]

    async def unban(self, room_id: str, user_id: str) -> None:
        """Lifts a ban, without a reason."""
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/unban"
        await self.call("POST", path, {"user_id": user_id})

    async def messages_back(self, room_id: str, start: str, until: str | None) -> Json:
        """One page of a room's events backwards from a token, at most to another."""
        query = {"dir": "b", "from": start, "limit": "100"}
        if until:
            query["to"] = until
        return await self.call(
            "GET", f"/_matrix/client/v3/rooms/{_q(room_id)}/messages", query=query
        )

    async def upload_keys(self, body: Json) -> Json:
        """Uploads device, one-time and fallback keys."""
        return await self.call("POST", "/_matrix/client/v3/keys/upload", body)

    async def query_keys(self, users: list[str]) -> Json:
        """The devices and cross-signing keys of users."""
        body: Json = {"device_keys": {user: [] for user in users}}
        return await self.call("POST", "/_matrix/client/v3/keys/query", body, timeout=60)

    async def claim_keys(self, wanted: Mapping[str, Mapping[str, str]]) -> Json:
        """Claims one one-time key for each device."""
        return await self.call("POST", "/_matrix/client/v3/keys/claim", {"one_time_keys": wanted})

    async def send_to_device(self, kind: str, transaction: str, messages: Json) -> None:
        """Sends to-device messages: user to device to content."""
        path = f"/_matrix/client/v3/sendToDevice/{_q(kind)}/{_q(transaction)}"
        await self.call("PUT", path, {"messages": messages})

    async def upload_cross_signing(self, body: Json) -> None:
        """Uploads the public cross-signing keys (needs no password the first time)."""
        await self.call("POST", "/_matrix/client/v3/keys/device_signing/upload", body)

    async def upload_signatures(self, body: Json) -> None:
        """Uploads signatures over devices or keys."""
        answer = await self.call("POST", "/_matrix/client/v3/keys/signatures/upload", body)
        if answer.get("failures"):
            raise HomeserverError(400, "M_INVALID_SIGNATURE")

    async def set_account(self, user_id: str, body: Json) -> None:
        """Creates or changes a local account (administration)."""
        await self.call("PUT", f"/_synapse/admin/v2/users/{_q(user_id)}", body)

    async def account(self, user_id: str) -> Json | None:
        """A local account, or None (administration)."""
        try:
            return await self.call("GET", f"/_synapse/admin/v2/users/{_q(user_id)}")
        except HomeserverError as error:
            if error.status == 404:
                return None
            raise

    async def accounts(self) -> dict[str, str | None]:
        """Display names of all local accounts that aren't deactivated (administration)."""
        found: dict[str, str | None] = {}
        start = "0"
        while start:
            query = {"from": start, "limit": "500", "guests": "false", "deactivated": "false"}
            page = await self.call("GET", "/_synapse/admin/v2/users", query=query)
            found |= {str(one["name"]): one.get("displayname") for one in page["users"]}
            start = str(page.get("next_token") or "")
        return found

    async def lift_limits(self, user_id: str) -> None:
        """Lifts the message rate limit of an account (administration)."""
        path = f"/_synapse/admin/v1/users/{_q(user_id)}/override_ratelimit"
        await self.call("POST", path, {"messages_per_second": 0, "burst_count": 0})

    async def delete_devices(self, user_id: str, devices: list[str] | None = None) -> int:
        """Signs devices of a user out; all of them when none are named (administration)."""
        path = f"/_synapse/admin/v2/users/{_q(user_id)}"
        if devices is None:
            known = await self.call("GET", f"{path}/devices")
            devices = [str(entry["device_id"]) for entry in known.get("devices", [])]
        if devices:
            await self.call("POST", f"{path}/delete_devices", {"devices": devices})
        return len(devices)


def _error(status: int, answer: object) -> Exception:
    fields = answer if isinstance(answer, dict) else {}
    errcode = str(fields.get("errcode", "M_UNKNOWN"))
    if errcode == "M_UNKNOWN_TOKEN" or (status == 401 and errcode == "M_MISSING_TOKEN"):
        return TokenRevoked()
    if status == 429:
        wait = fields.get("retry_after_ms", 1000)
        return TooManyRequests(wait / 1000 if isinstance(wait, int | float) else 1.0)
    if status >= 500:
        return HomeserverAway(f"{status} {errcode}")
    reason = fields.get("org.rilon.reason")
    return HomeserverError(status, errcode, reason if isinstance(reason, str) else None)


def _q(part: str) -> str:
    return quote(part, safe="")
