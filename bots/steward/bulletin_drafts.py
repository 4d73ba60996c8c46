"""What analysts type becomes drafts: put together, read, shown, changed, taken back.

What is wrong with a text is `rilon.application.bulletins`'s to say; here it gets the lines of the
messages in which it was typed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from typing import Any

from bots.steward.bulletin_cards import (
    card_update,
    read_again,
    shown,
    subject_of,
)
from bots.steward.bulletin_pictures import BulletinPictures
from bots.steward.hearing import Heard, unmarked
from bots.steward.means import Means
from bots.steward.saying import Said
from rilon.application.bulletin_ports import Drafted
from rilon.application.bulletin_values import (
    No,
    Posting,
    PostingState,
    Purpose,
    Thread,
    Version,
)
from rilon.application.bulletins import Bulletins
from rilon.application.ports import NewEffect
from rilon.bulletins.commands import BulletinOrder, read_bulletin_order
from rilon.bulletins.reading import Bulletin, bulletins_room
from rilon.bulletins.sources import PREFIX
from rilon.bulletins.typed import Typed, as_typed, form, read_typed
from rilon.domain import marking_text
from rilon.domain.officers import Officer
from rilon.domain.request_numbers import read_number
from rilon.domain.rooms import Room
from rilon.domain.taps import Tap
from rilon.policy.mistakes import Mistake, Mistakes
from rilon.policy.network import Network
from rilon.storage.bulletin_threads import BulletinThreads, Message, SaidOf, Typing
from rilon.storage.bulletins import BulletinStore
from rilon.storage.postings import PostingStore
from rilon.texts import bulletin_notices as notices
from rilon.texts import bulletin_talk as texts
from rilon.texts.rendering import Text
from rilon.texts.translator import translator

_COPY = 1_000_000
"""Parts from here on are texts to be copied, no preview."""


_MARKING_LINE = re.compile(r"write `marking: ([^`]*)`")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to an analyst, what a tap on it is about, and the signs for it."""

    said: Said
    about: SaidOf | None = None
    signs: tuple[str, ...] = ()


