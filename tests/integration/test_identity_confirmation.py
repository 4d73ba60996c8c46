"""One tap on the alarm of a changed identity, on a real PostgreSQL: whose tap counts, on which
alarm, and that it pins the identity of that alarm and no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from bots.steward.confirmations import CONFIRM, ConfirmationDeeds, confirmation_asked
from bots.steward.directory import Directory
from rilon.adapters.cross_signing import CrossSigned
from rilon.application.ports import DueEffect
from rilon.application.record import membership_entry
from rilon.domain.acts import Reaction
from rilon.domain.entries import EntryKind, Subject
from rilon.ledger.leaf import parse
from rilon.storage.effects import Effects
from rilon.storage.ledger import ledger_outbox
from rilon.storage.officers import ADDED, ADMITTED, STOPPED, OfficerRow, OfficerStore
from rilon.storage.tables import effect
from tests.integration.steward_desk import NOW, SERVER, Desk, numbers, opened_desk, outbox
from tests.policy_scene import NETWORK

NAME, COORDINATOR, FOCAL, ANALYST = (
    "idn.secondee1", "rso.coordinator1", "idn.focal1", "rso.analyst1",
)  # fmt: skip
OWN, OTHER, THIRD = "O" * 43, "A" * 43, "B" * 43


def user(name: str) -> str:
    return f"@{name}:{SERVER}"


class Tapping:
    """The deeds, and what the homeserver shows of the officer's identity."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.officers = OfficerStore(desk.engine, outbox)
        self.effects = Effects(desk.engine)
        self.refreshed: list[str] = []

        async def in_force() -> Any:
            return NETWORK

        async def refresh(users: set[str]) -> None:
            self.refreshed += sorted(users)

        self.directory = Directory(
            None, None, asyncio.Lock(), self.officers, in_force,  # type: ignore[arg-type]  # silent
            lambda: self.now, lambda: b"s" * 16, lambda: None,
        )  # fmt: skip
        self.deeds = ConfirmationDeeds(
            self.effects, self.officers, in_force, refresh, SERVER, lambda: self.now,
            lambda: b"s" * 16,
        )  # fmt: skip

    @property
    def now(self) -> datetime:
        return NOW.replace(microsecond=next(numbers) % 1000 * 1000)

    async def row(self, name: str = NAME) -> OfficerRow:
        return next(row for row in await self.officers.all() if row.name == name)

    async def shows(self, key: str | None) -> None:
        """The steward looks, and the homeserver shows this identity."""
        row = await self.row()
        seen = CrossSigned(row.user_id, key, key == row.master_key, frozenset())
        await self.directory._consider(row, seen, NETWORK)

    async def alarm_said(self) -> str:
        """The newest alarm stands in the room: its event."""
        event_id = f"$alarm{next(numbers)}"
        alarm = (await self.row()).alarm
        assert alarm is not None
        async with self.desk.engine.begin() as connection:
            await connection.execute(
                update(effect)
                .where(effect.c.once == alarm)
                .values(state="done", result={"event_id": event_id})
            )
        return event_id

    async def tap(self, event_id: str, by: str = COORDINATOR) -> bool:
        payload = {"alarm": event_id, "by": user(by)}
        due = DueEffect(1, "confirm_identity", "confirmations", payload, None, 0)
        return bool((await self.deeds.confirm(due))["confirmed"])

    async def texts(self, name: str) -> list[Any]:
        return [row for row in await self.desk.effects("say") if row.payload["text"] == name]


@pytest.fixture(scope="module")
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    async with opened_desk(postgres_dsn) as opened:
        yield opened


@pytest.fixture
async def tapping(desk: Desk) -> Tapping:
    """Everybody is admitted; the officer under their own identity."""
    made = Tapping(desk)
    for name in (NAME, COORDINATOR, FOCAL, ANALYST):
        entry = membership_entry("added", user(name), frozenset(), "added", NOW, b"s" * 16)
        await made.officers.add(user(name), name, entry)
        await made.officers.change(
            user(name), (ADDED, ADMITTED, STOPPED), ADMITTED, [], master_key=OWN
        )
    return made


async def test_the_coordinators_tap_admits_the_officer_under_that_identity(
    tapping: Tapping,
) -> None:
    await tapping.shows(OTHER)
    assert ((await tapping.row()).state, (await tapping.row()).shown_key) == (STOPPED, OTHER)
    taps = [row for row in await tapping.desk.effects("react") if row.payload["key"] == CONFIRM]
    assert taps[-1].payload["on"] == (await tapping.row()).alarm
    assert taps[-1].subject == (await tapping.texts("alarm_identity_changed"))[-1].subject
    alarm = await tapping.alarm_said()
    assert await tapping.tap(alarm)
    row = await tapping.row()
    assert (row.state, row.master_key, row.alarm) == (ADMITTED, OTHER, None)
    assert tapping.refreshed == [user(NAME)]
    assert len(await tapping.texts("identity_confirmed_by_you")) == 1
    assert len(await tapping.texts("identity_confirmed_note")) == 1

    # Once more: nothing happens twice.
    assert not await tapping.tap(alarm)
    assert len(await tapping.texts("identity_confirmed_by_you")) == 1
    async with tapping.desk.engine.connect() as connection:
        leaves = (await connection.execute(select(ledger_outbox.c.leaf))).scalars().all()
    confirmed = [
        fields
        for one in (parse(bytes(leaf)).entry for leaf in leaves)
        if one.kind is EntryKind.KEY_CHANGE
        and (fields := dict(one.subject))[Subject.STEP] == "confirmed"
    ]
    assert len(confirmed) == 1
    assert confirmed[0][Subject.OFFICER] == COORDINATOR


