"""Publishing: what is posted of a bulletin in which room, in which order, and what follows.

A correction is an edit of what stands there; a withdrawal too. Each message goes through the gate
by itself. Where one is refused the rest isn't sent, and what was posted anew is taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

from rilon.application.bulletin_values import (
    Pictures,
    Posting,
    PostingState,
    Purpose,
    Version,
)
from rilon.application.ports import NewEffect
from rilon.bulletins.blocks import Picture
from rilon.bulletins.reading import Bulletin, bulletins_room
from rilon.bulletins.reasons import Reason
from rilon.bulletins.written import parts
from rilon.domain import marking_text
from rilon.domain.officers import Officer
from rilon.domain.rooms import Room
from rilon.policy.network import Network
from rilon.texts import bulletins as texts
from rilon.texts.rendering import Text
from rilon.texts.translator import translator

ACKNOWLEDGE = "✅"
"""The reaction that acknowledges; the steward puts it there, so that one tap is enough."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One message of a bulletin that stands in a room. `picture` names its file, if it is one."""

    room: str
    event_id: str
    part: int
    marking: str
    picture: str | None = None
    file_digest: bytes | None = None


Postings = tuple[tuple[Posting, ...], tuple[NewEffect, ...]]
"""What is posted, and the effects that do it, in their order."""


def postings(
    version: Version,
    bulletin: Bulletin,
    pictures: Pictures,
    standing: Sequence[Standing],
    server: str,
    network: Network,
    now: datetime,
) -> Postings:
    """All that is posted of a version, room by room."""
    sender = f"@{version.approved_by}:{server}"
    corrected = now.date() if version.published else None
    every: list[Posting] = []
    effects: list[NewEffect] = []
    for group in dict.fromkeys(bulletin.head.groups):
        room = bulletins_room(group, network)
        if room is None:
            continue
        here = [one for one in standing if one.room == room.key]
        mine = [
            _posting(at, version, bulletin, room, sender, one)
            for at, one in enumerate(_messages(bulletin, version.number, pictures, here, corrected))
        ]
        every += mine
        effects += _effects(mine, version, room, _gone(here, mine))
    return tuple(every), tuple(effects)


def withdrawal(
    version: Version,
    standing: Sequence[Standing],
    by: Officer,
    why: Reason,
    server: str,
    network: Network,
    now: datetime,
) -> Postings:
    """Every message becomes a notice that it is withdrawn; pictures are taken away."""
    every: list[Posting] = []
    effects: list[NewEffect] = []
    t = translator("en")
    for key in dict.fromkeys(one.room for one in standing):
        room = network.rooms.get(key)
        if room is None:
            continue
        mine = []
        for at, one in enumerate(one for one in standing if one.room == key and not one.picture):
            said = texts.withdrawn(t, one.marking, version.number, now.date(), why.value)
            mine.append(
                Posting(
                    id=f"W.{version.number}.{key}.{at}.{int(now.timestamp())}",
                    purpose=Purpose.WITHDRAWAL,
                    number=version.number,
                    revision=version.published,
                    room=key,
                    part=at,
                    sender=f"@{by.name}:{server}",
                    marking=one.marking,
                    state=PostingState.WAITING,
                    text=said,
                    replaces=one.event_id,
                )
            )
        every += mine
        gone = [one.event_id for one in standing if one.room == key and one.picture]
        effects += _effects(mine, version, room, gone)
    return tuple(every), tuple(effects)


def previews(
    version: Version,
    bulletin: Bulletin,
    pictures: Pictures,
    sender: str,
    subject: str,
    now: datetime,
) -> Postings:
    """The same messages in the thread in which it is spoken of, in their author's name, and
    `sender`'s where the steward drafted it. Effects of that `subject`."""
    thread = version.thread
    if thread is None or thread.root is None:
        raise ValueError("no thread to show it in")
    corrected = now.date() if version.published else None
    # Without its stricter parts it is marked wider than the message that has them, and so can't
    # stand as an answer to it.
    root = None if version.leave_out else thread.root
    shown = [
        Posting(
            id=f"P.{version.number}.{version.revision}.{at}",
            purpose=Purpose.PREVIEW,
            number=version.number,
            revision=version.revision,
            room=thread.room,
            part=at,
            sender=sender,
            marking=marking_text.write(bulletin.marking),
            state=PostingState.WAITING,
            text=one.text,
            picture=one.picture,
            file_digest=one.file_digest,
            root=root,
        )
        for at, one in enumerate(_messages(bulletin, version.number, pictures, (), corrected))
    ]
    effects = [
        NewEffect("publish", subject, {"posting": one.id}, once=f"posting-{one.id}")
        for one in shown
    ]
    return tuple(shown), tuple(effects)


# --- one room ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Message:
    text: Text
    replaces: str | None = None
    root: str | None = None
    picture: str | None = None
    file_digest: bytes | None = None


def _messages(
    bulletin: Bulletin,
    number: str,
    pictures: Pictures,
    here: Sequence[Standing],
    corrected: date | None,
) -> Iterator[_Message]:
    """The messages of one room. Pictures of a correction come anew, with their words and marking,
    in the thread of what they belong to, since the room has gone on."""
    texts_there = [one for one in here if one.picture is None]
    root = texts_there[0].event_id if texts_there else None
    for at, part in enumerate(parts(bulletin, number, corrected)):
        replaces = texts_there[at].event_id if at < len(texts_there) else None
        yield _Message(part.text, replaces, None if replaces else root)
        for block in part.pictures:
            digest = hashlib.sha256(pictures[block.file].data).digest()
            yield _Message(_caption(block, bulletin), None, root, block.file, digest)


def _gone(here: Sequence[Standing], mine: Sequence[Posting]) -> list[str]:
    """What stood there, and has no part in this version."""
    replaced = {one.replaces for one in mine}
    return [one.event_id for one in here if one.event_id not in replaced]


def _caption(block: Picture, bulletin: Bulletin) -> Text:
    """The marking, and the words for those who don't see the picture."""
    marking = marking_text.write(bulletin.marking)
    plain = f"{marking}\n{block.alternative}"
    shown = [escape(one, quote=False) for one in (marking, block.alternative)]
    return Text(plain, "<br>".join(shown))


def _posting(
    at: int, version: Version, bulletin: Bulletin, room: Room, sender: str, one: _Message
) -> Posting:
    return Posting(
        id=f"{version.number}.{version.revision}.{room.key}.{at}",
        purpose=Purpose.BULLETIN,
        number=version.number,
        revision=version.revision,
        room=room.key,
        part=at,
        sender=sender,
        marking=marking_text.write(bulletin.marking),
        state=PostingState.WAITING,
        text=one.text,
        picture=one.picture,
        file_digest=one.file_digest,
        replaces=one.replaces,
        root=one.root,
        cited=tuple(each.citation for each in bulletin.cited),
    )


def _effects(
    mine: Sequence[Posting], version: Version, room: Room, gone: Sequence[str]
) -> Iterator[NewEffect]:
    """One after the other: of one subject, so that a room sees the parts in their order. `gone`
    are the events that are taken away once all of it stands."""
    subject = f"bulletin {version.number} {room.key}"
    for one in mine:
        yield NewEffect("publish", subject, {"posting": one.id}, once=f"posting-{one.id}")
    if mine:
        payload = {
            "number": version.number,
            "revision": mine[0].revision,
            "room": room.key,
            "purpose": mine[0].purpose.value,
            "gone": list(gone),
        }
        once = f"posted-{mine[0].id}"
        yield NewEffect("bulletin_posted", subject, payload, once=once)
