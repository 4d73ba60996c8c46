"""The guided exchange in a thread: an officer's words and taps become a request, step by step.

Which question comes next is `rilon.domain.guided`'s. Killed anywhere, it goes on where it was:
each event changes the stored state once, and each state says its question once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bots.steward.deeds import Deeds
from bots.steward.heard_files import HeardFiles, Missing
from bots.steward.hearing import Heard
from bots.steward.mailer import message
from bots.steward.means import or_not_yet
from bots.steward.performer import NotYet
from bots.steward.saying import Said, in_thread
from rilon.application.asking import asked, mended
from rilon.application.drafted import new_request
from rilon.application.group_asked import read_in_groups
from rilon.application.membership import direct_room_key
from rilon.application.ports import DueEffect, NewEffect
from rilon.application.request_files import FileSaid
from rilon.application.request_proposals import why_unfit
from rilon.application.requests import Requests
from rilon.domain.acts import Attachment
from rilon.domain.guided import Exchange, Step, begin, signs, tapped, written
from rilon.domain.officers import Officer, name_of
from rilon.domain.request_draft import Draft
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_steps import No
from rilon.domain.request_text import (
    COMMAND,
    Asker,
    Unmarked,
    take_question,
    without_marking,
)
from rilon.domain.rooms import RoomKind
from rilon.domain.verdicts import Code, Refuse
from rilon.policy.askers import asker_of, groups_for
from rilon.policy.network import Network
from rilon.storage.effects import Effects
from rilon.storage.exchanges import ROOTLESS, ExchangeStore, Talk, question_effect
from rilon.storage.rooms import RoomStore
from rilon.texts.rendering import Text
from rilon.texts.request_asides import file_away
from rilon.texts.request_noes import no
from rilon.texts.request_questions import question
from rilon.texts.request_reasons import not_sent
from rilon.texts.translator import translator

Json = dict[str, Any]
Told = Mapping[str, Any]

_HEAD = frozenset(
    {
        Wrong.UNKNOWN_PARTY,
        Wrong.NOT_IN_GROUP,
        Wrong.OWN_PARTY,
        Wrong.NO_PARTY,
        Wrong.UNKNOWN_AGENCY,
        Wrong.AGENCY_ALONE,
    }
)


class GuidedTalk:
    """Guided exchanges, from the first word to the request that is sent."""

    def __init__(
        self,
        exchanges: ExchangeStore,
        requests: Requests,
        effects: Effects,
        rooms: RoomStore,
        deeds: Deeds,
        network: Callable[[], Awaitable[Network | None]],
        now: Callable[[], datetime],
        files: HeardFiles,
    ) -> None:
        self._exchanges = exchanges
        self._requests = requests
        self._effects = effects
        self._rooms = rooms
        self._deeds = deeds
        self._network = or_not_yet(network)
        self._now = now
        self._files = files

    # --- beginning ---------------------------------------------------------------------------

    async def begin(self, one: Heard, officer: Officer, network: Network) -> Said | None:
        """`!rfi`, with as much of the request as was written."""
        room = network.rooms[one.room]
        own = room.kind in (RoomKind.DESK, RoomKind.ANALYSIS, RoomKind.DIRECT)
        key = one.room if own else direct_room_key(officer.name)
        root = (one.root or one.event_id) if own else f"{ROOTLESS}{one.event_id}"
        file = await self._files.of(one, network)
        if isinstance(file, Missing):
            text = file_away(translator(officer.language))
            return Said(text, key, None if root.startswith(ROOTLESS) else root)
        return await self._begin(
            one.sender, key, room.group, root, one.body, one.event_id, officer, file=_sized(file)
        )

    async def begin_draft(
        self, sender: str, body: str, root: str, event_id: str, group: str
    ) -> None:
        """A request that was refused where others would have read it goes on under its card."""
        network = await self._network()
        officer = network.officers.get(name_of(sender))
        if officer is not None:
            key = direct_room_key(officer.name)
            await self._begin(sender, key, group, root, body, event_id, officer, said=False)

    async def _begin(
        self,
        sender: str,
        key: str,
        group_key: str,
        root: str,
        body: str,
        event_id: str,
        officer: Officer,
        *,
        said: bool = True,
        file: Attachment | None = None,
    ) -> Said | None:
        network, now = await self._network(), self._now()
        today = now.astimezone(UTC).date()
        groups = groups_for(officer, group_key, network, today)
        if not groups:
            return None
        read = read_in_groups(body, officer, groups, network, today)
        asker, found, group = read.asker, read.found, read.group
        told: Told | None = None
        if isinstance(found, Misread):
            told = _mend(found)
            left = _left_of(read.body, found, asker)
            if left is None:
                text = mended(translator(officer.language), found, asker)
                return Said(text, key, None if root.startswith(ROOTLESS) else root)
            found = left
        if not read.options and (refused := asker.refused_ground(found)):
            told, found = _mend(refused), replace(found, ground=None)
        state = begin(found, options=read.options)
        await self._exchanges.begin(
            sender, key, group.key, root, state, told, event_id, now, said=said, file=file
        )
        return None

    # --- going on ----------------------------------------------------------------------------

    async def said(
        self, talk: Talk, one: Heard, officer: Officer, network: Network, at: Step | None
    ) -> Said | None:
        """Words in an exchange; `at` is the step of the question that they answer, if one was
        chosen. A file goes with the request; without a caption it says nothing else."""
        if talk.state is None:
            return None
        file = await self._files.of(one, network)
        if isinstance(file, Missing):
            return Said(file_away(translator(officer.language)), talk.room, _root(talk))
        after: Exchange | Misread = talk.state
        if file is None or one.body.strip():
            after = written(talk.state, one.body, self._asker(talk, officer, network), at)
        return await self._go_on(talk, talk.state, after, one, officer, _sized(file))

    async def tapped(
        self, exchange_id: int, step: Step, one: Heard, officer: Officer, network: Network
    ) -> Said | None:
        """A tap on a question. Only the officer's own taps count."""
        talk = await self._exchanges.of_id(exchange_id, self._now())
        if talk is None or talk.sender != one.sender or talk.state is None:
            return None
        after = tapped(talk.state, step, one.key, self._asker(talk, officer, network))
        return await self._go_on(talk, talk.state, after, one, officer)

    async def _go_on(
        self,
        talk: Talk,
        before: Exchange,
        after: Exchange | Misread,
        one: Heard,
        officer: Officer,
        file: Attachment | None = None,
    ) -> Said | None:
        told: Told | None = None
        if isinstance(after, Misread):
            told, after = _mend(after), before
        if after.step is Step.SEND:
            told = await self._ask(talk, after, one, file or talk.file)
            if told is None:
                await self._put(talk, None, one, None, ())
                return None
            after = before
        if after.step is Step.CANCELLED:
            await self._put(talk, None, one, None, ())
            text = question(translator(officer.language), Step.CANCELLED.value)
            return Said(text, talk.room, _root(talk))
        moved = after.step is not before.step
        preview = after.step is Step.PREVIEW and after.draft != before.draft
        effects: tuple[NewEffect, ...] = ()
        if told is not None or moved or preview or file is not None:
            number = talk.revision + 1
            updates = told is None and not moved
            effects = (question_effect(talk.id, talk.sender, number, after.step, updates=updates),)
        await self._put(talk, after, one, told, effects, file)
        return None

    async def _ask(
        self, talk: Talk, after: Exchange, one: Heard, file: Attachment | None
    ) -> Told | None:
        """Sends it; what to say instead if that can't be. Sent before, it is sent."""
        new, root = new_request(after.draft), _root(talk)
        opened: FileSaid | Missing | None = None
        if file is not None:
            opened = await self._files.opened(file, one.at, await self._network())
        if isinstance(opened, Missing):
            return {"refused": Code.FILE_UNREADABLE.value, "parameters": {}}
        asked_now = await self._requests.ask(
            talk.sender,
            after.group or talk.group,
            new,
            talk.room,
            one.event_id,
            root,
            talk.events,
            opened,
        )
        if isinstance(asked_now, No):
            return {"no": asked_now.code.value, "parameters": dict(asked_now.parameters)}
        if isinstance(asked_now, Refuse):
            return {"refused": why_unfit(asked_now), "parameters": dict(asked_now.parameters)}
        return None

    async def _put(
        self,
        talk: Talk,
        state: Exchange | None,
        one: Heard,
        told: Told | None,
        effects: tuple[NewEffect, ...],
        file: Attachment | None = None,
    ) -> None:
        now = self._now()
        async with self._exchanges.locked(talk.id, now) as locked:
            if locked is None or locked.talk.revision != talk.revision:
                return
            if await locked.first_time(one.event_id):
                says = state is not None and _says(state.draft) != _says_before(talk)
                said = one.event_id if says or file is not None else None
                await locked.put(state, now, told, effects, said, file)

    # --- what is asked -----------------------------------------------------------------------

    async def guided(self, due: DueEffect) -> Json:
        """Says what a state of an exchange is to say: its question, or what was wrong."""
        payload = due.payload
        step = Step(payload["step"])
        network = await self._network()
        talk = await self._exchanges.of_id(int(payload["exchange"]), self._now())
        if talk is None:
            return {}
        officer = network.officers.get(name_of(talk.sender))
        current = talk.state if talk.revision == payload["revision"] else None
        if due.wire is not None:
            event_id = await self._deeds.post(due, str(due.wire["room_id"]), {})
        elif current is None or officer is None:
            # The officer was quicker, or it is over: a later state says its own.
            return {}
        else:
            event_id = await self._say(due, talk, current, officer, network)
        offered: tuple[str, ...] = ()
        if current is not None and officer is not None and talk.told is None:
            asker = self._asker(talk, officer, network)
            offered = () if payload["updates"] else signs(current, asker)
        once = str(payload["once"])
        await self._exchanges.asked(
            talk.id,
            step,
            event_id,
            [
                NewEffect(
                    "react",
                    talk.sender,
                    {"on": once, "to": talk.room, "key": sign},
                    once=f"{once}-{place}",
                )
                for place, sign in enumerate(offered)
            ],
        )
        return {"event_id": event_id}

    async def _say(
        self, due: DueEffect, talk: Talk, state: Exchange, officer: Officer, network: Network
    ) -> str:
        room_id = await self._rooms.room_id(talk.room)
        if room_id is None:
            raise NotYet
        replaces = None
        if due.payload["updates"]:
            replaces = await self._exchanges.asked_last(talk.id, state.step)
        content = message(self._text(talk, state, officer, network), [], replaces)
        root = _root(talk)
        if replaces is None and root is not None:
            content["m.relates_to"] = in_thread(root)
        return await self._deeds.post(due, room_id, content)

    def _text(self, talk: Talk, state: Exchange, officer: Officer, network: Network) -> Text:
        t, asker = translator(officer.language), self._asker(talk, officer, network)
        told = talk.told
        if told is None:
            return asked(t, state, asker, talk.file)
        if "no" in told:
            return no(t, told["no"], told["parameters"])
        if "refused" in told:
            return not_sent(t, told["refused"], told["parameters"])
        return mended(t, Misread(Wrong(told["wrong"]), **told["values"]), asker)

    def _asker(self, talk: Talk, officer: Officer, network: Network) -> Asker:
        today = self._now().astimezone(UTC).date()
        chosen = talk.state.group if talk.state is not None else ""
        return asker_of(officer, network.groups[chosen or talk.group], network, today)