@pytest.mark.parametrize("by", [FOCAL, ANALYST, NAME, "nobody.focal1"])
async def test_nobody_else_in_that_room_can_confirm(tapping: Tapping, by: str) -> None:
    """ATTACK: a focal point, an analyst or the officer in question taps."""
    await tapping.shows(THIRD)
    assert not await tapping.tap(await tapping.alarm_said(), by)
    assert (await tapping.row()).state == STOPPED


async def test_a_coordinator_of_another_server_is_none(tapping: Tapping) -> None:
    await tapping.shows(THIRD)
    payload = {"alarm": await tapping.alarm_said(), "by": f"@{COORDINATOR}:elsewhere.test"}
    due = DueEffect(1, "confirm_identity", "confirmations", payload, None, 0)
    assert await tapping.deeds.confirm(due) == {"confirmed": False}


async def test_a_coordinator_who_was_removed_since_confirms_nobody(tapping: Tapping) -> None:
    await tapping.shows(THIRD)
    await tapping.officers.change(user(COORDINATOR), [ADMITTED], STOPPED, [])
    assert not await tapping.tap(await tapping.alarm_said())
    assert (await tapping.row()).state == STOPPED


async def test_a_tap_on_the_alarm_before_the_last_change_confirms_nothing(
    tapping: Tapping,
) -> None:
    """ATTACK: the officer changes keys, the coordinator calls them, and before the tap the
    homeserver shows an identity of its own."""
    await tapping.shows(OTHER)
    first = await tapping.alarm_said()
    await tapping.shows(THIRD)
    second = await tapping.alarm_said()
    assert first != second
    assert not await tapping.tap(first)
    assert ((await tapping.row()).state, (await tapping.row()).master_key) == (STOPPED, OWN)
    # And back again: that is told of anew, and the first alarm stays void.
    await tapping.shows(OTHER)
    third = await tapping.alarm_said()
    assert not await tapping.tap(first)
    assert not await tapping.tap(second)
    assert await tapping.tap(third)
    assert (await tapping.row()).master_key == OTHER


async def test_a_change_that_comes_after_the_tap_stops_the_officer_again(
    tapping: Tapping,
) -> None:
    await tapping.shows(OTHER)
    assert await tapping.tap(await tapping.alarm_said())
    await tapping.shows(THIRD)
    assert (await tapping.row()).state == STOPPED


async def test_the_same_identity_shown_again_is_told_of_once(tapping: Tapping) -> None:
    await tapping.shows(OTHER)
    before = len(await tapping.texts("alarm_identity_changed"))
    for _ in range(3):
        await tapping.shows(OTHER)
    assert len(await tapping.texts("alarm_identity_changed")) == before


async def test_an_identity_that_is_gone_can_not_be_confirmed(tapping: Tapping) -> None:
    await tapping.shows(None)
    said = (await tapping.texts("alarm_identity_changed"))[-1]
    assert "tap" not in said.payload["parameters"]
    assert not await tapping.tap(await tapping.alarm_said())
    assert (await tapping.row()).state == STOPPED


async def test_a_tap_after_the_loss_was_reported_confirms_nothing(tapping: Tapping) -> None:
    await tapping.shows(OTHER)
    alarm = await tapping.alarm_said()
    await tapping.officers.change(user(NAME), [STOPPED], STOPPED, [], forget_identity=True)
    assert not await tapping.tap(alarm)
    row = await tapping.row()
    assert (row.state, row.master_key, row.alarm) == (STOPPED, None, None)


async def test_many_taps_at_once_are_one(tapping: Tapping) -> None:
    await tapping.shows(THIRD)
    alarm = await tapping.alarm_said()
    done = await asyncio.gather(*(tapping.tap(alarm) for _ in range(5)))
    assert sorted(done) == [False] * 4 + [True]


async def test_nothing_is_pinned_if_another_identity_was_seen_in_between(
    tapping: Tapping,
) -> None:
    """ATTACK: the identity changes between the look at the alarm and the pin."""
    await tapping.shows(OTHER)
    before = await tapping.row()
    assert before.shown_key is not None
    assert before.alarm is not None
    await tapping.shows(THIRD)
    after = await tapping.row()
    assert after.alarm is not None
    pin = tapping.officers.confirm
    assert not await pin(before.user_id, before.shown_key, before.alarm, [], [])
    assert not await pin(before.user_id, before.shown_key, after.alarm, [], [])
    assert await pin(before.user_id, THIRD, after.alarm, [], [])


async def test_a_new_password_leaves_the_alarm_to_be_tapped(tapping: Tapping) -> None:
    await tapping.shows(OTHER)
    alarm = await tapping.alarm_said()
    await tapping.officers.change(user(NAME), [STOPPED], STOPPED, [])
    assert await tapping.tap(alarm)


async def test_only_the_one_reaction_in_the_one_room_asks() -> None:
    rooms = NETWORK.rooms
    tapped = Reaction("$alarm", CONFIRM)
    assert confirmation_asked(tapped, rooms["mps-coordination"], "$tap", user(COORDINATOR))
    assert confirmation_asked(
        Reaction("$alarm", CONFIRM + "\ufe0f"), rooms["mps-coordination"], "$tap", user(FOCAL)
    )
    for act, room in (
        (tapped, "mps-floor"),
        (Reaction("$alarm", "\N{THUMBS UP SIGN}"), "mps-coordination"),
    ):
        assert confirmation_asked(act, rooms[room], "$tap", user(COORDINATOR)) is None
