"""An officer who is quicker than the steward's notes: the card stands, and nobody noted it yet."""

from __future__ import annotations

from rilon.application.request_values import NewRequest
from rilon.domain.parties import parties
from rilon.domain.request_course import Refusal, State
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.request_steps import Changed, Refuse
from tests.integration.desk import user
from tests.integration.requests.requests_desk import IDN, Scene


async def test_a_card_that_was_acted_on_before_it_was_noted_is_noted_all_the_same(
    scene: Scene,
) -> None:
    """The steward dies after posting it; by its number it is refused before it is back."""
    asked = await scene.types("aus.secondee1", "mps-desk-aus", "!rfi")
    new = NewRequest(parties("IDN"), ("Who owns the blue hull?",))
    found = await scene.requests.ask(user("aus.secondee1"), "mps", new, "mps-desk-aus", asked)
    number = RequestNumber(str(found))
    scene.server.dies_after = 1
    (carry,) = [
        one for one in await scene.effects.next_due(scene.at, [], 100) if one.kind == "carry"
    ]
    await scene.performer._perform(carry)
    assert (await scene.standing(number)).addressed[IDN].card_event is None
    done = await scene.requests.act(user("idn.focal1"), number, Refuse(Refusal.SECURITY), "$quick")
    assert isinstance(done, Changed)
    await scene.perform()
    standing = await scene.standing(number)
    card = standing.addressed[IDN].card_event
    assert card is not None
    assert (await scene.progress(number)).state is State.REFUSED
    assert len([said for said in scene.heard("mps-desk-idn") if "question" in said]) == 1
    place = await scene.requests.place(card)
    assert place is not None
    again = await scene.requests.act(user("idn.focal2"), place, Refuse(Refusal.SECURITY), "$late")
    await scene.perform()
    assert again is not None
    assert any("already" in said for said in scene.heard("mps-desk-idn"))
