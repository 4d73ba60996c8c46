"""What the steward shows of a bulletin to its analysts: the preview, a card that stays true, and a
word to those who have to do something.

A card says where the bulletin stands when it is sent, whoever asked for it; taps are worked off in
`bots.steward.bulletin_talk`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from bots.steward.deeds import Deeds
from bots.steward.mailer import message
from bots.steward.means import Means
from bots.steward.performer import Perform
from bots.steward.saying import in_thread
from rilon.application.bulletin_checks import rooms_of
from rilon.application.bulletin_ports import Drafted
from rilon.application.bulletin_values import Pictures, Purpose, State, Thread, Version
from rilon.application.bulletins import Bulletins
from rilon.application.ports import DueEffect, NewEffect
from rilon.application.publishing import Postings, previews
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.domain import marking_text
from rilon.domain.officers import Officer, Role
from rilon.domain.rooms import RoomKind
from rilon.domain.taps import Tap
from rilon.policy.network import Network
from rilon.storage.bulletin_rooms import BulletinRooms
from rilon.storage.bulletin_threads import BulletinThreads, SaidOf
from rilon.storage.bulletins import BulletinStore
from rilon.texts import bulletin_notices as notices
from rilon.texts import bulletin_talk as texts
from rilon.texts.translator import translator

Json = dict[str, Any]

THROW = "🗑️"
_LANGUAGE = "en"
"""A card is for all analysts of the room."""


class BulletinCards:
    """Shows them."""

    def __init__(
        self,
        bulletins: Bulletins,
        store: BulletinStore,
        rooms: BulletinRooms,
        threads: BulletinThreads,
        means: Means,
        deeds: Deeds,
    ) -> None:
        self._bulletins = bulletins
        self._store = store
        self._rooms = rooms
        self._threads = threads
        self._means = means
        self._deeds = deeds

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {
            "bulletin_card": self.card,
            "bulletin_note": self.note,
            "bulletin_announced": self.announced,
        }

    # --- the card ------------------------------------------------------------------------------

    async def card(self, due: DueEffect) -> Json:
        """Says where a version stands, once its preview does; or brings that up to date."""
        number, revision = str(due.payload["number"]), int(due.payload["revision"])
        updates = bool(due.payload.get("updates"))
        version = await self._store.latest(number)
        if version is None or version.thread is None:
            return {}
        replaces = await self._event_of(number, revision) if updates else None
        if updates and replaces is None:
            return {}
        key, root = str(due.payload["room"]), str(due.payload["root"])
        if due.wire is None and not updates and version.revision != revision:
            # The author was quicker: the card of the later text says all.
            return {}
        fate = await self._rooms.fate(Purpose.PREVIEW.value, number, revision, key)
        event_id = await self._post(due, key, root, version, revision, fate.code, replaces)
        if updates:
            return {}
        if not fate.complete:
            # INVARIANT: what wasn't shown whole can't be tapped, and so is approved by nobody.
            return {}
        said = SaidOf(root, "card", number, revision)
        await self._threads.note(event_id, said, self._means.now())
        return {"event_id": event_id}

    async def _post(
        self,
        due: DueEffect,
        key: str,
        root: str,
        version: Version,
        revision: int,
        refused: str | None,
        replaces: str | None,
    ) -> str:
        room_id = await self._means.room_id(key)
        t = translator(_LANGUAGE)
        if version.revision != revision:
            said = texts.replaced(t, version.number, stands=version.published == revision)
        elif replaces is None and refused is not None:
            said = texts.not_shown(t, version.number, refused)
        else:
            said = texts.card(t, await self.facts(version))
        content = message(said, [], replaces)
        if replaces is None:
            content["m.relates_to"] = in_thread(root)
        return await self._deeds.post(due, room_id, content)

    async def _event_of(self, number: str, revision: int) -> str | None:
        shown = await self._means.effects.result_of(card_name(number, revision))
        return str(shown["event_id"]) if shown and shown.get("event_id") else None

    async def facts(self, version: Version) -> texts.BulletinFacts:
        """Where it stands."""
        network = await self._means.network()
        read = await read_again(version, network, self._means)
        places = []
        for place in await self._rooms.places(version.number):
            room = network.rooms.get(place.room)
            if room is not None:
                room_id = await self._means.room_id(place.room)
                places.append((room.name, link(room_id, place.first_event)))
        refused = await self._rooms.refusals(version.number, version.revision)
        return texts.BulletinFacts(
            number=version.number,
            state=version.state.value,
            rooms=tuple(room.name for room in rooms_of(version.groups, network)),
            marking=None if read is None else marking_text.write(read.marking),
            sources=0 if read is None else len(read.cited),
            author=version.author,
            approved_by=version.approved_by,
            places=tuple(places),
            refused=tuple(
                (network.rooms[room].name, code) for room, code in refused if room in network.rooms
            ),
            withdrawn=version.withdrawn,
            correction=version.published > 0,
            left_out=0 if read is None else len(read.left),
        )

    # --- words beside --------------------------------------------------------------------------

    async def note(self, due: DueEffect) -> Json:
        """Tells those who have to do something; nobody, where it was done meanwhile."""
        number, which = str(due.payload["number"]), str(due.payload["note"])
        if due.wire is not None:
            return {"event_id": await self._deeds.post(due, str(due.wire["room_id"]), {})}
        version = await self._store.latest(number)
        if version is None or version.thread is None or version.thread.root is None:
            return {}
        needed = _STILL.get(which)
        if needed is not None and version.state is not needed:
            return {}
        network = await self._means.network()
        key = version.thread.room
        mentioned = [
            f"@{name}:{self._means.server}"
            for name in sorted(network.members(key))
            if _is_meant(which, network.officers[name], version)
        ]
        content = message(notices.note(translator(_LANGUAGE), which, number), mentioned)
        content["m.relates_to"] = in_thread(version.thread.root)
        room_id = await self._means.room_id(key)
        return {"event_id": await self._deeds.post(due, room_id, content)}

    async def told(self, version: Version, state: str, code: str | None) -> Sequence[NewEffect]:
        """What became of what was posted (`bots.steward.publishing`)."""
        if version.thread is None or version.thread.root is None:
            return []
        cause = f"{version.revision}-{state}-{code}"
        before = await self._rooms.replaced(version.number, version.published)
        revisions = sorted({version.revision, version.published, before or 0} - {0})
        effects = [card_update(version.number, one, version.thread, cause) for one in revisions]
        if state in ("refused", "refused_here"):
            effects.append(note(version, "refused", f"{version.revision}"))
        elif state == "not_withdrawn":
            effects.append(note(version, "not_withdrawn", f"{version.revision}"))
        return effects

    # --- what the steward drafted --------------------------------------------------------------

    async def announced(self, due: DueEffect) -> Json:
        """Opens a thread for a draft of the steward's, and shows it there."""
        number = str(due.payload["number"])
        version = await self._store.latest(number)
        network = await self._means.network()
        key = None if version is None else analysis_room(version.groups, network)
        if version is None or key is None:
            return {}
        if due.wire is None and version.thread is not None:
            return {}
        text = notices.drafted_by_steward(translator(_LANGUAGE), number)
        room_id = await self._means.room_id(key)
        root = await self._deeds.post(due, room_id, message(text, []))
        await self._threads.open(root, key, number, self._means.now())
        pictures = await self._store.pictures(number, version.revision)
        analysts = (network.officers[name] for name in sorted(network.members(key)))
        names = [one.name for one in analysts if Role.ANALYST in one.roles]
        if names:
            sender = f"@{names[0]}:{self._means.server}"
            follows = partial(shown, pictures=pictures, sender=sender, means=self._means)
            await self._bulletins.show(number, Thread(key, root), follows)
        return {"event_id": root}


