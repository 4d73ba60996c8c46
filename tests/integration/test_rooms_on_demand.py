"""Rooms on demand on a real PostgreSQL: opened once, judged by the gate, retired, opened again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bots.steward.deeds import Deeds
from bots.steward.mailer import Mailer
from bots.steward.means import Means
from bots.steward.performer import NotYet
from bots.steward.rooms_on_demand import RoomDeeds
from bots.steward.speech import Speech
from rilon.adapters.homeserver import HomeserverAway
from rilon.application.ports import DueEffect
from rilon.application.record import room_entry
from rilon.application.rooms_on_demand import (
    closed_rooms,
    furnish,
    idle_rooms,
    open_compartment,
    open_pair,
    retire,
)
from rilon.domain.entries import EntryKind
from rilon.domain.parties import parties
from rilon.domain.verdicts import Accept, Code, Refuse
from rilon.ledger.leaf import parse
from rilon.policy.network import Network
from rilon.policy.on_demand import OnDemand, compartment_of, pair_of
from rilon.storage.effects import Effects
from rilon.storage.officers import OfficerStore
from rilon.storage.rooms import PolicyStore, RoomStore
from rilon.storage.rooms_on_demand import (
    MOST_A_DAY,
    Opening,
    RoomsOnDemand,
    opened_rooms,
    stored_rooms,
    used_rooms,
)
from tests.integration.screening_desk import ROOM, Scene
from tests.integration.steward_desk import OFFICER, OTHER, SERVER, Desk, opened_desk, outbox
from tests.integration.test_steward_work import Told
from tests.policy_scene import NETWORK

LIMIT_S = 10
AUS1, IDN1 = NETWORK.officers["aus.focal1"], NETWORK.officers["idn.focal1"]
PAIR = pair_of("mps", AUS1, IDN1, (b"s" * 16).hex())
TRIO = compartment_of("mps", parties("AUS", "IDN", "MYS"))


def now() -> datetime:
    return datetime.now(UTC)


class Rooms(Told):
    """A homeserver that keeps who is in which room."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: dict[str, set[str]] = {}
        self.made = 0
        self.fails: set[str] = set()

    def _may_fail(self, call: str) -> None:
        if call in self.fails:
            self.fails.discard(call)
            raise HomeserverAway("died")

    async def create_room(self, body: dict[str, Any]) -> str:
        self._may_fail("create")
        self.made += 1
        return f"!{self.made}-{body['room_alias_name']}"

    async def join_officer(self, room_id: str, user_id: str) -> None:
        self._may_fail("join")
        self.inside.setdefault(room_id, set()).add(user_id)

    async def joined_members(self, room_id: str) -> list[str]:
        return sorted({self.user_id, *self.inside.get(room_id, set())})

    async def kick(self, room_id: str, user_id: str) -> None:
        self.inside[room_id].discard(user_id)
        self._may_fail("kick")


