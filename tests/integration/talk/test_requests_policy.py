"""What a group's policy says of requests is done, on a real PostgreSQL through the real gate: other
reminders, reasons for urgency, agencies and themes, groups; and what can't be brought to a desk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rilon.adapters.policy_files import load_folder
from rilon.application.request_values import NewRequest
from rilon.cli import main
from rilon.domain.parties import parties
from rilon.domain.request_course import State
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_steps import No, RequestCode
from rilon.domain.requests import Ground, Urgency
from rilon.policy.load import Policy, load
from rilon.policy.network import Network
from tests.integration.desk import user
from tests.integration.requests.requests_desk import MYS
from tests.integration.talk.talk_desk import TalkScene, opened_talk_scene
from tests.policy_scene import NETWORK, POLICIES, shipped_files

AUS_DESK, IDN_DESK, MYS_DESK = "mps-desk-aus", "mps-desk-idn", "mps-desk-mys"
ASKER = "aus.focal1"
Open = Callable[[Network], Any]


@pytest.fixture
def opened(postgres_dsn: str, tmp_path: Path) -> Open:
    """Opens the scene of a network."""
    return partial(opened_talk_scene, postgres_dsn, tmp_path)


def network_with(changes: Mapping[str, Mapping[str, str]]) -> Network:
    """The shipped policy with words in its files replaced."""
    files = shipped_files()
    for name, words in changes.items():
        text = files[name].decode()
        for before, after in words.items():
            assert before in text
            text = text.replace(before, after)
        files[name] = text.encode()
    policy = load(files)
    assert isinstance(policy, Policy), policy
    return policy.network


async def number_of(scene: TalkScene) -> RequestNumber:
    rows = await scene.run("SELECT number FROM request ORDER BY created_at, id")
    return RequestNumber(rows[-1].number)


async def asked(scene: TalkScene, said: str, room: str = AUS_DESK) -> RequestNumber:
    await scene.says(ASKER, room, said)
    scene.at += timedelta(seconds=1)
    await scene.taps(ASKER, room, scene.event(room, "✅"), "✅")
    return await number_of(scene)


# --- reminders -----------------------------------------------------------------------------------


async def test_a_group_with_other_reminders_says_others(opened: Open) -> None:
    network = network_with(
        {
            "groups/mps.yaml": {
                "{at_percent: [50, 90, 100], then_every: {days: 1}}": (
                    "{at_percent: [25], then_every: {hours: 12}}"
                )
            }
        }
    )
    async with opened(network) as scene:
        number = await asked(scene, "!rfi MYS urgent life: Who painted the pink funnel?")
        await scene.taps("mys.focal1", MYS_DESK, await scene.card_event(number, "MYS"), "👍")
        scene.posts.clear()
        for _ in range(4 * 24):
            scene.at += timedelta(hours=1)
            await scene.beat()
        heard = [said.splitlines()[0] for said in scene.heard(MYS_DESK)]
        assert f"{number}: 25 percent of the time is over." in heard[0]
        assert [said.split(" It was")[0] for said in heard[1:]] == [f"{number} is late."] * 2


# --- reasons for urgency -------------------------------------------------------------------------

ONLY_LIFE = {
    "groups/mps.yaml": {
        "urgent_needs: [serious_threat, danger_to_life, detention, loss_of_relevance]": (
            "urgent_needs: [danger_to_life, detention]"
        )
    }
}


async def test_an_urgent_request_needs_a_reason_that_the_group_takes(opened: Open) -> None:
    async with opened(network_with(ONLY_LIFE)) as scene:
        await scene.says(ASKER, AUS_DESK, "!rfi IDN urgent threat: Who painted the pink funnel?")
        told = scene.last(AUS_DESK)
        assert told == (
            "Urgent needs one of these reasons here: danger to life and a decision about detention."
            " Or write routine."
        )
        question = scene.event(AUS_DESK, "Urgent needs one")
        await scene.says(ASKER, AUS_DESK, "4", reply=question)
        assert scene.last(AUS_DESK) == told
        await scene.says(ASKER, AUS_DESK, "2", reply=question)
        assert "urgent: danger to life" in scene.last(AUS_DESK)


async def test_only_the_reasons_of_the_group_are_offered(opened: Open) -> None:
    async with opened(network_with(ONLY_LIFE)) as scene:
        await scene.says(ASKER, AUS_DESK, "!rfi IDN urgent: Who painted the pink funnel?")
        assert scene.last(AUS_DESK).splitlines() == [
            "Why is it urgent?",
            "2 danger to life · 3 a decision about detention",
        ]
        signs = await scene.signs(scene.event(AUS_DESK, "Why is it urgent?"))
        assert {"2️⃣", "3️⃣"} <= signs
        assert not {"1️⃣", "4️⃣"} & signs


async def test_the_domain_itself_refuses_it(opened: Open) -> None:
    async with opened(network_with(ONLY_LIFE)) as scene:
        event = await scene.types(ASKER, AUS_DESK, "!rfi")
        new = NewRequest(parties("IDN"), ("Who?",), urgency=Urgency(Ground.THREAT))
        said = await scene.requests.ask(user(ASKER), "mps", new, AUS_DESK, event)
        assert isinstance(said, No)
        assert said.code is RequestCode.NOT_URGENT
        assert dict(said.parameters) == {"grounds": "life,detention"}


# --- agencies and themes -------------------------------------------------------------------------


def rung(scene: TalkScene, card: str) -> list[str]:
    users = scene.content(card)["m.mentions"].get("user_ids", [])
    return [one[1:].partition(":")[0] for one in users]


async def test_a_request_reaches_the_agency_that_is_named_first(opened: Open) -> None:
    async with opened(NETWORK) as scene:
        whole = await scene.card_event(await asked(scene, "!rfi MYS: Who painted the pink funnel?"),
                                       "MYS")  # fmt: skip
        on_duty = rung(scene, whole)
        agencies = {name: NETWORK.officers[name].agency for name in on_duty}
        for agency, named in (("Immigration", "mys.focal2"), ("Coast guard", "mys.focal1")):
            number = await asked(scene, f"!rfi MYS/{agency}: Who painted the pink funnel?")
            card = await scene.card_event(number, "MYS")
            assert rung(scene, card)[0] == named, agencies
            assert f"for {agency}" in scene.content(card)["body"]
            assert set(on_duty) <= {*rung(scene, card), *on_duty}
            if agency not in agencies.values():
                assert rung(scene, card) == [named, *on_duty]
            else:
                assert rung(scene, card) == [named]


async def test_an_agency_without_focal_points_reaches_its_officers_of_the_desk(
    opened: Open,
) -> None:
    async with opened(NETWORK) as scene:
        number = await asked(scene, "!rfi MYS/police: Who painted the pink funnel?")
        first, *others = rung(scene, await scene.card_event(number, "MYS"))
        assert first == "mys.secondee2"
        assert others


async def test_who_is_away_is_not_rung_for_an_agency(opened: Open) -> None:
    async with opened(NETWORK) as scene:
        await scene.says("mys.focal1", "direct-mys.focal1", "!away mys.focal2 today - 30 Nov")
        number = await asked(scene, "!rfi MYS/immigration: Who painted the pink funnel?")
        assert "mys.focal2" not in rung(scene, await scene.card_event(number, "MYS"))


@pytest.mark.parametrize(("theme", "named"), [("routes", "mys.focal1"), ("c", "mys.focal2")])
async def test_a_theme_reaches_who_answers_for_it_and_stands_on_the_card(
    opened: Open, theme: str, named: str
) -> None:
    async with opened(NETWORK) as scene:
        number = await asked(scene, f"!rfi MYS theme {theme}: Who painted the pink funnel?")
        card = await scene.card_event(number, "MYS")
        assert rung(scene, card)[0] == named
        shown = "about routes and transport" if theme == "routes" else "about travel documents"
        assert shown in scene.content(card)["body"].splitlines()[1]


async def test_an_unknown_agency_is_answered_with_the_known_ones(opened: Open) -> None:
    async with opened(NETWORK) as scene:
        await scene.says(ASKER, AUS_DESK, "!rfi MYS/navy: Who painted the pink funnel?")
        assert scene.last(AUS_DESK) == (
            "navy is no agency there. Write one of: MYS/Coast guard, MYS/Immigration, MYS/Police"
        )
        await scene.says(ASKER, AUS_DESK, "!rfi MYS/foreign affairs: Who painted the funnel?")
        assert "Foreign affairs is no agency there." in scene.last(AUS_DESK)
        assert await scene.run("SELECT 1 FROM request") == []


# --- groups --------------------------------------------------------------------------------------


def network_of_two(tmp_path: Path) -> Network:
    """A second group, of Australia, Indonesia and Thailand, with everybody of these in it too."""
    folder = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    wanted = ["--template", "technology", "--parties", "AUS,IDN,THA", "--chair", "IDN"]
    term = ["--from", "2026-01-01", "--until", "2028-12-31", "--policies", str(folder)]
    assert main(["group", "new", "technology", *wanted, *term]) == 0
    roster = (folder / "roster.yaml").read_text()
    people = roster.split("  - name: ")
    both = [
        one.replace("groups: [mps]", "groups: [mps, technology]")
        if one.startswith(("aus.", "idn.", "tha."))
        else one
        for one in people
    ]
    (folder / "roster.yaml").write_text("  - name: ".join(both))
    policy = load_folder(folder)
    assert isinstance(policy, Policy), policy
    return policy.network


DIRECT = f"direct-{ASKER}"


async def test_the_group_whose_parties_fit_is_taken(opened: Open, tmp_path: Path) -> None:
    async with opened(network_of_two(tmp_path)) as scene:
        number = await asked(scene, "!rfi MYS: Who painted the pink funnel?", DIRECT)
        assert number.startswith("MPS-")


async def test_where_two_groups_fit_the_officer_is_asked_which(
    opened: Open, tmp_path: Path
) -> None:
    async with opened(network_of_two(tmp_path)) as scene:
        await scene.says(ASKER, DIRECT, "!rfi all, hide me: Who painted the pink funnel?")
        assert scene.last(DIRECT).splitlines() == [
            "In which group do you ask?",
            "1 MPS: Maritime people smuggling · 2 TECHNOLOGY: Technology and digital detection",
        ]
        which = scene.event(DIRECT, "In which group")
        await scene.says(ASKER, DIRECT, "perhaps", reply=which)
        assert scene.last(DIRECT) == "Which group? Write one of: MPS, TECHNOLOGY"
        await scene.taps(ASKER, DIRECT, which, "2️⃣")
        preview = scene.last(DIRECT)
        assert preview.startswith("To IDN, THA and RSO")
        assert "they do not learn who asks" in preview
        await scene.taps(ASKER, DIRECT, scene.event(DIRECT, "✅"), "✅")
        assert (await number_of(scene)).startswith("TECH")
        assert scene.heard("technology-desk-idn")
        assert scene.heard(IDN_DESK) == []


async def test_a_group_can_be_named_before_the_parties(opened: Open, tmp_path: Path) -> None:
    async with opened(network_of_two(tmp_path)) as scene:
        number = await asked(scene, "!rfi technology IDN: Who painted the pink funnel?", DIRECT)
        assert number.startswith("TECH")
        number = await asked(scene, "TLP:AMBER // !rfi MPS: IDN: Who painted it pink?", DIRECT)
        assert number.startswith("MPS")
        request = (await scene.standing(number)).course.request
        assert request.questions == ("Who painted it pink?",)


async def test_a_list_names_the_groups_of_who_is_in_several(opened: Open, tmp_path: Path) -> None:
    async with opened(network_of_two(tmp_path)) as scene:
        await asked(scene, "!rfi technology IDN: Who painted the pink funnel?", DIRECT)
        await asked(scene, "!rfi MYS: Who painted the pink funnel?", DIRECT)
        await scene.says(ASKER, DIRECT, "!requests")
        said = scene.last(DIRECT)
        assert "Technology and digital detection" in said
        assert "Maritime people smuggling" in said
        await scene.says("mys.focal1", "direct-mys.focal1", "!requests")
        assert "Maritime people smuggling" not in scene.last("direct-mys.focal1")


# --- what a desk's gate refuses ------------------------------------------------------------------


async def test_what_cannot_be_brought_to_a_desk_is_said_with_its_reason_and_end(
    opened: Open,
) -> None:
    async with opened(NETWORK) as scene:
        await scene.says(ASKER, AUS_DESK, "!rfi IDN,MYS: Who painted the pink funnel?")
        preview = scene.event(AUS_DESK, "✅")
        await scene.run("UPDATE device SET signed = false WHERE user_id = :u", u=user(ASKER))
        scene.screening_open = True
        event = await _tapped_without_gate(scene, preview)
        assert event
        number = await number_of(scene)
        told = [one for one in scene.heard(AUS_DESK) if "could not be brought" in one]
        assert sorted(told) == [
            f"{number} could not be brought to {party}: the device of its writer is not verified.\n"
            f"It is over with {party}: nobody there has seen it.\n"
            "Once that is mended, ask again: !rfi. Or call your coordinator."
            for party in ("Indonesia", "Malaysia")
        ]
        assert scene.heard(IDN_DESK) == scene.heard(MYS_DESK) == []
        assert (await scene.progress(number, MYS)).state is State.NOT_DELIVERED
        await scene.says("aus.focal2", "direct-aus.focal2", "!requests")
        assert "could not be brought there" in scene.last("direct-aus.focal2")
        assert "taken back" not in scene.last("direct-aus.focal2")
        scene.at += timedelta(days=15)
        await scene.beat()
        closed = [one for one in scene.heard(AUS_DESK) if "closed" in one]
        assert closed
        assert not any("useful" in one for one in closed)
        steps = [step for party, step in await scene.entries() if party == "AUS"]
        assert "not_delivered" in steps
        assert "withdrawn" not in steps


async def _tapped_without_gate(scene: TalkScene, preview: str) -> str:
    """The tap came before the device lost its signature: it is heard, not judged anew."""
    event_id = "$tapped-before-the-device-changed"
    relation = {"rel_type": "m.annotation", "event_id": preview, "key": "✅"}
    scene._raw(ASKER, AUS_DESK, event_id, "m.reaction", {"m.relates_to": relation})
    await scene.hears(event_id, AUS_DESK)
    await scene.perform()
    return event_id
