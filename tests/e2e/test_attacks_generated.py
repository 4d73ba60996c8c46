"""Hostile events of the suite in `tests/attacks`, thrown at the living homeserver: by its HTTP
interface in clear, and sealed under a room key. What other officers' clients then hold is read
again by the reader of that suite, who shares no code with the gate.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import HttpAnswer, Received, Sent, text_content
from tests.attacks.hostile_events import HIDDEN, Attempt, Place, attempt
from tests.attacks.naive_reader import ORDER, leaves, seen_in
from tests.e2e.attacks import (
    API,
    ATTACKER,
    BOTH,
    FLOOR,
    READER,
    VICTIM,
    attacker,
    delivered,
    spoken,
    words,
)
from tests.e2e.conftest import World

SEED, THROWN, AT_ONCE = 20260601, 150, 6
STRINGS = {
    ("msgtype",), ("body",), ("format",), ("formatted_body",), ("m.mentions", "user_ids", "[]"),
    ("m.mentions", "{}"), ("m.relates_to", "rel_type"), ("m.relates_to", "event_id"),
    ("m.relates_to", "m.in_reply_to", "event_id"), ("m.relates_to", "key"),
    ("membership",), ("displayname",), ("redacts",),
}  # fmt: skip


@dataclass(frozen=True)
class _Thrown:
    """What was tried, and what the homeserver said."""

    attempt: Attempt
    answer: HttpAnswer


@pytest.mark.timeout(300)
async def test_nothing_of_what_is_generated_gets_past_the_gate(world: World) -> None:
    mallory = await attacker(world, BOTH)
    reader = await world.officer(READER, FLOOR)
    honest = await world.officer(VICTIM, FLOOR)
    place = await _place(world, mallory)
    before = {one.event_id for one in reader.received(place.room_id)}

    thrown = await _throw(mallory, place, Random(SEED))

    statuses = Counter(one.answer.status for one in thrown)
    halves = [one for one in thrown if _holds_half_a_character(one.attempt)]
    assert not [one for one in thrown if one.answer.status >= 500 and one not in halves], statuses
    assert not [one for one in halves if one.answer.status == 200], statuses
    assert statuses[403] > THROWN / 3, statuses
    assert statuses[200] > 5, statuses
    # The gate still judges: what fits comes through, and what doesn't fit is refused.
    after = words("TLP:GREEN // all quiet")
    assert isinstance(await honest.send_text(place.room_id, after), Sent)
    await reader.wait_for_text(place.room_id, after)
    refused = await honest.send_text(place.room_id, words("REL THA,MYS // not for all"))
    assert not isinstance(refused, Sent)
    assert refused.reason == "rel_excludes_room"

    accepted = {one.answer.body["event_id"] for one in thrown if one.answer.status == 200}
    seen = [one for one in reader.received(place.room_id) if one.event_id not in before]
    for one in seen:
        if one.sender == world.user(ATTACKER):
            assert one.event_id in accepted
            _nothing_left_out(one)


async def _place(world: World, mallory: OfficerClient) -> Place:
    """Events that hostile ones can name: the attacker's, others', and of another room."""
    elsewhere = await mallory.send_text(world.room(BOTH), words("TLP:AMBER REL AUS,IDN // x"))
    assert isinstance(elsewhere, Sent)
    await delivered(world, elsewhere.event_id)
    own, other = await spoken(world, ATTACKER), await spoken(world, VICTIM)
    people = tuple(world.user(name) for name in (ATTACKER, VICTIM, READER))
    return Place(
        world.room(FLOOR),
        world.room(BOTH),
        world.user(ATTACKER),
        (other,),
        (own,),
        (elsewhere.event_id,),
        people,
    )


async def _throw(mallory: OfficerClient, place: Place, rng: Random) -> list[_Thrown]:
    """Some at once, as an attacker would; their choices are made before."""
    attempts = [one for one in (attempt(rng, place) for _ in range(THROWN)) if _keeps_in(one)]
    thrown: list[_Thrown] = []
    for first in range(0, len(attempts), AT_ONCE):
        some = attempts[first : first + AT_ONCE]
        # A session's messages are made one after the other; they're sent side by side.
        made = [(one, await _wire(mallory, place, one)) for one in some]
        answers = await asyncio.gather(*(_send(mallory, place, one, wire) for one, wire in made))
        thrown += [_Thrown(one, answer) for one, answer in zip(some, answers, strict=True)]
    return thrown


def _holds_half_a_character(made: Attempt) -> bool:
    """Synapse answers half a surrogate pair with 500 by itself, before it asks any module."""
    return any("\ud800" <= letter <= "\udfff" for letter in _letters(made.content))


def _letters(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _letters(key)
            yield from _letters(one)
    elif isinstance(value, list):
        for one in value:
            yield from _letters(one)


def _keeps_in(made: Attempt) -> bool:
    """Leaving the room would end the test, and is allowed to everyone."""
    content = made.content
    leaves_room = isinstance(content, dict) and content.get("membership") in ("leave", "join")
    return made.type != "m.room.member" or not leaves_room


async def _wire(mallory: OfficerClient, place: Place, made: Attempt) -> Any:
    if made.plaintext is None:
        return made.content
    wire = await mallory.encrypt(place.room_id, "m.room.message", text_content("never sent"))
    session = mallory._device.nio.olm.outbound_group_sessions[place.room_id]
    # The library's own session takes text alone, and so many messages.
    plaintext = made.plaintext.encode("utf-8", "surrogatepass")
    sealed = {**wire, "ciphertext": session._session.encrypt(plaintext).to_base64()}
    return {key: sealed[key] for key in sealed if key not in made.drop} | made.content


async def _send(mallory: OfficerClient, place: Place, made: Attempt, wire: Any) -> HttpAnswer:
    """Sends it by the path that its kind has."""
    room = quote(place.room_id)
    kind = quote(made.type, safe="") or "%20"
    path = f"{API}/rooms/{room}/send/{kind}/{uuid4()}"
    if made.state_key is not None:
        path = f"{API}/rooms/{room}/state/{kind}/{quote(made.state_key, safe='')}"
    if made.type == "m.room.redaction" and isinstance(wire, dict):
        target = quote(str(wire.get("redacts")), safe="")
        path = f"{API}/rooms/{room}/redact/{target}/{uuid4()}"
    return await mallory.request("PUT", path, wire)


def _nothing_left_out(one: Received) -> None:
    """What a client shows of the attacker has no marking that the floor isn't for, and no words
    where none are judged."""
    if not one.readable:
        return
    content = dict(one.content)
    new = content.pop("m.new_content", None)
    for form in filter(None, (content, new)):
        for where, leaf in leaves(form):
            assert where in STRINGS or isinstance(leaf, bool), where
            if where not in {("body",), ("formatted_body",)}:
                assert HIDDEN not in str(leaf)
    if one.type != "m.room.message":
        assert "body" not in content
        return
    marked = seen_in(one.content)
    assert ORDER[marked.tlp] != "RED"
    assert not marked.protect
    for named in marked.rel:
        assert {"AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO"} <= named | {"AUS"}
