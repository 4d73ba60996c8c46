"""Requests whatever dies: the whole story, stopped at every statement and at every post, and with
every effect performed twice; each time with the same words in every room, and nothing twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import event

from rilon.application.request_values import NewRequest, Place, WordsKind
from rilon.domain.parties import parties
from rilon.domain.request_course import Refusal, State, Usefulness
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_steps import Acknowledge, Close, Refuse
from tests.integration.desk import user
from tests.integration.requests.requests_desk import MONDAY, MYS, STRIDE, Scene, opened_scene

T = TypeVar("T")
SLICES = 6
"""The places are walked in so many tests, each taking every so manieth of them."""


class Died(BaseException):
    """The process was killed. Nothing catches it."""


class Killer:
    """Kills at the statement of that number; from then on nothing works, until a restart."""

    def __init__(self) -> None:
        self.count, self.at, self.dead, self.armed = 0, 0, False, False

    def step(self) -> None:
        if not self.armed:
            return
        self.count += 1
        if self.dead or self.count == self.at:
            self.dead = True
            raise Died

    @contextmanager
    def killing(self, at: int) -> Iterator[None]:
        self.count, self.at, self.dead = 0, at, False
        try:
            yield
        finally:
            self.at, self.dead = 0, False


@contextmanager
def watching(scene: Scene) -> Iterator[Killer]:
    """A killer that counts every statement, every commit, and before and after every post."""
    made = Killer()

    def before(*_: Any) -> None:
        made.step()

    inner = scene.server.send

    async def send(*arguments: Any) -> str:
        made.step()
        event_id = await inner(*arguments)
        made.step()
        return event_id

    scene.server.send = send  # type: ignore[method-assign, assignment]  # killed before and after it
    event.listen(scene.engine.sync_engine, "before_cursor_execute", before)
    event.listen(scene.engine.sync_engine, "commit", before)
    yield made
    event.remove(scene.engine.sync_engine, "before_cursor_execute", before)
    event.remove(scene.engine.sync_engine, "commit", before)


@pytest.fixture
def killer(scene: Scene) -> Iterator[Killer]:
    with watching(scene) as made:
        yield made


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What the story comes to when nothing dies, and in how many places it can be stopped."""

    result: dict[str, Any]
    places: int


