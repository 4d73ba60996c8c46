"""The steward's loops on a real PostgreSQL, with a homeserver that says what a test tells it: when
a missing key is final, how effects fail, and which room is taken up after a crash.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.steward.clock import SyncClock
from bots.steward.deeds import Deeds
from bots.steward.mailer import Mailer
from bots.steward.means import Means
from bots.steward.performer import Performer
from bots.steward.speech import Speech
from bots.steward.sync import TO_DEVICE_PAGE, SyncLoop
from rilon.adapters.homeserver import Homeserver, HomeserverError
from rilon.application.ports import DueEffect, NewEffect
from rilon.policy import desired
from rilon.storage.effects import Effects
from rilon.storage.inbox import Batch, Inbox
from rilon.storage.officers import OfficerStore
from rilon.storage.rooms import PolicyStore, RoomStore
from tests.integration.steward_desk import OFFICER, SERVER, STEWARD, Desk, opened_desk, outbox
from tests.policy_scene import NETWORK

LIMIT_S = 10
DESK = "mps-desk-idn"


@pytest.fixture(scope="module")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        yield opened


class Told(Homeserver):
    """A homeserver that answers what it was told to."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", STEWARD)
        self.answers: list[dict[str, Any]] = []
        self.waits: list[int] = []
        self.rooms: dict[str, str] = {}
        self.standing: list[dict[str, Any]] = []
        self.set: list[tuple[str, dict[str, Any]]] = []
        self.released: list[str] = []
        self.to_device: list[tuple[str, Any]] = []

    async def sync(self, since: str | None, filter_json: str, timeout_ms: int) -> dict[str, Any]:
        self.waits.append(timeout_ms)
        if not self.answers:
            await asyncio.sleep(3600)
        return self.answers.pop(0)

    async def room_of_alias(self, alias: str) -> str | None:
        return self.rooms.get(alias)

    async def release_alias(self, alias: str) -> None:
        self.released.append(alias)

    async def create_room(self, body: dict[str, Any]) -> str:
        return f"!new-{body['room_alias_name']}"

    async def state(self, room_id: str) -> list[dict[str, Any]]:
        return self.standing

    async def set_state(
        self, room_id: str, kind: str, state_key: str, content: dict[str, Any]
    ) -> str:
        self.set.append((kind, content))
        return "$state"

    async def unban(self, room_id: str, user_id: str) -> None:
        raise HomeserverError(403, "M_BAD_STATE")

    async def kick(self, room_id: str, user_id: str) -> None:
        raise HomeserverError(403, "M_FORBIDDEN", "steward_only")


