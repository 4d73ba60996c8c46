"""The steward's deeds with requests: carrying words, saying what happened, what is due, overlaps.

What is decided is `rilon.application`'s; whether words may enter a room is the gate's to say, when
they arrive there. How it reads is `RequestSpeech`'s.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from html import escape
from typing import Any, Protocol

from bots.steward.choosing import GIVEN_UP_AFTER, MOST_BYTES
from bots.steward.deeds import Deeds
from bots.steward.mailer import message
from bots.steward.means import or_not_yet
from bots.steward.performer import NotYet, Perform
from bots.steward.request_files import FileGone, RequestFiles
from rilon.adapters.homeserver import HomeserverError
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect
from rilon.application.request_carried import Carried
from rilon.application.request_due import Due
from rilon.application.request_overlaps import work_off
from rilon.application.request_ports import DutyChanges, NoChanges
from rilon.application.request_routing import rung_first
from rilon.application.request_tellings import Side, Telling
from rilon.application.request_values import Place, Role, Standing, Words, WordsKind
from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.verdicts import Code
from rilon.policy.network import Network
from rilon.storage.requests import RequestStore
from rilon.storage.rooms import RoomStore
from rilon.texts.rendering import Text
from rilon.wire.file_writing import file_content

Json = dict[str, Any]


class RequestSpeech(Protocol):
    """How what is said of requests reads. Neither gets words of an officer."""

    def heading(
        self, words: Words, standing: Standing, reader: Officer | None, network: Network
    ) -> Text:
        """What stands above carried words: of a question the number, who asks (if that is shown),
        priority, deadline; of an answer the number and who answers. No marking is in it."""

    def said(
        self,
        payload: Mapping[str, Any],
        standing: Standing | None,
        reader: Officer | None,
        network: Network,
        now: datetime,
    ) -> Text:
        """The text of a `request_say` effect: see `rilon.application.request_tellings`."""


class RequestDeeds:
    """Their kinds of effect."""

    def __init__(
        self,
        requests: RequestStore,
        carried: Carried,
        due: Due,
        deeds: Deeds,
        rooms: RoomStore,
        speech: RequestSpeech,
        network: Callable[[], Awaitable[Network | None]],
        server: str,
        now: Callable[[], datetime],
        selector_key: bytes,
        duty: DutyChanges | None = None,
        wake: Callable[[], None] = lambda: None,
        files: RequestFiles | None = None,
    ) -> None:
        self._requests = requests
        self._carried = carried
        self._due = due
        self._deeds = deeds
        self._rooms = rooms
        self._speech = speech
        self._network = or_not_yet(network)
        self._server = server
        self._now = now
        self._selector_key = selector_key
        self._duty: DutyChanges = duty or NoChanges()
        self._wake = wake
        self._files = files

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {
            "carry": self.carry,
            "request_say": self.say,
            "request_due": self.due,
            "request_overlap": self.overlap,
        }

    # --- words ---------------------------------------------------------------------------------

    async def carry(self, due: DueEffect) -> Json:
        """Posts words of one side in the other's room. The gate judges them, and erases them.

        Killed at any point it is done again: the same event under the same transaction, and what
        follows of it once.
        """
        words_id = str(due.payload["words"])
        event_id: str | None = None
        try:
            event_id = await self._post(due, words_id)
        except FileGone:
            await self._carried.not_carried(words_id, Code.FILE_UNREADABLE.value, {})
        except HomeserverError as error:
            if error.reason is None and due.attempts < GIVEN_UP_AFTER:
                raise
            if error.reason == Code.REPLAYED.value:
                # It stands there already, and the homeserver forgot that we sent it.
                event_id = await self._requests.delivered_as(words_id)
            else:
                code = error.reason or Code.RULE_FAILED.value
                await self._carried.not_carried(words_id, code, {})
        if event_id is not None:
            await self._carried.carried(words_id, event_id)
        self._wake()
        return {} if event_id is None else {"event_id": event_id}

    async def _post(self, due: DueEffect, words_id: str) -> str | None:
        if due.wire is not None:
            return await self._deeds.post(due, str(due.wire["room_id"]), {})
        words = await self._carried.may_go(words_id)
        standing = None if words is None else await self._requests.standing(words.request)
        if words is None or standing is None or words.text is None:
            return None
        room_id = await self._rooms.room_id(words.room)
        if room_id is None:
            raise NotYet
        network = await self._network()
        words = await self._with_file(due, words, network)
        reader = self._reader(words.kind.to_desk, words.addressee, standing, network)
        heading = self._speech.heading(words, standing, reader, network)
        mentioned = await self._rung(words, standing, network)
        content = carried_content(words, heading, [self._user_id(one) for one in mentioned])
        return await self._deeds.post(due, room_id, content)

    async def _with_file(self, due: DueEffect, words: Words, network: Network) -> Words:
        """The words with a copy of their file. Raises FileGone where there will be none."""
        if words.file is None:
            return words
        if self._files is None:
            raise FileGone
        try:
            return await self._files.copied(words, network.files.largest)
        except HomeserverError:
            if due.attempts >= GIVEN_UP_AFTER:
                raise FileGone from None
            raise

    async def _rung(self, words: Words, standing: Standing, network: Network) -> list[str]:
        request = standing.course.request
        if not words.kind.to_desk:
            return [request.officer]
        progress = standing.course.of(words.addressee)
        if words.kind is not WordsKind.QUESTION and progress and progress.assignment:
            return [progress.assignment.to]
        changes = await self._duty.changes()
        return list(rung_first(request, words.addressee, self._now(), network, changes))

    # --- what is said --------------------------------------------------------------------------

    async def say(self, due: DueEffect) -> Json:
        """Says what happened, in the thread where it belongs, and remembers what the message is."""
        payload = due.payload
        request = payload.get("request")
        standing = None if request is None else await self._requests.standing(str(request))
        network = await self._network()
        side, addressee = Side(payload["side"]), payload.get("addressee")
        place = self._place(side, addressee, standing, payload, network)
        if place is None:
            return {}
        key, root = place
        room_id = await self._rooms.room_id(key)
        if room_id is None:
            raise NotYet
        reader = self._reader(side is Side.DESK, addressee, standing, network)
        if side is Side.OFFICER:
            reader = network.officers.get(str(payload["mention"][0]))
        said = self._speech.said(payload, standing, reader, network, self._now())
        mentioned = [str(one) for one in payload["mention"] if one in network.officers]
        replaces = payload["parameters"].get("replaces")
        content = message(said, [self._user_id(one) for one in mentioned], replaces)
        relation = _thread(root, self._answers(payload))
        if relation is not None and replaces is None:
            content["m.relates_to"] = relation
        event_id = await self._deeds.post(due, room_id, content)
        if standing is not None and side in (Side.DESK, Side.REQUESTER) and replaces is None:
            preview = payload["text"] == Telling.PREVIEW.value
            words = payload.get("words")
            role = Role.PREVIEW if preview else Role.SAID
            about = Place(
                standing.course.request.id,
                Party(addressee) if addressee else None,
                role,
                key,
                str(words) if words else None,
            )
            await self._requests.remember(event_id, about)
        return {"event_id": event_id}

    def _place(
        self,
        side: Side,
        addressee: str | None,
        standing: Standing | None,
        payload: Mapping[str, Any],
        network: Network,
    ) -> tuple[str, str | None] | None:
        """The room, and the thread in it; None where there is nobody to tell."""
        if side is Side.OFFICER:
            name = str(payload["mention"][0])
            return (direct_room_key(name), None) if name in network.officers else None
        if standing is None:
            return None
        if side is Side.REQUESTER:
            return standing.asked_in, standing.root
        addressed = standing.addressed.get(Party(addressee or ""))
        if addressed is None or addressed.card_event is None:
            # It never reached that desk: there is nothing to speak of.
            return None
        return addressed.desk, addressed.card_event

    @staticmethod
    def _answers(payload: Mapping[str, Any]) -> str | None:
        """The message that a preview is about stands right above it."""
        if payload["text"] != Telling.PREVIEW.value:
            return None
        source = payload["parameters"].get("source")
        return str(source) if source else None

    # --- the clock -----------------------------------------------------------------------------

    async def due(self, due: DueEffect) -> Json:
        """Does what fell due."""
        await self._due.work_off(str(due.payload["request"]), Party(due.payload["addressee"]))
        self._wake()
        return {}

    async def overlap(self, due: DueEffect) -> Json:
        """Looks what a new request shares with others."""
        await work_off(
            self._requests,
            str(due.payload["request"]),
            self._selector_key,
            await self._network(),
            self._now().date(),
        )
        self._wake()
        return {}

    # --- what they need ------------------------------------------------------------------------

    def _reader(
        self, in_desk: bool, addressee: str | None, standing: Standing | None, network: Network
    ) -> Officer | None:
        """Whose language and clock it is written in: the asker's; in a desk, an officer's of it."""
        if standing is None:
            return None
        if not in_desk:
            return network.officers.get(standing.course.request.officer)
        progress = standing.course.of(Party(addressee or ""))
        if progress is not None and progress.assignment is not None:
            return network.officers.get(progress.assignment.to)
        theirs = (one for one in network.officers.values() if one.party == addressee)
        return min(theirs, key=lambda one: (not one.lead, one.name), default=None)

    def _user_id(self, name: str) -> str:
        return f"@{name}:{self._server}"


def carried_content(words: Words, heading: Text, mentioned: list[str]) -> Json:
    """The message that the steward posts: its heading, the marking, the officer's words; with a
    file, as its caption.

    INVARIANT: the heading has no marking in it, so that read like anybody's message the whole
    carries the one that was stated.
    """
    text = words.text or ""
    plain = f"{heading.plain}\n{words.marking} {text}".rstrip()
    lines = "<br>".join(escape(line, quote=False) for line in text.split("\n"))
    marking = escape(words.marking, quote=False)
    above = heading.html if heading.html is not None else escape(heading.plain, quote=False)
    html = f"{above}<br><strong>{marking}</strong>"
    if text:
        html += f"<blockquote>{lines}</blockquote>"
    content: Json = {
        **({"msgtype": "m.text"} if words.file is None else file_content(words.file.shown)),
        "body": plain,
        "m.mentions": {"user_ids": mentioned} if mentioned else {},
    }
    if len(plain.encode()) + len(html.encode()) <= MOST_BYTES:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    relation = _thread(words.root, None)
    return content if relation is None else {**content, "m.relates_to": relation}


def _thread(root: str | None, answers: str | None) -> Json | None:
    if root is None:
        return None if answers is None else {"m.in_reply_to": {"event_id": answers}}
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": answers is None,
        "m.in_reply_to": {"event_id": answers or root},
    }
