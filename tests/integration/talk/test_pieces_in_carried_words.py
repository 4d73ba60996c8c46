"""A passage in pieces is recognised in what the steward carries for an officer, too."""

from __future__ import annotations

import secrets
from datetime import timedelta

from rilon.domain.acts import Post
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import parties
from rilon.policy.question import Source
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from tests.integration.talk.talk_desk import TalkScene

ASKS, ANSWERS, WRITER = "mps-desk-aus", "mps-desk-mys", "mys.focal1"
FIRST, SECOND = "the grey dhow waits by night", "under the cliffs of the cape"
THIRD = "until the lamp is lit twice"


async def received(scene: TalkScene, words: str) -> None:
    """Thailand's words, on the floor of old, that Malaysia has and Australia hasn't."""
    identity = secrets.token_bytes(32)
    marking = Marking(Tlp.AMBER_STRICT, parties("MYS", "THA"), parties("THA"), explicit_rel=True)
    await scene.run(
        "INSERT INTO verdict (identity, room_id, sender, kind, accepted, rule, policy_id, "
        "sent_at, decided_at) SELECT :identity, '!x', '@x:x', 'content', true, 'accept', "
        "max(id), now(), now() FROM policy_version",
        identity=identity,
    )
    left = scene.quotation.left_by(Post(words, None), scene.network)
    source = Source(identity, "gone", parties("MYS", "THA"), marking, True, left)
    batch = await Inbox(scene.engine).store({"next_batch": identity.hex()})
    async with Deliveries(scene.engine, scene.outbox).of_batch(batch.id) as delivery:
        await delivery.leave(source, parties("MYS", "THA"), scene.at - timedelta(hours=1))


async def carried(scene: TalkScene, number: str, command: str) -> None:
    """Words of a request go, with their officer's tap."""
    scene.at += timedelta(seconds=20)
    await scene.says(WRITER, ANSWERS, command.format(number=number))
    scene.at += timedelta(seconds=5)
    rows = await scene.run(
        "SELECT p.event_id FROM request_place p JOIN request_words w ON w.id = p.words "
        "WHERE p.role = 'preview' AND w.state = 'proposed'"
    )
    for row in rows:
        await scene.taps(WRITER, ANSWERS, str(row.event_id), "✅")


async def test_a_third_states_passage_does_not_go_in_pieces_of_partial_answers(
    scene: TalkScene,
) -> None:
    """ATTACK: under forty characters by each `!partial`, to the same reader."""
    await received(scene, f"{FIRST} {SECOND} {THIRD}")
    number, _ = await scene.ask("aus.secondee1", "MYS", ASKS)
    for piece in (FIRST, SECOND, THIRD):
        await carried(scene, number, f"!partial {{number}} {piece}")
    there = "\n".join(scene.heard(ASKS))
    assert FIRST in there
    assert SECOND not in there
    assert f"{SECOND} {THIRD}" not in there


async def test_a_passage_does_not_go_by_a_delay_and_a_question_back(scene: TalkScene) -> None:
    """ATTACK: another kind of words for each piece."""
    await received(scene, f"{FIRST} {SECOND}")
    number, _ = await scene.ask("aus.secondee1", "MYS", ASKS)
    await carried(scene, number, f"!delay {{number}} 2 days {FIRST}")
    await carried(scene, number, f"!clarify {{number}} {SECOND}")
    there = "\n".join(scene.heard(ASKS))
    assert FIRST in there
    assert SECOND not in there


async def test_words_of_ones_own_after_a_piece_go_as_before(scene: TalkScene) -> None:
    """Who isn't sending a passage isn't hindered by what was sent before."""
    await received(scene, f"{FIRST} {SECOND}")
    number, _ = await scene.ask("aus.secondee1", "MYS", ASKS)
    await carried(scene, number, f"!partial {{number}} {FIRST}")
    await carried(scene, number, "!partial {number} our patrol saw nothing there")
    there = "\n".join(scene.heard(ASKS))
    assert FIRST in there
    assert "our patrol saw nothing there" in there
