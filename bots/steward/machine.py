"""The steward's Olm machine: matrix-nio's, with what it lacks for a gate.

It opens to-device messages, hands room keys out instead of storing them (who owns a session
is ours to decide: `bots.steward.keyring`), uploads one-time and fallback keys, and encrypts
the steward's own messages to devices that their owners signed, and to no others.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vodozemac
from nio.crypto import Olm
from nio.crypto.device import OlmDevice
from nio.events.to_device import RoomKeyEvent, ToDeviceEvent
from nio.responses import KeysClaimResponse, KeysQueryResponse, KeysUploadResponse
from nio.store import SqliteStore

logger = logging.getLogger(__name__)

Json = dict[str, Any]
MEGOLM = "m.megolm.v1.aes-sha2"

_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_ROOM = re.compile(r"![A-Za-z0-9_.:/+=-]{1,254}")
_OURS = (KeyboardInterrupt, SystemExit)
"""Not caused by what was read. vodozemac panics on some hostile input, and a panic is a
BaseException that isn't an Exception: uncaught, it ends the process."""


@dataclass(frozen=True, slots=True, repr=False)
class ArrivedKey:
    """A room key that an Olm message brought. The sender and its keys are proven by Olm;
    which device they belong to is for the keyring to say."""

    user_id: str
    curve25519: str
    ed25519: str
    room_id: str
    session_id: str
    session_key: str


