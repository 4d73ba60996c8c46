"""The Synapse module: asks the gate about every event before the homeserver accepts it.

It decides nothing about markings. It passes the event on, turns the gate's answer into what
Synapse understands, and fails closed: whatever goes wrong here is `later` (429), never an
accept. It imports nothing of storage, adapters, nio or celery, since it runs within Synapse.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from synapse.api.errors import Codes, LimitExceededError, SynapseError
from synapse.logging.context import make_deferred_yieldable, run_in_background
from synapse.module_api import NOT_SPAM, EventBase, ModuleApi, StateMap
from synapse.module_api.errors import ConfigError
from synapse.types import Requester, RoomAlias  # type: ignore[attr-defined]  # not in its __all__
from twisted.internet import reactor

from rilon.gate.clear_files import LOOKED_AT, is_in_clear
from rilon.gate.device_names import plain_device_name
from rilon.gate.patience import Key, Patience
from rilon.gate.protocol import (
    JUDGE_PATH,
    MOST_INVITED,
    REASON_KEY,
    ROOM_WANTED_PATH,
    SHORT_SECRET,
    Accepted,
    AskLater,
    GateAnswer,
    Question,
    Refused,
    RoomWanted,
    authorization,
    read_answer,
    write_question,
    write_room_wanted,
)
from rilon.texts.refusals import refusal_sentence

if TYPE_CHECKING:
    from synapse.media._base import FileInfo
    from synapse.media.media_storage import ReadableFileWrapper

logger = logging.getLogger(__name__)

_reactor: Any = reactor

PASSED_KEYS = ("type", "state_key", "redacts", "content")
"""What of an event is passed on beside its id, room, sender and time."""

ANOTHER_MODULE = (
    "another module has a check_event_allowed callback: the homeserver takes no event, and ends"
)

MOST_TELLING = 16
"""Wishes for rooms that are on their way to the gate at once; what is beyond isn't told."""


class GateSettings:
    """Checked settings: where the gate is, the secret they share, who the steward is."""

    def __init__(self, url: str, secret: str, steward: str, timeout_ms: int) -> None:
        self.url = url.rstrip("/") + JUDGE_PATH
        self.wish_url = url.rstrip("/") + ROOM_WANTED_PATH
        self.header = authorization(secret)
        self.steward = steward
        self.timeout_s = timeout_ms / 1000


