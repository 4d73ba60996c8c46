"""Counts of requests for a digest, from the real tables."""

from __future__ import annotations

from datetime import timedelta

from rilon.digests.request_counts import RequestCounts
from rilon.domain.request_course import Refusal, Usefulness
from rilon.domain.request_steps import Close, Refuse, Withdraw
from rilon.domain.requests import Ground, Urgency
from rilon.storage.request_counts import request_counts
from tests.integration.desk import user
from tests.integration.requests.requests_desk import IDN, WORDS, Scene


async def test_requests_are_counted_by_addressee_with_what_became_of_them(scene: Scene) -> None:
    """Answered and closed, refused, withdrawn, still open; of another group or time: none."""
    answered, asked = await scene.ask()
    card = await scene.card(answered)
    sent = (await scene.standing(answered)).addressed[IDN]
    relation = {"m.in_reply_to": {"event_id": sent.card_event}}
    await scene.proposes(
        "idn.focal1", card, WORDS, typed=f"it is known here: {WORDS}", relation=relation
    )
    await scene.perform()
    await scene.requests.decide_proposal(await scene.preview(), user("idn.focal1"), True, "$tick")
    await scene.perform()
    place = await scene.requests.place(asked)
    assert place is not None
    await scene.requests.act(user("aus.secondee1"), place, Close(Usefulness.USEFUL), "$rated")
    refused, _ = await scene.ask(to="IDN MYS", urgency=Urgency(Ground.LIFE))
    card = await scene.card(refused)
    await scene.requests.act(user("idn.focal1"), card, Refuse(Refusal.SECURITY), "$no")
    _, event = await scene.ask(to="THA")
    place = await scene.requests.place(event)
    assert place is not None
    await scene.requests.act(user("aus.secondee1"), place, Withdraw(), "$back")

    day = timedelta(days=1)
    found = await request_counts(scene.engine, "mps", scene.at - day, scene.at + day)
    assert found == RequestCounts(asked=4, urgent=2, answered=1, in_time=1, refused=1, open=1)
    nothing = RequestCounts()
    assert await request_counts(scene.engine, "other", scene.at - day, scene.at + day) == nothing
    assert await request_counts(scene.engine, "mps", scene.at - 9 * day, scene.at - day) == nothing
