"""Every other way that a request may take, on a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import create_async_engine

from rilon.application.request_values import NewRequest, Role, WordsKind
from rilon.domain.parties import parties
from rilon.domain.request_course import Refusal, State
from rilon.domain.request_steps import (
    Assign,
    Changed,
    Close,
    Finish,
    No,
    Refuse,
    RequestCode,
    Withdraw,
)
from rilon.domain.selectors import Selector, SelectorKind
from rilon.storage.request_sweeps import forget_requests
from tests.integration.desk import user
from tests.integration.requests.requests_desk import IDN, MYS, Scene

# --- there and back ------------------------------------------------------------------------------


async def test_a_question_back_stops_the_clock_and_its_answer_comes_into_the_desks_thread(
    scene: Scene,
) -> None:
    number, _ = await scene.ask(to="IDN MYS")
    card = await scene.card(number)
    await scene.proposes(
        "idn.focal1",
        card,
        "which hull",
        WordsKind.CLARIFICATION,
        typed="!clarify which hull",
        at_once=True,
    )
    await scene.perform()
    assert (await scene.progress(number)).state is State.CLARIFICATION
    assert any("which hull" in said for said in scene.heard("mps-desk-aus"))
    assert (await scene.progress(number, MYS)).asking is None
    (place,) = [
        place
        for event_id, (_, content) in scene.posts.items()
        if "which hull" in content["body"] and (place := await scene.requests.place(event_id))
    ]
    assert (place.role, place.addressee) == (Role.WORDS, IDN)
    await scene.proposes(
        "aus.secondee1",
        place,
        "the one with the crane",
        WordsKind.CLARIFIED,
        room="mps-desk-aus",
        at_once=True,
    )
    await scene.perform()
    assert (await scene.progress(number)).asking is None
    (content,) = [one for _, one in scene.posts.values() if "the crane" in one["body"]]
    standing = await scene.standing(number)
    assert content["m.relates_to"]["event_id"] == standing.addressed[IDN].card_event
    assert not any("the crane" in said for said in scene.heard("mps-desk-mys"))


async def test_a_delay_brings_its_reason_to_the_requester(scene: Scene) -> None:
    number, _ = await scene.ask()
    until = scene.at + timedelta(days=20)
    await scene.proposes(
        "idn.focal1",
        await scene.card(number),
        "the registry is shut",
        WordsKind.DELAY,
        typed="!delay 3d the registry is shut",
        at_once=True,
        until=until,
    )
    await scene.perform()
    progress = await scene.progress(number)
    assert progress.state is State.DELAYED
    assert progress.promises[-1].until == until
    assert any("the registry is shut" in said for said in scene.heard("mps-desk-aus"))


async def test_parts_are_finished_by_a_word(scene: Scene) -> None:
    number, _ = await scene.ask()
    card = await scene.card(number)
    await scene.proposes("idn.focal1", card, "the first half", WordsKind.PART, at_once=True)
    await scene.perform()
    assert (await scene.progress(number)).state is State.PARTIAL
    await scene.requests.act(user("idn.focal1"), card, Finish(), "$done")
    assert (await scene.progress(number)).state is State.ANSWERED


async def test_a_refusal_is_told_by_its_letter(scene: Scene) -> None:
    number, _ = await scene.ask()
    card = await scene.card(number)
    await scene.requests.act(user("idn.focal1"), card, Refuse(Refusal.SECURITY), "$no")
    await scene.perform()
    assert (await scene.progress(number)).state is State.REFUSED
    assert f"{number}: refused (refusal: f)" in scene.heard("mps-desk-aus")


async def test_withdrawn_before_it_could_go_it_reaches_nobody(scene: Scene) -> None:
    event = await scene.types("aus.secondee1", "mps-desk-aus", "!rfi")
    new = NewRequest(parties("IDN"), ("Who owns it?",))
    number = await scene.requests.ask(user("aus.secondee1"), "mps", new, "mps-desk-aus", event)
    place = await scene.requests.place(event)
    assert place is not None
    await scene.requests.act(user("aus.secondee1"), place, Withdraw(), "$back")
    await scene.perform()
    assert scene.heard("mps-desk-idn") == []
    assert f"{number}: withdrawn (officer: aus.secondee1)" in scene.heard("mps-desk-aus")
    (words,) = await scene.run("SELECT state, sealed FROM request_words")
    assert tuple(words) == ("dropped", None)


async def test_an_answer_that_a_withdrawal_overtakes_goes_nowhere(scene: Scene) -> None:
    number, asked = await scene.ask()
    card = await scene.card(number)
    await scene.proposes("idn.focal1", card, "it is ours", at_once=True)
    place = await scene.requests.place(asked)
    assert place is not None
    await scene.requests.act(user("aus.secondee1"), place, Withdraw(), "$back")
    await scene.perform()
    assert not any("it is ours" in said for said in scene.heard("mps-desk-aus"))
    assert (await scene.progress(number)).state is State.WITHDRAWN
    assert f"{number}: withdrawn" in scene.heard("mps-desk-idn")


# --- two at once ---------------------------------------------------------------------------------


async def test_of_two_answers_one_wins_and_the_other_is_told(scene: Scene) -> None:
    number, _ = await scene.ask()
    card = await scene.card(number)
    for name, words in (("idn.focal1", "first words"), ("idn.focal2", "second words")):
        await scene.proposes(name, card, words)
    await scene.perform()
    rows = await scene.run("SELECT event_id, words FROM request_place WHERE role = 'preview'")
    for number_of, row in enumerate(rows):
        name = ("idn.focal1", "idn.focal2")[number_of]
        await scene.requests.decide_proposal(row.event_id, user(name), True, f"$tick{number_of}")
    await scene.perform()
    got = [said for said in scene.heard("mps-desk-aus") if " words" in said]
    assert len(got) == 1
    told = [said for said in scene.heard("mps-desk-idn") if "being_sent" in said]
    assert len(told) == 1
    assert "officer: idn.focal1" in told[0]
    late = await scene.requests.decide_proposal(rows[1].event_id, user("idn.focal2"), True, "$late")
    assert isinstance(late, No)
    assert late.code is RequestCode.ANSWERED
    assert await scene.run("SELECT id FROM request_words WHERE sealed IS NOT NULL") == []


async def test_of_two_who_assign_at_once_one_wins(scene: Scene) -> None:
    number, _ = await scene.ask()
    card = await scene.card(number)
    mine = await scene.requests.act(user("idn.focal1"), card, Assign("idn.focal1"), "$a")
    theirs = await scene.requests.act(user("idn.focal2"), card, Assign("idn.focal2"), "$b")
    assert isinstance(mine, Changed)
    assert isinstance(theirs, No)
    assert dict(theirs.parameters)["to"] == "idn.focal1"


async def test_a_refusal_doesnt_overtake_an_answer_that_is_on_its_way(scene: Scene) -> None:
    number, _ = await scene.ask()
    card = await scene.card(number)
    await scene.proposes("idn.focal1", card, "it is ours", at_once=True)
    no = await scene.requests.act(user("idn.focal2"), card, Refuse(Refusal.SECURITY), "$no")
    assert isinstance(no, No)
    assert dict(no.parameters)["by"] == "idn.focal1"
    await scene.perform()
    assert (await scene.progress(number)).state is State.ANSWERED


# --- its end --------------------------------------------------------------------------------------


async def test_a_request_that_reaches_nobody_is_over_and_its_asker_is_told(scene: Scene) -> None:
    """It never silently ages."""
    event = await scene.types("aus.secondee1", "mps-desk-aus", "!rfi")
    new = NewRequest(parties("IDN"), ("Who owns it?",))
    number = await scene.requests.ask(user("aus.secondee1"), "mps", new, "mps-desk-aus", event)
    await scene.run("UPDATE device SET signed = false WHERE user_id = :u", u=user("aus.secondee1"))
    await scene.perform()
    assert isinstance(number, str)
    progress = await scene.progress(number)
    assert progress.delivered is None
    assert progress.state is State.NOT_DELIVERED
    assert scene.heard("mps-desk-idn") == []
    told = [said for said in scene.heard("mps-desk-aus") if "not_sent" in said]
    assert len(told) == 1
    assert "device_not_signed" in told[0]
    (row,) = await scene.run("SELECT look_at FROM request_addressee")
    assert row.look_at is not None


async def test_a_closed_request_is_erased_when_its_group_keeps_it_no_longer(scene: Scene) -> None:
    number, asked = await scene.ask(selectors=(Selector(SelectorKind.VESSEL, "blue", "Blue"),))
    await scene.ask()
    place = await scene.requests.place(asked)
    assert place is not None
    await scene.requests.act(user("aus.secondee1"), place, Withdraw(), "$back")
    await scene.requests.act(user("aus.secondee1"), place, Close(None), "$close")
    await scene.perform()
    rights = {"server_settings": {"role": "rilon_worker"}}
    worker = create_async_engine(scene.engine.url, connect_args=rights)
    kept = {"mps": timedelta(days=365)}
    assert await forget_requests(worker, kept, scene.at + timedelta(days=364)) == 0
    assert await forget_requests(worker, kept, scene.at + timedelta(days=366)) == 1
    await worker.dispose()
    assert await scene.store.numbered(number) is None
    for table in ("request", "request_addressee", "request_words"):
        assert len(await scene.run(f"SELECT * FROM {table}")) == 1
    assert await scene.run("SELECT * FROM request_selector") == []
