"""The steward's Olm machine: matrix-nio's, with what it lacks for a gate.

It opens to-device messages, hands room keys out instead of storing them (who owns a session
is ours to decide: `bots.steward.keyring`), uploads one-time and fallback keys, and encrypts
the steward's own messages to devices that their owners signed, and to no others.
"""

from __future__ import annotations

import logging
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
            except Exception as error:
                # ATTACK: any officer can send us any to-device content; nio raises all sorts.
                logger.info("to-device message not opened: %s", type(error).__name__)
        arrived, self._arrived = self._arrived, []
        return arrived

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
        fields = (keys.get("ed25519"), *(content.get(name) for name in
                  ("room_id", "session_id", "session_key")))
        if content.get("algorithm") != MEGOLM or not all(isinstance(f, str) for f in fields):
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
        return body or None

    def _fallback_keys(self) -> Json:
        # nio has no fallback keys; without one, anyone may use up the one-time keys and
        # leave officers unable to share theirs with us.
        account = self.account._account
        account.generate_fallback_key()
        self.save_account()
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
        """Takes a keys query in; devices not in `signed` (user, device) never get a key of ours."""
        response = KeysQueryResponse.from_dict(answer)
        if not isinstance(response, KeysQueryResponse):
            return
        self.handle_response(response)
        for user_id in response.device_keys:
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
        """Starts Olm sessions with the claimed keys."""
        response = KeysClaimResponse.from_dict(answer)
        if isinstance(response, KeysClaimResponse):
            self.handle_response(response)

    def pending_to_device(self) -> list[tuple[str, str, Json]]:
        """Messages that heal a broken Olm session: (user, device, content); taken once."""
        pending = [
            (message.recipient, message.recipient_device, message.content)
            for message in self.outgoing_to_device_messages
        ]
        self.outgoing_to_device_messages = []
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
        if current is not None and not current.expired and current.shared:
            if current.users_shared_with == wanted:
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


def inbound_session(key: ArrivedKey) -> vodozemac.InboundGroupSession | None:
    """The session of an arrived key, or None if the key isn't one or claims another's id."""
    try:
        session = vodozemac.InboundGroupSession(vodozemac.SessionKey(key.session_key))
    except Exception:
        return None
    return session if session.session_id == key.session_id else None
