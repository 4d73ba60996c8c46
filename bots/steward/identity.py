"""The steward's identity: its session, its device, its cross-signing keys, all kept sealed.

Current clients share keys only with devices that their owner signed, so the steward signs its
own. The first upload of cross-signing keys needs no password; so they are sealed before they
are uploaded, and used again for ever.
"""

from __future__ import annotations

import json
import logging
import secrets
from pathlib import Path

from bots.steward.machine import Machine
from rilon.adapters.cross_signing import (
    CrossSigningKeys,
    device_signature,
    identity_upload,
    keys_from_seeds,
    make_keys,
    verified_devices,
)
from rilon.adapters.homeserver import Homeserver, HomeserverError, TokenRevoked
from rilon.adapters.sealing import Sealed

logger = logging.getLogger(__name__)

DEVICE_NAME = "RILON steward"
OLM_STORE = "olm.db"


class OtherIdentity(Exception):
    """The homeserver shows another cross-signing identity for the steward than the sealed one."""


async def sign_in(homeserver: Homeserver, password: str, sealed: Sealed, folder: Path) -> None:
    """Takes the sealed session up, or signs in as a new device.

    A lost key store means a lost device: the old one is signed out, so that clients stop
    encrypting for it, and a new one is made.
    """
    kept = sealed.read("session")
    session = json.loads(kept) if kept else None
    if session is not None and (folder / OLM_STORE).exists():
        homeserver.take_up(session["token"], session["device_id"])
        try:
            await homeserver.who_am_i()
            return
        except TokenRevoked:
            # The device is gone with the token: its keys are of no use to anyone.
            (folder / OLM_STORE).unlink()
    elif (folder / OLM_STORE).exists():
        (folder / OLM_STORE).unlink()
    await homeserver.log_in(password, DEVICE_NAME)
    sealed.write(
        "session",
        json.dumps({"token": homeserver.token, "device_id": homeserver.device_id}).encode(),
    )
    if session is not None:
        try:
            await homeserver.delete_devices(homeserver.user_id, [session["device_id"]])
        except HomeserverError as error:
            logger.warning("the steward's lost device was not signed out: %s", error)


async def cross_sign(homeserver: Homeserver, machine: Machine, sealed: Sealed) -> str:
    """Makes sure that the steward's device is signed by its identity; the public master key.

    Raises OtherIdentity: then a coordinator must look, since officers pinned the old one.
    """
    keys = _kept_keys(homeserver.user_id, sealed)
    answer = await homeserver.query_keys([homeserver.user_id])
    shown = verified_devices(answer, homeserver.user_id, None)
    if shown.master is None:
        await homeserver.upload_cross_signing(identity_upload(keys))
    elif shown.master != keys.master_key:
        raise OtherIdentity(
            "the homeserver shows another identity of the steward: restore the sealed keys"
        )
    if shown.device(machine.device_id) is None or shown.master is None:
        device = answer["device_keys"][homeserver.user_id][machine.device_id]
        device = {name: value for name, value in device.items() if name != "unsigned"}
        await homeserver.upload_signatures(
            device_signature(keys, device, machine.ed25519, machine.curve25519)
        )
    return keys.master_key


def _kept_keys(user_id: str, sealed: Sealed) -> CrossSigningKeys:
    seeds = sealed.read("cross-signing")
    if seeds is None:
        keys = make_keys(user_id, secrets.token_bytes)
        sealed.write("cross-signing", keys.seeds())
        return keys
    return keys_from_seeds(seeds)
