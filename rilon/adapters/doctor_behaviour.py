"""What the doctor tries on the live server, and what an unhardened one would answer.

Each check leaves the server as it found it, as far as the server refuses what it should.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from rilon.adapters.doctor import Check, Finding, Kind, Visit
from rilon.gate.protocol import HEALTH_PATH, REASON_KEY, SHORT_SECRET, authorization

CLIENT = "/_matrix/client/v3"
HARDENED = "use deploy/synapse/hardened.yaml"
PROXY = "put the reverse proxy of deploy/nginx in front of the homeserver"
PROBE = "org.rilon.probe"


# Who may come in


async def registration(visit: Visit) -> Finding | None:
    """Nobody registers by themselves."""
    status, _ = await visit.ask("POST", f"{CLIENT}/register", {}, as_person=False)
    if status in (403, 404):
        return None
    return Finding("registration", "anyone can register", f"enable_registration: false; {HARDENED}")


async def guests(visit: Visit) -> Finding | None:
    """Nobody enters as a guest."""
    status, _ = await visit.ask("POST", f"{CLIENT}/register?kind=guest", {}, as_person=False)
    if status in (403, 404):
        return None
    return Finding(
        "guests", "anyone can enter as a guest", f"allow_guest_access: false; {HARDENED}"
    )


async def login_rate(visit: Visit) -> Finding | None:
    """Wrong passwords for one account are slowed down (tried on an account that isn't there)."""
    request = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": f"nobody-{secrets.token_hex(6)}"},
        "password": "wrong",
    }
    for _ in range(12):
        status, _ = await visit.ask("POST", f"{CLIENT}/login", request, as_person=False)
        if status == 429:
            return None
    return Finding(
        "login_rate", "passwords can be tried without a limit", f"set rc_login; {HARDENED}"
    )


async def session_lifetime(visit: Visit) -> Finding | None:
    """A session ends by itself."""
    if visit.ends:
        return None
    return Finding("session_lifetime", "sessions never end", f"set session_lifetime; {HARDENED}")


# What people can change and find


async def third_party_ids(visit: Visit) -> Finding | None:
    """Nobody adds an e-mail address or a telephone number."""
    body = {"sid": "none", "client_secret": "none"}
    _, answer = await visit.ask("POST", f"{CLIENT}/account/3pid/add", body)
    if answer.get("errcode") in ("M_FORBIDDEN", "M_UNRECOGNIZED"):
        return None
    return Finding(
        "third_party_ids",
        "people can add e-mail addresses and telephone numbers to their accounts",
        f"enable_3pid_changes: false; {HARDENED}",
    )


async def names_and_avatars(visit: Visit) -> Finding | None:
    """Display names and avatars are the roster's to set."""
    _, answer = await visit.ask("GET", f"{CLIENT}/capabilities")
    capabilities: Mapping[str, Any] = answer["capabilities"]
    open_ = [
        what
        for what, key in (("display name", "m.set_displayname"), ("avatar", "m.set_avatar_url"))
        if capabilities.get(key, {}).get("enabled", True)
    ]
    if not open_:
        return None
    return Finding(
        "names_and_avatars",
        f"people can change their own {' and '.join(open_)}",
        f"enable_set_displayname: false, enable_set_avatar_url: false; {HARDENED}",
    )


async def presence(visit: Visit) -> Finding | None:
    """Presence, with its free text, goes nowhere."""
    path = f"{CLIENT}/presence/{quote(visit.user_id)}/status"
    await visit.ask("PUT", path, {"presence": "online"})
    status, answer = await visit.ask("GET", path)
    if status != 200 or answer.get("presence") == "offline":
        return None
    return Finding("presence", "presence is on", f"presence: {{enabled: false}}; {HARDENED}")


async def delayed_events(visit: Visit) -> Finding | None:
    """No event is taken in now to be sent later (MSC4140)."""
    room = quote(f"!none:{visit.target.server_name}")
    path = f"{CLIENT}/rooms/{room}/send/m.room.message/{secrets.token_hex(6)}"
    _, answer = await visit.ask("PUT", f"{path}?org.matrix.msc4140.delay=1000", {"body": ""})
    _, versions = await visit.ask("GET", "/_matrix/client/versions")
    features: Mapping[str, Any] = versions.get("unstable_features", {})
    said_no = answer.get("errcode") in ("M_FORBIDDEN", "M_UNRECOGNIZED", "M_NOT_FOUND")
    if said_no and not features.get("org.matrix.msc4140"):
        return None
    return Finding(
        "delayed_events",
        "events can be sent now to appear later, when what they were judged by has changed",
        "remove max_event_delay_duration from Synapse's configuration",
    )


