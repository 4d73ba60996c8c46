"""What the doctor tries on the live server, and what an unhardened one would answer.

Each check leaves the server as it found it, as far as the server refuses what it should.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from rilon.adapters.doctor import PROBE, Check, Finding, Visit
from rilon.gate.protocol import HEALTH_PATH, REASON_KEY, SHORT_SECRET, authorization

CLIENT = "/_matrix/client/v3"
HARDENED = "use deploy/synapse/hardened.yaml"
LARGEST_UPLOAD = 200 * 1024 * 1024


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


async def device_at_sign_in(visit: Visit) -> Finding | None:
    """A device that signs in brings no words along: neither its name nor its id is its own."""
    _, own = await visit.ask("GET", f"{CLIENT}/devices/{quote(visit.device)}")
    request = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": visit.target.person.name},
        "password": visit.target.person.password,
        "device_id": f"{PROBE} {secrets.token_hex(4)}",
    }
    status, answer = await visit.ask("POST", f"{CLIENT}/login", request, as_person=False)
    if status == 200:
        header = {"Authorization": f"Bearer {answer['access_token']}"}
        await visit.ask_at("POST", f"{visit.target.homeserver}{CLIENT}/logout", header, {})
    if status == 403 and PROBE not in str(own.get("display_name", PROBE)):
        return None
    return Finding(
        "device_at_sign_in",
        "people can write text of any kind into the name or the id of a device when they sign in",
        "load rilon.gate.module.GateModule in Synapse's configuration (deploy/synapse)",
    )


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
    path = f"{CLIENT}/profile/{quote(visit.user_id)}/displayname"
    _, shown = await visit.ask("GET", path)
    # The name that it has already: where changing is on, this changes nothing.
    status, _ = await visit.ask("PUT", path, {"displayname": shown.get("displayname", "")})
    if status == 200 and "display name" not in open_:
        open_.insert(0, "display name")
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


async def search(visit: Visit) -> Finding | None:
    """The server keeps no index of words, and looks nothing up in one."""
    body = {"search_categories": {"room_events": {"search_term": PROBE}}}
    status, _ = await visit.ask("POST", f"{CLIENT}/search", body)
    if status in (400, 403, 404):
        return None
    return Finding(
        "search",
        "the server keeps an index of what isn't encrypted",
        f"enable_search: false; {HARDENED}",
    )


async def identity_server(visit: Visit) -> Finding | None:
    """Clients are told of no identity server, to which they would send contacts."""
    _, answer = await visit.ask("GET", "/.well-known/matrix/client", as_person=False)
    if "m.identity_server" not in answer and not visit.target.settings.get(
        "default_identity_server"
    ):
        return None
    return Finding(
        "previews_by_identity_server",
        "clients are told of an identity server, to which they send contacts",
        "remove default_identity_server",
    )


async def upload_size(visit: Visit) -> Finding | None:
    """Files have a largest size, which the server tells to clients, and somebody chose it."""
    _, answer = await visit.ask("GET", "/_matrix/client/v1/media/config")
    chosen = visit.target.settings.get("max_upload_size")
    if chosen is not None and 0 < int(answer.get("m.upload.size") or 0) <= LARGEST_UPLOAD:
        return None
    return Finding(
        "upload_size", "nobody chose how large a file may be", f"set max_upload_size; {HARDENED}"
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


BEHAVIOUR: tuple[Check, ...] = (
    registration,
    guests,
    login_rate,
    session_lifetime,
    device_at_sign_in,
    third_party_ids,
    names_and_avatars,
    presence,
    delayed_events,
    search,
    identity_server,
    upload_size,
    url_previews,
    public_rooms,
    user_directory,
    federation,
    gate_reachable,
    gate_asked,
    steward_signed,
    fallback_keys,
    steward_rate,
)
