"""What is kept of requests beside their course: overlaps, figures, the list of a party."""

from __future__ import annotations

from datetime import timedelta

from rilon.application.figures import shown
from rilon.application.request_values import NewRequest
from rilon.domain.parties import parties
from rilon.domain.request_course import Refusal
from rilon.domain.request_steps import Acknowledge, Refuse
from rilon.domain.requests import Ground, Urgency
from rilon.domain.selectors import Selector, SelectorKind
from rilon.storage.figures import figures_of
from tests.integration.desk import user
from tests.integration.requests.requests_desk import Scene

SHIP = Selector(SelectorKind.VESSEL, "bintanglaut", "Bintang Laut")
AGAIN = Selector(SelectorKind.VESSEL, "bintanglaut", "BINTANG LAUT")


def overlaps(scene: Scene, room: str) -> list[str]:
    return [said for said in scene.heard(room) if "overlap" in said]


async def test_both_who_opted_in_are_told_with_whom_to_speak(scene: Scene) -> None:
    await scene.ask(selectors=(SHIP,), overlaps_known=True)
    await scene.ask("tha.focal1", "MYS", "mps-desk-tha", selectors=(AGAIN,), overlaps_known=True)
    assert "other: tha.focal1" in overlaps(scene, "mps-desk-aus")[0]
    assert "other: aus.secondee1" in overlaps(scene, "mps-desk-tha")[0]
    for said in (*overlaps(scene, "mps-desk-aus"), *overlaps(scene, "mps-desk-tha")):
        assert "intang" not in said
    assert overlaps(scene, "mps-coordination") == []


async def test_without_both_the_coordinator_alone_is_told(scene: Scene) -> None:
    first, _ = await scene.ask(selectors=(SHIP,), overlaps_known=True)
    second, _ = await scene.ask("tha.focal1", "MYS", "mps-desk-tha", selectors=(AGAIN,))
    assert overlaps(scene, "mps-desk-aus") == []
    assert overlaps(scene, "mps-desk-tha") == []
    assert overlaps(scene, "mps-coordination") == []
    (said,) = overlaps(scene, "direct-rso.coordinator1")
    assert str(first) in said
    assert str(second) in said


async def test_who_hides_is_not_named_by_an_overlap(scene: Scene) -> None:
    await scene.ask(selectors=(SHIP,), overlaps_known=True, requester_hidden=True)
    await scene.ask("tha.focal1", "MYS", "mps-desk-tha", selectors=(AGAIN,), overlaps_known=True)
    assert overlaps(scene, "mps-desk-tha") == []
    assert overlaps(scene, "mps-coordination") == []
    assert len(overlaps(scene, "direct-rso.coordinator1")) == 1


async def test_asking_is_the_same_work_whether_or_not_something_is_shared(scene: Scene) -> None:
    """No oracle: the answer and the effects of the asking are those of any request."""

    async def written() -> list[str]:
        before = await scene.run("SELECT coalesce(max(id), 0) AS n FROM effect")
        event = await scene.types("tha.focal1", "mps-desk-tha", "!rfi")
        await scene.requests.ask(user("tha.focal1"), "mps", new, "mps-desk-tha", event)
        rows = await scene.run("SELECT kind FROM effect WHERE id > :n ORDER BY id", n=before[0].n)
        return [row.kind for row in rows]

    new = NewRequest(parties("MYS"), ("Who?",), selectors=(AGAIN,))
    alone = await written()
    await scene.ask(selectors=(SHIP,))
    assert await written() == alone


async def test_figures_count_requests_answers_and_messages(scene: Scene) -> None:
    for number_of in range(4):
        number, _ = await scene.ask(
            to="IDN MYS", urgency=Urgency(Ground.LIFE) if number_of else None
        )
        refusal = Refuse(Refusal.SECURITY)
        card = await scene.card(number)
        await scene.requests.act(user("idn.focal1"), card, refusal, f"$no{number_of}")
    begins = scene.at - timedelta(days=1)
    found = await figures_of(
        scene.engine,
        "mps",
        ["AUS", "IDN", "MYS"],
        ["mps-desk-aus", "mps-desk-idn"],
        begins,
        scene.at + timedelta(days=1),
    )
    requests, answers, _, _ = found
    assert requests.counts["refused", "urgent", "in time"] == 3
    assert requests.counts["refused", "routine", "in time"] == 1
    assert requests.counts["sent", "urgent", "open"] == 3
    assert set(answers.counts.values()) == {0}
    assert shown(requests.counts)["refused", "routine", "in time"] == "<3"
    earlier = await figures_of(scene.engine, "mps", [], [], begins - timedelta(days=9), begins)
    assert set(earlier[0].counts.values()) == {0}


async def test_a_list_shows_each_party_its_own_part_and_what_waits_on_it_first(
    scene: Scene,
) -> None:
    first, _ = await scene.ask(to="IDN MYS", requester_hidden=True)
    second, _ = await scene.ask(urgency=Urgency(Ground.LIFE))
    await scene.requests.act(user("idn.focal1"), await scene.card(first), Acknowledge(), "$a")
    theirs = await scene.requests.listed(user("idn.focal1"))
    assert [(one.number, one.addressee) for one in theirs] == [(second, "IDN"), (first, "IDN")]
    assert [one.shown_requester for one in theirs] == ["AUS", None]
    mine = await scene.requests.listed(user("aus.focal1"))
    assert {(one.number, one.addressee) for one in mine} == {
        (first, "IDN"),
        (first, "MYS"),
        (second, "IDN"),
    }
    assert await scene.requests.listed(user("tha.focal1")) == ()


async def test_what_a_desk_has_ended_waits_for_nobody_there(scene: Scene) -> None:
    number, _ = await scene.ask()
    await scene.requests.act(
        user("idn.focal1"), await scene.card(number), Refuse(Refusal.SECURITY), "$no"
    )
    assert await scene.requests.listed(user("idn.focal1")) == ()
    (mine,) = await scene.requests.listed(user("aus.focal1"))
    assert (mine.number, mine.waits_on_me) == (number, True)