class GateModule:
    """Loaded by Synapse once a process. See `deploy/` for its configuration."""

    def __init__(self, config: GateSettings, api: ModuleApi) -> None:
        self._settings = config
        self._api = api
        self._patience = Patience()
        self._telling = 0
        api.register_third_party_rules_callbacks(
            check_event_allowed=self.check_event_allowed,
            on_create_room=self.on_create_room,
        )
        api.register_spam_checker_callbacks(
            check_event_for_spam=self.check_event_for_spam,
            user_may_create_room_alias=self.user_may_create_room_alias,
            user_may_publish_room=self.user_may_publish_room,
            check_media_file_for_spam=self.check_media_file_for_spam,
            check_login_for_spam=self.check_login_for_spam,
        )
        api.register_account_validity_callbacks(on_user_login=self.on_user_login)
        # Synapse loads all modules in one go: this runs when the last of them is there.
        _reactor.callLater(0, self._end_beside_another)

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> GateSettings:
        """Reads the module's section of homeserver.yaml. Raises `ConfigError`."""
        unknown = set(config) - {"url", "secret_path", "steward", "timeout_ms"}
        if unknown:
            raise ConfigError(f"rilon gate: unknown setting {min(unknown)}")
        try:
            secret = Path(str(config["secret_path"])).read_text().strip()
            settings = GateSettings(
                str(config["url"]),
                secret,
                str(config["steward"]),
                int(config.get("timeout_ms", 2000)),
            )
        except (KeyError, OSError, ValueError) as error:
            raise ConfigError(
                "rilon gate: url, steward and a readable secret_path needed"
            ) from error
        if len(secret) < SHORT_SECRET:
            raise ConfigError(f"rilon gate: the secret has fewer than {SHORT_SECRET} characters")
        return settings

    async def check_event_allowed(
        self, event: EventBase, state_events: StateMap[EventBase]
    ) -> tuple[bool, dict[str, Any] | None]:
        """Asks the gate. Returns (True, None), or raises 403 with the reason, or 429."""
        key: Key = (event.sender, _internal(event, "device_id"), _internal(event, "txn_id"))
        try:
            answer = await self._judge(event)
        except Exception as error:  # noqa: BLE001
            # INVARIANT: nothing unexpected accepts. The type alone is logged, never the text:
            # an error's text could quote the event.
            logger.warning("gate not asked for %s: %s", event.event_id, type(error).__name__)
            answer = AskLater(0)
        if isinstance(answer, AskLater):
            raise LimitExceededError(
                limiter_name="rilon_gate",
                retry_after_ms=self._patience.next_delay_ms(key, answer.after_ms),
            )
        self._patience.answered(key)
        if isinstance(answer, Refused):
            _refuse(answer.code)
        return True, None

    async def on_create_room(
        self, requester: Requester, config: dict[str, Any], is_requester_admin: bool
    ) -> None:
        """Only the steward creates rooms; server administrators are no exception."""
        user_id = requester.user.to_string()
        if user_id != self._settings.steward:
            self._tell_of_wish(user_id, config)
            _refuse("steward_only")

    async def check_event_for_spam(self, event: EventBase) -> str | Codes:
        """Events of other servers reach only this callback. Federation is off: none may enter."""
        if self._api.is_mine(event.sender):
            return NOT_SPAM
        return Codes.FORBIDDEN

    async def user_may_create_room_alias(
        self, user: str, alias: RoomAlias
    ) -> Literal["NOT_SPAM"] | Codes:
        """Only the steward names rooms."""
        return NOT_SPAM if user == self._settings.steward else Codes.FORBIDDEN

    async def user_may_publish_room(self, user: str, room: str) -> Literal["NOT_SPAM"] | Codes:
        """No room is ever published in the directory."""
        return Codes.FORBIDDEN

    async def check_media_file_for_spam(
        self, file: ReadableFileWrapper, info: FileInfo
    ) -> Literal["NOT_SPAM"] | Codes:
        """Nobody uploads a file in clear, as far as its first bytes tell. Who has the link of
        one could fetch it; files of messages are encrypted."""
        begin = bytearray()

        def take(chunk: bytes) -> None:
            begin.extend(chunk[: LOOKED_AT - len(begin)])

        try:
            await file.write_chunks_to(take)
            return Codes.FORBIDDEN if is_in_clear(bytes(begin)) else NOT_SPAM
        except Exception as error:  # noqa: BLE001
            logger.warning("an upload was not looked at: %s", type(error).__name__)
            return Codes.FORBIDDEN

    async def check_login_for_spam(
        self,
        user_id: str,
        device_id: str | None,
        display_name: str | None,
        request_info: Collection[tuple[str | None, str]],
        auth_provider_id: str | None = None,
    ) -> Literal["NOT_SPAM"] | Codes:
        """A device has the id that the homeserver gave it: whoever names one must have it.

        ATTACK: an id may be any text, and other people's clients show it.
        """
        if device_id is None or user_id == self._settings.steward:
            return NOT_SPAM
        known = await self._devices().get_device(user_id, device_id)
        return Codes.FORBIDDEN if known is None else NOT_SPAM

    async def on_user_login(
        self, user_id: str, auth_provider_type: str | None, auth_provider_id: str | None
    ) -> None:
        """Devices are called by known words alone. Synapse awaits this before it hands out the
        token, so nobody sees another name; an error fails the sign-in."""
        store = self._devices()
        for device_id, device in (await store.get_devices_by_user(user_id)).items():
            name = device["display_name"] or ""
            plain = plain_device_name(name)
            if plain != name and user_id != self._settings.steward:
                await store.update_device(user_id, device_id, new_display_name=plain)

    def _devices(self) -> Any:
        # Synapse offers modules no public way to people's devices.
        return self._api._store  # noqa: SLF001

    async def _judge(self, event: EventBase) -> GateAnswer:
        if not self._is_only_module():
            # The first module that returns a replacement ends the round: with another one
            # loaded, what we judged might not be what is sent.
            logger.error(ANOTHER_MODULE)
            return AskLater(0)
        if _always_passes(event, self._settings.steward):
            return Accepted()
        question = Question(
            _passed(event), _internal(event, "device_id"), _internal(event, "txn_id")
        )
        return read_answer(await self._post(self._settings.url, write_question(question)))

    def _tell_of_wish(self, user_id: str, config: Mapping[str, Any]) -> None:
        """Tells the gate whom they wanted to write to, in the background.

        INVARIANT: the refusal neither waits for this nor depends on how it ends.
        """
        try:
            invited = config.get("invite")
            if not isinstance(invited, list) or not invited or self._telling >= MOST_TELLING:
                return
            known = tuple(one for one in invited[:MOST_INVITED] if isinstance(one, str))
            body = write_room_wanted(RoomWanted(user_id, known))
            self._api.run_as_background_process("rilon_room_wanted", self._tell, body)
        except Exception as error:  # noqa: BLE001 - a courtesy; the refusal stands
            logger.warning("a wish for a room was not told: %s", type(error).__name__)

    async def _tell(self, body: dict[str, Any]) -> None:
        self._telling += 1
        try:
            await self._post(self._settings.wish_url, body)
        except Exception as error:  # noqa: BLE001
            logger.info("a wish for a room was not told: %s", type(error).__name__)
        finally:
            self._telling -= 1

    async def _post(self, url: str, body: dict[str, Any]) -> object:
        deferred = run_in_background(
            self._api.http_client.post_json_get_json,
            url,
            body,
            {b"Authorization": [self._settings.header.encode()]},
        )
        deferred.addTimeout(self._settings.timeout_s, reactor)
        return await make_deferred_yieldable(deferred)

    def _end_beside_another(self) -> None:
        """The homeserver doesn't start where another module has our callback."""
        if not self._is_only_module():
            logger.critical(ANOTHER_MODULE)
            _reactor.stop()

    def _is_only_module(self) -> bool:
        # Synapse offers modules no public way to see one another.
        rules = self._api._callbacks.third_party_event_rules  # noqa: SLF001
        return len(rules._check_event_allowed_callbacks) == 1  # noqa: SLF001


def _always_passes(event: EventBase, steward: str) -> bool:
    """Removing someone must never wait: leaving, and the steward's kick or ban, without words."""
    if event.type != "m.room.member" or set(event.content) != {"membership"}:
        return False
    membership = event.content["membership"]
    if event.sender == event.get_state_key():
        return bool(membership == "leave")
    return event.sender == steward and membership in ("leave", "ban")


def _passed(event: EventBase) -> dict[str, Any]:
    whole = event.get_dict()
    passed = {key: whole[key] for key in PASSED_KEYS if key in whole}
    return passed | {
        "event_id": event.event_id,
        "room_id": event.room_id,
        "sender": event.sender,
        "origin_server_ts": event.origin_server_ts,
    }


def _internal(event: EventBase, name: str) -> str | None:
    value = getattr(event.internal_metadata, name, None)
    return value if isinstance(value, str) else None


def _refuse(code: str) -> NoReturn:
    raise SynapseError(
        403, refusal_sentence(code), Codes.FORBIDDEN, additional_fields={REASON_KEY: code}
    )