async def url_previews(visit: Visit) -> Finding | None:
    """The server fetches no address that people write."""
    path = "/_matrix/client/v1/media/preview_url?url=http%3A%2F%2F127.0.0.1%2F"
    status, _ = await visit.ask("GET", path)
    if status == 404:
        return None
    return Finding("url_previews", "URL previews are on", f"url_preview_enabled: false; {HARDENED}")


async def public_rooms(visit: Visit) -> Finding | None:
    """Nobody sees a list of rooms, signed in or not."""
    path = f"{CLIENT}/publicRooms"
    stranger, _ = await visit.ask("GET", path, as_person=False)
    status, answer = await visit.ask("GET", path)
    searchable = visit.target.settings.get("enable_room_list_search", True)
    if stranger != 200 and not (status == 200 and answer.get("chunk")) and not searchable:
        return None
    return Finding(
        "public_rooms",
        "the directory of rooms can be read or searched",
        f"enable_room_list_search: false, allow_public_rooms_without_auth: false; {HARDENED}",
    )


async def user_directory(visit: Visit) -> Finding | None:
    """Someone who shares no room with the steward finds neither it nor its profile."""
    name = visit.target.steward.removeprefix("@").partition(":")[0]
    _, found = await visit.ask(
        "POST", f"{CLIENT}/user_directory/search", {"search_term": name, "limit": 5}
    )
    path = f"{CLIENT}/profile/{quote(visit.target.steward)}"
    as_stranger, _ = await visit.ask("GET", path, as_person=False)
    as_person, _ = await visit.ask("GET", path)
    if not found.get("results") and as_stranger != 200 and as_person != 200:
        return None
    return Finding(
        "user_directory",
        "people can look up others with whom they share no room",
        "user_directory: {search_all_users: false}, "
        f"limit_profile_requests_to_users_who_share_rooms: true; {HARDENED}",
    )


async def federation(visit: Visit) -> Finding | None:
    """No other server can speak to this one, unless a closed list says which."""
    allowed = visit.target.settings.get("federation_domain_whitelist")
    status, _ = await visit.ask("GET", "/_matrix/federation/v1/version", as_person=False)
    if allowed or (allowed is not None and status == 404):
        return None
    return Finding(
        "federation",
        "other servers can reach this one" if status != 404 else "federation has no allow-list",
        f"federation_domain_whitelist: [], and no federation listener; {HARDENED}",
    )


# The gate and the steward


async def gate_reachable(visit: Visit) -> Finding | None:
    """The gate answers whoever knows the secret, and nobody else."""
    target = visit.target
    mend = "see that the steward runs, and that module and steward share one secret"
    if len(target.gate_secret) < SHORT_SECRET:
        return Finding("gate_secret", "the gate's secret is too short to be one", mend)
    url = target.gate + HEALTH_PATH
    header = {"Authorization": authorization(target.gate_secret)}
    try:
        knowing, _ = await visit.ask_at("GET", url, header)
        stranger, _ = await visit.ask_at("GET", url, {})
    except (aiohttp.ClientError, TimeoutError):
        return Finding("gate_away", "the gate can't be reached", mend)
    if knowing != 200:
        return Finding("gate_away", "the gate doesn't answer", mend)
    if stranger != 401:
        return Finding("gate_open", "the gate answers without the secret", mend)
    return None


async def gate_asked(visit: Visit) -> Finding | None:
    """The homeserver asks our module: a room that someone makes is refused by its reason."""
    status, answer = await visit.ask("POST", f"{CLIENT}/createRoom", {"preset": "private_chat"})
    if status == 403 and REASON_KEY in answer:
        return None
    if status == 200:
        room = quote(str(answer["room_id"]))
        await visit.ask("POST", f"{CLIENT}/rooms/{room}/leave", {})
        await visit.ask("POST", f"{CLIENT}/rooms/{room}/forget", {})
    return Finding(
        "gate_not_asked",
        "people can make rooms: the gate's module isn't loaded"
        if status == 200
        else "the gate's module refuses nothing by its own reason",
        "load rilon.gate.module.GateModule in Synapse's configuration (deploy/synapse)",
    )


