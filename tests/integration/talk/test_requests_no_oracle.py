"""Nobody learns that there is a request: party by party, command by command, what doesn't exist and
what is others' get the same words, the same effects, and the same statements in the same order.

Statements and commits stand for time, so that this can fail without a clock. What is left, the
database's own microseconds, `python -m bench requests` compares by ranks.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from rilon.application.request_values import NewRequest
from rilon.application.requests import OVERLAPS_AFTER
from rilon.domain.parties import parties
from rilon.domain.request_numbers import RequestNumber, numbered
from rilon.domain.request_steps import Withdraw
from rilon.domain.selectors import Selector, SelectorKind
from rilon.domain.verdicts import Refuse
from tests.integration.desk import user
from tests.integration.talk.talk_desk import TalkScene

SHIP = Selector(SelectorKind.VESSEL, "bintanglaut", "Bintang Laut")
BY_NUMBER = (
    "!assign {number} {own}",
    "!assign {number} me",
    "!clarify {number} in which harbour was that?",
    "!delay {number} 2 days the master is at sea",
    "!refuse {number} f",
    "!partial {number} one of them is known here",
    "!done {number}",
    "!withdraw {number}",
    "!close {number} useful",
)
"""Every command that takes a number."""
STRANGERS = ("bgd.focal1", "mys.focal1", "tha.focal1", "tls.focal1", "rso.coordinator1")
"""One of each party that the hidden request is nothing of, the coordinator included."""


class Traced:
    """The statements and commits of the database's clients, in order, without their values."""

    def __init__(self, scene: TalkScene) -> None:
        self._engine = scene.engine.sync_engine
        self.lines: list[str] = []

    @contextmanager
    def kept(self) -> Iterator[list[str]]:
        self.lines = []

        def ran(_: Any, __: Any, statement: str, *___: Any) -> None:
            self.lines.append(" ".join(statement.split()))

        def committed(_: Any) -> None:
            self.lines.append("COMMIT")

        event.listen(self._engine, "before_cursor_execute", ran)
        event.listen(self._engine, "commit", committed)
        try:
            yield self.lines
        finally:
            event.remove(self._engine, "before_cursor_execute", ran)
            event.remove(self._engine, "commit", committed)


async def learnt(scene: TalkScene, deed: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    """All that an officer, or whoever watches the homeserver and the database, can tell of it."""
    traced = Traced(scene)
    said = len(scene.posts)
    first = (await scene.run("SELECT coalesce(max(id), 0) AS n FROM effect"))[0].n
    with traced.kept() as lines:
        await deed()
        statements = list(lines)
    rows = await scene.run(
        "SELECT kind, subject, payload - 'sealed' AS payload, state, attempts FROM effect "
        "WHERE id > :n ORDER BY id",
        n=first,
    )
    return {
        "posts": [
            _without_ids((room, content)) for room, content in list(scene.posts.values())[said:]
        ],
        "effects": [_without_ids(tuple(row)) for row in rows],
        "statements": statements,
    }


def _without_ids(value: Any) -> str:
    """Events, requests and moments of the run are others each time."""
    found = re.sub(r"\$[0-9a-f]{24,}", "$", repr(value))
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.+]+", "T", found)


async def hidden_request(scene: TalkScene) -> RequestNumber:
    number, _ = await scene.ask(to="IDN", selectors=(SHIP,), requester_hidden=True)
    return number


def unused(number: RequestNumber) -> RequestNumber:
    """A number that could be one and isn't."""
    drawn = number.split("-")[1]
    return numbered("mps", ("2" if drawn[0] != "2" else "3") + drawn[1:])


async def typed(scene: TalkScene, name: str, body: str, room: str | None = None) -> dict[str, Any]:
    return await learnt(scene, lambda: scene.says(name, room or f"direct-{name}", body))


@pytest.mark.parametrize("name", STRANGERS)
async def test_a_command_on_others_request_is_one_on_what_does_not_exist(
    scene: TalkScene, name: str
) -> None:
    number = await hidden_request(scene)
    nothing = unused(number)
    desk = "mps-analysis" if name.startswith("rso") else f"mps-desk-{name[:3]}"
    for room, commands in ((f"direct-{name}", BY_NUMBER), (desk, BY_NUMBER[:1])):
        await typed(scene, name, f"!done {nothing}", room)
        for command in commands:
            theirs = command.format(number=number, own=name)
            absent = command.format(number=nothing, own=name)
            there = await typed(scene, name, theirs, room)
            assert there == await typed(scene, name, absent, room), command
            (said,) = there["posts"]
            assert "I know no such request for you" in said
            assert number not in said


@pytest.mark.parametrize("command", BY_NUMBER)
async def test_who_was_asked_and_never_reached_is_no_better_off(
    scene: TalkScene, command: str
) -> None:
    """Malaysia is an addressee, by the database; it was withdrawn before it got there."""
    asked = await scene.types("aus.secondee1", "mps-desk-aus", "!rfi")
    new = NewRequest(parties("IDN", "MYS"), ("Whose was the green hull?",))
    number = await scene.requests.ask(user("aus.secondee1"), "mps", new, "mps-desk-aus", asked)
    assert isinstance(number, str)
    place = await scene.requests.place(asked)
    assert place is not None
    await scene.requests.act(user("aus.secondee1"), place, Withdraw(), "$taken-back")
    await scene.perform()
    assert scene.heard("mps-desk-mys") == []
    name, nothing = "mys.focal1", unused(RequestNumber(number))
    await typed(scene, name, f"!done {nothing}")
    there = await typed(scene, name, command.format(number=number, own=name))
    assert there == await typed(scene, name, command.format(number=nothing, own=name))
    await typed(scene, name, "!requests")
    listed = await typed(scene, name, "!requests")
    await scene.run("UPDATE request_addressee SET state = 'closed' WHERE party = 'MYS'")
    assert listed == await typed(scene, name, "!requests")


