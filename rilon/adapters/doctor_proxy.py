"""What stock Synapse can't close and only the reverse proxy of `deploy/nginx` does, each tried."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from rilon.adapters.doctor import PROBE, Check, Finding, Kind, Visit
from rilon.adapters.doctor_behaviour import CLIENT

PROXY = "put the reverse proxy of deploy/nginx in front of the homeserver"


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
    return _at_the_proxy("device_names", "people can rename their devices to text of any kind")


async def to_device_types(visit: Visit) -> Finding | None:
    """Messages from device to device of a type that no client needs."""
    path = f"{CLIENT}/sendToDevice/{PROBE}/{secrets.token_hex(6)}"
    status, _ = await visit.ask("PUT", path, {"messages": {}})
    if status != 200:
        return None
    return _at_the_proxy("to_device_types", "devices can send each other messages of any type")


async def first_avatar(visit: Visit) -> Finding | None:
    """An avatar where none was set: Synapse only forbids changing one.

    Tried with a link that leads nowhere, unless it stands there from another visit: an empty one
    is always taken.
    """
    path = f"{CLIENT}/profile/{quote(visit.user_id)}/avatar_url"
    _, shown = await visit.ask("GET", path)
    if not shown.get("avatar_url"):
        nowhere = f"mxc://{visit.target.server_name}/none"
        status, _ = await visit.ask("PUT", path, {"avatar_url": nowhere})
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


async def reports(visit: Visit) -> Finding | None:
    """A report carries any words to the administrator of the homeserver (tried on a room that
    isn't there: nothing is kept of it)."""
    room = quote(f"!none:{visit.target.server_name}")
    status, answer = await visit.ask("POST", f"{CLIENT}/rooms/{room}/report/$none", {"reason": "x"})
    if status == 404 and answer.get("errcode") != "M_NOT_FOUND":
        return None
    if status in (403, 405):
        return None
    return _at_the_proxy(
        "reports", "people can write text of any kind into a report, which the homeserver keeps"
    )


async def admin_interface(visit: Visit) -> Finding | None:
    """The administration interface is for the inside."""
    status, _ = await visit.ask("GET", "/_synapse/admin/v1/server_version", as_person=False)
    if status in (403, 404):
        return None
    return _at_the_proxy("admin_interface", "the administration interface can be reached by all")


def _at_the_proxy(code: str, problem: str) -> Finding:
    return Finding(code, problem, PROXY, Kind.PROXY)


AT_THE_PROXY: tuple[Check, ...] = (
    profile_fields,
    device_names,
    to_device_types,
    first_avatar,
    key_claims,
    reports,
    admin_interface,
)
