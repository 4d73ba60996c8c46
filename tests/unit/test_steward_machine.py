"""The steward's Olm machine against what hostile officers can send and upload, with a real second
machine as the officer's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vodozemac

from bots.steward.machine import MEGOLM, ArrivedKey, Machine, inbound_session
from rilon.adapters.cross_signing import (
    device_signature,
    identity_upload,
    make_keys,
    verified_devices,
)

STEWARD, OFFICER, OTHER = "@steward:x.test", "@aus.focal1:x.test", "@idn.focal1:x.test"
ROOM = "!room:x.test"


def machine(user: str, folder: Path) -> Machine:
    folder.mkdir(exist_ok=True)
    return Machine(user, f"{user[1:4].upper()}DEVICE", folder, "0" * 64)


@pytest.fixture
def steward(tmp_path: Path) -> Iterator[Machine]:
    made = machine(STEWARD, tmp_path / "steward")
    yield made
    made.store.database.close()


@pytest.fixture
def officer(tmp_path: Path) -> Iterator[Machine]:
    made = machine(OFFICER, tmp_path / "officer")
    yield made
    made.store.database.close()


def keys_of(one: Machine, sign: bool = True) -> dict[str, Any]:
    """A keys query's answer for the machine's user, with the device signed."""
    identity = make_keys(one.user_id, os.urandom)
    upload = identity_upload(identity)
    device = one.share_keys()["device_keys"]
    if sign:
        signed = device_signature(identity, device, one.ed25519, one.curve25519)
        device = signed[one.user_id][one.device_id]
    return {
        "device_keys": {one.user_id: {one.device_id: device}},
        "master_keys": {one.user_id: upload["master_key"]},
        "self_signing_keys": {one.user_id: upload["self_signing_key"]},
    }


def signed_in(answer: dict[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (user, device.device_id)
        for user in answer["device_keys"]
        for device in verified_devices(answer, user, None).devices
    )


def olm_to(steward: Machine, officer: Machine) -> None:
    """The officer has an Olm session with the steward."""
    answer = keys_of(steward)
    officer.learn_devices(answer, signed_in(answer))
    steward.account.generate_one_time_keys(1)
    key = next(iter(steward.account.one_time_keys["curve25519"].values()))
    steward.save_account()
    officer.create_session(key, steward.curve25519)


def room_key(officer: Machine, steward: Machine, **changed: Any) -> dict[str, Any]:
    """A to-device message that brings the key of a fresh session."""
    session = vodozemac.GroupSession()
    content = {
        "algorithm": MEGOLM,
        "room_id": ROOM,
        "session_id": session.session_id,
        "session_key": session.session_key.to_base64(),
        **changed,
    }
    device = officer.device_store[STEWARD][steward.device_id]
    wrapped = officer._olm_encrypt(
        officer.session_store.get(steward.curve25519), device, "m.room_key", content
    )
    return {"type": "m.room.encrypted", "sender": OFFICER, "content": wrapped}


def test_a_room_key_arrives_with_its_proven_sender(steward: Machine, officer: Machine) -> None:
    olm_to(steward, officer)
    (arrived,) = steward.open_to_device([room_key(officer, steward)])
    assert (arrived.user_id, arrived.curve25519) == (OFFICER, officer.curve25519)
    assert inbound_session(arrived) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"room_id": "!a\0b"},
        {"room_id": "!a\ud800b"},
        {"room_id": ""},
        {"room_id": ["!a"]},
        {"session_id": "a\0" + "b" * 41},
        {"algorithm": "m.megolm.v2.aes-sha2"},
    ],
)
def test_a_room_key_that_no_table_can_hold_is_dropped_and_the_next_one_taken(
    steward: Machine, officer: Machine, changed: dict[str, Any]
) -> None:
    olm_to(steward, officer)
    odd, good = room_key(officer, steward, **changed), room_key(officer, steward)
    arrived = steward.open_to_device([odd, good])
    assert [one.room_id for one in arrived] == [ROOM]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        [],
        None,
        {"type": "m.room.encrypted", "sender": OFFICER, "content": {}},
        {"type": "m.room_key", "sender": OFFICER, "content": {"session_key": "x"}},
        {"type": "m.room.encrypted", "sender": OFFICER, "content": {"algorithm": 3}},
        {"type": "m.room_key_request", "sender": OFFICER, "content": {"action": "request"}},
    ],
)
def test_no_to_device_message_stops_the_next(
    steward: Machine, officer: Machine, raw: object
) -> None:
    olm_to(steward, officer)
    assert len(steward.open_to_device([raw, room_key(officer, steward)])) == 1


def test_a_message_opens_again_after_the_store_was_rolled_back(
    steward: Machine, officer: Machine
) -> None:
    """The database went away while the keys of a batch were kept: they must not be lost."""
    olm_to(steward, officer)
    first, second = room_key(officer, steward), room_key(officer, steward)
    assert len(steward.open_to_device([first])) == 1
    with steward.store.database.atomic() as transaction:
        assert len(steward.open_to_device([second])) == 1
        transaction.rollback()
    steward.roll_back()
    assert len(steward.open_to_device([second])) == 1


@pytest.mark.parametrize("key", ["A" * 44, "A" * 43, "garbage", "", "é"])
def test_a_device_whose_keys_are_no_keys_hides_no_other(
    steward: Machine, officer: Machine, tmp_path: Path, key: str
) -> None:
    """vodozemac panics on an Ed25519 key of 33 bytes: `A` 44 times."""
    answer = keys_of(officer)
    odd = {
        "user_id": OTHER,
        "device_id": "ODD",
        "algorithms": [],
        "keys": {"ed25519:ODD": key, "curve25519:ODD": key},
        "signatures": {OTHER: {"ed25519:ODD": "A" * 86}},
    }
    answer["device_keys"] = {OTHER: {"ODD": odd}, **answer["device_keys"]}
    answer["device_keys"][OFFICER]["ODD"] = {**odd, "user_id": OFFICER}
    steward.learn_devices(answer, signed_in(answer))
    assert [one.id for one in steward.recipients([OFFICER, OTHER])] == [officer.device_id]


def test_a_device_that_is_not_signed_gets_no_key(steward: Machine, officer: Machine) -> None:
    answer = keys_of(officer, sign=False)
    steward.learn_devices(answer, signed_in(answer))
    assert steward.recipients([OFFICER]) == []
    assert steward.missing_olm_sessions([OFFICER]) == {}


def test_a_device_that_is_gone_gets_no_key_any_more(steward: Machine, officer: Machine) -> None:
    answer = keys_of(officer)
    steward.learn_devices(answer, signed_in(answer))
    gone: dict[str, Any] = {"device_keys": {OFFICER: {}}}
    steward.learn_devices(gone, frozenset())
    assert steward.recipients([OFFICER]) == []


@pytest.mark.parametrize("odd", ["garbage", "A" * 43, "", None, 3])
def test_a_one_time_key_that_is_none_keeps_nobody_else_from_a_session(
    steward: Machine, officer: Machine, tmp_path: Path, odd: object
) -> None:
    other = machine(OTHER, tmp_path / "other")
    for one in (officer, other):
        answer = keys_of(one)
        steward.learn_devices(answer, signed_in(answer))

    def claimed(one: Machine, key: object) -> dict[str, Any]:
        plain = {"key": key}
        signature = one.sign_json(dict(plain)) if isinstance(key, str) else "A" * 86
        signatures = {one.user_id: {f"ed25519:{one.device_id}": signature}}
        return {one.device_id: {"signed_curve25519:AAAA": {**plain, "signatures": signatures}}}

    good = vodozemac.Account()
    good.generate_one_time_keys(1)
    key = next(iter(good.one_time_keys.values())).to_base64()
    answer = {"one_time_keys": {OTHER: claimed(other, odd), OFFICER: claimed(officer, key)}}
    steward.keys_claimed(answer)
    assert steward.session_store.get(officer.curve25519) is not None
    assert steward.session_store.get(other.curve25519) is None
    other.store.database.close()


def test_keys_are_kept_before_they_are_uploaded(steward: Machine, tmp_path: Path) -> None:
    """Killed after the upload, the next start must show the same keys under the same names."""
    body = steward.keys_to_upload(None, True)
    assert body is not None
    again = machine(STEWARD, tmp_path / "steward")
    repeated = again.keys_to_upload(None, True)
    assert repeated is not None
    for name, key in body["one_time_keys"].items():
        assert repeated["one_time_keys"][name]["key"] == key["key"]
    fallback, same = body["fallback_keys"], repeated["fallback_keys"]
    assert {name: key["key"] for name, key in fallback.items()} == {
        name: key["key"] for name, key in same.items()
    }
    again.store.database.close()


def test_who_left_cannot_read_on(steward: Machine, officer: Machine) -> None:
    answer = keys_of(officer)
    steward.learn_devices(answer, signed_in(answer))
    officer.account.generate_one_time_keys(1)
    key = next(iter(officer.account.one_time_keys["curve25519"].values()))
    steward.create_session(key, officer.curve25519)
    assert steward.share_session(ROOM, [OFFICER])
    before = steward.encrypt(ROOM, "m.room.message", {"body": "a"})["session_id"]
    assert steward.share_session(ROOM, [OFFICER]) == []
    steward.share_session(ROOM, [])
    assert steward.encrypt(ROOM, "m.room.message", {"body": "b"})["session_id"] != before


def test_a_key_under_another_sessions_id_is_none() -> None:
    session, other = vodozemac.GroupSession(), vodozemac.GroupSession()
    key = session.session_key.to_base64()
    assert inbound_session(ArrivedKey("a", "b", "c", ROOM, session.session_id, key)) is not None
    assert inbound_session(ArrivedKey("a", "b", "c", ROOM, other.session_id, key)) is None
    assert json.dumps(repr(ArrivedKey("a", "b", "c", ROOM, "id", key))).find(key) == -1