class BulletinDrafts:
    """Makes drafts of what was typed in a thread."""

    def __init__(
        self,
        bulletins: Bulletins,
        store: BulletinStore,
        threads: BulletinThreads,
        postings: PostingStore,
        pictures: BulletinPictures,
        means: Means,
    ) -> None:
        self._bulletins = bulletins
        self._store = store
        self._threads = threads
        self._postings = postings
        self._pictures = pictures
        self._means = means

    async def typed(
        self, one: Heard, root: str, officer: Officer, network: Network
    ) -> Answer | None:
        """A message with a head: it takes the place of what was typed there before."""
        message = Message(one.event_id, one.body, one.at)
        await self._threads.open(root, one.room, None, self._means.now())
        await self._threads.put(root, officer.name, message, self._means.now())
        return await self.draft(root, one, officer, network)

    async def new(
        self, one: Heard, root: str, officer: Officer, room: Room, network: Network
    ) -> Answer:
        """A form: last week, this group, the marking of its bulletins room."""
        t = translator(officer.language)
        into = bulletins_room(room.group, network)
        await self._threads.open(root, one.room, None, self._means.now())
        today = one.at.astimezone(UTC).date()
        monday = today - timedelta(days=today.weekday() + 7)
        marking = marking_text.write(into.default if into else room.default)
        shown = form(
            marking,
            room.group,
            monday,
            monday + timedelta(days=6),
            officer.language,
            texts.sample(t),
        )
        return Answer(Said(texts.form(t, shown), one.room, root), SaidOf(root, "form"))

    async def more(
        self,
        order: BulletinOrder,
        one: Heard,
        root: str,
        typing: Typing | None,
        officer: Officer,
        network: Network,
    ) -> Answer | None:
        """INVARIANT: talk between analysts never ends up in a bulletin: only this word adds."""
        t = translator(officer.language)
        if typing is None or typing.by != officer.name or not typing.messages:
            return here(texts.more_first(t), one, root)
        if _marked_apart(one.body, typing, one, network):
            return here(texts.marked_apart(t), one, root)
        words = Message(one.event_id, order.words, one.at)
        await self._threads.add(root, words, self._means.now())
        return await self.draft(root, one, officer, network)

    async def correct(
        self, version: Version, one: Heard, root: str, officer: Officer, network: Network
    ) -> Answer:
        """The text, to be copied. It is posted like a preview: through the gate, as the words
        that they are; and by itself, since its marking may be wider than that of the command."""
        t = translator(officer.language)
        if version.withdrawn:
            return here(notices.no(t, No.WITHDRAWN.value), one, root)
        await self._threads.open(root, one.room, version.number, self._means.now())
        read = await read_again(version, network, self._means)
        marking = marking_text.write(read.marking) if read else ""
        typed = as_typed(version.content, marking, version.number)
        too_long = read is None or len(typed.encode()) > texts.MOST_FORM
        if not too_long:
            digest = hashlib.sha256(one.event_id.encode()).digest()
            posting = Posting(
                id=f"C.{version.number}.{digest.hex()[:24]}",
                purpose=Purpose.PREVIEW,
                number=version.number,
                revision=version.revision,
                room=one.room,
                part=_COPY + int.from_bytes(digest[:3]),
                sender=one.sender,
                marking=marking,
                state=PostingState.WAITING,
                text=texts.block(typed),
            )
            await self._postings.keep(posting)
            effect = NewEffect(
                "publish", subject_of(root), {"posting": posting.id}, once=f"posting-{posting.id}"
            )
            await self._means.effects.write([effect])
        said = texts.to_correct(t, version.number, too_long)
        return Answer(Said(said, one.room, root), SaidOf(root, "form"))

    async def of_room(self, number: str, room: Room) -> Version | None:
        """INVARIANT: a bulletin of other groups is answered like one that isn't there."""
        read = read_number(number, (PREFIX,))
        version = await self._store.latest(read) if read else None
        if version is None:
            return None
        spoken_of = version.thread is not None and version.thread.room == room.key
        return version if spoken_of or room.group in version.groups else None

    # --- drafts --------------------------------------------------------------------------------

    async def draft(
        self,
        root: str,
        one: Heard,
        officer: Officer,
        network: Network,
        *,
        leave_out: bool = False,
    ) -> Answer | None:
        """What was typed becomes a draft that is shown, or what is wrong with it is said."""
        typing = await self._threads.of(root)
        if typing is None or not typing.messages or await self.is_done(one):
            return None
        t, typed = translator(officer.language), _typed(typing)
        number = typing.number
        if typed.number is not None:
            number = read_number(typed.number, (PREFIX,))
            room = network.rooms[typing.room]
            version = await self.of_room(number, room) if number else None
            if version is None:
                return here(notices.no(t, No.UNKNOWN.value), one, root)
            await self._with_pictures_of(version, root)
        pictures = await self._threads.pictures(root)
        follows = partial(shown, pictures=pictures, sender=one.sender, means=self._means)
        done = (NewEffect("nothing", done_name(one), {}, once=done_name(one)),)

        def followed(drafted: Drafted) -> Any:
            every, effects = follows(drafted)
            return every, (*effects, *done)

        made = await self._bulletins.draft(
            typed.content,
            pictures,
            officer,
            number=number,
            thread=Thread(typing.room, root),
            leave_out=leave_out,
            follows=followed,
        )
        if isinstance(made, No):
            return here(notices.no(t, made.value), one, root)
        if not isinstance(made, Mistakes):
            return None
        found = [(typed.line(each.line), each.problem, mend_of(each)) for each in made.items]
        without = not leave_out and isinstance(
            await self._bulletins.checked(typed.content, pictures, officer, leave_out=True),
            Bulletin,
        )
        signs = (Tap.LEAVE_OUT.value,) if without else ()
        about = SaidOf(root, "mistakes", by=officer.name)
        return Answer(Said(texts.mistakes(t, found, without), one.room, root), about, signs)

    async def _with_pictures_of(self, version: Version, root: str) -> None:
        """What isn't sent anew stays as it is."""
        there = await self._threads.pictures(root)
        before = await self._store.pictures(version.number, version.revision)
        for name, picture in before.items():
            if name not in there:
                await self._threads.keep_picture(root, name, picture)

    async def edited(
        self, one: Heard, root: str, officer: Officer, network: Network
    ) -> Answer | None:
        """A message of the draft says something else now."""
        typing = await self._threads.of(root)
        if typing is None or typing.by != officer.name or one.target is None:
            return None
        order = read_bulletin_order(unmarked(one.body, network, one.at))
        first = one.target == typing.messages[0].event_id
        body = one.body if first else order.words if order else unmarked(one.body, network, one.at)
        if not first and _marked_apart(one.body, typing, one, network):
            t = translator(officer.language)
            return here(texts.marked_apart(t), one, root)
        await self._threads.add(root, Message(one.target, body, one.at), self._means.now())
        return await self.draft(root, one, officer, network)

    async def taken_back(self, one: Heard, root: str, officer: Officer) -> Answer | None:
        """A message that was taken back can't stand in a draft: all of it is thrown away. What
        is published stays, and is withdrawn by its own word."""
        typing = await self._threads.of(root)
        await self._threads.forget(root)
        number = typing.number if typing else None
        version = await self._store.latest(number) if number else None
        here_too = version is not None and version.thread == Thread(one.room, root)
        if version and here_too and version.state.waits and not await self.is_done(one):
            await self._bulletins.discard(version.number, officer, follow=self.follow(version, one))
        return here(texts.taken_back(translator(officer.language)), one, root)

    async def pictured(
        self, one: Heard, root: str, officer: Officer, network: Network
    ) -> Answer | None:
        """A picture is kept with what its sender types; anybody else's is talk."""
        typing = await self._threads.of(root)
        if typing is None or typing.by not in (None, officer.name):
            return None
        t = translator(officer.language)
        if _marked_apart(one.body, typing, one, network):
            return here(texts.marked_apart(t), one, root)
        caption = unmarked(one.body, network, one.at)
        name, why = await self._pictures.keep(root, one, caption, network)
        if why is not None:
            return here(texts.picture_not_kept(t, why), one, root)
        if any(name in each.body for each in typing.messages):
            return await self.draft(root, one, officer, network)
        return here(texts.picture_kept(t, name), one, root)

    async def is_done(self, one: Heard) -> bool:
        """Whether the step of this event was taken before the steward died."""
        return await self._means.effects.payload_of(done_name(one)) is not None

    def follow(self, version: Version, one: Heard) -> list[NewEffect]:
        """With every step: the mark that it was taken for this event, and the card."""
        done: list[NewEffect] = [NewEffect("nothing", done_name(one), {}, once=done_name(one))]
        if version.thread is None or version.thread.root is None:
            return done
        thread, revisions = version.thread, sorted({version.revision, version.published} - {0})
        cards = [card_update(version.number, each, thread, one.event_id) for each in revisions]
        return [*done, *cards]


def here(text: Text, one: Heard, root: str) -> Answer:
    """Said where it was asked, in the thread."""
    return Answer(Said(text, one.room, root))


def mend_of(one: Mistake) -> str:
    """What is of use in a room: a message begins with its marking, and there are no options."""
    return _MARKING_LINE.sub(r"begin with `\1 //`", one.mend.partition(" (`--")[0])


def done_name(one: Heard) -> str:
    """The mark that an event was worked off."""
    return f"bulletin-done-{one.event_id}"


def _typed(typing: Typing) -> Typed:
    """The file of all messages: the first one's head and text, and the rest behind it."""
    return read_typed("\n\n".join(one.body for one in typing.messages))


def _marked_apart(body: str, typing: Typing, one: Heard, network: Network) -> bool:
    """Whether it has a marking of its own that isn't the bulletin's.

    ATTACK: a stricter marking stands before the second part, and is lost when the two are one.
    """
    today = one.at.astimezone(UTC).date()
    own = marking_text.read(body, network.vocabulary, today)
    if own is None:
        return False
    whole = _typed(typing).marking if typing.messages else None
    if whole is None:
        return True
    marking = f"{whole} {marking_text.END}"
    return own != marking_text.read(marking, network.vocabulary, today)