def _sized(file: FileSaid | None) -> Attachment | None:
    """The file, of the size that was found and not of the one that was said."""
    return None if file is None else replace(file.file, size=file.facts.size)


def _says(draft: Draft) -> tuple[object, ...]:
    """What of a draft is an officer's words, or their marking."""
    return draft.question, draft.purpose, draft.selectors, draft.marking


def _says_before(talk: Talk) -> tuple[object, ...] | None:
    return None if talk.state is None else _says(talk.state.draft)


def _root(talk: Talk) -> str | None:
    return None if talk.root.startswith(ROOTLESS) else talk.root


def _mend(wrong: Misread) -> Told:
    values = {
        "found": wrong.found,
        "nearest": wrong.nearest,
        "problem": wrong.problem,
        "most": wrong.most,
    }
    return {"wrong": wrong.code.value, "values": values}


def _left_of(body: str, wrong: Misread, asker: Asker) -> Draft | None:
    """What can be kept of a request whose head can't be read: its question."""
    unmarked = without_marking(body, asker)
    if not isinstance(unmarked, Unmarked) or wrong.code not in _HEAD:
        return None
    command = COMMAND.match(unmarked.text)
    rest = unmarked.text[command.end() :] if command else unmarked.text
    taken = take_question(Draft(marking=unmarked.marking), rest.partition(":")[2] or rest, asker)
    return None if isinstance(taken, Misread) else taken