class Steward:
    """The steward's deeds on a real database, and a performer that does what is due, in order."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.homeserver = desk, Rooms()
        self.stored = RoomsOnDemand(desk.engine, outbox)
        self.effects = Effects(desk.engine)
        officers = OfficerStore(desk.engine, outbox)
        rooms, speech = RoomStore(desk.engine), Speech(officers, SERVER)
        mailer = Mailer(self.homeserver, None, asyncio.Lock(), self.effects)  # type: ignore[arg-type]
        in_force = PolicyStore(desk.engine).in_force
        means = Means(
            self.homeserver, self.effects, rooms, officers, mailer, speech, in_force, SERVER, now
        )
        deeds = Deeds(means)
        room_deeds = RoomDeeds(deeds, means, self.stored, lambda: b"s" * 16)
        self.kinds = deeds.by_kind() | room_deeds.by_kind() | {"say": self._say}
        self.said: list[tuple[str, str]] = []

    async def _say(self, due: DueEffect) -> dict[str, Any]:
        self.said.append((str(due.payload["mention"]), str(due.payload["text"])))
        return {}

    async def work(self, rounds: int = 40) -> None:
        """Performs what is due until nothing is; what fails is tried again."""
        for _ in range(rounds):
            found = await self.effects.next_due(now(), [], 100)
            if not found:
                return
            for due in found:
                with suppress(NotYet, HomeserverAway):
                    result = await self.kinds[due.kind](due)
                    await self.effects.done(due, result, now())
        raise AssertionError(f"still due: {[one.kind for one in found]}")

    async def ask(self, *effects: Any) -> None:
        await self.effects.write(effects)
        await self.work()

    def inside(self, room_id: str) -> set[str]:
        return self.homeserver.inside.get(room_id, set())


@pytest.fixture
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        async with opened.engine.begin() as connection:
            for table in ("room_on_demand", "pair_offer", "effect", "ledger_outbox"):
                await connection.execute(text(f"DELETE FROM {table}"))
            await connection.execute(text("DELETE FROM governed_room WHERE room_key LIKE '%+%'"))
            for user in (OFFICER, OTHER, f"@mys.focal1:{SERVER}"):
                name = user[1:].partition(":")[0]
                await connection.execute(
                    text(
                        "INSERT INTO officer_state (user_id, name, state) "
                        "VALUES (:user, :name, 'admitted') ON CONFLICT DO NOTHING"
                    ),
                    {"user": user, "name": name},
                )
        yield opened
        async with opened.engine.begin() as connection:
            await connection.execute(text("DELETE FROM governed_room"))


@pytest.fixture
def steward(desk: Desk) -> Steward:
    return Steward(desk)


async def in_force(desk: Desk) -> Network:
    network = await PolicyStore(desk.engine).in_force()
    assert network is not None
    return network


async def opened(desk: Desk, one: OnDemand, at: datetime | None = None, by: str = OFFICER) -> Any:
    at = at or now()
    entry = room_entry("opened", one, now(), b"s" * 16, by)
    stored = RoomsOnDemand(desk.engine, outbox)
    return await stored.open(one, by, at, entry, [furnish(one.key, by)])


async def entries(desk: Desk) -> list[tuple[str, str]]:
    async with desk.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT leaf FROM ledger_outbox ORDER BY id"))).all()
    found = [parse(bytes(row.leaf)).entry for row in rows]
    return [
        (one.room or "", value)
        for one in found
        if one.kind is EntryKind.ROOM
        for name, value in one.subject
        if name.value == "step"
    ]


# --- the store -----------------------------------------------------------------------------------


async def test_a_room_is_opened_once_with_one_entry(desk: Desk) -> None:
    outcomes = await asyncio.gather(*(opened(desk, PAIR) for _ in range(5)))
    assert sorted(one.name for one in outcomes) == ["OPENED", *["STOOD"] * 4]
    assert await entries(desk) == [(PAIR.key, "opened")]
    assert len(await desk.effects("furnish_room")) == 1
    assert (await stored_rooms(desk.engine)).rooms == (PAIR,)


async def test_the_same_two_have_one_room_whatever_its_key(desk: Desk) -> None:
    """Both officers tap at once."""
    another = pair_of("mps", IDN1, AUS1, "another")
    outcomes = await asyncio.gather(opened(desk, PAIR), opened(desk, another, by=OTHER))
    assert sorted(one.name for one in outcomes) == ["OPENED", "STOOD"]
    (found,) = (await stored_rooms(desk.engine)).rooms
    stored = RoomsOnDemand(desk.engine, outbox)
    assert await stored.key_of(PAIR) == await stored.key_of(another) == found.key


async def test_generations_are_committed_in_their_order(desk: Desk) -> None:
    """Rooms opened at once: whoever sees the highest generation sees every room below it."""
    some = [compartment_of("mps", parties("AUS", "IDN", other)) for other in ("MYS", "THA", "BGD")]
    await asyncio.gather(*(opened(desk, one) for one in some))
    stored = await stored_rooms(desk.engine)
    assert stored.generation == 3
    assert set(stored.rooms) == set(some)


async def test_an_officer_opens_so_many_rooms_a_day_and_no_more(desk: Desk) -> None:
    names = [f"nobody.{number}" for number in range(MOST_A_DAY + 1)]
    for name in names[:-1]:
        room = OnDemand(f"mps-{name}+x", PAIR.kind, "mps", PAIR.parties, (name, "x"))
        assert await opened(desk, room) is Opening.OPENED
    assert await opened(desk, PAIR) is Opening.TOO_MANY
    assert await opened(desk, PAIR, by=OTHER) is Opening.OPENED
    assert await opened(desk, TRIO, at=now() + timedelta(days=1, minutes=1)) is Opening.OPENED


async def test_the_network_in_force_has_the_rooms_that_stand(desk: Desk) -> None:
    store = PolicyStore(desk.engine)
    before = await store.in_force()
    assert before is not None
    assert PAIR.key not in before.rooms
    await opened(desk, PAIR)
    after = await store.in_force()
    assert after is not None
    assert after.rooms[PAIR.key].ceiling == PAIR.parties
    assert after.digest == before.digest
    await opened(desk, TRIO)
    both = await store.in_force()
    assert both is not None
    anew = await PolicyStore(desk.engine).in_force()
    assert anew is not None
    assert both == anew
    assert {key: both.members(key) for key in both.rooms} == dict(anew.member_names)
    assert both.exchange_rooms == anew.exchange_rooms
    after = both
    assert await store.in_force() is after
    entry = room_entry("retired", PAIR, now(), b"s" * 16)
    stored = RoomsOnDemand(desk.engine, outbox)
    assert await stored.retire(PAIR.key, now(), now(), entry, [])
    last = await store.in_force()
    assert last is not None
    assert PAIR.key not in last.rooms


async def test_a_room_that_is_used_is_not_retired(desk: Desk, steward: Steward) -> None:
    long_ago = now() - timedelta(days=40)
    await opened(desk, PAIR, at=long_ago)
    await RoomStore(desk.engine).govern(PAIR.key, "!pair")
    (before,) = await used_rooms(desk.engine)
    assert before == (PAIR, long_ago)
    network = await in_force(desk)
    (retirement,) = idle_rooms(network, await used_rooms(desk.engine), now())
    await said_in(desk, "!pair", b"\x07" * 32)
    assert idle_rooms(network, await used_rooms(desk.engine), now()) == []
    await desk_clean(desk)
    await steward.ask(retirement)
    assert PAIR.key in (await in_force(desk)).rooms
    assert await opened_rooms(desk.engine) == [(PAIR, long_ago)]


async def said_in(desk: Desk, room_id: str, identity: bytes) -> None:
    """A verdict that let a message into the room."""
    async with desk.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO verdict (identity, room_id, sender, kind, accepted, rule, policy_id,"
                " sent_at, decided_at) VALUES (:identity, :room, :sender, 'content', true,"
                " 'accept', :policy, now(), now())"
            ),
            {"identity": identity, "room": room_id, "sender": OFFICER, "policy": desk.policy_id},
        )


async def desk_clean(desk: Desk) -> None:
    """Nothing is due."""
    async with desk.engine.begin() as connection:
        await connection.execute(text("UPDATE effect SET state = 'done'"))


# --- the steward ---------------------------------------------------------------------------------


async def test_two_officers_get_their_room_and_are_told(desk: Desk, steward: Steward) -> None:
    await steward.ask(open_pair(OFFICER, ["idn.focal1"], "once"))
    room_id = await RoomStore(desk.engine).room_id(PAIR.key)
    assert room_id is not None
    assert steward.inside(room_id) == {OFFICER, OTHER}
    assert sorted(steward.said) == [(OFFICER, "room_opened"), (OTHER, "room_opened_by")]
    await steward.ask(open_pair(OTHER, ["aus.focal1"], "twice"))
    assert steward.said[2:] == [(OTHER, "room_there")]
    assert steward.homeserver.made == 1
    assert await entries(desk) == [(PAIR.key, "opened")]


async def test_a_compartment_is_opened_for_its_parties_and_used_again(
    desk: Desk, steward: Steward
) -> None:
    wanted = open_compartment(OFFICER, "mps", TRIO.parties, "once")
    await RoomStore(desk.engine).govern("mps", "!space")
    await steward.ask(wanted)
    room_id = await RoomStore(desk.engine).room_id(TRIO.key)
    assert room_id is not None
    assert steward.inside(room_id) == {OFFICER, OTHER, f"@mys.focal1:{SERVER}"}
    linked = [kind for kind, _ in steward.homeserver.set]
    assert linked == ["m.space.child", "m.space.parent"]
    await steward.ask(open_compartment(OTHER, "mps", TRIO.parties, "twice"))
    assert steward.homeserver.made == 1
    assert await entries(desk) == [(TRIO.key, "opened")]


@pytest.mark.parametrize(
    ("asker", "group", "some"),
    [
        (f"@tha.focal1:{SERVER}", "mps", ("AUS", "IDN", "MYS")),
        (f"@nobody:{SERVER}", "mps", ("AUS", "IDN", "MYS")),
        (OFFICER, "mps", ("IDN", "MYS")),
        (OFFICER, "mps", ("AUS", "NZL")),
        (OFFICER, "mps", ("AUS",)),
        (OFFICER, "other", ("AUS", "IDN", "MYS")),
        (OFFICER, "mps", ("AUS", "IDN")),
    ],
)
async def test_nobody_opens_a_compartment_that_is_not_theirs_or_is_there(
    desk: Desk, steward: Steward, asker: str, group: str, some: tuple[str, ...]
) -> None:
    await steward.ask(open_compartment(asker, group, parties(*some), f"{asker} {group} {some}"))
    assert await entries(desk) == []
    assert steward.homeserver.made == 0


@pytest.mark.parametrize("others", [[], ["tha.focal1"], ["nzl.spy1"], ["aus.focal1"], ["a", "b"]])
async def test_whom_one_cannot_write_to_is_said_and_nothing_is_made(
    desk: Desk, steward: Steward, others: list[str]
) -> None:
    await steward.ask(open_pair(OFFICER, others, f"why {others}"))
    assert await entries(desk) == []
    assert [user for user, _ in steward.said] == [OFFICER]
    assert steward.said[0][1].startswith("pair_")


async def test_a_removed_officer_opens_nothing(desk: Desk, steward: Steward) -> None:
    """A wish that was written before the officer was removed."""
    asker = f"@tls.focal1:{SERVER}"
    await steward.ask(open_pair(asker, ["idn.focal1"], "late wish"))
    assert await entries(desk) == []
    assert steward.said == []


@pytest.mark.parametrize("step", ["create", "join"])
async def test_a_crash_between_steps_leaves_one_room_and_both_in_it(
    desk: Desk, steward: Steward, step: str
) -> None:
    steward.homeserver.fails.add(step)
    await steward.ask(open_pair(OFFICER, ["idn.focal1"], f"crash {step}"))
    room_id = await RoomStore(desk.engine).room_id(PAIR.key)
    assert room_id is not None
    assert steward.inside(room_id) == {OFFICER, OTHER}
    assert steward.homeserver.made == 1
    assert len(steward.said) == 2


async def test_a_retired_room_is_empty_and_can_be_opened_again(
    desk: Desk, steward: Steward
) -> None:
    await steward.ask(open_pair(OFFICER, ["idn.focal1"], "first"))
    room_id = await RoomStore(desk.engine).room_id(PAIR.key)
    assert room_id is not None
    steward.said.clear()
    steward.homeserver.fails.add("kick")
    await steward.ask(retire(PAIR.key, now(), "over"))
    assert steward.inside(room_id) == set()
    assert sorted(steward.said) == [(OFFICER, "room_retired"), (OTHER, "room_retired")]
    assert PAIR.key not in (await in_force(desk)).rooms
    await steward.ask(open_pair(OTHER, ["aus.focal1"], "again"))
    assert steward.inside(room_id) == {OFFICER, OTHER}
    assert steward.homeserver.made == 1
    assert [step for _, step in await entries(desk)] == ["opened", "retired", "opened"]


async def test_a_room_that_was_retired_while_it_was_made_stays_empty(
    desk: Desk, steward: Steward
) -> None:
    await opened(desk, PAIR)
    entry = room_entry("retired", PAIR, now(), b"s" * 16)
    assert await steward.stored.retire(PAIR.key, now(), now(), entry, [])
    await steward.work()
    assert steward.homeserver.made == 0
    assert steward.said == []


async def test_a_room_that_policy_allows_no_more_is_emptied(desk: Desk, steward: Steward) -> None:
    await steward.ask(open_pair(OFFICER, ["idn.focal1"], "allowed"))
    room_id = await RoomStore(desk.engine).room_id(PAIR.key)
    assert room_id is not None
    await steward.ask(*closed_rooms(NETWORK, await opened_rooms(desk.engine), now()))
    assert steward.inside(room_id) == set()
    assert (await entries(desk))[-1] == (PAIR.key, "retired")


async def test_an_offer_is_taken_only_by_whom_it_was_made_to(desk: Desk) -> None:
    stored = RoomsOnDemand(desk.engine, outbox)
    await stored.offered("$card", OFFICER, "idn.focal1")
    assert await stored.offer_to(OFFICER, "$card") == "idn.focal1"
    assert await stored.offer_to(OTHER, "$card") is None
    assert await stored.offer_to(OFFICER, "$other") is None


# --- the gate ------------------------------------------------------------------------------------


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    """Australia's officer with a room key, in the room of the two."""
    scene = Scene(desk.engine, NETWORK)
    for table in ("recent_words", "megolm_session", "device", "officer_state", "governed_room"):
        await scene.run(f"DELETE FROM {table}")
    await scene.prepare()
    await scene.run("UPDATE governed_room SET room_key = :key", key=SCENE_PAIR.key)
    return scene


