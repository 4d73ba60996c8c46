"""Cross-signing: makes and keeps an identity's three keys, signs devices and other identities,
and decides from a `/keys/query` answer which devices their owner has signed. It leaves sealing
the seeds, talking to the homeserver and remembering pinned master keys to its callers.

Sources: Matrix client-server API, "Cross-signing" and "Signing JSON".
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from canonicaljson import encode_canonical_json
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

Json = dict[str, Any]

ALGORITHMS = ("m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2")
SEED_BYTES = 32
_USAGES = ("master", "self_signing", "user_signing")


class BrokenIdentityError(ValueError):
    """Stored seeds can't be read, or what was to be signed isn't what its owner holds."""


# --- making and signing ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class CrossSigningKeys:
    """The private half of one user's cross-signing identity. Its `repr` shows no key."""

    user_id: str
    master: SigningKey
    self_signing: SigningKey
    user_signing: SigningKey

    def __repr__(self) -> str:
        return f"CrossSigningKeys({self.user_id!r})"

    @property
    def master_key(self) -> str:
        """The public master key, unpadded base64: what others pin."""
        return _public(self.master)

    @property
    def self_signing_key(self) -> str:
        """The public self-signing key, unpadded base64."""
        return _public(self.self_signing)

    def seeds(self) -> bytes:
        """The three secret seeds as JSON, to be sealed by the caller and never logged."""
        return encode_canonical_json(
            {
                "version": 1,
                "user_id": self.user_id,
                "master": _unpadded(bytes(self.master)),
                "self_signing": _unpadded(bytes(self.self_signing)),
                "user_signing": _unpadded(bytes(self.user_signing)),
            }
        )


def make_keys(user_id: str, random: Callable[[int], bytes]) -> CrossSigningKeys:
    """A new identity. `random(n)` gives n bytes from a cryptographic source."""
    return CrossSigningKeys(user_id, *(SigningKey(random(SEED_BYTES)) for _ in _USAGES))


