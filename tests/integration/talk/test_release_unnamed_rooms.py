"""Who released words unnamed isn't found by trying them in one room after the other."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import pytest

from rilon.domain.acts import Post
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import parties
from rilon.domain.verdicts import Refuse
from rilon.policy.load import Policy, load
from rilon.policy.network import Network
from rilon.policy.question import Source
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from tests.integration.talk.talk_desk import TalkScene
from tests.policy_scene import shipped_files

WORDS = "the bosun of the green launch sells his charts behind the ferry office on Sundays"
EVERYONE = "AUS BGD IDN MYS THA TLS RSO"
OTHERS = ("bgd", "idn", "mys", "tha")
"""States with each of which Australia has a room of two."""
_PAIR = """
  - key: aus-{other}
    purpose: Two states alone.
    ceiling: [AUS, {code}]
    members: [secondee, focal_point, chair]
    opens_to_red: true
"""


def paired() -> Network:
    """The shipped policy, with a compartment of Australia and each of the others."""
    files = shipped_files()
    pairs = [_PAIR.format(other=one, code=one.upper()) for one in OTHERS if one != "idn"]
    mps = files["groups/mps.yaml"].decode()
    files["groups/mps.yaml"] = mps.replace(
        "\ncompartments:\n", "\ncompartments:" + "".join(pairs).rstrip() + "\n"
    ).encode()
    policy = load(files)
    assert isinstance(policy, Policy), policy
    return policy.network


@pytest.fixture
def network() -> Network:
    return paired()


async def released(
    scene: TalkScene, words: str, by: str, hidden: str, tlp: Tlp, room: str = "mps-floor"
) -> None:
    """Words that stand in a room, released by a party that isn't named."""
    identity = secrets.token_bytes(32)
    marking = Marking(
        tlp,
        parties(*EVERYONE.split()),
        parties(*by.split(), hidden),
        explicit_rel=True,
        unnamed=parties(hidden),
    )
    await scene.run(
        "INSERT INTO verdict (identity, room_id, sender, kind, accepted, rule, policy_id, "
        "sent_at, decided_at) SELECT :identity, '!mps-floor', '@x:x', 'content', true, 'accept', "
        "max(id), now(), now() FROM policy_version",
        identity=identity,
    )
    left = scene.quotation.left_by(Post(words, None), scene.network)
    stands = scene.network.rooms[room]
    source = Source(identity, stands.key, stands.ceiling, marking, True, left)
    batch = await Inbox(scene.engine).store({"next_batch": identity.hex()})
    async with Deliveries(scene.engine, scene.outbox).of_batch(batch.id) as delivery:
        await delivery.leave(source, parties(*EVERYONE.split()), scene.at - timedelta(hours=1))


async def card_of(scene: TalkScene, body: str, room: str) -> dict[str, Any]:
    """What Australia's officer learns of a text that is refused there: why, and what is offered."""
    verdict = await scene.asks("aus.focal1", room, body)
    assert isinstance(verdict, Refuse), (room, verdict)
    offered = await scene.run("SELECT choices FROM held ORDER BY expires_at")
    await scene.run("DELETE FROM held")
    scene.at += timedelta(minutes=11)
    choices = [(one["kind"], one.get("asks", "")) for row in offered for one in row.choices]
    told = {key: value for key, value in verdict.parameters if key in ("unasked", "originators")}
    return {"code": verdict.code.value, "told": told, "choices": choices}


@pytest.mark.parametrize(
    ("by", "tlp", "body"),
    [
        ("MYS", Tlp.AMBER_STRICT, WORDS),
        ("", Tlp.AMBER_STRICT, WORDS),
        ("MYS", Tlp.RED, WORDS),
        ("", Tlp.RED, f"REL {EVERYONE.replace(' ', ',')} // {WORDS}"),
    ],
)
async def test_the_card_reads_alike_whether_or_not_the_hidden_party_is_in_the_room(
    scene: TalkScene, by: str, tlp: Tlp, body: str
) -> None:
    """ATTACK: the text is pasted in a room with each of the others; the card of one room says
    another thing, since the party that stayed unnamed is in it."""
    await released(scene, WORDS, by, "IDN", tlp)
    rooms = [one for one in OTHERS if one.upper() != by]
    cards = [await card_of(scene, body, f"mps-aus-{other}") for other in rooms]
    assert all(one == cards[0] for one in cards), cards
    assert "IDN" not in str(cards)


@pytest.mark.parametrize("named", ["BGD", "IDN", "MYS", "THA"])
async def test_naming_a_party_in_the_marking_does_not_find_the_hidden_one(
    scene: TalkScene, named: str
) -> None:
    """ATTACK: one room, one text, and each state in turn in REL: only the desk of a state that
    may have it can be asked."""
    await released(scene, WORDS, "", "IDN", Tlp.AMBER_STRICT)
    usual = await card_of(scene, f"REL AUS,TLS,BGD // {WORDS}", "mps-aus-bgd")
    tried = ",".join(sorted({"AUS", "BGD", "TLS", named}))
    assert await card_of(scene, f"REL {tried} // {WORDS}", "mps-aus-bgd") == usual


async def test_who_is_named_in_one_message_and_hidden_in_another_is_not_put_together(
    scene: TalkScene,
) -> None:
    """ATTACK: the hidden party's words are posted with words of each state in turn; of one pair
    the card names no more than one."""
    other = "the harbour clerk of the north bank keeps a second list of passengers in his hat"
    cards = {}
    for state in ("IDN", "MYS", "THA"):
        await scene.run("TRUNCATE passage_source CASCADE")
        await released(scene, WORDS, "", "IDN", Tlp.AMBER_STRICT)
        await released(scene, other, state, "TLS", Tlp.AMBER_STRICT)
        found = await card_of(scene, f"{WORDS} {other}", "mps-aus-bgd")
        cards[state] = str(found).replace(state, "...")
    assert len(set(cards.values())) == 1, cards


async def test_on_the_floor_it_can_still_be_asked_for_without_a_name(scene: TalkScene) -> None:
    """Where everybody reads, being able to ask tells of nobody."""
    await released(scene, WORDS, "", "IDN", Tlp.AMBER_STRICT, "mps-aus-bgd")
    found = await card_of(scene, WORDS, "mps-floor")
    assert found["choices"][0] == ("ask_release", "?"), found