@pytest.fixture(scope="module")
async def undisturbed(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Told once for all slices, in a scene of its own."""
    async with opened_scene(postgres_dsn, tmp_path_factory.mktemp("undisturbed")) as scene:
        with watching(scene) as killer:
            await Story(scene, killer, "met").meet()
            return Undisturbed(await Story(scene, killer, "base").tell(), killer.count)


class Story:
    """From a question to two desks, through an answer, a refusal and a reminder, to closed."""

    def __init__(self, scene: Scene, killer: Killer, name: str) -> None:
        self.scene, self.killer, self.name = scene, killer, name
        self.restarts = 0

    async def meet(self) -> None:
        """What only the first story of a scene does: the policy and the sessions are read."""
        await self._message("aus.secondee1", "mps-desk-aus", f"${self.name}first")
        await self._message("idn.focal1", "mps-desk-idn", f"${self.name}second")
        await self.scene.run("TRUNCATE ledger_outbox")

    async def until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        """Begins again after each death: the deed comes from an effect that is still due."""
        for _ in range(4):
            self.killer.armed = True
            try:
                return await work()
            except Died:
                self.restarts += 1
            finally:
                self.killer.armed = self.killer.dead = False
        raise AssertionError("it dies for ever")

    async def tell(self) -> dict[str, Any]:
        scene, name = self.scene, self.name
        scene.at = MONDAY
        first = len(scene.posts)
        asked, reply = [f"${name}{what}" for what in ("asked", "reply")]
        await self._message("aus.secondee1", "mps-desk-aus", asked)
        await self._message("idn.focal1", "mps-desk-idn", reply)
        new = NewRequest(parties("IDN", "MYS"), ("Who owns the blue hull?",))

        async def ask() -> RequestNumber:
            found = await scene.requests.ask(
                user("aus.secondee1"), "mps", new, "mps-desk-aus", asked
            )
            return RequestNumber(str(found))

        number = await self.until_done(ask)
        await self.until_done(scene.perform)
        idn, mys = await scene.card(number), await scene.card(number, MYS)
        await self._act("idn.focal1", idn, Acknowledge(), "seen")
        scene.at += timedelta(days=4)
        await self.until_done(scene.beat)
        await self.until_done(
            lambda: scene.requests.propose(
                user("idn.focal1"), idn, "it is ours", None, WordsKind.ANSWER, reply
            )
        )
        await self.until_done(scene.perform)
        preview = await scene.preview_of(number)
        await self.until_done(
            lambda: scene.requests.decide_proposal(
                preview, user("idn.focal2"), True, f"${name}tick"
            )
        )
        await self.until_done(scene.perform)
        await self._act("mys.focal1", mys, Refuse(Refusal.SECURITY), "refused")
        place = await scene.requests.place(asked)
        assert place is not None
        await self._act("aus.secondee1", place, Close(Usefulness.USEFUL), "closed")
        return await self._result(number, first)

    async def _act(self, name: str, place: Place, command: Any, what: str) -> None:
        at = f"${self.name}{what}"
        await self.until_done(lambda: self.scene.requests.act(user(name), place, command, at))
        await self.until_done(self.scene.perform)

    async def _message(self, name: str, room: str, event_id: str) -> None:
        """It was delivered before anything of this began."""
        await self.scene.asks(name, room, "!rfi", None, event_id)
        await self.scene._delivered(event_id)

    async def _result(self, number: RequestNumber, first: int) -> dict[str, Any]:
        standing = await self.scene.standing(number)
        said = [
            (room, re.sub(r"\$[0-9a-z]+", "$", content["body"].replace(number, "N")))
            for room, content in list(self.scene.posts.values())[first:]
        ]
        stands = Counter(room for room, _, _ in self.scene.server.stands.values())
        self.scene.server.stands.clear()
        steps = await self.scene.run("SELECT count(*) AS n FROM ledger_outbox")
        await self.scene.run("TRUNCATE ledger_outbox")
        open_effects = await self.scene.run(
            "SELECT kind FROM effect WHERE state IN ('due', 'performing')"
        )
        return {
            "said": sorted(said),
            "stands": stands,
            "entries": steps[0].n,
            "states": [one.state for one in standing.course.progress],
            "open": [row.kind for row in open_effects],
            "words": [
                row.state
                for row in await self.scene.run(
                    "SELECT state FROM request_words WHERE request = :id ORDER BY kind, addressee",
                    id=standing.course.request.id,
                )
            ],
        }


@pytest.mark.parametrize("part", range(SLICES))
async def test_stopped_anywhere_it_ends_the_same_and_says_nothing_twice(
    undisturbed: Undisturbed, scene: Scene, killer: Killer, part: int
) -> None:
    baseline, steps = undisturbed.result, undisturbed.places
    assert baseline["states"] == [State.CLOSED, State.CLOSED]
    assert baseline["open"] == []
    assert baseline["words"] == ["sent", "sent", "sent"]
    assert steps > 200
    await Story(scene, killer, "met").meet()
    for at in range(1, steps + 1, STRIDE)[part::SLICES]:
        story = Story(scene, killer, f"at{at}")
        with killer.killing(at):
            result = await story.tell()
        assert result == baseline, at
        assert story.restarts == 1, at


async def test_every_effect_performed_twice_changes_nothing_more(
    scene: Scene, killer: Killer
) -> None:
    await Story(scene, killer, "met").meet()
    baseline = await Story(scene, killer, "once").tell()
    inner = scene.performer._perform

    async def twice(due: Any) -> None:
        await inner(due)
        await scene.run(
            "UPDATE effect SET state = 'due' WHERE id = :id AND state = 'done'", id=due.id
        )
        again = await scene.effects.next_due(scene.at + timedelta(hours=1), [], 1000)
        for one in again:
            if one.id == due.id:
                await inner(one)

    scene.performer._perform = twice  # type: ignore[method-assign]  # at least once means this
    assert await Story(scene, killer, "twice").tell() == baseline
