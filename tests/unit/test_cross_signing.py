"""Which devices count as signed by their owner, against a homeserver and officers that lie."""

from __future__ import annotations

import copy
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from nacl.signing import SigningKey

from rilon.adapters.cross_signing import (
    ALGORITHMS,
    BrokenIdentityError,
    CrossSigningKeys,
    SignedDevice,
    device_signature,
    identity_upload,
    keys_from_seeds,
    make_keys,
    signed,
    user_signature,
    verified_devices,
)

ANNA = "@idn.focal1:rilon.test"
BORIS = "@aus.secondee1:rilon.test"

Answer = dict[str, Any]


def counted(start: int) -> Callable[[int], bytes]:
    """A source of different, repeatable bytes."""
    state = iter(range(start, start + 100))
    return lambda size: bytes([next(state)]) * size


def unpadded(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")


class Device:
    """A device with its own keys, as a client makes it."""

    def __init__(self, user_id: str, device_id: str, seed: int) -> None:
        self.key = SigningKey(bytes([seed]) * 32)
        self.ed25519 = unpadded(bytes(self.key.verify_key))
        self.curve25519 = unpadded(bytes([seed + 1]) * 32)
        self.device_id = device_id
        self.keys = self_signed(
            {
                "user_id": user_id,
                "device_id": device_id,
                "algorithms": list(ALGORITHMS),
                "keys": {
                    f"ed25519:{device_id}": self.ed25519,
                    f"curve25519:{device_id}": self.curve25519,
                },
            },
            self.key,
        )

    def signed_by(self, keys: CrossSigningKeys) -> Answer:
        """The device object after its owner's signature."""
        body = device_signature(keys, self.keys, self.ed25519, self.curve25519)
        return dict(body[keys.user_id][self.device_id])

    def value(self) -> SignedDevice:
        return SignedDevice(self.device_id, self.ed25519, self.curve25519)


def self_signed(device: Answer, key: SigningKey) -> Answer:
    """The device with its signature under its own name, as opposed to under its key."""
    by_key = signed(device, device["user_id"], key)["signatures"][device["user_id"]]
    (signature,) = by_key.values()
    name = f"ed25519:{device['device_id']}"
    return {**device, "signatures": {device["user_id"]: {name: signature}}}


def answer(keys: CrossSigningKeys, *devices: Answer) -> Answer:
    """What an honest homeserver answers to `/keys/query` about one user."""
    upload = identity_upload(keys)
    return copy.deepcopy(
        {
            "device_keys": {keys.user_id: {one["device_id"]: one for one in devices}},
            "master_keys": {keys.user_id: upload["master_key"]},
            "self_signing_keys": {keys.user_id: upload["self_signing_key"]},
            "failures": {},
        }
    )


@pytest.fixture
def anna() -> CrossSigningKeys:
    return make_keys(ANNA, counted(1))


@pytest.fixture
def boris() -> CrossSigningKeys:
    return make_keys(BORIS, counted(50))


@pytest.fixture
def phone() -> Device:
    return Device(ANNA, "PHONE", 11)


def test_a_device_signed_by_its_owner_is_found_with_its_keys(
    anna: CrossSigningKeys, phone: Device
) -> None:
    found = verified_devices(answer(anna, phone.signed_by(anna)), ANNA, None)
    assert found.master == anna.master_key
    assert not found.is_pinned
    assert found.devices == {phone.value()}
    assert found.device("PHONE") == phone.value()
    assert found.device("OTHER") is None


def test_the_pinned_master_key_is_recognised(anna: CrossSigningKeys, phone: Device) -> None:
    found = verified_devices(answer(anna, phone.signed_by(anna)), ANNA, anna.master_key)
    assert found.is_pinned
    assert found.devices == {phone.value()}


def test_what_the_server_adds_under_unsigned_changes_nothing(
    anna: CrossSigningKeys, phone: Device
) -> None:
    shown = phone.signed_by(anna) | {"unsigned": {"device_display_name": "my phone"}}
    assert verified_devices(answer(anna, shown), ANNA, None).devices == {phone.value()}


def test_signatures_of_others_beside_the_owners_do_no_harm(
    anna: CrossSigningKeys, boris: CrossSigningKeys, phone: Device
) -> None:
    shown = signed(phone.signed_by(anna), BORIS, boris.user_signing)
    shown["signatures"][ANNA]["ed25519:UNKNOWN"] = "bm90IGEgc2lnbmF0dXJl"
    assert verified_devices(answer(anna, shown), ANNA, None).devices == {phone.value()}


# --- attacks -----------------------------------------------------------------------------------


def test_a_ghost_device_that_the_server_adds_is_not_signed(
    anna: CrossSigningKeys, phone: Device
) -> None:
    ghost = Device(ANNA, "GHOST", 21)
    found = verified_devices(answer(anna, phone.signed_by(anna), ghost.keys), ANNA, None)
    assert found.devices == {phone.value()}


def test_a_ghost_device_that_borrows_a_real_devices_signature_is_not_signed(
    anna: CrossSigningKeys, phone: Device
) -> None:
    ghost = Device(ANNA, "GHOST", 21).keys
    borrowed = f"ed25519:{anna.self_signing_key}"
    ghost["signatures"][ANNA][borrowed] = phone.signed_by(anna)["signatures"][ANNA][borrowed]
    assert not verified_devices(answer(anna, ghost), ANNA, None).devices


def test_a_device_signed_by_another_users_self_signing_key_is_not_signed(
    anna: CrossSigningKeys, boris: CrossSigningKeys, phone: Device
) -> None:
    shown = signed(phone.keys, ANNA, boris.self_signing)
    assert not verified_devices(answer(anna, shown), ANNA, None).devices


def test_another_users_whole_identity_shown_as_ones_own_is_no_identity(
    anna: CrossSigningKeys, boris: CrossSigningKeys, phone: Device
) -> None:
    shown = answer(anna, signed(phone.keys, ANNA, boris.self_signing))
    upload = identity_upload(boris)
    shown["master_keys"][ANNA] = upload["master_key"]
    shown["self_signing_keys"][ANNA] = upload["self_signing_key"]
    found = verified_devices(shown, ANNA, None)
    assert found.master is None
    assert not found.devices


def test_a_self_signing_key_that_the_master_did_not_sign_signs_nothing(
    anna: CrossSigningKeys, phone: Device
) -> None:
    rogue = make_keys(ANNA, counted(80))
    shown = answer(anna, phone.signed_by(rogue))
    shown["self_signing_keys"][ANNA] = identity_upload(rogue)["self_signing_key"]
    found = verified_devices(shown, ANNA, None)
    assert found.master == anna.master_key
    assert not found.devices


def test_a_self_signing_key_that_signed_itself_signs_nothing(
    anna: CrossSigningKeys, phone: Device
) -> None:
    rogue = make_keys(ANNA, counted(80))
    own = identity_upload(rogue)["self_signing_key"]
    own.pop("signatures")
    shown = answer(anna, phone.signed_by(rogue))
    shown["self_signing_keys"][ANNA] = signed(own, ANNA, rogue.self_signing)
    assert not verified_devices(shown, ANNA, None).devices


def test_a_device_signed_by_the_master_or_the_user_signing_key_is_not_signed(
    anna: CrossSigningKeys, phone: Device
) -> None:
    for key in (anna.master, anna.user_signing):
        shown = answer(anna, signed(phone.keys, ANNA, key))
        assert not verified_devices(shown, ANNA, None).devices


def test_the_user_signing_key_shown_as_self_signing_key_signs_nothing(
    anna: CrossSigningKeys, phone: Device
) -> None:
    shown = answer(anna, signed(phone.keys, ANNA, anna.user_signing))
    shown["self_signing_keys"][ANNA] = identity_upload(anna)["user_signing_key"]
    assert not verified_devices(shown, ANNA, None).devices


def test_the_master_key_shown_as_self_signing_key_signs_nothing(
    anna: CrossSigningKeys, phone: Device
) -> None:
    twice = CrossSigningKeys(ANNA, anna.master, anna.master, anna.user_signing)
    shown = answer(twice, signed(phone.keys, ANNA, anna.master))
    assert not verified_devices(shown, ANNA, None).devices


def test_after_the_master_key_changed_no_device_is_signed_until_the_pin_changes(
    anna: CrossSigningKeys, phone: Device
) -> None:
    other = make_keys(ANNA, counted(80))
    shown = answer(other, phone.signed_by(other))
    found = verified_devices(shown, ANNA, anna.master_key)
    assert found.master == other.master_key
    assert not found.is_pinned
    assert not found.devices
    assert verified_devices(shown, ANNA, other.master_key).devices == {phone.value()}


@pytest.mark.parametrize("place", ["master_keys", "self_signing_keys"])
def test_a_key_whose_name_is_not_the_key_is_no_key(
    anna: CrossSigningKeys, phone: Device, place: str
) -> None:
    shown = answer(anna, phone.signed_by(anna))
    (key,) = shown[place][ANNA]["keys"].values()
    shown[place][ANNA]["keys"] = {"ed25519:AAAA": key}
    assert not verified_devices(shown, ANNA, None).devices


@pytest.mark.parametrize("place", ["master_keys", "self_signing_keys"])
def test_a_key_object_with_two_keys_is_no_key(
    anna: CrossSigningKeys, phone: Device, place: str
) -> None:
    shown = answer(anna, phone.signed_by(anna))
    second = make_keys(ANNA, counted(80)).master_key
    shown[place][ANNA]["keys"][f"ed25519:{second}"] = second
    assert not verified_devices(shown, ANNA, None).devices


def test_a_key_written_in_another_spelling_of_base64_is_no_key(
    anna: CrossSigningKeys, phone: Device
) -> None:
    shown = answer(anna, phone.signed_by(anna))
    padded = anna.master_key + "="
    shown["master_keys"][ANNA]["keys"] = {f"ed25519:{padded}": padded}
    assert verified_devices(shown, ANNA, None).master is None


def wholly_signed(owner: CrossSigningKeys, device: Device, **changes: Any) -> Answer:
    """A changed device that both its own key and its owner sign all the same, under the names of
    the unchanged one: what an officer who wants to deceive can make."""
    changed = device.keys | changes
    own = next(iter(signed(changed, "x", device.key)["signatures"]["x"].values()))
    owners = next(iter(signed(changed, "x", owner.self_signing)["signatures"]["x"].values()))
    names = {
        f"ed25519:{device.device_id}": own,
        f"ed25519:{owner.self_signing_key}": owners,
    }
    return {**changed, "signatures": {owner.user_id: names}}


def served(keys: CrossSigningKeys, device_id: str, shown: Answer) -> Answer:
    """An answer that lists what is shown under that id, whatever it names itself."""
    return answer(keys) | {"device_keys": {keys.user_id: {device_id: shown}}}


def test_a_device_that_its_own_key_and_its_owner_sign_is_signed(
    anna: CrossSigningKeys, phone: Device
) -> None:
    shown = served(anna, "PHONE", wholly_signed(anna, phone))
    assert verified_devices(shown, ANNA, None).devices == {phone.value()}


@pytest.mark.parametrize("changes", [{"user_id": BORIS}, {"device_id": "TABLET"}])
def test_a_device_that_names_another_user_or_device_is_not_signed(
    anna: CrossSigningKeys, phone: Device, changes: Answer
) -> None:
    shown = served(anna, "PHONE", wholly_signed(anna, phone, **changes))
    assert not verified_devices(shown, ANNA, None).devices


@pytest.mark.parametrize("curve25519", ["AAAA", "A" * 42 + "B", "A" * 44, "!" * 43, ""])
def test_a_device_whose_curve25519_key_is_no_key_is_not_signed(
    anna: CrossSigningKeys, phone: Device, curve25519: str
) -> None:
    keys = {"ed25519:PHONE": phone.ed25519, "curve25519:PHONE": curve25519}
    shown = served(anna, "PHONE", wholly_signed(anna, phone, keys=keys))
    assert not verified_devices(shown, ANNA, None).devices


def test_a_signed_device_served_under_another_id_is_not_signed(
    anna: CrossSigningKeys, phone: Device
) -> None:
    shown = answer(anna)
    shown["device_keys"][ANNA] = {"TABLET": phone.signed_by(anna)}
    assert not verified_devices(shown, ANNA, None).devices


def test_a_signed_device_served_under_another_user_is_not_signed(
    anna: CrossSigningKeys, boris: CrossSigningKeys, phone: Device
) -> None:
    shown = answer(boris)
    shown["device_keys"][BORIS] = {"PHONE": phone.signed_by(anna)}
    assert not verified_devices(shown, BORIS, None).devices


@pytest.mark.parametrize("kind", ["ed25519", "curve25519"])
def test_a_device_key_swapped_after_signing_is_not_signed(
    anna: CrossSigningKeys, phone: Device, kind: str
) -> None:
    shown = phone.signed_by(anna)
    shown["keys"][f"{kind}:PHONE"] = getattr(Device(ANNA, "PHONE", 31), kind)
    assert not verified_devices(answer(anna, shown), ANNA, None).devices


def test_a_devices_two_keys_exchanged_are_not_signed(anna: CrossSigningKeys, phone: Device) -> None:
    shown = phone.signed_by(anna)
    shown["keys"] = {"ed25519:PHONE": phone.curve25519, "curve25519:PHONE": phone.ed25519}
    assert not verified_devices(answer(anna, shown), ANNA, None).devices


def test_a_device_without_its_own_signature_is_not_signed(
    anna: CrossSigningKeys, phone: Device
) -> None:
    shown = phone.signed_by(anna)
    del shown["signatures"][ANNA]["ed25519:PHONE"]
    assert not verified_devices(answer(anna, shown), ANNA, None).devices


def test_a_device_named_like_the_self_signing_key_is_not_signed(anna: CrossSigningKeys) -> None:
    # Its own signature and its owner's would share one name.
    named = {
        "user_id": ANNA,
        "device_id": anna.self_signing_key,
        "algorithms": list(ALGORITHMS),
        "keys": {
            f"ed25519:{anna.self_signing_key}": anna.self_signing_key,
            f"curve25519:{anna.self_signing_key}": unpadded(b"\x07" * 32),
        },
    }
    shown = answer(anna, signed(named, ANNA, anna.self_signing))
    assert not verified_devices(shown, ANNA, None).devices


def test_a_signature_over_other_content_is_not_a_signature(
    anna: CrossSigningKeys, phone: Device
) -> None:
    shown = phone.signed_by(anna) | {"algorithms": ["m.megolm.v1.aes-sha2", "org.example.weak"]}
    assert not verified_devices(answer(anna, shown), ANNA, None).devices


def test_an_all_zero_master_key_signs_nothing(anna: CrossSigningKeys, phone: Device) -> None:
    # Of low order: in careless implementations some signatures hold for any content under it.
    zero = unpadded(bytes(32))
    shown = answer(anna, phone.signed_by(anna))
    shown["master_keys"][ANNA]["keys"] = {f"ed25519:{zero}": zero}
    shown["self_signing_keys"][ANNA]["signatures"] = {
        ANNA: {f"ed25519:{zero}": unpadded(bytes(64))}
    }
    assert not verified_devices(shown, ANNA, None).devices


# --- junk --------------------------------------------------------------------------------------

DEEP: list[Any] = []
for _ in range(5000):
    DEEP = [DEEP]

JUNK: list[Any] = [
    None,
    True,
    7,
    10**5000,
    float("nan"),
    "",
    "x" * 300_000,
    "\ud800",
    b"bytes",
    [],
    [1, "a", None],
    DEEP,
    {},
    {"a": {"b": "c"}},
    {1: 2, "a": 3},
    {f"k{n}": "v" * 10 for n in range(20_000)},
]


def paths(value: object, here: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The way to each entry of a nested object."""
    if not isinstance(value, dict):
        return []
    return [
        way
        for name, entry in value.items()
        for way in [(*here, name), *paths(entry, (*here, name))]
    ]


_ANNA = make_keys(ANNA, counted(1))
PATHS = [
    path
    for path in paths(answer(_ANNA, Device(ANNA, "PHONE", 11).signed_by(_ANNA)))
    if path != ("failures",)
]


def test_junk_instead_of_an_answer_proves_nothing() -> None:
    for junk in JUNK:
        found = verified_devices(junk, ANNA, None)
        assert (found.master, found.is_pinned, found.devices) == (None, False, frozenset())


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_junk_or_nothing_anywhere_in_an_answer_never_raises_and_never_signs(
    anna: CrossSigningKeys, phone: Device, path: tuple[str, ...]
) -> None:
    for junk in [*JUNK, ...]:
        shown = answer(anna, phone.signed_by(anna))
        place: Any = shown
        for step in path[:-1]:
            place = place[step]
        if junk is ...:
            del place[path[-1]]
        else:
            place[path[-1]] = junk
        assert not verified_devices(shown, ANNA, None).devices


def test_one_broken_device_does_not_hide_the_others(anna: CrossSigningKeys, phone: Device) -> None:
    shown = answer(anna, phone.signed_by(anna))
    shown["device_keys"][ANNA] |= {f"JUNK{n}": junk for n, junk in enumerate(JUNK)}
    shown["device_keys"][ANNA][5] = {}
    assert verified_devices(shown, ANNA, None).devices == {phone.value()}


# --- keeping and signing -----------------------------------------------------------------------


def test_an_identity_written_and_read_again_is_the_same(anna: CrossSigningKeys) -> None:
    again = keys_from_seeds(anna.seeds())
    assert again.user_id == ANNA
    assert identity_upload(again) == identity_upload(anna)


def test_the_three_keys_of_an_identity_are_different(anna: CrossSigningKeys) -> None:
    names = {name for one in identity_upload(anna).values() for name in one["keys"]}
    assert len(names) == 3


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"version":2,"user_id":"@a:b"}',
        b'{"version":1,"user_id":"@a:b","master":"AAAA","self_signing":"AAAA","user_signing":1}',
    ],
)
def test_broken_seeds_are_named_so_without_their_bytes(stored: bytes) -> None:
    with pytest.raises(BrokenIdentityError) as error:
        keys_from_seeds(stored)
    assert "AAAA" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_an_identity_shows_no_secret_in_its_repr(anna: CrossSigningKeys) -> None:
    assert repr(anna) == f"CrossSigningKeys({ANNA!r})"


def test_a_device_whose_keys_the_server_swapped_is_never_signed(
    anna: CrossSigningKeys, phone: Device
) -> None:
    swapped = Device(ANNA, "PHONE", 31).keys
    with pytest.raises(BrokenIdentityError):
        device_signature(anna, swapped, phone.ed25519, phone.curve25519)


def test_a_device_of_another_user_is_never_signed_as_ones_own(
    boris: CrossSigningKeys, phone: Device
) -> None:
    with pytest.raises(BrokenIdentityError):
        device_signature(boris, phone.keys, phone.ed25519, phone.curve25519)


def test_vouching_for_a_user_signs_their_pinned_master_key(
    anna: CrossSigningKeys, boris: CrossSigningKeys
) -> None:
    shown = identity_upload(boris)["master_key"]
    body = user_signature(anna, BORIS, shown, boris.master_key)
    signatures = body[BORIS][boris.master_key]["signatures"]
    user_signing = unpadded(bytes(anna.user_signing.verify_key))
    assert list(signatures[ANNA]) == [f"ed25519:{user_signing}"]


def test_a_master_key_other_than_the_pinned_one_is_never_vouched_for(
    anna: CrossSigningKeys, boris: CrossSigningKeys
) -> None:
    shown = identity_upload(make_keys(BORIS, counted(90)))["master_key"]
    with pytest.raises(BrokenIdentityError):
        user_signature(anna, BORIS, shown, boris.master_key)