async def steward_signed(visit: Visit) -> Finding | None:
    """The steward is cross-signed: current clients share keys with no other device."""
    steward = visit.target.steward
    _, answer = await visit.ask("POST", f"{CLIENT}/keys/query", {"device_keys": {steward: []}})
    own: Mapping[str, Any] = answer.get("self_signing_keys", {}).get(steward, {})
    signing = set(own.get("keys", {}))
    devices: Mapping[str, Any] = answer.get("device_keys", {}).get(steward, {})
    signed = [
        name
        for name, device in devices.items()
        if signing & set(device.get("signatures", {}).get(steward, {}))
    ]
    if steward in answer.get("master_keys", {}) and devices and len(signed) == len(devices):
        return None
    return Finding(
        "steward_signed",
        "the steward has no cross-signed device"
        if not signed
        else "the steward has a device that it hasn't signed",
        "start the steward with its sealed cross-signing keys; delete devices that aren't its own",
    )


async def fallback_keys(visit: Visit) -> Finding | None:
    """Using up the steward's one-time keys leaves nobody without a way to share keys."""
    if visit.target.fallback_keys:
        return None
    return Finding(
        "fallback_keys",
        "the steward has no fallback key, or it couldn't be asked for",
        "see that the steward runs: it uploads one at its start",
    )


async def steward_rate(visit: Visit) -> Finding | None:
    """The steward is not slowed down by the limits for people."""
    rate = visit.target.steward_rate
    if rate is not None and rate.get("messages_per_second") == 0:
        return None
    return Finding(
        "steward_rate",
        "the limits for people slow the steward down",
        "lift them for the steward alone: "
        "POST /_synapse/admin/v1/users/STEWARD/override_ratelimit with zeros",
    )


# What only a proxy closes


async def profile_fields(visit: Visit) -> Finding | None:
    """Profile fields that a server shows to everyone who shares a room."""
    path = f"{CLIENT}/profile/{quote(visit.user_id)}/{PROBE}"
    status, _ = await visit.ask("PUT", path, {PROBE: "x"})
    if status != 200:
        return None
    await visit.ask("DELETE", path)
    return _at_the_proxy("profile_fields", "people can write text of any kind into their profile")


async def device_names(visit: Visit) -> Finding | None:
    """Device names, which everyone who shares a room can read."""
    path = f"{CLIENT}/devices/{quote(visit.device)}"
    status, _ = await visit.ask("PUT", path, {"display_name": "doctor"})
    if status != 200:
        return None
    return _at_the_proxy("device_names", "people can write text of any kind into device names")


async def to_device_types(visit: Visit) -> Finding | None:
    """Messages from device to device of a type that no client needs."""
    path = f"{CLIENT}/sendToDevice/{PROBE}/{secrets.token_hex(6)}"
    status, _ = await visit.ask("PUT", path, {"messages": {}})
    if status != 200:
        return None
    return _at_the_proxy("to_device_types", "devices can send each other messages of any type")


async def first_avatar(visit: Visit) -> Finding | None:
    """An avatar where none was set: Synapse only forbids changing one."""
    path = f"{CLIENT}/profile/{quote(visit.user_id)}/avatar_url"
    status, _ = await visit.ask("PUT", path, {"avatar_url": ""})
    if status != 200:
        return None
    return _at_the_proxy("first_avatar", "an account without an avatar can set itself one")


async def key_claims(visit: Visit) -> Finding | None:
    """One-time keys can be claimed, and used up, without a limit."""
    for _ in range(30):
        status, _ = await visit.ask("POST", f"{CLIENT}/keys/claim", {"one_time_keys": {}})
        if status != 200:
            return None
    return _at_the_proxy("key_claims", "one-time keys can be claimed without a limit")


async def admin_interface(visit: Visit) -> Finding | None:
    """The administration interface is for the inside."""
    status, _ = await visit.ask("GET", "/_synapse/admin/v1/server_version", as_person=False)
    if status in (403, 404):
        return None
    return _at_the_proxy("admin_interface", "the administration interface can be reached by all")


def _at_the_proxy(code: str, problem: str) -> Finding:
    return Finding(code, problem, PROXY, Kind.PROXY)


BEHAVIOUR: tuple[Check, ...] = (
    registration,
    guests,
    login_rate,
    session_lifetime,
    third_party_ids,
    names_and_avatars,
    presence,
    delayed_events,
    url_previews,
    public_rooms,
    user_directory,
    federation,
    gate_reachable,
    gate_asked,
    steward_signed,
    fallback_keys,
    steward_rate,
    profile_fields,
    device_names,
    to_device_types,
    first_avatar,
    key_claims,
    admin_interface,
)
