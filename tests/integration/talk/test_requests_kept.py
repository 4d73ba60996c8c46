"""What is kept beside requests, and for how long: marks of deeds, and changes of a rota."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine

from rilon.domain.entries import Entry, EntryKind, Subject
from rilon.storage.retention import forget_marks
from tests.integration.talk.talk_desk import TalkScene

LEAD, DIRECT = "idn.focal1", "direct-idn.focal1"


async def marks(scene: TalkScene) -> set[str]:
    rows = await scene.run("SELECT once FROM effect WHERE once LIKE 'done-%'")
    return {row.once for row in rows}


async def pruned(scene: TalkScene, after: timedelta) -> int:
    """What the worker, with its own rights, prunes so much later."""
    rights = {"server_settings": {"role": "rilon_worker"}}
    worker = create_async_engine(scene.engine.url, connect_args=rights)
    try:
        return await forget_marks(worker, scene.at + after)
    finally:
        await worker.dispose()


async def test_marks_go_after_their_time_and_nothing_else_does(scene: TalkScene) -> None:
    number, _ = await scene.ask()
    card = await scene.card_event(number)
    await scene.taps(LEAD, "mps-desk-idn", card, "👍")
    assert len(await marks(scene)) == 2
    (before,) = await scene.run("SELECT count(*) AS n FROM effect")
    assert await pruned(scene, -timedelta(minutes=1)) == 0
    assert await pruned(scene, timedelta(minutes=1)) == 2
    (after,) = await scene.run("SELECT count(*) AS n FROM effect")
    assert before.n - after.n == 2
    assert await marks(scene) == set()


async def test_a_mark_stays_while_what_asks_for_the_deed_is_still_to_be_worked_off(
    scene: TalkScene,
) -> None:
    """ATTACK: the steward dies after the deed and before noting that it was worked off, and stays
    down for longer than marks are kept: it must not do it again."""
    number, _ = await scene.ask()
    card = await scene.card_event(number)
    tap = await scene.taps(LEAD, "mps-desk-idn", card, "👍")
    said = len(scene.posts)
    heard = (await scene.run("SELECT * FROM effect WHERE once = :o", o=f"heard-{tap}"))[0]
    assert heard.state == "done"
    await scene.run("UPDATE effect SET state = 'performing' WHERE id = :id", id=heard.id)
    kept = f"done-request-{tap}"
    assert await pruned(scene, timedelta(days=400)) == 1
    assert await marks(scene) == {kept}
    await scene.perform()
    assert len(scene.posts) == said
    assert await pruned(scene, timedelta(days=400)) == 1


async def test_what_sync_shows_again_after_the_mark_is_gone_does_nothing(scene: TalkScene) -> None:
    number, _ = await scene.ask()
    card = await scene.card_event(number)
    tap = await scene.taps(LEAD, "mps-desk-idn", card, "👍")
    assert await pruned(scene, timedelta(days=400)) == 2
    said = len(scene.posts)
    await scene.hears(tap, "mps-desk-idn")
    await scene.perform()
    assert len(scene.posts) == said
    assert await marks(scene) == set()


# --- the rota in the ledger ----------------------------------------------------------------------


async def duties(scene: TalkScene) -> list[Entry]:
    return [one for one in await scene.ledger() if one.kind is EntryKind.DUTY]


def about(entry: Entry) -> dict[Any, str]:
    return dict(entry.subject)


async def test_a_change_of_the_rota_is_an_entry_of_the_own_party(scene: TalkScene) -> None:
    event = await scene.says(LEAD, DIRECT, "!duty idn.focal2 today 18:00-22:00")
    (entry,) = await duties(scene)
    assert entry.parties == {"IDN"}
    assert about(entry) == {
        Subject.STEP: "duty",
        Subject.OFFICER: LEAD,
        Subject.OFFICERS: "idn.focal2",
        Subject.BEGINS: "2026-11-23T11:00Z",
        Subject.ENDS: "2026-11-23T15:00Z",
        Subject.EVENT_ID: event,
    }
    await scene.says(LEAD, DIRECT, "!away idn.focal2 24 Nov - 26 Nov, deputy idn.secondee1")
    away = about((await duties(scene))[1])
    assert (away[Subject.STEP], away[Subject.DEPUTY]) == ("away", "idn.secondee1")
    scene.at += timedelta(minutes=1)
    await scene.says(LEAD, DIRECT, "!back idn.focal2 25 Nov")
    assert about((await duties(scene))[2])[Subject.STEP] == "back"
    await scene.says(LEAD, DIRECT, "!duty rota today")
    assert Subject.OFFICERS not in about((await duties(scene))[3])


async def test_a_change_that_is_refused_or_worked_off_twice_leaves_no_entry_more(
    scene: TalkScene,
) -> None:
    await scene.says("idn.focal2", "direct-idn.focal2", "!away idn.focal2 tomorrow")
    await scene.says(LEAD, DIRECT, "!away aus.focal2 tomorrow")
    assert await duties(scene) == []
    event = await scene.says(LEAD, DIRECT, "!away idn.focal2 tomorrow")
    assert len(await duties(scene)) == 1
    (change,) = await scene.told.changes()
    await scene.told.tell(change, event, (await duties(scene))[0])
    assert len(await duties(scene)) == 1
    assert len(await scene.told.changes()) == 1