def keys_from_seeds(stored: bytes) -> CrossSigningKeys:
    """The identity that `CrossSigningKeys.seeds` wrote.

    Raises `BrokenIdentityError`, without the bytes in its text, when they can't be read.
    """
    try:
        fields = json.loads(stored)
        if fields["version"] != 1 or not isinstance(fields["user_id"], str):
            raise BrokenIdentityError("stored cross-signing seeds are of an unknown form")
        return CrossSigningKeys(
            fields["user_id"], *(SigningKey(_decoded(fields[usage])) for usage in _USAGES)
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # `from None`: the original error may quote the secret.
        raise BrokenIdentityError("stored cross-signing seeds can't be read") from None


def identity_upload(keys: CrossSigningKeys) -> Json:
    """The body for `POST /keys/device_signing/upload`, without the `auth` part."""
    return {
        "master_key": _key_object(keys.user_id, "master", keys.master),
        "self_signing_key": signed(
            _key_object(keys.user_id, "self_signing", keys.self_signing), keys.user_id, keys.master
        ),
        "user_signing_key": signed(
            _key_object(keys.user_id, "user_signing", keys.user_signing), keys.user_id, keys.master
        ),
    }


def device_signature(
    keys: CrossSigningKeys, device_keys: Mapping[str, Any], ed25519: str, curve25519: str
) -> Json:
    """The body for `POST /keys/signatures/upload` that signs one's own device.

    `device_keys` is the device as uploaded, with its own signature; `ed25519` and `curve25519`
    are the keys that the device itself holds. Raises `BrokenIdentityError` when they differ: a
    homeserver that hands us other keys to sign would gain a device of ours.
    """
    device_id = device_keys.get("device_id")
    if not isinstance(device_id, str):
        raise BrokenIdentityError("the device to be signed has no id")
    if _self_signed_device(device_keys, keys.user_id, device_id) != SignedDevice(
        device_id, ed25519, curve25519
    ):
        raise BrokenIdentityError("the device to be signed isn't the one that its owner holds")
    return {keys.user_id: {device_id: signed(dict(device_keys), keys.user_id, keys.self_signing)}}


def user_signature(
    keys: CrossSigningKeys, user_id: str, master_object: Mapping[str, Any], pinned_master: str
) -> Json:
    """The body for `POST /keys/signatures/upload` that vouches for another user's master key.

    Raises `BrokenIdentityError` when the object isn't that user's pinned master key.
    """
    if _sole_key(master_object, user_id, "master") != pinned_master:
        raise BrokenIdentityError("the master key to be signed isn't the pinned one")
    return {user_id: {pinned_master: signed(dict(master_object), keys.user_id, keys.user_signing)}}


def signed(value: Json, user_id: str, key: SigningKey) -> Json:
    """The value with one more signature, by `ed25519:<public key>` of the user."""
    signature = _unpadded(key.sign(_signed_bytes(value)).signature)
    others = value.get("signatures") or {}
    own = {**others.get(user_id, {}), f"ed25519:{_public(key)}": signature}
    return {**value, "signatures": {**others, user_id: own}}


def _key_object(user_id: str, usage: str, key: SigningKey) -> Json:
    public = _public(key)
    return {"user_id": user_id, "usage": [usage], "keys": {f"ed25519:{public}": public}}


# --- verifying -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignedDevice:
    """A device whose owner signed it. Keys are unpadded base64."""

    device_id: str
    ed25519: str
    curve25519: str


@dataclass(frozen=True, slots=True)
class CrossSigned:
    """What one `/keys/query` answer proves about a user.

    `master` is the master key shown, or None when there is none in proper form. `is_pinned`
    says that it is the one pinned earlier. `devices` are those with a whole chain master,
    self-signing, device; the set is empty when a key was pinned and another is shown.
    """

    user_id: str
    master: str | None
    is_pinned: bool
    devices: frozenset[SignedDevice]

    def device(self, device_id: str) -> SignedDevice | None:
        """The signed device of that id, or None."""
        return next((one for one in self.devices if one.device_id == device_id), None)


def verified_devices(
    keys_query_response: Mapping[str, Any], user_id: str, pinned_master: str | None
) -> CrossSigned:
    """Which devices of the user their owner has signed.

    `keys_query_response` is the answer of `POST /keys/query` as the homeserver gave it; nothing
    in it is trusted. With `pinned_master` None the shown master key is taken as it is (first
    sight). Never raises: whatever doesn't verify is not signed.
    """
    master = _sole_key(_at(keys_query_response, "master_keys", user_id), user_id, "master")
    is_pinned = master is not None and master == pinned_master
    if master is None or (pinned_master is not None and not is_pinned):
        return CrossSigned(user_id, master, is_pinned, frozenset())
    self_signing_object = _at(keys_query_response, "self_signing_keys", user_id)
    self_signing = _sole_key(self_signing_object, user_id, "self_signing")
    if (
        self_signing is None
        or self_signing == master
        or not _is_signed_by(self_signing_object, user_id, master)
    ):
        return CrossSigned(user_id, master, is_pinned, frozenset())
    devices = frozenset(
        device
        for device_id, shown in _entries(_at(keys_query_response, "device_keys", user_id))
        # A device named like a cross-signing key would share that key's place among signatures.
        if device_id not in (master, self_signing)
        and (device := _self_signed_device(shown, user_id, device_id)) is not None
        and _is_signed_by(shown, user_id, self_signing)
    )
    return CrossSigned(user_id, master, is_pinned, devices)


def _sole_key(shown: object, user_id: str, usage: str) -> str | None:
    """The public key of a cross-signing key object of that user and usage, or None.

    INVARIANT: the key's name is the key, and there is one only, so that a signature found under
    a name can only be by that key.
    """
    if _at(shown, "user_id") != user_id:
        return None
    usages = _at(shown, "usage")
    if not isinstance(usages, list) or usages != [usage]:
        return None
    entries = list(_entries(_at(shown, "keys")))
    if len(entries) != 1:
        return None
    name, key = entries[0]
    if not isinstance(key, str) or name != f"ed25519:{key}" or _key_bytes(key) is None:
        return None
    return key


def _self_signed_device(shown: object, user_id: str, device_id: str) -> SignedDevice | None:
    """The device, when it names this user and id and carries its own valid signature."""
    if _at(shown, "user_id") != user_id or _at(shown, "device_id") != device_id:
        return None
    ed25519 = _at(shown, "keys", f"ed25519:{device_id}")
    curve25519 = _at(shown, "keys", f"curve25519:{device_id}")
    if not isinstance(ed25519, str) or not isinstance(curve25519, str):
        return None
    if _key_bytes(ed25519) is None or _key_bytes(curve25519) is None:
        return None
    if not _is_signed_by(shown, user_id, ed25519, name=device_id):
        return None
    return SignedDevice(device_id, ed25519, curve25519)


def _is_signed_by(shown: object, user_id: str, key: str, name: str | None = None) -> bool:
    """Whether the object carries that user's valid signature under `ed25519:<name or key>`."""
    signature = _at(shown, "signatures", user_id, f"ed25519:{name or key}")
    public = _key_bytes(key)
    if not isinstance(signature, str) or not isinstance(shown, Mapping) or public is None:
        return False
    try:
        VerifyKey(public).verify(_signed_bytes(shown), _decoded(signature))
    except (CryptoError, ValueError, TypeError, RecursionError):
        return False
    return True


def _at(value: object, *path: str) -> object:
    """What lies at the path, or None where something on the way isn't an object."""
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _entries(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, entry in value.items():
            if isinstance(name, str):
                yield name, entry


def _signed_bytes(value: Mapping[str, Any]) -> bytes:
    """What a signature covers: canonical JSON without `signatures` and `unsigned`."""
    return encode_canonical_json(
        {name: entry for name, entry in value.items() if name not in ("signatures", "unsigned")}
    )


def _public(key: SigningKey) -> str:
    return _unpadded(bytes(key.verify_key))


def _unpadded(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """Unpadded base64 in its only spelling; raises `ValueError` for any other."""
    try:
        value = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if _unpadded(value) != text:
        raise ValueError("not canonical unpadded base64")
    return value


def _key_bytes(text: str) -> bytes | None:
    if len(text) != 43:
        return None
    try:
        return _decoded(text)
    except ValueError:
        return None