class Idle:
    """A worker that only counts."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    async def work_off(self, batch: Batch) -> None:
        self.batches.append(batch)

    async def tend_keys(self, body: dict[str, Any]) -> None:
        return None


async def test_a_key_is_missing_only_once_the_server_holds_no_more_of_them(desk: Desk) -> None:
    """ATTACK: a hundred to-device messages before an honest key. A sync brings no more at once."""
    homeserver, clock, worker = Told(), SyncClock(), Idle()
    full: dict[str, Any] = {"to_device": {"events": [{}] * TO_DEVICE_PAGE}}
    homeserver.answers = [
        {"next_batch": "a"},
        {"next_batch": "b", **full},
        {"next_batch": "c", **full},
        {"next_batch": "d", "to_device": {"events": [{}]}},
    ]
    finished: list[int] = []
    inner = clock.finish

    async def finish(number: int) -> None:
        finished.append(number)
        await inner(number)

    clock.finish = finish  # type: ignore[method-assign]  # heard, and done
    task = asyncio.create_task(SyncLoop(homeserver, Inbox(desk.engine), worker, clock).run())
    async with asyncio.timeout(LIMIT_S):
        await clock.wait_for(4)
    task.cancel()
    assert finished == [1, 4]
    assert homeserver.waits[2:4] == [0, 0]


# --- effects -------------------------------------------------------------------------------------


def deeds(desk: Desk, homeserver: Homeserver) -> Deeds:
    effects, officers = Effects(desk.engine), OfficerStore(desk.engine, outbox)
    mailer = Mailer(homeserver, None, asyncio.Lock(), effects)  # type: ignore[arg-type]  # silent
    return Deeds(
        Means(
            homeserver,
            effects,
            RoomStore(desk.engine),
            officers,
            mailer,
            Speech(officers, SERVER),
            PolicyStore(desk.engine).in_force,
            SERVER,
            lambda: datetime.now(UTC),
        )
    )


async def due(desk: Desk, effect: NewEffect) -> DueEffect:
    """The effect, written and due."""
    effects = Effects(desk.engine)
    await effects.write([effect])
    found = await effects.next_due(datetime.now(UTC), [], 500)
    return next(one for one in found if one.subject == effect.subject)


def state_of(creator: str, room: str) -> list[dict[str, Any]]:
    wanted = NETWORK.rooms[room]
    content = {"room_version": desired.ROOM_VERSION, **desired.creation_content(wanted)}
    create = {"type": "m.room.create", "state_key": "", "sender": creator, "content": content}
    own = {"type": "m.room.member", "state_key": creator, "sender": creator}
    return [create, {**own, "content": {"membership": "join"}}]


async def test_a_room_that_somebody_else_made_under_our_alias_is_not_taken_up(desk: Desk) -> None:
    homeserver = Told()
    homeserver.rooms = {f"#{DESK}:{SERVER}": "!theirs"}
    homeserver.standing = state_of(OFFICER, DESK)
    making = await due(desk, NewEffect("create_room", "theirs", {"room": DESK}))
    with pytest.raises(HomeserverError):
        await deeds(desk, homeserver).create_room(making)
    assert await RoomStore(desk.engine).room_id(DESK) is None
    assert homeserver.set == []


async def test_a_room_that_was_half_made_is_finished_before_it_is_governed(desk: Desk) -> None:
    homeserver = Told()
    homeserver.rooms = {f"#{DESK}:{SERVER}": "!half"}
    homeserver.standing = state_of(STEWARD, DESK)
    making = await due(desk, NewEffect("create_room", "half", {"room": DESK}))
    assert await deeds(desk, homeserver).create_room(making) == {"room_id": "!half"}
    wanted = desired.room_state(NETWORK, NETWORK.rooms[DESK], SERVER)
    assert homeserver.set == [(event.type, dict(event.content)) for event in wanted]
    assert await RoomStore(desk.engine).room_id(DESK) == "!half"


async def test_a_room_that_nobody_came_into_is_made_anew(desk: Desk) -> None:
    """The gate, or the homeserver, went away between the room's first event and its second."""
    homeserver, key = Told(), "mps-desk-tha"
    homeserver.rooms = {f"#{key}:{SERVER}": "!empty"}
    homeserver.standing = state_of(STEWARD, key)[:1]
    making = await due(desk, NewEffect("create_room", "empty", {"room": key}))
    assert await deeds(desk, homeserver).create_room(making) == {"room_id": f"!new-{key}"}
    assert homeserver.released == [f"#{key}:{SERVER}"]
    assert await RoomStore(desk.engine).room_id(key) == f"!new-{key}"


async def test_lifting_a_ban_that_is_not_there_holds_nothing_up(desk: Desk) -> None:
    homeserver = Told()
    payload = {"room": "mps-floor", "user_id": OFFICER}
    lifting = await due(desk, NewEffect("unban", "unban once", payload))
    assert await deeds(desk, homeserver).unban(lifting) == {}
    homeserver.standing = [
        {"type": "m.room.member", "state_key": OFFICER, "content": {"membership": "ban"}}
    ]
    with pytest.raises(HomeserverError):
        await deeds(desk, homeserver).unban(lifting)


async def test_a_card_that_shows_nowhere_holds_up_nothing_after_it(desk: Desk) -> None:
    effects = Effects(desk.engine)
    stranger = f"@nobody:{SERVER}"
    card = NewEffect("card", stranger, {"code": "unreadable", "parameters": {}}, once="card-aa")
    first = await due(desk, card)
    shown = await deeds(desk, Told()).card(first)
    await effects.done(first, shown, datetime.now(UTC))
    retried = NewEffect("card_retried", stranger, {"card": "aa", "attempts": 2})
    again = await due(desk, retried)
    assert await deeds(desk, Told()).card_retried(again) == {}


async def test_what_is_refused_again_and_again_is_given_up_but_never_a_removal(
    desk: Desk,
) -> None:
    """Neither sends an event of its own, so nothing but the performer counts the attempts."""
    effects, tries = Effects(desk.engine), {"unban": 0, "remove": 0}

    def refused(kind: str) -> Any:
        async def perform(_: DueEffect) -> dict[str, Any]:
            tries[kind] += 1
            raise HomeserverError(403, "M_FORBIDDEN")

        return perform

    performer = Performer(
        effects, {kind: refused(kind) for kind in tries}, lambda: datetime.now(UTC)
    )
    for kind in tries:
        await effects.write([NewEffect(kind, f"{kind} for ever", {})])
    for round_ in range(20):
        later = datetime(2030 + round_, 1, 1, tzinfo=UTC)
        for one in await effects.next_due(later, [], 500):
            if one.kind in tries and one.subject.endswith("for ever"):
                await performer._perform(one)
    assert tries == {"unban": 16, "remove": 20}
