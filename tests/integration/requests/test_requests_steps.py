"""Every other way that a request may take, on a real PostgreSQL, and who may not take it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import create_async_engine

from rilon.application.request_values import NewRequest, Proposed, Role, WordsKind, WordsState
from rilon.domain.acts import Post
from rilon.domain.markings import Marking, Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.request_course import Refusal, State
from rilon.domain.request_steps import (
    UNKNOWN,
    Acknowledge,
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
from rilon.domain.verdicts import Accept, Code
from rilon.domain.verdicts import Refuse as RefuseVerdict
from rilon.policy.question import Source
from rilon.storage.deliveries import Deliveries
from rilon.storage.inbox import Inbox
from rilon.storage.request_sweeps import forget_requests
from tests.integration.desk import user
from tests.integration.requests.requests_desk import IDN, MYS, Scene

PASSAGE = "the blue hull was loaded at night at the private jetty behind the market"


# --- there and back ------------------------------------------------------------------------------


async def test_a_question_back_stops_the_clock_and_its_answer_comes_into_the_desks_thread(
    scene: Scene,
) -> None:
    number, _ = await scene.ask(to="IDN MYS")
    card = await scene.card(number)
    event = await scene.types("idn.focal1", "mps-desk-idn", "!clarify which hull")
    await scene.requests.propose(
        user("idn.focal1"), card, "which hull", None, WordsKind.CLARIFICATION, event, at_once=True
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
    back = await scene.types("aus.secondee1", "mps-desk-aus", "the one with the crane")
    await scene.requests.propose(
        user("aus.secondee1"),
        place,
        "the one with the crane",
        None,
        WordsKind.CLARIFIED,
        back,
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
    event = await scene.types("idn.focal1", "mps-desk-idn", "!delay 3d the registry is shut")
    until = scene.at + timedelta(days=20)
    await scene.requests.propose(
        user("idn.focal1"),
        await scene.card(number),
        "the registry is shut",
        None,
        WordsKind.DELAY,
        event,
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
    event = await scene.types("idn.focal1", "mps-desk-idn", "the first half")
    await scene.requests.propose(
        user("idn.focal1"), card, "the first half", None, WordsKind.PART, event, at_once=True
    )
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
    event = await scene.types("idn.focal1", "mps-desk-idn", "it is ours")
    await scene.requests.propose(
        user("idn.focal1"), card, "it is ours", None, WordsKind.ANSWER, event, at_once=True
    )
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
        event = await scene.types(name, "mps-desk-idn", words)
        await scene.requests.propose(user(name), card, words, None, WordsKind.ANSWER, event)
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
    event = await scene.types("idn.focal1", "mps-desk-idn", "it is ours")
    await scene.requests.propose(
        user("idn.focal1"), card, "it is ours", None, WordsKind.ANSWER, event, at_once=True
    )
    no = await scene.requests.act(user("idn.focal2"), card, Refuse(Refusal.SECURITY), "$no")
    assert isinstance(no, No)
    assert dict(no.parameters)["by"] == "idn.focal1"
    await scene.perform()
    assert (await scene.progress(number)).state is State.ANSWERED


# --- the gate judges what is carried --------------------------------------------------------------


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
    event = await scene.types("idn.focal1", "mps-desk-idn", "see below")
    await scene.requests.propose(
        user("idn.focal1"), card, PASSAGE, None, WordsKind.ANSWER, event, at_once=True
    )
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
    event = await scene.types(
        "idn.focal1", "mps-desk-idn", other, {"m.in_reply_to": {"event_id": card_event}}
    )
    await scene.requests.propose(
        user("idn.focal1"),
        await scene.card(number),
        f"{PASSAGE}: no, {other}",
        None,
        WordsKind.ANSWER,
        event,
        at_once=True,
    )
    await scene.perform()
    assert (await scene.progress(number)).state is State.ANSWERED


async def test_an_officer_who_was_removed_after_the_tick_answers_nothing(scene: Scene) -> None:
    number, _ = await scene.ask()
    event = await scene.types("idn.focal1", "mps-desk-idn", "it is ours")
    await scene.requests.propose(
        user("idn.focal1"),
        await scene.card(number),
        "it is ours",
        None,
        WordsKind.ANSWER,
        event,
        at_once=True,
    )
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
        event = await scene.types(name, "mps-desk-idn", words)
        await scene.requests.propose(user(name), card, words, None, WordsKind.PART, event)
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
    event = await scene.types("idn.focal1", "mps-desk-idn", "for us alone")
    marking = WrittenMarking(Tlp.AMBER, parties("IDN"))
    refused = await scene.requests.propose(
        user("idn.focal1"),
        await scene.card(number),
        "for us alone",
        marking,
        WordsKind.ANSWER,
        event,
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


# --- nobody learns what they may not -------------------------------------------------------------


async def test_a_stranger_is_told_the_same_of_anothers_request_as_of_none(scene: Scene) -> None:
    number, _ = await scene.ask()
    card = await scene.card(number)
    none = type(number)("MPS-0000-0")
    for actor in ("tha.focal1", "mys.focal1"):
        scene.posts.clear()
        for at, event in ((number, "a"), (none, "b"), (card, "c")):
            outcome = await scene.requests.act(user(actor), at, Acknowledge(), f"${actor}{event}")
            assert outcome == UNKNOWN
        await scene.perform()
        said = scene.heard(f"direct-{actor}")
        assert said == ["no (code: request_unknown)"] * 3
    assert (await scene.progress(number)).acknowledged is None
    rows = await scene.run("SELECT kind, payload FROM effect WHERE kind = 'request_say'")
    strangers = [row.payload for row in rows if row.payload["side"] == "officer"]
    assert all(one["request"] is None for one in strangers)


async def test_who_asks_is_hidden_from_card_ledger_marking_and_refusals(scene: Scene) -> None:
    """ATTACK: the REL that a refusal shows, the originator in an entry, the name in a preview."""
    number, _ = await scene.ask(requester_hidden=True)
    standing = await scene.standing(number)
    card_event = standing.addressed[IDN].card_event
    wide = await scene.asks(
        "idn.focal1",
        "mps-desk-idn",
        "TLP:GREEN // we know",
        {"m.in_reply_to": {"event_id": card_event}},
    )
    assert isinstance(wide, RefuseVerdict)
    assert "AUS" not in str(wide.parameters)
    event = await scene.types("idn.focal1", "mps-desk-idn", "it is ours")
    proposed = await scene.requests.propose(
        user("idn.focal1"),
        await scene.card(number),
        "it is ours",
        None,
        WordsKind.ANSWER,
        event,
    )
    assert isinstance(proposed, Proposed)
    assert proposed.to is None
    await scene.perform()
    await scene.requests.decide_proposal(await scene.preview(), user("idn.focal1"), True, "$tick")
    await scene.perform()
    assert (await scene.progress(number)).state is State.ANSWERED
    heard = " ".join(scene.heard("mps-desk-idn"))
    assert "AUS" not in heard
    assert "aus" not in heard
    for entry in await scene.ledger():
        if entry.parties == {"IDN"}:
            assert "aus" not in str(entry).lower(), entry


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


async def test_only_who_may_speak_for_the_party_sends(scene: Scene) -> None:
    number, _ = await scene.ask()
    event = await scene.types("idn.secondee1", "mps-desk-idn", "it is ours")
    proposed = await scene.requests.propose(
        user("idn.secondee1"),
        await scene.card(number),
        "it is ours",
        None,
        WordsKind.ANSWER,
        event,
        at_once=True,
    )
    assert isinstance(proposed, Proposed)
    await scene.perform()
    preview = await scene.preview()
    for name in ("idn.secondee1", "mys.focal1", "aus.focal1"):
        tapped = await scene.requests.decide_proposal(preview, user(name), True, f"${name}")
        assert tapped == UNKNOWN
    dropped = await scene.requests.decide_proposal(preview, user("idn.secondee1"), False, "$x")
    assert dropped is WordsState.DROPPED
    await scene.perform()
    assert (await scene.progress(number)).end is None


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


async def test_which_officer_answers_is_hidden_from_the_requester(scene: Scene) -> None:
    number, _ = await scene.ask(answerers_hidden=True)
    card = await scene.card(number)
    await scene.requests.act(user("idn.focal1"), card, Acknowledge(), "$seen")
    await scene.requests.act(user("idn.focal1"), card, Assign("idn.focal2"), "$has")
    event = await scene.types("idn.focal1", "mps-desk-idn", "it is ours")
    await scene.requests.propose(
        user("idn.focal1"), card, "it is ours", None, WordsKind.ANSWER, event, at_once=True
    )
    await scene.perform()
    assert (await scene.progress(number)).state is State.ANSWERED
    assert "idn.focal" not in " ".join(scene.heard("mps-desk-aus"))
    for entry in await scene.ledger():
        if "AUS" in entry.parties and entry.kind.value != "policy_version":
            assert "idn.focal" not in str(entry), entry


async def test_no_entry_of_an_addressee_names_another(scene: Scene) -> None:
    number, _ = await scene.ask(to="IDN MYS")
    await scene.requests.act(user("mys.focal1"), await scene.card(number, MYS), Acknowledge(), "$m")
    for entry in await scene.ledger():
        if "IDN" in entry.parties and entry.kind.value == "request":
            assert "mys" not in str(entry).lower(), entry


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
