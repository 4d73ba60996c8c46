"""Who reads a bulletin asks in its thread and is answered there; nothing else of officers stands
among bulletins."""

from __future__ import annotations

from typing import Any

import pytest

from rilon.domain.verdicts import Accept, Refuse, Verdict
from rilon.policy.load import Policy, load
from tests.integration.bulletins.bulletins_desk import (
    ONE,
    ROOM,
    TWO,
    BulletinScene,
    chart,
    written,
)
from tests.integration.desk import user
from tests.policy_scene import shipped_files

READER, ANOTHER, AUDITOR = "aus.secondee1", "idn.focal1", "rso.auditor1"
ASKED = "Were the boats that turned back counted?"


def under(root: str, reply: str | None = None) -> dict[str, Any]:
    """A thread's relation, as clients send it."""
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": reply is None,
        "m.in_reply_to": {"event_id": reply or root},
    }


def code(verdict: Verdict) -> str:
    assert isinstance(verdict, Refuse), verdict
    assert verdict.rule == "rule2.posters"
    return verdict.code.value


async def published(scene: BulletinScene, **more: Any) -> str:
    """The event of a bulletin that stands in its room."""
    await scene.published(written("Nine boats came ashore near Kupang.", **more))
    return scene.event(ROOM, "Nine boats")


async def test_a_reader_asks_in_the_thread_and_an_analyst_answers_there(
    scene: BulletinScene,
) -> None:
    """Two of different parties, through the gate; the steward says nothing between them."""
    root = await published(scene)
    before = len(scene.posts)
    asked = await scene.says(READER, ROOM, ASKED, thread=root)
    await scene.says(ONE, ROOM, "They weren't; that follows next week.", thread=root, reply=asked)
    await scene.says(ANOTHER, ROOM, "Ours were.", thread=root)
    assert len(scene.posts) == before


async def test_a_question_carries_the_marking_of_its_bulletin(scene: BulletinScene) -> None:
    """Unmarked, in a room whose default is GREEN, under a bulletin that is AMBER."""
    root = await published(scene, marking="TLP:AMBER")
    asked = await scene.says(READER, ROOM, ASKED, thread=root)
    (row,) = await scene.run(
        "SELECT marking ->> 'tlp' AS tlp, sender FROM verdict WHERE delivered_event_id = :event",
        event=asked,
    )
    (of_root,) = await scene.run(
        "SELECT marking ->> 'tlp' AS tlp FROM verdict WHERE delivered_event_id = :event",
        event=root,
    )
    assert (row.tlp, row.sender) == (of_root.tlp, user(READER))
    verdict = await scene.asks(READER, ROOM, f"TLP:GREEN // {ASKED}", under(root))
    assert isinstance(verdict, Refuse)
    assert verdict.code.value == "marking_too_wide"


@pytest.mark.parametrize("name", [ONE, TWO, "rso.coordinator1", READER, "idn.chair1", AUDITOR])
async def test_nobody_writes_among_bulletins(scene: BulletinScene, name: str) -> None:
    """By itself, as a reply outside of the thread, or as the start of a thread's thread."""
    root = await published(scene)
    asked = await scene.says(ANOTHER, ROOM, ASKED, thread=root)
    for relation in (None, {"m.in_reply_to": {"event_id": root}}, under(asked)):
        verdict = await scene.asks(name, ROOM, "TLP:GREEN // Read this first.", relation)
        assert code(verdict) == "read_only"


async def test_the_auditor_does_not_ask_either(scene: BulletinScene) -> None:
    """Who sees every entry says nothing to those whom the entries are about."""
    root = await published(scene)
    assert code(await scene.asks(AUDITOR, ROOM, ASKED, under(root))) == "read_only"


async def test_an_answer_of_a_thread_starts_no_thread(scene: BulletinScene) -> None:
    """Not even an analyst's."""
    root = await published(scene)
    answer = await scene.says(ONE, ROOM, "Only what we have seen.", thread=root)
    for name in (READER, ONE, TWO):
        assert code(await scene.asks(name, ROOM, ASKED, under(answer))) == "read_only"


async def test_a_bulletin_is_changed_by_nobody_but_the_steward(scene: BulletinScene) -> None:
    """ATTACK: an edit by whoever approved it, or wrote it; homeservers let edits of others pass."""
    root = await published(scene)
    for name in (ONE, TWO, READER):
        edit = {"rel_type": "m.replace", "event_id": root}
        verdict = await scene.asks(name, ROOM, "TLP:AMBER // Twelve boats.", edit)
        assert isinstance(verdict, Refuse)
    await scene.taps(READER, ROOM, root, "✅")


async def test_under_a_picture_one_asks_as_under_the_text(scene: BulletinScene) -> None:
    """Each message of a bulletin is content that the steward posted."""
    text = "Counts.\n\n![Boats by week: nine](weeks.png)"
    await scene.published(written(text), pictures={"weeks.png": chart()})
    shown = scene.event(ROOM, "Boats by week")
    assert isinstance(await scene.asks(READER, ROOM, ASKED, under(shown)), Accept)


async def test_who_may_answer_for_a_bulletin_is_looked_at_when_it_is_posted(
    scene: BulletinScene,
) -> None:
    """`posters` changed between the approval and the post: nothing appears."""
    number = await scene.approved(written("Three boats were turned back off Rote."))
    files = {path: text for path, text in shipped_files().items() if "cases/" not in path}
    group = files["groups/mps.yaml"]
    files["groups/mps.yaml"] = group.replace(b"posters: [analyst]", b"posters: [coordinator]")
    loaded = load(files)
    assert isinstance(loaded, Policy), loaded
    await scene.put_in_force(loaded.network)
    await scene.bulletins.publish(number, scene.officer(ONE))
    await scene.perform()
    assert scene.in_bulletins() == []
    (row,) = await scene.run("SELECT rule FROM verdict WHERE kind = 'content' AND NOT accepted")
    assert row.rule == "own.approved"


async def test_who_asked_takes_the_question_back_in_the_thread(scene: BulletinScene) -> None:
    """An answer that was chosen, as in any thread; outside of it `!recall` stays a command for the
    direct room."""
    root = await published(scene)
    asked = await scene.says(READER, ROOM, ASKED, thread=root)
    await scene.says(READER, ROOM, "!recall", thread=root, reply=asked, perform=False)
    (row,) = await scene.run(
        "SELECT payload ->> 'target' AS target FROM effect WHERE kind='recall'"
    )
    assert row.target == asked
    outside = await scene.asks(READER, ROOM, "!recall", {"m.in_reply_to": {"event_id": asked}})
    assert code(outside) == "read_only"
