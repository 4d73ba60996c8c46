"""The life of a bulletin: drafted, submitted, approved by another, published, withdrawn.

Each step is one transaction under the bulletin's lock, with its entry. What is posted goes through
the gate, which judges it anew; what happens after is `rilon.application.publishing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from rilon.application.bulletin_checks import (
    is_analyst,
    is_theirs,
    missing_pictures,
    not_theirs,
    other_groups,
    rooms_of,
)
from rilon.application.bulletin_entries import bulletin_entry
from rilon.application.bulletin_ports import Drafted, Follows, LockedBulletin, Shelf
from rilon.application.bulletin_values import (
    No,
    Pictures,
    State,
    Thread,
    Version,
    Via,
    digest_of,
)
from rilon.application.cited import Sources, unfit
from rilon.application.ports import NewEffect, Unsure
from rilon.application.publishing import Postings, postings, withdrawal
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.bulletins.reasons import reason_of
from rilon.bulletins.sources import PREFIX
from rilon.domain.officers import Officer
from rilon.domain.request_numbers import draw
from rilon.policy.mistakes import Mistakes
from rilon.policy.network import Network


class Bulletins:
    """The steps of an analyst. `below` draws chance for numbers; `via` is where they are taken."""

    def __init__(
        self,
        shelf: Shelf,
        sources: Sources,
        network: Callable[[], Awaitable[Network | None]],
        server: str,
        now: Callable[[], datetime],
        salt: Callable[[], bytes],
        below: Callable[[int], int],
        via: Via = Via.ROOM,
    ) -> None:
        self._shelf = shelf
        self._sources = sources
        self._policy = network
        self._server = server
        self._now = now
        self._salt = salt
        self._below = below
        self._via = via

    # --- writing -----------------------------------------------------------------------------

    async def draft(
        self,
        content: bytes,
        pictures: Pictures,
        author: Officer | None,
        *,
        number: str | None = None,
        thread: Thread | None = None,
        period: str | None = None,
        leave_out: bool = False,
        follows: Follows | None = None,
    ) -> Drafted | Mistakes | No:
        """Stores a draft: a new bulletin, or with `number` another version of one, with what
        follows from it. Nothing is stored of what has mistakes. `author` None is the steward,
        which drafts what a schedule asks for, once for each `period`.
        """
        network = await self._network()
        writer = author or _analyst_of(network)
        if writer is None or (author is not None and not is_analyst(author)):
            return No.NOT_ANALYST
        read = await self._read(content, pictures, writer, network, leave_out=leave_out)
        if isinstance(read, Mistakes):
            return read
        name = author.name if author else None
        now, digest = self._now(), digest_of(content, pictures)
        opened = (
            self._shelf.begun(draw(PREFIX, self._below), thread, period, now)
            if number is None
            else self._shelf.locked(number)
        )
        async with opened as one:
            if one is None:
                return No.UNKNOWN
            if number is not None and author and not is_theirs(one.version, author, network):
                return No.UNKNOWN
            if number is not None and (refused := _closed(one.version)):
                return refused
            if number is not None and (wrong := other_groups(one.version, read)):
                return wrong
            if thread is not None:
                await one.speak_in(thread)
            version = await one.add(
                content, pictures, digest, read.head.groups, name, now, leave_out=leave_out
            )
            await self._enter(one, version, "drafted", name, network)
            drafted = Drafted(version, read)
            if follows is not None:
                await _store(one, follows(drafted))
        return drafted

    async def show(self, number: str, thread: Thread, follows: Follows) -> Drafted | Mistakes | No:
        """What the steward drafted is shown in a thread, once."""
        network = await self._network()
        async with self._shelf.locked(number) as one:
            reader = _analyst_of(network)
            if one is None or reader is None:
                return No.UNKNOWN
            if one.version.thread is not None or not one.version.state.waits:
                return No.NOT_WAITING
            read = await self._read_again(one, reader, network)
            if isinstance(read, Mistakes):
                return read
            await one.speak_in(thread)
            drafted = Drafted(replace(one.version, thread=thread), read)
            await _store(one, follows(drafted))
        return drafted

    async def submit(
        self,
        number: str,
        by: Officer,
        *,
        revision: int | None = None,
        follow: Sequence[NewEffect] = (),
    ) -> Version | Mistakes | No:
        """Asks for approval. Who submits answers for it, whoever drafted it. `revision`, as in
        the other steps, is the version that was shown; `follow` is written with the step."""
        async with self._theirs(number, by, revision) as one:
            if isinstance(one, No):
                return one
            if (no := _ready(one, State.DRAFT)) is not None:
                return no
            return await self._step(one, State.SUBMITTED, by, follow, author=by.name)

    async def approve(
        self,
        number: str,
        by: Officer,
        *,
        revision: int | None = None,
        follow: Sequence[NewEffect] = (),
    ) -> Version | Mistakes | No:
        """Approves what was submitted, and nothing else: never one's own. `revision` is the
        one that they were shown; without it, the latest."""
        async with self._theirs(number, by, revision) as one:
            if isinstance(one, No):
                return one
            if (no := _ready(one, State.SUBMITTED)) is not None:
                return no
            if one.version.author == by.name:
                return No.OWN
            return await self._step(one, State.APPROVED, by, follow, approved_by=by.name)

    async def discard(
        self,
        number: str,
        by: Officer,
        *,
        revision: int | None = None,
        follow: Sequence[NewEffect] = (),
    ) -> Version | No:
        """Throws away a version that waits. What stands in the rooms stays."""
        async with self._theirs(number, by, revision) as one:
            if isinstance(one, No):
                return one
            if not one.version.state.waits:
                return No.NOT_WAITING
            version = await one.change(State.OVER, self._now())
            await self._enter(one, version, "discarded", by.name, await self._network())
            await one.write(follow)
        return version

    # --- publishing --------------------------------------------------------------------------

    async def publish(
        self,
        number: str,
        by: Officer,
        *,
        revision: int | None = None,
        follow: Sequence[NewEffect] = (),
    ) -> Version | Mistakes | No:
        """Posts what was approved: anew, or over what stands there (a correction)."""
        network, now = await self._network(), self._now()
        async with self._theirs(number, by, revision) as one:
            if isinstance(one, No):
                return one
            if (no := _ready(one, State.APPROVED)) is not None:
                return no
            pictures = await one.pictures()
            if digest_of(one.version.content, pictures) != one.version.digest:
                # ATTACK: who can write to the database puts another text under an approval.
                return No.CHANGED
            read = await self._read_again(one, by, network)
            if isinstance(read, Mistakes):
                return read
            version = await one.change(State.PUBLISHING, now)
            every, effects = postings(
                version, read, pictures, await one.standing(), self._server, network, now
            )
            await one.post(every)
            await one.write([*effects, *follow])
            await self._enter(one, version, "publishing", by.name, network)
        return version

    async def withdraw(
        self, number: str, by: Officer, why: str, *, follow: Sequence[NewEffect] = ()
    ) -> Version | No:
        """Readers see in its place that it is withdrawn, since when and why: for which of a few
        reasons, since what one types alone isn't posted."""
        network, now = await self._network(), self._now()
        reason = reason_of(why)
        if reason is None:
            return No.NO_REASON
        async with self._theirs(number, by, None) as one:
            if isinstance(one, No):
                return one
            if one.version.state is State.PUBLISHING:
                return No.UNDER_WAY
            if one.version.withdrawn:
                return No.WITHDRAWN
            standing = await one.standing()
            if not standing:
                return No.NOT_PUBLISHED
            every, effects = withdrawal(
                one.version, standing, by, reason, self._server, network, now
            )
            await one.withdraw(now)
            await one.post(every)
            await one.write([*effects, *follow])
            await self._enter(one, one.version, "withdrawn", by.name, network)
        return one.version

    # --- what they need ----------------------------------------------------------------------

    @asynccontextmanager
    async def _theirs(
        self, number: str, by: Officer, revision: int | None
    ) -> AsyncIterator[LockedBulletin | No]:
        """A bulletin under its lock, for an analyst who has a part in it; or why not."""
        network = await self._network()
        async with self._shelf.locked(number) as one:
            if one is None or not is_theirs(one.version, by, network):
                yield No.UNKNOWN
            elif revision not in (None, one.version.revision):
                # ATTACK: another text takes the place of the one that was read, just before.
                yield No.CHANGED
            else:
                yield one

    async def _step(
        self,
        one: LockedBulletin,
        state: State,
        by: Officer,
        follow: Sequence[NewEffect],
        **names: str,
    ) -> Version | Mistakes:
        """A step of a text that may be posted as things are now."""
        network = await self._network()
        read = await self._read_again(one, by, network)
        if isinstance(read, Mistakes):
            return read
        version = await one.change(state, self._now(), **names)
        await self._enter(one, version, state.value, by.name, network)
        await one.write(follow)
        return version

    async def checked(
        self, content: bytes, pictures: Pictures, author: Officer, *, leave_out: bool = False
    ) -> Bulletin | Mistakes:
        """The bulletin, or everything that keeps it from being posted. Nothing is stored."""
        return await self._read(
            content, pictures, author, await self._network(), leave_out=leave_out
        )

    async def _read(
        self,
        content: bytes,
        pictures: Pictures,
        author: Officer,
        network: Network,
        *,
        leave_out: bool,
    ) -> Bulletin | Mistakes:
        now = self._now()
        # In a thread: a hostile text takes seconds, and the gate answers meanwhile.
        read = await asyncio.to_thread(
            read_bulletin, "bulletin", content, author, network, now, leave_out=leave_out
        )
        if isinstance(read, Mistakes):
            return read
        mistakes = [
            *not_theirs(read, author, network),
            *missing_pictures(read, pictures),
        ]
        found = await self._sources.found([one.citation for one in read.cited], author, network)
        rooms = rooms_of(read.head.groups, network)
        mistakes += unfit("bulletin", read, found, rooms, author, now.date())
        return Mistakes(tuple(sorted(mistakes))) if mistakes else read

    async def _read_again(
        self, one: LockedBulletin, by: Officer, network: Network
    ) -> Bulletin | Mistakes:
        """What it says now: a source may have been taken back since, or a day have passed."""
        version = one.version
        return await self._read(
            version.content, await one.pictures(), by, network, leave_out=version.leave_out
        )

    async def _enter(
        self, one: LockedBulletin, version: Version, step: str, by: str | None, network: Network
    ) -> None:
        via = self._via if by else None
        now, salt = self._now(), self._salt()
        await one.enter(bulletin_entry(version, step, by, network, now, salt, via))

    async def _network(self) -> Network:
        network = await self._policy()
        if network is None:
            raise Unsure("no policy in force")
        return network


def _analyst_of(network: Network) -> Officer | None:
    """In whose place the steward looks at what it drafts: any analyst, since all may see it."""
    analysts = (one for one in network.officers.values() if is_analyst(one))
    return min(analysts, key=lambda one: one.name, default=None)


async def _store(one: LockedBulletin, shown: Postings) -> None:
    every, effects = shown
    await one.post(every)
    await one.write(effects)


def _ready(one: LockedBulletin, needed: State) -> No | None:
    """Why a step isn't its turn."""
    if one.version.state is not needed:
        return No.NOT_APPROVED if needed is State.APPROVED else No.NOT_WAITING
    return No.WITHDRAWN if one.version.withdrawn else None


def _closed(version: Version) -> No | None:
    """Why there is no further version."""
    if version.withdrawn:
        return No.WITHDRAWN
    return No.UNDER_WAY if version.state is State.PUBLISHING else None