_STILL = {"submitted": State.SUBMITTED, "approved": State.APPROVED}


def _is_meant(which: str, officer: Officer, version: Version) -> bool:
    if Role.ANALYST not in officer.roles:
        return False
    if which == "submitted":
        return officer.name != version.author
    return officer.name in (version.author, version.approved_by)


async def read_again(version: Version, network: Network, means: Means) -> Bulletin | None:
    """What a version says, for its facts alone. Read in a thread: the gate answers meanwhile."""
    officer = network.officers.get(version.author or "")
    reader = officer or next(
        (one for one in network.officers.values() if Role.ANALYST in one.roles), None
    )
    if reader is None:
        return None
    now = means.now()
    read = await asyncio.to_thread(
        read_bulletin,
        "bulletin",
        version.content,
        reader,
        network,
        now,
        leave_out=version.leave_out,
    )
    return read if isinstance(read, Bulletin) else None


def analysis_room(groups: Sequence[str], network: Network) -> str | None:
    """Where a bulletin for these groups is spoken of: with the first of them."""
    for group in groups:
        for room in network.rooms.values():
            if room.kind is RoomKind.ANALYSIS and room.group == group:
                return room.key
    return None


def link(room_id: str, event_id: str) -> str:
    """Where an event is, as all clients open it."""
    return f"https://matrix.to/#/{room_id}/{event_id}"


