"""Requests on a real PostgreSQL: from the question to closed, through the gate and the outbox."""

from __future__ import annotations

from rilon.application.request_values import Proposed, WordsKind, WordsState
from rilon.domain.request_course import State, Usefulness
from rilon.domain.request_steps import Acknowledge, Changed, Close
from tests.integration.desk import user
from tests.integration.requests.requests_desk import AUS, IDN, MYS, WORDS, Scene


async def test_a_request_goes_from_its_question_to_closed(scene: Scene) -> None:
    number, asked = await scene.ask()
    assert (await scene.progress(number)).state is State.SENT
    assert (await scene.progress(number)).delivered is not None
    card = await scene.card(number)
    seen = await scene.requests.act(user("idn.focal1"), card, Acknowledge(), "$thumb")
    assert isinstance(seen, Changed)
    proposed = await scene.proposes(
        "idn.focal1",
        card,
        WORDS,
        typed=f"it is known here: {WORDS}",
        relation={
            "m.in_reply_to": {"event_id": (await scene.standing(number)).addressed[IDN].card_event}
        },
    )
    assert isinstance(proposed, Proposed)
    assert (proposed.to, proposed.marking) == (AUS, "TLP:AMBER REL AUS,IDN //")
    await scene.perform()
    assert not any(WORDS in said for said in scene.heard("mps-desk-aus"))
    sent = await scene.requests.decide_proposal(
        await scene.preview(), user("idn.focal1"), True, "$tick"
    )
    assert sent is WordsState.SENDING
    await scene.perform()
    assert (await scene.progress(number)).state is State.ANSWERED
    (answer,) = [said for said in scene.heard("mps-desk-aus") if WORDS in said]
    assert answer == f"{number}: answer\nTLP:AMBER REL AUS,IDN // {WORDS}"
    (_, content) = next(one for one in scene.posts.values() if WORDS in one[1]["body"])
    assert content["m.relates_to"]["event_id"] == asked
    place = await scene.requests.place(asked)
    assert place is not None
    closed = await scene.requests.act(
        user("aus.secondee1"), place, Close(Usefulness.USEFUL), "$rated"
    )
    assert isinstance(closed, Changed)
    await scene.perform()
    assert (await scene.progress(number)).state is State.CLOSED
    (row,) = await scene.run("SELECT open, closed_at FROM request")
    assert not row.open
    assert [step for party, step in await scene.entries() if party == "IDN"] == [
        "sent",
        "delivered",
        "acknowledged",
        "answered",
        "closed",
    ]


async def test_no_word_of_it_is_in_any_table_at_any_time(scene: Scene) -> None:
    async def nowhere(when: str) -> None:
        tables = await scene.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            for row in await scene.run(f'SELECT * FROM "{table}"'):
                shown = " ".join(
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row
                )
                assert "zebracorn" not in shown, (table, when)

    event_id = await scene.types("aus.secondee1", "mps-desk-aus", "!rfi")
    number, _ = await scene.ask(question=WORDS, subject="zebracorn", purpose="zebracorn")
    await nowhere("asked")
    card = await scene.card(number)
    await scene.requests.propose(user("idn.focal1"), card, WORDS, None, WordsKind.ANSWER, event_id)
    await nowhere("proposed")
    await scene.perform()
    await scene.requests.decide_proposal(await scene.preview(), user("idn.focal1"), True, "$tick")
    await nowhere("deciding")
    await scene.perform()
    assert (await scene.progress(number)).state is State.ANSWERED
    await nowhere("answered")


async def test_each_addressee_has_its_own_card_and_no_sight_of_the_other(scene: Scene) -> None:
    number, _ = await scene.ask(to="IDN MYS")
    for desk in ("idn", "mys"):
        heard = " ".join(scene.heard(f"mps-desk-{desk}"))
        other = "MYS" if desk == "idn" else "IDN"
        assert str(number) in heard
        assert other not in heard
    assert (await scene.progress(number, MYS)).delivered is not None
