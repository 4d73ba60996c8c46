"""What the gate says of words of requests, on a real PostgreSQL."""

from __future__ import annotations

from rilon.application.request_values import NewRequest, WordsKind
from rilon.domain.acts import Post
from rilon.domain.markings import Marking, Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.request_course import State
from rilon.domain.verdicts import Accept, Code
from rilon.domain.verdicts import Refuse as RefuseVerdict
from rilon.policy.question import Source
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from tests.integration.desk import user
from tests.integration.requests.requests_desk import IDN, Scene

PASSAGE = "the blue hull was loaded at night at the private jetty behind the market"


async def test_an_answer_with_another_states_words_is_not_carried_and_its_desk_is_told(
    scene: Scene,
) -> None:
    """ATTACK: a request as the way round the rules on sending on."""
    number, _ = await scene.ask()
    card = await scene.card(number)
    left = scene.quotation.left_by(Post(PASSAGE, None), scene.network)
    theirs = Marking(Tlp.AMBER, parties("IDN", "MYS"), parties("MYS"), explicit_rel=True)
    (row,) = await scene.run("SELECT identity FROM verdict WHERE kind = 'content' LIMIT 1")
    source = Source(bytes(row.identity), "mps-desk-idn", parties("IDN"), theirs, True, left)
    batch = await Inbox(scene.engine).store({"next_batch": "theirs"})
    async with Deliveries(scene.engine, scene.outbox).of_batch(batch.id) as delivery:
        await delivery.leave(source, parties("IDN", "MYS"), scene.at)
    await scene.proposes("idn.focal1", card, PASSAGE, typed="see below", at_once=True)
    await scene.perform()
    assert not any(PASSAGE in said for said in scene.heard("mps-desk-aus"))
    assert any("not_sent" in said for said in scene.heard("mps-desk-idn"))
    assert not any("not_received" in said for said in scene.heard("mps-desk-aus"))
    assert "MYS" not in " ".join(scene.heard("mps-desk-aus"))
    assert (await scene.progress(number)).end is None
    (words,) = await scene.run(
        "SELECT state, code, sealed FROM request_words WHERE kind = 'answer'"
    )
    assert (words.state, words.sealed) == ("refused", None)
    assert words.code in ("source_restricted", "onward_not_allowed")


async def test_the_question_and_the_desks_own_reply_may_be_quoted_in_the_answer(
    scene: Scene,
) -> None:
    number, _ = await scene.ask(question=PASSAGE)
    standing = await scene.standing(number)
    card_event = standing.addressed[IDN].card_event
    other = PASSAGE.replace("blue", "green").replace("jetty", "harbour")
    await scene.proposes(
        "idn.focal1",
        await scene.card(number),
        f"{PASSAGE}: no, {other}",
        typed=other,
        relation={"m.in_reply_to": {"event_id": card_event}},
        at_once=True,
    )
    await scene.perform()
    assert (await scene.progress(number)).state is State.ANSWERED


async def test_an_officer_who_was_removed_after_the_tick_answers_nothing(scene: Scene) -> None:
    number, _ = await scene.ask()
    await scene.proposes("idn.focal1", await scene.card(number), "it is ours", at_once=True)
    await scene.run(
        "UPDATE officer_state SET state = 'removed' WHERE user_id = :user", user=user("idn.focal1")
    )
    await scene.perform()
    assert not any("it is ours" in said for said in scene.heard("mps-desk-aus"))
    assert (await scene.progress(number)).end is None


async def test_words_of_another_row_are_never_carried(scene: Scene) -> None:
    """ATTACK: who writes to the database puts one officer's sealed bytes under another's ✅."""
    number, _ = await scene.ask()
    card = await scene.card(number)
    for name, words in (("idn.focal1", "first words"), ("idn.focal2", "second words")):
        await scene.proposes(name, card, words, WordsKind.PART)
    await scene.run(
        "UPDATE request_words w SET sealed = (SELECT sealed FROM request_words o "
        "WHERE o.id <> w.id AND o.kind = 'part') WHERE kind = 'part'"
    )
    await scene.perform()
    for row in await scene.run("SELECT event_id FROM request_place WHERE role = 'preview'"):
        await scene.requests.decide_proposal(
            row.event_id, user("idn.focal1"), True, f"{row.event_id}t"
        )
    await scene.perform()
    assert not any(" words" in said for said in scene.heard("mps-desk-aus"))


async def test_an_answer_marked_against_the_requester_stays_and_says_so_at_once(
    scene: Scene,
) -> None:
    number, _ = await scene.ask()
    marking = WrittenMarking(Tlp.AMBER, parties("IDN"))
    refused = await scene.proposes(
        "idn.focal1", await scene.card(number), "for us alone", marking=marking
    )
    assert isinstance(refused, RefuseVerdict)
    assert refused.code is Code.REL_EXCLUDES_ROOM
    assert len(await scene.run("SELECT id FROM request_words")) == 1


async def test_a_request_with_a_telephone_number_says_that_it_holds_personal_data(
    scene: Scene,
) -> None:
    event = await scene.types("aus.secondee1", "mps-desk-aus", "!rfi")
    new = NewRequest(parties("IDN"), ("Whose is +62 812 3456 7890?",))
    refused = await scene.requests.ask(user("aus.secondee1"), "mps", new, "mps-desk-aus", event)
    assert isinstance(refused, RefuseVerdict)
    assert refused.code is Code.PERSONAL_DATA_FOUND
    assert await scene.run("SELECT id FROM request") == []


async def test_a_question_that_answers_a_stricter_one_is_as_strict(scene: Scene) -> None:
    """ATTACK: a thread's marking left behind by asking in it."""
    root = await scene.types("aus.secondee1", "mps-desk-aus", "TLP:AMBER+STRICT // secret talk")
    event = await scene.types(
        "aus.secondee1", "mps-desk-aus", "!rfi", {"m.in_reply_to": {"event_id": root}}
    )
    new = NewRequest(parties("IDN"), ("Who?",), handling=WrittenMarking(Tlp.GREEN))
    number = await scene.requests.ask(user("aus.secondee1"), "mps", new, "mps-desk-aus", event)
    assert isinstance(number, str)
    await scene.perform()
    assert any("TLP:AMBER+STRICT" in said for said in scene.heard("mps-desk-idn"))


async def test_a_reply_to_the_card_joins_with_the_question(scene: Scene) -> None:
    number, _ = await scene.ask(handling=WrittenMarking(Tlp.AMBER, caveats=frozenset({"ORCON"})))
    card_event = (await scene.standing(number)).addressed[IDN].card_event
    relation = {"m.in_reply_to": {"event_id": card_event}}
    plain = await scene.asks("idn.focal1", "mps-desk-idn", "seen", relation)
    assert isinstance(plain, Accept)
    assert plain.effective is not None
    assert "ORCON" in plain.effective.caveats
    wide = await scene.asks("idn.focal1", "mps-desk-idn", "TLP:GREEN // seen", relation)
    assert isinstance(wide, RefuseVerdict)