SCENE_PAIR = pair_of("mps", NETWORK.officers["aus.secondee1"], IDN1, "5c")


async def test_the_gate_judges_under_the_ceiling_while_the_room_stands(
    desk: Desk, scene: Scene
) -> None:
    assert _code(await scene.ask(scene.said("before it is open"))) == Code.ROOM_NOT_GOVERNED
    await opened(desk, SCENE_PAIR)
    assert isinstance(await scene.ask(scene.said("TLP:AMBER REL AUS,IDN // for you")), Accept)
    refused = await scene.ask(scene.said("TLP:AMBER REL AUS,MYS // not for you"))
    assert _code(refused) == Code.REL_EXCLUDES_ROOM


async def test_nobody_posts_in_a_retired_room_not_even_what_was_accepted_before(
    desk: Desk, scene: Scene
) -> None:
    await opened(desk, SCENE_PAIR)
    message = scene.said("accepted, and not yet seen in the room")
    assert isinstance(await scene.ask(message), Accept)
    stored = RoomsOnDemand(desk.engine, outbox)
    entry = room_entry("retired", SCENE_PAIR, now(), b"s" * 16)
    later = now() + timedelta(days=1)
    assert await stored.retire(SCENE_PAIR.key, later, now(), entry, [])
    assert _code(await scene.ask(message)) == Code.ROOM_NOT_GOVERNED
    assert _code(await scene.ask(scene.said("something new"))) == Code.ROOM_NOT_GOVERNED
    await opened(desk, SCENE_PAIR)
    assert isinstance(await scene.ask(message), Accept)