class Machine(Olm):  # type: ignore[misc]  # nio's class carries no types
    """One device of the steward. Every method that touches sessions must be called under the
    steward's crypto lock: the SQLite store has one connection."""

    def __init__(self, user_id: str, device_id: str, folder: Path, pickle_key: str) -> None:
        store = SqliteStore(
            user_id, device_id, str(folder), pickle_key=pickle_key, database_name="olm.db"
        )
        super().__init__(user_id, device_id, store)
        self._arrived: list[ArrivedKey] = []
        self.outgoing_to_device_messages: list[Any]

    @property
    def curve25519(self) -> str:
        """This device's identity key."""
        return str(self.account.identity_keys["curve25519"])

    @property
    def ed25519(self) -> str:
        """This device's fingerprint key."""
        return str(self.account.identity_keys["ed25519"])

    # --- receiving ---------------------------------------------------------------------------

    def open_to_device(self, events: Iterable[object]) -> list[ArrivedKey]:
        """Works off to-device messages in their order and returns the room keys they brought.

        A message that can't be opened brings nothing; what it should have brought is then
        missing at the gate, which refuses.
        """
        self._arrived = []
        for raw in events:
            try:
                self.handle_to_device_event(ToDeviceEvent.parse_event(raw))
            except BaseException as error:
                if isinstance(error, _OURS):
                    raise
                # ATTACK: any officer can send us any to-device content; nio raises all sorts.
                logger.info("to-device message not opened: %s", type(error).__name__)
        arrived, self._arrived = self._arrived, []
        return arrived

    def roll_back(self) -> None:
        """Takes up what the store holds, after its transaction was rolled back: an Olm session
        that went on in memory alone could not open the same messages again."""
        account = self.store.load_account()
        if account is not None:
            self.account = account
        self.load()

    def _handle_key_requests(self, event: object) -> None:
        """The steward gives no keys away on request."""

    def handle_key_verification(self, event: object) -> None:
        """The steward verifies nobody by emoji; it answers with a sentence elsewhere."""

    def _handle_forwarded_room_key_event(self, *_: object) -> None:
        """A forwarded key proves nothing about its owner and is never used."""

    def _handle_room_key_event(
        self, sender: str, sender_key: str, payload: Mapping[str, Any]
    ) -> RoomKeyEvent | None:
        content, keys = payload["content"], payload["keys"]
        fields = (
            keys.get("ed25519"),
            *(content.get(name) for name in ("room_id", "session_id", "session_key")),
        )
        if content.get("algorithm") != MEGOLM or not all(isinstance(f, str) for f in fields):
            return None
        fingerprint, room_id, session_id, _ = fields
        # ATTACK: a NUL or half a surrogate is no text for the database, and a batch that can't
        # be stored would be tried again for ever.
        if not (_KEY.fullmatch(fingerprint) and _KEY.fullmatch(session_id)):
            return None
        if not (_KEY.fullmatch(sender_key) and _ROOM.fullmatch(room_id)):
            return None
        self._arrived.append(ArrivedKey(sender, sender_key, *fields))
        return None

    # --- keys of our own ---------------------------------------------------------------------

    def keys_to_upload(self, on_server: int | None, fallback_unused: bool) -> Json | None:
        """The body of a keys upload, or None when the server has enough.

        `on_server` is how many one-time keys it still holds (None: not told yet),
        `fallback_unused` whether it holds a fallback key nobody used.
        """
        body: Json = {}
        self.uploaded_key_count = on_server
        if not self.account.shared or (
            on_server is not None and on_server < self.account.max_one_time_keys // 2
        ):
            body = self.share_keys()
        if not self.account.shared or not fallback_unused:
            body["fallback_keys"] = self._fallback_keys()
        if body:
            # INVARIANT: kept before they are uploaded. Killed in between, an older account would
            # make other keys under the same names, and the homeserver refuses those for ever.
            self.save_account()
        return body or None

    def _fallback_keys(self) -> Json:
        # nio has no fallback keys; without one, anyone may use up the one-time keys and
        # leave officers unable to share theirs with us.
        account = self.account._account  # noqa: SLF001 - nio wraps what it doesn't use
        if not account.fallback_key:
            # One that was made and not uploaded is taken again: only one older is remembered.
            account.generate_fallback_key()
        signed = {}
        for key_id, key in account.fallback_key.items():
            plain = {"key": key.to_base64(), "fallback": True}
            signature = self.sign_json(dict(plain))
            signed[f"signed_curve25519:{key_id}"] = plain | {
                "signatures": {self.user_id: {f"ed25519:{self.device_id}": signature}}
            }
        return signed

    def keys_uploaded(self, answer: Json) -> None:
        """Notes that the server has what `keys_to_upload` gave."""
        counts = answer.get("one_time_key_counts", {})
        count = int(counts.get("signed_curve25519", 0))
        self.handle_response(KeysUploadResponse(0, count))

    # --- other people's devices --------------------------------------------------------------

    def learn_devices(self, answer: Json, signed: frozenset[tuple[str, str]]) -> None:
        """Takes a keys query in; devices not in `signed` (user, device) never get a key of ours.

        ATTACK: a device with keys of another shape. nio takes an answer whole or not at all, and
        vodozemac panics on a key of 33 bytes; so nio sees the signed devices alone, whose shape
        and signatures were verified, each on its own.
        """
        for user_id, shown in answer.get("device_keys", {}).items():
            devices = {
                device_id: {name: part for name, part in device.items() if name != "unsigned"}
                for device_id, device in shown.items()
                if (user_id, device_id) in signed
            }
            try:
                response = KeysQueryResponse.from_dict({"device_keys": {user_id: devices}})
                if isinstance(response, KeysQueryResponse):
                    self.handle_response(response)
            except BaseException as error:
                if isinstance(error, _OURS):
                    raise
                logger.warning("somebody's devices were not learnt: %s", type(error).__name__)
            for known in self.device_store.active_user_devices(user_id):
                if (user_id, known.id) in signed:
                    self.verify_device(known)
                elif not known.blacklisted:
                    self.blacklist_device(known)

    def recipients(self, users: Iterable[str]) -> list[OlmDevice]:
        """The signed devices of the users, this one left out."""
        return [
            known
            for user in users
            for known in self.device_store.active_user_devices(user)
            if known.id != self.device_id and known.verified
        ]

    def missing_olm_sessions(self, users: Iterable[str]) -> dict[str, dict[str, str]]:
        """The body of a claim for devices with which no Olm session exists yet."""
        wanted: dict[str, dict[str, str]] = {}
        for known in self.recipients(users):
            if not self.session_store.get(known.curve25519):
                wanted.setdefault(known.user_id, {})[known.id] = "signed_curve25519"
        for wedged in list(self.wedged_devices):
            wanted.setdefault(wedged.user_id, {})[wedged.id] = "signed_curve25519"
        return wanted

    def keys_claimed(self, answer: Json) -> None:
        """Starts Olm sessions with the claimed keys.

        ATTACK: a one-time key that is none. Each device on its own, so that nobody keeps the
        steward from talking to everybody else.
        """
        for user_id, devices in answer.get("one_time_keys", {}).items():
            for device_id, keys in devices.items():
                one = {"one_time_keys": {user_id: {device_id: keys}}, "failures": {}}
                try:
                    response = KeysClaimResponse.from_dict(one)
                    if isinstance(response, KeysClaimResponse):
                        self.handle_response(response)
                except BaseException as error:
                    if isinstance(error, _OURS):
                        raise
                    logger.info("no Olm session with a device: %s", type(error).__name__)

    def pending_to_device(self) -> list[tuple[str, str, Json]]:
        """Messages that heal a broken Olm session: (user, device, content); taken once."""
        pending = [
            (message.recipient, message.recipient_device, message.content)
            for message in self.outgoing_to_device_messages
        ]
        self.outgoing_to_device_messages.clear()
        return pending

    # --- sending -----------------------------------------------------------------------------

    def share_session(self, room_id: str, users: list[str]) -> list[Json]:
        """To-device bodies that share the room's session with every signed device of the users.

        A new session is made whenever the set of devices changed, so that who left can't read
        on and who came can't read back.
        """
        wanted = {
            (known.user_id, known.id)
            for known in self.recipients(users)
            if self.session_store.get(known.curve25519)
        }
        current = self.outbound_group_sessions.get(room_id)
        if current is not None and _is_for(current, wanted):
            return []
        self.create_outbound_group_session(room_id)
        session = self.outbound_group_sessions[room_id]
        bodies = []
        for shared_with, body in self.share_group_session_parallel(room_id, users):
            session.users_shared_with |= shared_with
            bodies.append(dict(body["messages"]))
        session.shared = True
        return bodies

    def forget_session(self, room_id: str) -> None:
        """Drops the room's outbound session, for when its keys did not reach the server."""
        self.outbound_group_sessions.pop(room_id, None)

    def encrypt(self, room_id: str, kind: str, content: Json) -> Json:
        """The content of an `m.room.encrypted` event. Relations stay readable in the clear,
        as clients and the homeserver expect."""
        wire: Json = dict(self.group_encrypt(room_id, {"type": kind, "content": content}))
        if "m.relates_to" in content:
            wire["m.relates_to"] = content["m.relates_to"]
        return wire


def _is_for(session: Any, devices: set[tuple[str, str]]) -> bool:
    """Whether an outbound session is in use, and shared with exactly these devices."""
    in_use = session.shared and not session.expired
    return bool(in_use and session.users_shared_with == devices)


def inbound_session(key: ArrivedKey) -> vodozemac.InboundGroupSession | None:
    """The session of an arrived key, or None if the key isn't one or claims another's id."""
    try:
        session = vodozemac.InboundGroupSession(vodozemac.SessionKey(key.session_key))
    except BaseException as error:
        if isinstance(error, _OURS):
            raise
        return None
    return session if session.session_id == key.session_id else None
