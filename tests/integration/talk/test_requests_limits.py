"""How much one officer, and one party, may have open at once; and that the limit tells nothing of
others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rilon.application.request_values import NewRequest
from rilon.domain.parties import parties
from rilon.domain.request_steps import Acknowledge, Close, No, Outcome, RequestCode, Withdraw
from rilon.policy.load import Policy, load
from rilon.policy.network import Network
from tests.integration.desk import user
from tests.integration.talk.talk_desk import TalkScene
from tests.policy_scene import shipped_files

OFFICERS, PARTYS = 2, 3
DESK = "mps-desk-aus"


def limited() -> Network:
    """The shipped policy with small limits."""
    files = shipped_files()
    rules = b"\n  kept_days: 365\n"
    limits = f"\n  most_open: {{officer: {OFFICERS}, party: {PARTYS}}}{rules.decode()}"
    group = files["groups/mps.yaml"]
    assert group.count(rules) == 1
    files["groups/mps.yaml"] = group.replace(rules, limits.encode())
    policy = load(files)
    assert isinstance(policy, Policy), policy
    return policy.network


@pytest.fixture
def network() -> Network:
    return limited()


async def asks(scene: TalkScene, name: str, to: str = "IDN", event_id: str = "") -> Any:
    room = f"mps-desk-{name[:3]}"
    event_id = event_id or await scene.types(name, room, "!rfi")
    new = NewRequest(parties(to), ("Whose is the hull?",))
    return await scene.requests.ask(user(name), "mps", new, room, event_id)


async def ends(scene: TalkScene, name: str, event_id: str) -> Outcome | None:
    place = await scene.requests.place(event_id)
    assert place is not None
    await scene.requests.act(user(name), place, Withdraw(), f"{event_id}-back")
    return await scene.requests.act(user(name), place, Close(None), f"{event_id}-closed")


async def test_an_officer_has_so_many_open_requests_and_no_more_until_one_is_closed(
    scene: TalkScene,
) -> None:
    name = "aus.secondee1"
    first = await scene.types(name, DESK, "!rfi")
    assert isinstance(await asks(scene, name, event_id=first), str)
    assert isinstance(await asks(scene, name), str)
    refused = await asks(scene, name)
    assert refused == No(RequestCode.MOST_OF_OFFICER, (("most", str(OFFICERS)),))
    await ends(scene, name, first)
    assert isinstance(await asks(scene, name), str)


async def test_a_party_has_so_many_and_another_party_has_its_own(scene: TalkScene) -> None:
    for name in ("aus.secondee1", "aus.secondee1", "aus.focal1"):
        assert isinstance(await asks(scene, name), str)
    refused = await asks(scene, "aus.focal2")
    assert refused == No(RequestCode.MOST_OF_PARTY, (("most", str(PARTYS)),))
    assert isinstance(await asks(scene, "tha.focal1"), str)


async def test_a_message_that_asked_before_has_its_number_however_many_there_are(
    scene: TalkScene,
) -> None:
    """It is worked off again after a death: the limit counts it, and doesn't take it away."""
    name = "aus.secondee1"
    await asks(scene, name)
    event_id = await scene.types(name, DESK, "!rfi")
    number = await asks(scene, name, event_id=event_id)
    assert await asks(scene, name, event_id=event_id) == number


async def test_two_officers_at_once_do_not_pass_together(scene: TalkScene) -> None:
    for name in ("aus.secondee1", "aus.focal1"):
        await asks(scene, name)
    events = [
        await scene.types(name, DESK, "!rfi")
        for name in ("aus.secondee1", "aus.focal1", "aus.focal2", "aus.secondee2")
    ]
    found = await asyncio.gather(
        *(
            asks(scene, name, event_id=event_id)
            for name, event_id in zip(
                ("aus.secondee1", "aus.focal1", "aus.focal2", "aus.secondee2"), events, strict=True
            )
        )
    )
    assert sum(isinstance(one, str) for one in found) == 1
    (row,) = await scene.run("SELECT count(*) AS n FROM request")
    assert row.n == PARTYS


async def test_how_much_the_addressee_has_to_do_changes_no_answer(scene: TalkScene) -> None:
    """ATTACK: who is refused, since others ask the same desk, knows that they do."""
    for name in ("tha.focal1", "mys.focal1", "bgd.focal1", "tls.focal1"):
        for _ in range(2):
            assert isinstance(await asks(scene, name), str)
    await scene.perform()
    assert isinstance(await asks(scene, "aus.secondee1"), str)
    (row,) = await scene.run("SELECT count(*) AS n FROM request_addressee WHERE party = 'IDN'")
    assert row.n > PARTYS


async def test_the_refusal_says_what_to_do_and_the_draft_waits_for_it(scene: TalkScene) -> None:
    name, direct = "aus.secondee1", "direct-aus.secondee1"
    first = await scene.types(name, DESK, "!rfi")
    await asks(scene, name, event_id=first)
    await asks(scene, name)
    await scene.says(name, DESK, "!rfi IDN: Who painted the stern of the barge?")
    root = list(scene.raws)[-1]
    await scene.taps(name, DESK, scene.event(DESK, "To IDN"), "✅")
    assert scene.last(DESK) == (
        "You have 2 open requests, and may not have more. Close one or take one back "
        "(!requests lists them); then write send here."
    )
    await ends(scene, name, first)
    await scene.says(name, DESK, "send", thread=root)
    assert any("painted the stern" in said for said in scene.heard("mps-desk-idn"))
    assert scene.heard(direct) == []


async def test_answering_is_never_limited(scene: TalkScene) -> None:
    for name in ("tha.focal1", "mys.focal1", "bgd.focal1", "tls.focal1"):
        number = await asks(scene, name)
        await scene.perform()
        outcome = await scene.requests.act(
            user("idn.focal1"), await scene.card(number), Acknowledge(), f"${name}seen"
        )
        assert not isinstance(outcome, No)