async def test_retiring_waits_for_the_verdict_that_is_open(desk: Desk, scene: Scene) -> None:
    await opened(desk, SCENE_PAIR)
    stored = RoomsOnDemand(desk.engine, outbox)
    entry = room_entry("retired", SCENE_PAIR, now(), b"s" * 16)
    later = now() + timedelta(days=1)
    async with asyncio.timeout(LIMIT_S):
        async with desk.decisions.in_room(ROOM) as room:
            task = asyncio.create_task(stored.retire(SCENE_PAIR.key, later, now(), entry, []))
            done, _ = await asyncio.wait({task}, timeout=0.5)
            assert not done
            seen = await room.look(b"i" * 32, OFFICER, None, None, None, ())
        assert await task
    async with desk.decisions.in_room(ROOM) as room:
        after = await room.look(b"i" * 32, OFFICER, None, None, None, ())
    assert after.rooms == seen.rooms + 1


def _code(verdict: Any) -> Code:
    assert isinstance(verdict, Refuse), verdict
    return verdict.code


# --- rights --------------------------------------------------------------------------------------


@asynccontextmanager
async def acting_as(desk: Desk, role: str) -> AsyncIterator[AsyncEngine]:
    """The database with the rights of one program."""
    url = desk.engine.url
    engine = create_async_engine(url, connect_args={"server_settings": {"role": role}})
    yield engine
    await engine.dispose()


async def test_the_worker_finds_what_is_idle_and_changes_no_room(desk: Desk) -> None:
    await opened(desk, PAIR)
    async with acting_as(desk, "rilon_worker") as engine:
        network = await PolicyStore(engine).in_force()
        assert network is not None
        assert PAIR.key in network.rooms
        assert [room for room, _ in await used_rooms(engine)] == [PAIR]
        assert [room for room, _ in await opened_rooms(engine)] == [PAIR]
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with engine.begin() as connection:
                await connection.execute(text("UPDATE room_on_demand SET parties = '{}'"))


async def test_the_steward_opens_and_retires_and_deletes_no_room(desk: Desk) -> None:
    async with acting_as(desk, "rilon_steward") as engine:
        stored = RoomsOnDemand(engine, outbox)
        entry = room_entry("opened", PAIR, now(), b"s" * 16, OFFICER)
        assert await stored.open(PAIR, OFFICER, now(), entry, []) is Opening.OPENED
        await stored.offered("$steward", OFFICER, "idn.focal1")
        assert await stored.retire(PAIR.key, now(), now(), entry, [])
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with engine.begin() as connection:
                await connection.execute(text("DELETE FROM room_on_demand"))
