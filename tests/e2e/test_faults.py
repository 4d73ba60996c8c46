"""Servers that die while officers send: what fits arrives exactly once, what doesn't reaches no
one, and the ledger holds one verdict for each message, whoever was killed between which steps.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import pytest
from celery import Celery

from rilon.commands.apply import apply
from rilon.config import WorkerSettings, load
from rilon.domain.entries import EntryKind, Subject
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import NotSent, Sent, text_content
from rilon.embedded.settings import settings_path
from rilon.gate.protocol import DELAYS_MS
from tests.e2e.conftest import World
from tests.e2e.js_client import JsClient
from tests.e2e.streams import (
    RECOVERED_S,
    Client,
    Kept,
    Stream,
    Told,
    cards,
    entries,
    settled,
    standing,
    streaming,
    until,
    verdicts,
)
from tests.e2e.words import word

pytestmark = pytest.mark.timeout(300)

logger = logging.getLogger(__name__)

FLOOR = "mps-floor"
AUS, BGD, MYS = "aus.focal2", "bgd.secondee2", "mys.secondee2"
AWAY_S = 20.0
SEED = 20261122


@dataclass
class Cast:
    """Officers of this file: two send on matrix-nio and one on matrix-js-sdk, one of each reads."""

    world: World
    senders: dict[str, Client]
    readers: tuple[Client, ...]
    direct: dict[str, str]

    @property
    def floor(self) -> str:
        return self.world.room(FLOOR)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[Stream]:
        """A stream, of which everything is checked when it has ended."""
        users = [self.world.user(name) for name in self.senders]
        before = await verdicts(self.world, self.floor, users)
        stood = await standing(self.world, self.floor, users)
        said = {name: len(cards(client, self.direct[name])) for name, client in self._all()}
        async with streaming(self.world, self.floor, self.senders) as stream:
            await stream.go_on(0)
            yield stream
            stream.stop()
        await settled(self.world, self.floor, users)
        kept = await verdicts(self.world, self.floor, users)
        fresh = {identity: kept[identity] for identity in kept.keys() - before.keys()}
        await self._one_verdict_each(stream, fresh)
        await self._only_what_fits_stands(stream, fresh, stood)
        await self._everyone_got_each_once(stream)
        await self._one_card_each(stream, fresh, said)
        await self._one_entry_each(fresh)
        report_times(stream)

    def _all(self) -> list[tuple[str, Client]]:
        return list(self.senders.items())

    async def _one_verdict_each(self, stream: Stream, fresh: dict[str, Kept]) -> None:
        assert [one for one in stream.fitting if not isinstance(one.answer, Sent)] == []
        for one in stream.unfitting:
            assert isinstance(one.answer, NotSent), one
            assert (one.answer.status, one.answer.reason) == (403, "rel_excludes_room"), one
        for name in self.senders:
            mine = [kept for kept in fresh.values() if kept.sender == self.world.user(name)]
            sent = [one for one in stream.told if one.sender == name]
            assert len(mine) == len(sent)
            assert sum(kept.accepted for kept in mine) == sum(one.fits for one in sent)
        for kept in fresh.values():
            assert kept.attempts == len(kept.tried)
            assert kept.code == (None if kept.accepted else "rel_excludes_room")

    async def _only_what_fits_stands(
        self, stream: Stream, fresh: dict[str, Kept], stood: set[str]
    ) -> None:
        """What the homeserver stored is what the senders were told and what is on record."""
        stands = await standing(self.world, self.floor, stream.users) - stood
        told = [one.answer.event_id for one in stream.fitting if isinstance(one.answer, Sent)]
        assert len(told) == len(set(told))
        assert stands == set(told)
        assert stands == {kept.delivered for kept in fresh.values() if kept.accepted}

    async def _everyone_got_each_once(self, stream: Stream) -> None:
        everyone = [*self.readers, *self.senders.values()]
        for client in everyone:
            for one in stream.fitting:
                await self._read_by(client, one)
        for client in everyone:
            seen = client.texts(self.floor)
            past = await client.history(self.floor, 1000)
            texts, stood = [one.text for one in past], [one.event_id for one in past]
            for one in stream.fitting:
                assert isinstance(one.answer, Sent)
                assert (seen.count(one.text), stood.count(one.answer.event_id)) == (1, 1), one
            for one in stream.unfitting:
                assert (seen.count(one.text), texts.count(one.text)) == (0, 0), one

    async def _read_by(self, client: Client, one: Told) -> None:
        assert isinstance(one.answer, Sent)
        try:
            await client.wait_for_text(self.floor, one.text, RECOVERED_S)
        except TimeoutError:
            came = [
                got for got in client.received(self.floor) if got.event_id == one.answer.event_id
            ]
            raise AssertionError(
                f"{client.user_id} can't read {one}, of which came {came}"
            ) from None

    async def _one_card_each(
        self, stream: Stream, fresh: dict[str, Kept], said: dict[str, int]
    ) -> None:
        for name, client in self._all():
            refused = [
                kept
                for kept in fresh.values()
                if kept.sender == self.world.user(name) and not kept.accepted
            ]
            shown = {kept.card for kept in refused}
            assert None not in shown
            assert len(shown) == len(refused)
            await client.wait_for(partial(_shows, client, self.direct[name], shown))
            seen = cards(client, self.direct[name])[said[name] :]
            assert len(seen) == len(shown)
            assert {one.event_id for one in seen} == shown
            assert all("REL AUS" in one.text for one in seen)

    async def _one_entry_each(self, fresh: dict[str, Kept]) -> None:
        report = await self.world.verify()
        assert report.sound, report.findings
        assert report.signatures_checked
        found = await entries(self.world, report)
        for identity, kept in fresh.items():
            assert [entry.kind for entry in found[identity]] == (
                [EntryKind.MESSAGE_ACCEPTED, EntryKind.MESSAGE_DELIVERED]
                if kept.accepted
                else [EntryKind.MESSAGE_REFUSED]
            )


def _shows(client: Client, direct: str, shown: set[str | None]) -> bool:
    return shown <= {one.event_id for one in cards(client, direct)}


def report_times(stream: Stream) -> None:
    """How long messages took, for who reads the log of a run."""
    spent = sorted(one.ended - one.begun for one in stream.told)
    logger.info(
        "%d messages, %d refused; median %.3f s, longest %.1f s; tapped retry %d times",
        len(spent),
        len(stream.unfitting),
        spent[len(spent) // 2],
        spent[-1],
        sum(one.taps for one in stream.told),
    )


@pytest.fixture(scope="module")
async def cast(world: World) -> Cast:
    senders: dict[str, Client] = {
        AUS: await world.officer(AUS, FLOOR),
        BGD: await world.officer(BGD, FLOOR),
        MYS: await world.js_officer(MYS, FLOOR, f"direct-{MYS}"),
    }
    readers: tuple[Client, ...] = (
        await world.officer("tls.secondee2", FLOOR),
        await world.js_officer("idn.secondee2", FLOOR),
    )
    direct = {name: await world.room_id(f"direct-{name}") for name in senders}
    for name, client in senders.items():
        # The welcome is the one thing that the steward says here without being asked.
        await client.wait_for(partial(cards, client, direct[name]), RECOVERED_S)
    return Cast(world, senders, readers, direct)


async def kill(world: World, *names: str) -> float:
    """Kills servers at once and waits until each is back; the moment of the kill."""
    before = {name: world.network.processes[name] for name in names}
    at = time.monotonic()
    for name in names:
        world.network.kill(name)
    for name in names:
        await world.network.wait_ready(name, RECOVERED_S)
        assert world.network.processes[name] != before[name]
        logger.info("%s was ready again after %.1f s", name, time.monotonic() - at)
    return at


@contextmanager
def stopped(world: World, name: str) -> Iterator[None]:
    """A server that is there and answers nothing."""
    pid = world.network.processes[name]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def heard_later(stream: Stream, since: float) -> list[int]:
    """How many 429 answers each message of matrix-nio got that was under way then or after."""
    return [
        len(one.answer.waits)
        for one in stream.told
        if one.ended > since and one.sender in (AUS, BGD)
    ]


async def test_a_killed_steward_loses_nothing_and_lets_nothing_through(
    world: World, cast: Cast
) -> None:
    async with cast.sending() as stream:
        at = await kill(world, "steward")
        first = await stream.go_on(at)
        logger.info("the first message after the kill was told after %.1f s", first - at)
    assert first - at < RECOVERED_S
    assert any(heard_later(stream, at))


async def test_a_killed_audit_service_keeps_nobody_waiting_and_loses_no_entry(
    world: World, cast: Cast
) -> None:
    async with cast.sending() as stream:
        at = await kill(world, "audit")
        back = time.monotonic()
        await stream.go_on(back)
    assert any(one.fits and one.begun > at and one.ended < back for one in stream.told)


async def test_killed_redis_and_worker_change_nothing_and_take_up_their_duties(
    world: World, cast: Cast
) -> None:
    settings = load(WorkerSettings, settings_path(world.layout, "worker"))
    async with cast.sending() as stream:
        at = await kill(world, "redis", "worker")
        await stream.go_on(time.monotonic())
        stream.stop()

        def duties_done() -> int:
            with Celery(broker=settings.broker.url()) as app:
                answers = app.control.inspect(timeout=1).stats() or {}
            return sum(one["total"].get("rilon.sweep_terms", 0) for one in answers.values())

        await until(lambda: asyncio.to_thread(duties_done), "a duty of the new worker")
        logger.info("a duty was done %.1f s after the kill", time.monotonic() - at)


async def test_a_killed_database_loses_nothing_and_lets_nothing_through(
    world: World, cast: Cast
) -> None:
    async with cast.sending() as stream:
        at = await kill(world, "postgres")
        first = await stream.go_on(at)
        logger.info("the first message after the kill was told after %.1f s", first - at)
    assert first - at < RECOVERED_S
    # It was noticed: clients heard 429, or 500 at which the officer tapped "retry".
    assert any(heard_later(stream, at)) or any(one.taps for one in stream.told)


async def test_the_steward_killed_between_any_two_steps_changes_nothing(
    world: World, cast: Cast
) -> None:
    moments = random.Random(SEED)
    async with cast.sending() as stream:
        begun = time.monotonic()
        for at_work in (True, False, True, False, True):
            if at_work:
                await world.network.wait_ready("steward", RECOVERED_S)
            else:
                await until(partial(_runs, world, "steward"), "the steward's process")
            await asyncio.sleep(moments.uniform(0.0, 2.0))
            world.network.kill("steward")
        at = time.monotonic()
        await world.network.wait_ready("steward", RECOVERED_S)
        back = time.monotonic()
        logger.info("five kills in %.1f s, ready %.1f s after the last", at - begun, back - at)
        await stream.go_on(back)


async def _runs(world: World, name: str) -> bool:
    return name in world.network.processes


async def test_while_the_gate_is_away_clients_resend_by_themselves_ever_more_slowly(
    world: World, cast: Cast
) -> None:
    js = cast.senders[MYS]
    assert isinstance(js, JsClient)
    async with cast.sending() as stream:
        before = len(await js.traffic())
        with stopped(world, "steward"):
            at = time.monotonic()
            await asyncio.sleep(2.5)  # What was accepted before the stop is in the room by now.
            early = await standing(world, cast.floor, stream.users)
            await asyncio.sleep(AWAY_S - 2.5)
            assert await standing(world, cast.floor, stream.users) == early
        stream.stop()
    told = [one for one in stream.told if one.begun < at + AWAY_S and one.ended > at + AWAY_S]
    assert {one.sender for one in told} == set(cast.senders)
    for one in told:
        assert one.taps == 0
        if one.sender != MYS:
            assert one.answer.waits == DELAYS_MS[: len(one.answer.waits)]
    for name in (AUS, BGD):
        assert max(len(one.answer.waits) for one in told if one.sender == name) >= 3
    sends = [one for one in await js.traffic(before) if one.is_send and one.started]
    slowest = next(one for one in told if one.sender == MYS).answer.transaction_id
    tries = [one for one in sends if one.path.endswith(slowest)]
    assert [one.status for one in tries[:-1]] == [429] * (len(tries) - 1)
    assert len(tries) >= 4
    for earlier, later, delay in zip(tries, tries[1:], DELAYS_MS, strict=False):
        assert later.started - earlier.ended >= delay * 0.99


async def test_a_ciphertext_sent_again_after_a_restart_of_the_steward(world: World) -> None:
    """ATTACK: what is remembered against replays in memory alone would be forgotten."""
    mallory, floor = await world.officer("tha.focal2", FLOOR), world.room(FLOOR)
    reader = await world.officer("aus.focal2", FLOOR)
    said = f"TLP:GREEN // said once {word()}"
    wire = await mallory.encrypt(floor, "m.room.message", text_content(said))
    sent = await mallory.send_as_is(floor, "m.room.encrypted", wire)
    assert isinstance(sent, Sent)
    await settled(world, floor, [mallory.user_id])
    await kill(world, "steward")
    again = await mallory.send_as_is(floor, "m.room.encrypted", wire)
    assert isinstance(again, NotSent)
    assert (again.status, again.reason) == (403, "replayed")
    await reader.wait_for_text(floor, said, RECOVERED_S)
    assert reader.texts(floor).count(said) == 1


async def test_leaving_works_at_once_while_the_gate_is_away(world: World) -> None:
    leaver = await world.officer("tha.focal2", FLOOR)
    floor = world.room(FLOOR)
    assert isinstance(leaver, OfficerClient)
    with stopped(world, "steward"):
        path = f"/_matrix/client/v3/rooms/{floor}/leave"
        with_words = await leaver.request(
            "POST", path, {"reason": "the boat is at the jetty"}, once=True
        )
        assert with_words.status == 429
        begun = time.monotonic()
        assert (await leaver.request("POST", path, {})).status == 200
        spent = time.monotonic() - begun
        # The module waits two seconds for a gate that doesn't answer: it was not even asked.
        assert spent < 1.5
    await leaver.wait_for(lambda: floor not in leaver.joined)
    logger.info("leaving took %.3f s", spent)
    members = await world.admin("GET", f"/_synapse/admin/v1/rooms/{floor}/members")
    assert world.user("tha.focal2") not in members[1]["members"]

    async def recorded() -> bool:
        report = await world.verify()
        assert report.sound
        left = {(Subject.USER_ID, world.user("tha.focal2")), (Subject.STEP, "left")}
        written = [
            entry
            for of_one in (await entries(world, report)).values()
            for entry in of_one
            if entry.kind is EntryKind.MEMBERSHIP and left <= set(entry.subject)
        ]
        return [entry.room for entry in written] == [FLOOR]

    await until(recorded, "the entry of the leaving")
    # Policy wants them there: as it was, for the tests that come after this one.
    assert await asyncio.to_thread(apply, world.layout.root, None) == 0
    await leaver.wait_for(lambda: floor in leaver.joined)
