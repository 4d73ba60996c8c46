"""Nobody learns of a request, or from it, what they may not, on a real PostgreSQL."""

from __future__ import annotations

from rilon.application.request_values import Proposed, WordsState
from rilon.domain.request_course import State
from rilon.domain.request_steps import (
    UNKNOWN,
    Acknowledge,
    Assign,
)
from rilon.domain.verdicts import Refuse as RefuseVerdict
from tests.integration.desk import user
from tests.integration.requests.requests_desk import IDN, MYS, Scene


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
    proposed = await scene.proposes("idn.focal1", await scene.card(number), "it is ours")
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


async def test_only_who_may_speak_for_the_party_sends(scene: Scene) -> None:
    number, _ = await scene.ask()
    proposed = await scene.proposes(
        "idn.secondee1", await scene.card(number), "it is ours", at_once=True
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


async def test_which_officer_answers_is_hidden_from_the_requester(scene: Scene) -> None:
    number, _ = await scene.ask(answerers_hidden=True)
    card = await scene.card(number)
    await scene.requests.act(user("idn.focal1"), card, Acknowledge(), "$seen")
    await scene.requests.act(user("idn.focal1"), card, Assign("idn.focal2"), "$has")
    await scene.proposes("idn.focal1", card, "it is ours", at_once=True)
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