# --- effects -------------------------------------------------------------------------------------


def announce(number: str) -> list[NewEffect]:
    """The effects that bring a draft of the steward's to its analysts, once."""
    subject = f"bulletin {number}"
    once = f"bulletin-announced-{number}"
    return [NewEffect("bulletin_announced", subject, {"number": number}, once=once)]


def subject_of(root: str) -> str:
    """All that is said in a thread keeps its order."""
    return f"bulletin-thread {root}"


def card_name(number: str, revision: int) -> str:
    """The effect that showed a version's card."""
    return f"bulletin-card-{number}-{revision}"


def shown(drafted: Drafted, *, pictures: Pictures, sender: str, means: Means) -> Postings:
    """A draft's preview, and then its card with the taps."""
    version, thread = drafted.version, drafted.version.thread
    if thread is None or thread.root is None:
        raise ValueError("no thread to show it in")
    subject = subject_of(thread.root)
    every, effects = previews(version, drafted.bulletin, pictures, sender, subject, means.now())
    number, revision = version.number, version.revision
    payload = {"number": number, "revision": revision, "room": thread.room, "root": thread.root}
    name = card_name(number, revision)
    before = [card_update(number, revision - 1, thread, f"by-{revision}")] if revision > 1 else []
    return every, (
        *effects,
        NewEffect("bulletin_card", subject, payload, once=name),
        *(_sign(name, thread, sign) for sign in (Tap.SEND.value, THROW)),
        *before,
    )


def card_update(number: str, revision: int, thread: Thread, cause: str) -> NewEffect:
    """Brings a card up to date."""
    payload = {
        "number": number,
        "revision": revision,
        "room": thread.room,
        "root": thread.root,
        "updates": True,
    }
    once = f"{card_name(number, revision)}-{cause}"
    return NewEffect("bulletin_card", subject_of(thread.root or ""), payload, once=once)


def publish_sign(version: Version, thread: Thread) -> NewEffect:
    """The sign that publishes, once somebody else has approved."""
    return _sign(card_name(version.number, version.revision), thread, Tap.PUBLISH.value)


def note(version: Version, which: str, cause: str) -> NewEffect:
    """A word to those who have to do something."""
    root = "" if version.thread is None else version.thread.root or ""
    payload = {"number": version.number, "note": which}
    once = f"bulletin-note-{version.number}-{which}-{cause}"
    return NewEffect("bulletin_note", subject_of(root), payload, once=once)


def _sign(name: str, thread: Thread, sign: str) -> NewEffect:
    payload = {"on": name, "to": thread.room, "key": sign}
    return NewEffect("react", subject_of(thread.root or ""), payload, once=f"{name}-{sign}")