async def test_another_desks_card_is_no_event_in_ones_own(scene: TalkScene) -> None:
    """ATTACK: its event id became known. The gate says of it what it says of any other."""
    number = await hidden_request(scene)
    card, name, desk = await scene.card_event(number), "tha.focal1", "mps-desk-tha"
    for body in ("!help", "!done", "!refuse f", "it was ours, all of it"):
        verdicts = [
            await scene.asks(name, desk, body, {"m.in_reply_to": {"event_id": event_id}})
            for event_id in (card, "$" + "a" * 24)
        ]
        assert isinstance(verdicts[0], Refuse)
        assert verdicts[0] == verdicts[1]
    # Behind the gate it is none either: a place is one in its own room.
    assert await scene.requests.place(card, desk) is None
    assert await scene.requests.place(card, "mps-desk-idn") is not None


async def test_a_list_is_the_same_whether_or_not_others_ask_each_other(scene: TalkScene) -> None:
    for name in STRANGERS[:4]:
        await typed(scene, name, "!requests")
        before = await typed(scene, name, "!requests")
        await hidden_request(scene)
        await scene.ask("aus.focal1", "IDN", "mps-desk-aus")
        after = await typed(scene, name, "!requests")
        assert after == before, name


async def test_asking_and_all_that_follows_at_once_is_the_same_with_and_without_a_hidden_hit(
    scene: TalkScene,
) -> None:
    """Two parties ask of the same ship. Whether the other is there changes nothing until a moment
    that nobody knows."""

    async def asks() -> dict[str, Any]:
        asked = await scene.types("tha.focal1", "mps-desk-tha", "!rfi")
        new = NewRequest(parties("MYS"), ("Who saw it?",), selectors=(SHIP,))

        async def deed() -> None:
            found = await scene.requests.ask(user("tha.focal1"), "mps", new, "mps-desk-tha", asked)
            assert isinstance(found, str)
            await perform_what_is_due_now(scene)

        return await learnt(scene, deed)

    await asks()
    await scene.run("DELETE FROM request_selector")
    alone = await asks()
    await scene.perform()
    await scene.run("DELETE FROM request_selector")
    await hidden_request(scene)
    (hashes,) = await scene.run("SELECT count(*) AS n FROM request_selector")
    assert hashes.n == 1
    beside = await asks()
    for of in (alone, beside):
        of["posts"] = [re.sub(r"MPS-\w{4}-\w", "N", one) for one in of["posts"]]
        of["effects"] = [re.sub(r"MPS-\w{4}-\w|[0-9a-f]{32}", "N", one) for one in of["effects"]]
    assert beside == alone
    coordinated = len(scene.heard("direct-rso.coordinator1"))
    await scene.perform()
    assert len(scene.heard("direct-rso.coordinator1")) == coordinated + 1


async def test_the_moment_of_comparing_is_drawn_for_every_request(scene: TalkScene) -> None:
    """With selectors or without: never at once, and not after the same time."""
    for _ in range(12):
        asked = await scene.types("tha.focal1", "mps-desk-tha", "!rfi")
        new = NewRequest(parties("MYS"), ("Who saw it?",))
        await scene.requests.ask(user("tha.focal1"), "mps", new, "mps-desk-tha", asked)
    rows = await scene.run(
        "SELECT due_at - created_at AS after FROM effect WHERE kind = 'request_overlap'"
    )
    waits = [row.after for row in rows]
    assert len(waits) == 12
    assert min(waits) >= OVERLAPS_AFTER
    assert max(waits) <= timedelta(minutes=5)
    assert len(set(waits)) > 1


async def test_a_stranger_does_not_wait_for_who_has_a_request_in_hand(scene: TalkScene) -> None:
    """ATTACK: a number is typed again and again; while its officers work on it, the answer would
    come later."""
    number = await hidden_request(scene)
    async with scene.engine.begin() as connection:
        held = text("SELECT 1 FROM request WHERE number = :number FOR UPDATE")
        await connection.execute(held, {"number": number})
        there = await typed(scene, "tha.focal1", f"!done {number}")
    assert there["posts"]


async def test_an_attack_on_the_seal_of_others_request_changes_no_answer(scene: TalkScene) -> None:
    """What a stranger names is not even opened."""
    number = await hidden_request(scene)
    await scene.run("UPDATE request SET sealed = 'x'")
    await typed(scene, "tha.focal1", f"!done {unused(number)}")
    absent = await typed(scene, "tha.focal1", f"!done {unused(number)}")
    assert await typed(scene, "tha.focal1", f"!done {number}") == absent


async def perform_what_is_due_now(scene: TalkScene) -> None:
    """As `Scene.perform`, and no effect before its time."""
    for _ in range(40):
        (row,) = await scene.run("SELECT now() AS at")
        due = await scene.effects.next_due(row.at, [], 100)
        if not due:
            return
        for one in due:
            await scene.performer._perform(one)
    raise AssertionError("there is always more to do")
