"""Registers accounts at Synapse with its shared secret, where nobody is an administrator yet.

Source: Synapse, "Shared-secret registration" (`/_synapse/admin/v1/register`). Who gets an
account is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac

import aiohttp

PATH = "/_synapse/admin/v1/register"


class RegistrationRefused(Exception):
    """Synapse said no. `errcode` is Matrix's."""

    def __init__(self, status: int, errcode: str) -> None:
        super().__init__(f"registration refused: {status} {errcode}")
        self.errcode = errcode


def proof(secret: str, nonce: str, name: str, password: str, admin: bool) -> str:
    """The HMAC-SHA1 by which Synapse knows that we hold the secret, in hexadecimal."""
    fields = (nonce, name, password, "admin" if admin else "notadmin")
    message = b"\x00".join(part.encode() for part in fields)
    return hmac.new(secret.encode(), message, hashlib.sha1).hexdigest()


async def register(
    http: aiohttp.ClientSession,
    base: str,
    secret: str,
    name: str,
    password: str,
    *,
    admin: bool = False,
    display_name: str | None = None,
) -> bool:
    """Makes the account `name` (a local part) without signing in a device.

    True if it was made now, false if it was there already (its password is then left as it
    is). Raises `RegistrationRefused`.
    """
    async with http.get(base + PATH) as answer:
        nonce = str((await _checked(answer))["nonce"])
    request = {
        "nonce": nonce,
        "username": name,
        "password": password,
        "admin": admin,
        "mac": proof(secret, nonce, name, password, admin),
        "inhibit_login": True,
    }
    if display_name is not None:
        request["displayname"] = display_name
    try:
        async with http.post(base + PATH, json=request) as answer:
            await _checked(answer)
    except RegistrationRefused as refused:
        if refused.errcode == "M_USER_IN_USE":
            return False
        raise
    return True


async def _checked(answer: aiohttp.ClientResponse) -> dict[str, object]:
    body: dict[str, object] = await answer.json(content_type=None)
    if answer.status != 200:
        raise RegistrationRefused(answer.status, str(body.get("errcode", "M_UNKNOWN")))
    return body
