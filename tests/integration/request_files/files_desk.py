"""Requests whose answers have files, on a real PostgreSQL with the real gate, which opens each file
in the process that really does it; a homeserver's library of uploads, in memory."""

from __future__ import annotations

import io
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from nio.crypto import decrypt_attachment, encrypt_attachment
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.attachments import Attachments
from bots.steward.passages import Passages
from bots.steward.recalls import RecallDeeds
from bots.steward.request_files import RequestFiles
from rilon.adapters.homeserver import Homeserver, HomeserverAway, HomeserverError, TooLarge
from rilon.domain.verdicts import Accept, Verdict
from rilon.embedded.officer_values import file_content
from rilon.policy.network import Network
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from tests.integration.desk import SERVER, STEWARD, curve, emptied, encrypted
from tests.integration.taking_back import asked, recalling
from tests.integration.talk.talk_desk import TALKED, TalkScene
from tests.policy_scene import NETWORK

ASKER, ASKING = "aus.secondee1", "mps-desk-aus"
ANSWERER, ASKED = "mys.focal1", "mps-desk-mys"
GIVEN = "Hasil Focal point 1 MYS.jpg"
"""What the answering officer called the file."""


@asynccontextmanager
async def opened_file_scene(postgres_dsn: str, folder: Path) -> AsyncIterator[FileScene]:
    """The scene on empty tables."""
    async with emptied(postgres_dsn, TALKED) as engine:
        made = FileScene(engine, NETWORK, folder)
        await made.prepare()
        yield made


def photograph(**options: Any) -> bytes:
    """A picture that nobody has sent yet."""
    data = io.BytesIO()
    Image.effect_noise((80, 60), 80).convert("RGB").save(data, "JPEG", **options)
    return data.getvalue()


async def card(scene: FileScene, **more: Any) -> str:
    """The card of a request from Australia, in Malaysia's desk."""
    number, _ = await scene.ask(ASKER, "MYS", ASKING, **more)
    return await scene.card_event(number, "MYS")


async def proposed(
    scene: FileScene, data: bytes, caption: str = "", **more: Any
) -> tuple[str, str]:
    """A picture in reply to a card; the officer's message, and the preview."""
    on = await card(scene, **more)
    said = await scene.sends(ANSWERER, ASKED, data, GIVEN, "image/jpeg", caption, reply=on)
    return said, scene.event(ASKED, "Send this to")


class Library(Homeserver):
    """Uploads by media id. `dies` names calls that fail the next time: `fill` before anything is
    stored, `filled` after; `away` keeps everything from being fetched; `outage` counts how often
    nothing at all answers."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", STEWARD)
        self.media: dict[str, bytes] = {}
        self.reserved: list[str] = []
        self.deleted: list[str] = []
        self.dies: list[str] = []
        self.away = False
        self.outage = 0
        self.swaps = b""
        """Stored in place of the next upload."""

    def _step(self, name: str) -> None:
        if name in self.dies:
            self.dies.remove(name)
            raise HomeserverAway("the connection broke")

    async def who_am_i(self) -> str:
        if self.outage:
            self.outage -= 1
            raise HomeserverAway("no connection")
        return STEWARD

    def keep(self, data: bytes) -> str:
        """An officer's upload; its media id."""
        media = secrets.token_hex(12)
        self.media[media] = data
        return media

    async def download(self, server: str, media: str, most: int, timeout: float = 60.0) -> bytes:
        self._step("download")
        if self.away or self.outage:
            raise HomeserverAway("502")
        if media not in self.media:
            raise HomeserverError(404, "M_NOT_FOUND")
        if len(self.media[media]) > most:
            raise TooLarge
        return self.media[media]

    async def reserve_media(self) -> str:
        self._step("reserve")
        self.reserved.append(secrets.token_hex(12))
        self._step("reserved")
        return self.reserved[-1]

    async def fill_media(self, server: str, media: str, data: bytes, timeout: float = 60.0) -> None:
        self._step("fill")
        if media not in self.reserved:
            raise HomeserverError(404, "M_NOT_FOUND")
        self.media.setdefault(media, self.swaps or data)
        self._step("filled")

    async def delete_media(self, server: str, media: str) -> None:
        self.media.pop(media, None)
        self.deleted.append(media)

    @property
    def copies(self) -> list[str]:
        """What the steward uploaded and lies there."""
        return [media for media in self.reserved if media in self.media]


