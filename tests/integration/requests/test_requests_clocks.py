"""What falls due with requests: by the beat, once, to those who are there; and many at once."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from rilon.application.request_values import NewRequest, WordsKind
from rilon.domain.parties import Party, parties
from rilon.domain.request_course import State, Usefulness
from rilon.domain.request_steps import Acknowledge, Assign, Changed, Close, Withdraw
from rilon.domain.requests import Ground, Urgency
from rilon.policy.duty_changes import ChangeKind, DutyChange
from rilon.storage.request_sweeps import write_due
from tests.integration.desk import user
from tests.integration.requests.requests_desk import IDN, Scene

TLS = Party("TLS")
AT_HAND = Urgency(Ground.LIFE, at_hand=True)


def reminded(scene: Scene, room: str = "mps-desk-idn") -> list[str]:
    """What each reminder in a room was about, in order."""
    found = []
    for said in scene.heard(room):
        if ": reminder" in said:
            parts = dict(re.findall(r"(\w+): (\w+)", said))
            found.append("/".join(parts[one] for one in ("reminder", "escalation") if one in parts))
    return found


async def _hours(scene: Scene, count: int) -> None:
    for _ in range(2 * count):
        scene.at += timedelta(minutes=30)
        await scene.beat()


async def test_reminders_come_at_half_nine_tenths_the_deadline_and_then_daily(
    scene: Scene,
) -> None:
    number, _ = await scene.ask(urgency=AT_HAND)
    await scene.requests.act(user("idn.focal1"), await scene.card(number), Acknowledge(), "$seen")
    await _hours(scene, 60)
    assert reminded(scene) == ["half", "nine_tenths", "deadline", "overdue", "overdue"]


async def test_a_day_in_which_nothing_ran_is_one_summary(scene: Scene) -> None:
    number, _ = await scene.ask(urgency=AT_HAND)
    scene.at += timedelta(days=3)
    await scene.beat()
    await scene.beat()
    assert reminded(scene) == ["overdue/coordinator"]
    said = [one for one in scene.heard("mps-desk-idn") if ": reminder" in one]
    assert "summary: yes" in said[0]
    told = [one for one in scene.heard("direct-rso.coordinator1") if "escalated" in one]
    assert len(told) == 1
    assert scene.heard("mps-coordination") == []
    assert (await scene.progress(number)).state is State.SENT


async def test_nobody_who_acknowledges_leads_to_the_deputy_the_desk_and_the_coordinator(
    scene: Scene,
) -> None:
    await scene.ask(urgency=AT_HAND)
    mentions = []
    for _ in range(3):
        scene.posts.clear()
        scene.at += timedelta(hours=1, minutes=1)
        await scene.beat()
        mentions += [
            [one.partition(":")[0] for one in content["m.mentions"]["user_ids"]]
            for room, content in scene.posts.values()
            if room == "!mps-desk-idn" and ": reminder" in content["body"]
        ]
    assert mentions[0] == ["@idn.secondee1"]
    assert mentions[1] == ["@idn.focal1", "@idn.focal2"]
    coordinator = scene.heard("direct-rso.coordinator1")
    assert len(coordinator) == 1
    # ATTACK: every focal point reads there that a request waits in another's desk.
    assert scene.heard("mps-coordination") == []
    assert "blue hull" not in coordinator[0]


async def test_what_comes_while_nobody_is_on_duty_goes_to_the_deputy_at_once(
    scene: Scene,
) -> None:
    scene.at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # midnight in Dili
    await scene.ask(to="TLS", urgency=AT_HAND)
    await scene.beat()
    assert reminded(scene, "mps-desk-tls") == ["deputy"]
    (card,) = [
        content
        for room, content in scene.posts.values()
        if room == "!mps-desk-tls" and ": question" in content["body"]
    ]
    assert card["m.mentions"] == {}


async def test_who_is_away_is_not_rung(scene: Scene) -> None:
    scene.duty.known = [
        DutyChange(
            IDN,
            ChangeKind.AWAY,
            ("idn.focal1",),
            scene.at - timedelta(days=1),
            scene.at + timedelta(days=5),
            "idn.focal1",
            scene.at,
            "idn.focal2",
        )
    ]
    await scene.ask()
    (card,) = [
        content
        for room, content in scene.posts.values()
        if room == "!mps-desk-idn" and ": question" in content["body"]
    ]
    assert "@idn.focal1:rilon.localhost" not in card["m.mentions"].get("user_ids", [])


async def test_who_has_it_is_reminded_of_it(scene: Scene) -> None:
    number, _ = await scene.ask(urgency=AT_HAND)
    card = await scene.card(number)
    await scene.requests.act(user("idn.focal1"), card, Assign("idn.secondee2"), "$a")
    scene.posts.clear()
    await _hours(scene, 5)
    (content,) = [one for _, one in scene.posts.values() if ": reminder" in one["body"]]
    assert content["m.mentions"]["user_ids"] == [user("idn.secondee2")]


async def test_the_requester_is_reminded_of_a_question_and_the_desk_of_nothing(
    scene: Scene,
) -> None:
    number, _ = await scene.ask(urgency=AT_HAND)
    await scene.proposes(
        "idn.focal1", await scene.card(number), "which hull", WordsKind.CLARIFICATION, at_once=True
    )
    await scene.perform()
    await _hours(scene, 60)
    assert reminded(scene) == []
    assert reminded(scene, "mps-desk-aus") == ["clarification"]


async def test_what_nobody_closes_is_closed_without_a_rating(scene: Scene) -> None:
    number, asked = await scene.ask()
    await scene.proposes("idn.focal1", await scene.card(number), "it is ours", at_once=True)
    await scene.perform()
    scene.at += timedelta(days=13)
    assert await scene.beat() == 0
    scene.at += timedelta(days=2)
    await scene.beat()
    progress = await scene.progress(number)
    assert progress.closing is not None
    assert progress.closing.usefulness is None
    place = await scene.requests.place(asked)
    assert place is not None
    rated = await scene.requests.act(
        user("aus.secondee1"), place, Close(Usefulness.PARTLY), "$rated"
    )
    assert isinstance(rated, Changed)
    assert await scene.beat() == 0


async def test_nothing_is_due_after_the_end(scene: Scene) -> None:
    _, asked = await scene.ask(urgency=AT_HAND)
    place = await scene.requests.place(asked)
    assert place is not None
    await scene.requests.act(user("aus.secondee1"), place, Withdraw(), "$back")
    await _hours(scene, 30)
    assert reminded(scene) == []


async def test_the_worker_writes_what_is_due_with_its_own_rights_and_no_key(scene: Scene) -> None:
    await scene.ask(urgency=AT_HAND)
    scene.at += timedelta(hours=5)
    rights = {"server_settings": {"role": "rilon_worker"}}
    worker = create_async_engine(scene.engine.url, connect_args=rights)
    with pytest.raises(ProgrammingError):
        async with worker.connect() as connection:
            await connection.execute(text("SELECT sealed FROM request"))
    counts = await asyncio.gather(*(write_due(worker, scene.at) for _ in range(4)))
    await worker.dispose()
    assert sorted(counts) == [0, 0, 0, 1]
    await scene.perform()
    assert len(reminded(scene)) == 1


# --- many at once --------------------------------------------------------------------------------


async def test_one_step_is_done_once_however_many_work_it_off(scene: Scene) -> None:
    number, _ = await scene.ask(urgency=AT_HAND)
    scene.at += timedelta(days=2)
    request_id = await scene.store.numbered(number) or ""
    steps = await asyncio.gather(*(scene.due.work_off(request_id, IDN) for _ in range(4)))
    assert len([one for one in steps if one is not None]) == 1
    await scene.perform()
    assert len(reminded(scene)) == 1


async def test_the_same_message_asks_once_however_often_it_comes_at_once(scene: Scene) -> None:
    event = await scene.types("aus.secondee1", "mps-desk-aus", "!rfi")
    new = NewRequest(parties("IDN"), ("Who?",))
    got = await asyncio.gather(
        *(
            scene.requests.ask(user("aus.secondee1"), "mps", new, "mps-desk-aus", event)
            for _ in range(4)
        )
    )
    assert len(set(got)) == 1
    assert len(await scene.run("SELECT id FROM request")) == 1
    await scene.perform()
    assert len([one for one in scene.heard("mps-desk-idn") if ": question" in one]) == 1


async def test_of_many_taps_at_once_one_sends(scene: Scene) -> None:
    number, _ = await scene.ask()
    card = await scene.card(number)
    for name in ("idn.focal1", "idn.focal2"):
        await scene.proposes(name, card, f"words of {name}")
    await scene.perform()
    rows = await scene.run("SELECT event_id FROM request_place WHERE role = 'preview'")
    previews = [row.event_id for row in rows]
    await asyncio.gather(
        *(
            scene.requests.decide_proposal(
                preview, user(name), True, f"$tap{preview[-5:]}{name}{again}"
            )
            for preview in previews
            for name in ("idn.focal1", "idn.focal2")
            for again in range(2)
        )
    )
    await scene.perform()
    answers = [one for one in scene.heard("mps-desk-aus") if "words of" in one]
    assert len(answers) == 1
    assert (await scene.progress(number)).state is State.ANSWERED
    told = [one for one in scene.heard("mps-desk-idn") if "being_sent" in one or ": no" in one]
    assert len(told) == 7


async def test_steps_of_many_at_once_are_all_kept(scene: Scene) -> None:
    """A conflict is decided again: no step of one addressee is lost to another's."""
    number, _ = await scene.ask(to="IDN MYS THA BGD")
    names = {"IDN": "idn", "MYS": "mys", "THA": "tha", "BGD": "bgd"}
    cards = {party: await scene.card(number, Party(party)) for party in names}
    outcomes = await asyncio.gather(
        *(
            scene.requests.act(user(f"{names[party]}.focal1"), card, Acknowledge(), f"${party}")
            for party, card in cards.items()
        )
    )
    assert all(isinstance(one, Changed) for one in outcomes)
    course = (await scene.standing(number)).course
    assert all(one.acknowledged is not None for one in course.progress)