class FileScene(TalkScene):
    """The scene in which officers talk, and send files."""

    ROUNDS = 120

    def __init__(self, engine: AsyncEngine, network: Network, folder: Path) -> None:
        super().__init__(engine, network, folder)
        self.library = Library()
        self.restart()
        self.recalling = recalling(self)
        deeds = RecallDeeds(self.recalling, self.library, self.now)
        steward = self._deeds_of_the_steward()
        self.performer.perform_too({"delete_file": deeds.delete_file, "recall": steward.nothing})
        self.server.redact = _redacted  # type: ignore[method-assign]  # what is taken back is gone

    def restart(self) -> None:
        """What a steward that was started again knows of files: nothing."""
        self.attachments = Attachments(self.library, SERVER)
        self.screening._files = self.attachments
        self.deeds._files = RequestFiles(self.library, self.attachments, self.store, SERVER)
        self.talk._proposing._files._files = self.attachments
        self.passages = Passages(self.quotation, self.attachments, self.now, timedelta)

    # --- officers --------------------------------------------------------------------------------

    async def sends(
        self,
        name: str,
        room: str,
        data: bytes,
        called: str,
        mimetype: str,
        caption: str = "",
        *,
        reply: str | None = None,
        perform: bool = True,
        **changed: Any,
    ) -> str:
        """An officer's file as clients send it, let in, delivered and heard; its event."""
        event_id, verdict = await self.tries(
            name, room, data, called, mimetype, caption, reply=reply, **changed
        )
        assert isinstance(verdict, Accept), verdict
        await self._stands(event_id, room, verdict)
        await self.hears(event_id, room)
        if perform:
            await self.perform()
        return event_id

    async def tries(
        self,
        name: str,
        room: str,
        data: bytes,
        called: str,
        mimetype: str,
        caption: str = "",
        *,
        reply: str | None = None,
        **changed: Any,
    ) -> tuple[str, Verdict]:
        """The gate's verdict on an officer's file. `changed` are values of its EncryptedFile."""
        ciphertext, keys = encrypt_attachment(data)
        media = self.library.keep(ciphertext)
        keys["key"] = {**keys["key"], "key_ops": ["encrypt", "decrypt"]}
        file = {"url": f"mxc://{SERVER}/{media}", **keys, **changed}
        content = file_content(file, called, mimetype, len(data), caption)
        relation = None if reply is None else {"m.in_reply_to": {"event_id": reply}}
        return await self._judged(name, room, content, relation)

    async def _judged(
        self, name: str, room: str, content: dict[str, Any], relation: dict[str, Any] | None
    ) -> tuple[str, Verdict]:
        event_id, room_id = f"${secrets.token_hex(16)}", f"!{room}"
        session = await self._session(room_id, name)
        more = {"m.relates_to": relation} if relation else {}
        clear = {"sender_key": curve(name), "device_id": "DEVICE", **more}
        sealed = encrypted(session, room_id, {**content, **more}, clear)
        raw = self._raw(name, room, event_id, "m.room.encrypted", sealed)
        return event_id, await self.judge(raw, "DEVICE")

    async def _stands(self, event_id: str, room: str, verdict: Accept) -> None:
        """Sync shows an officer's event: what it leaves is kept, as a batch's worker does."""
        identity = await self._delivered(event_id)
        governed = self.network.rooms[room]
        raw = self.raws[event_id]
        act = await self.conversation.read(raw, f"!{room}", governed, self.network)
        left = await self.passages.left_by(act, raw["sender"], governed, self.network)
        if left is not None and verdict.effective is not None:
            async with self._batch(event_id) as delivery:
                await self.passages.keep(delivery, left, identity, verdict.effective, self.network)

    async def arrives(
        self, room_id: str, kind: str, event_id: str, content: Any, transaction: str
    ) -> Verdict:
        """As in the scene of requests; and what the steward's posts leave is kept."""
        verdict = await super().arrives(room_id, kind, event_id, content, transaction)
        if isinstance(verdict, Accept):
            await self.leaves(room_id, event_id, verdict)
        return verdict

    async def leaves(self, room_id: str, event_id: str, verdict: Accept) -> None:
        """Sync shows the steward's post: what it leaves is kept."""
        (row,) = await self.run(
            "SELECT identity FROM verdict WHERE delivered_event_id = :event", event=event_id
        )
        room, identity = self.network.rooms.get(room_id[1:]), bytes(row.identity)
        async with self._batch(event_id) as delivery:
            left = await self.passages.of_relayed(delivery, identity, room, self.network)
            if left is not None and verdict.effective is not None:
                await self.passages.keep(delivery, left, identity, verdict.effective, self.network)

    def _batch(self, name: str) -> Any:
        return _Batch(self, name)

    # --- looking ---------------------------------------------------------------------------------

    def files_in(self, room: str) -> list[dict[str, Any]]:
        """The contents with a file that the steward posted in a room."""
        return [
            content for at, content in self.posts.values() if at == f"!{room}" and "file" in content
        ]

    def read(self, content: dict[str, Any]) -> bytes:
        """What a reader's client makes of a file, with another library than the steward's."""
        file = content["file"]
        ciphertext = self.library.media[file["url"].rpartition("/")[2]]
        keys = file["key"]["k"], file["hashes"]["sha256"], file["iv"]
        return bytes(decrypt_attachment(ciphertext, *keys))

    async def recalled(self, target: str, by: str, cause: str = "recalled") -> None:
        """An officer takes back a message; files that go are deleted."""
        await self.recalling.ask(asked(target, by, self.at, cause=cause))
        await self.perform(only="delete_file")

    async def redacted(self) -> set[str]:
        """The events that are taken back."""
        rows = await self.run("SELECT payload FROM effect WHERE kind = 'redact'")
        return {row.payload["event_id"] for row in rows}


class _Batch:
    """One batch's transaction."""

    def __init__(self, scene: FileScene, name: str) -> None:
        self._scene, self._name = scene, name

    async def __aenter__(self) -> Any:
        batch = await Inbox(self._scene.engine).store({"next_batch": f"left{self._name}"})
        deliveries = Deliveries(self._scene.engine, self._scene.outbox)
        self._open = deliveries.of_batch(batch.id)
        return await self._open.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self._open.__aexit__(*error)


async def _redacted(room_id: str, event_id: str, transaction: str) -> str:
    return f"$redacted{event_id[1:]}"
