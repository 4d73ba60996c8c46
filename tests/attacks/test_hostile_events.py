"""Hostile events by the thousand against the decision in memory: decoded, judged and recorded as
the gate does it, with what must hold checked by a reader that shares no code with it.
"""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rilon.domain.verdicts import Accept, Code, Refuse
from tests.attacks.hostile_events import Attempt, attempt, attempts_in_turn, nested
from tests.attacks.scene import BOTH, DIRECT, FLOOR, Scene
from tests.attacks.simulated_gate import room_id

ROOMS = (FLOOR, FLOOR, BOTH, DIRECT)
ATTEMPTS = 5
"""In one room, one after the other: later ones relate to earlier ones that were accepted."""

hostile = settings(
    max_examples=300,
    # Made by chance as they are, they don't become readable; trying takes longer than a test may.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


def play(rng: Random, scene: Scene) -> list[str]:
    """Some attempts in one room, each checked; what the gate said to each."""
    said = []
    attempts = list(attempts_in_turn(rng, scene.place))
    for number in range(len(attempts) + ATTEMPTS):
        # One made late knows what was accepted of the earlier ones.
        each = attempts[number] if number < len(attempts) else attempt(rng, scene.place)
        tried = scene.attempt(each)
        scene.check(tried)
        verdict = tried.verdict
        said.append(verdict.code.value if isinstance(verdict, Refuse) else tried.event["type"])
        if isinstance(verdict, Accept) and tried.attempt.plaintext is not None:
            scene.remember(tried.event["event_id"])
    return said


@hostile
@given(st.randoms(use_true_random=False), st.sampled_from(sorted(set(ROOMS))))
def test_nothing_hostile_gets_past_the_gate(rng: Random, room: str) -> None:
    scene = Scene(room)
    for each in (*attempts_in_turn(rng, scene.place), attempt(rng, scene.place)):
        scene.check(scene.attempt(each))


def test_nothing_hostile_in_many_rooms_gets_past_the_gate() -> None:
    """The same with seeds, which are faster and the same in every run; and the control: all that
    the gate can say was said, and enough was accepted for the checks to mean something."""
    said: Counter[str] = Counter()
    for seed in range(600):
        rng = Random(seed)
        said.update(play(rng, Scene(rng.choice(ROOMS))))
    assert said["m.room.encrypted"] > 500
    assert said["m.reaction"] > 20
    assert said["m.room.redaction"] > 5
    provoked = {
        "type_not_allowed", "shape_not_allowed", "not_encrypted", "unreadable", "relation_unknown",
        "not_your_event", "file_not_allowed", "steward_only", "reason_not_allowed",
        "marking_unclear", "marking_too_wide", "rel_excludes_room", "protected_from_party",
        "expired", "red_not_open",
    }  # fmt: skip
    assert provoked <= set(said)


ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
KEYS = st.sampled_from(
    ["msgtype", "body", "format", "formatted_body", "m.mentions", "m.relates_to", "m.new_content",
     "user_ids", "room", "rel_type", "event_id", "m.in_reply_to", "key", "membership", "redacts",
     "reason", "algorithm", "ciphertext", "session_id", "sender_key", "device_id"]
)  # fmt: skip
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.just("m.text"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | ANY_TEXT, inner, max_size=6),
    max_leaves=25,
)
ANY_TYPE = ANY_TEXT.filter(bool) | st.sampled_from(
    ["m.room.message", "m.room.encrypted", "m.reaction", "m.room.redaction", "m.room.member",
     "m.key.verification.start", "m.room.name", "m.room.create"]
)  # fmt: skip
SCENE = Scene()


@settings(hostile, max_examples=800)
@given(ANY_TYPE, ANY_JSON, st.none() | ANY_TEXT, st.none() | ANY_TEXT)
def test_no_clear_event_of_any_kind_makes_the_gate_err(
    type_: str, content: Any, state_key: str | None, redacts: str | None
) -> None:
    SCENE.check(SCENE.attempt(Attempt(type_, content, None, state_key, redacts)))


@settings(hostile, max_examples=800)
@given(ANY_JSON | st.fixed_dictionaries({"type": ANY_TYPE, "content": ANY_JSON}), ANY_JSON)
def test_no_sealed_value_of_any_kind_makes_the_gate_err(payload: Any, relation: Any) -> None:
    if isinstance(payload, dict):
        payload = {"room_id": room_id(FLOOR)} | payload
    beside = {} if relation is None else {"m.relates_to": relation}
    SCENE.check(SCENE.attempt(Attempt("m.room.encrypted", beside, json.dumps(payload))))


@settings(hostile, max_examples=1000)
@given(st.binary(max_size=200) | ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_sealed_bytes_of_any_kind_make_the_gate_err(plaintext: bytes) -> None:
    sealed = SCENE.gate.sealed(SCENE.device, SCENE.place.room_id, plaintext)
    event = SCENE.gate.event(SCENE.device, SCENE.place.room_id, "m.room.encrypted", sealed)
    verdict = SCENE.gate.ask(event, SCENE.device)
    assert isinstance(verdict, Refuse)
    assert verdict.code is Code.SHAPE_NOT_ALLOWED


@pytest.mark.parametrize("depth", [60, 70, 900, 20_000])
@pytest.mark.parametrize("where", ["clear", "beside", "sealed"])
def test_nesting_of_any_depth_is_refused(depth: int, where: str) -> None:
    """Deeper than the endpoint itself reads it is no question at all: 400, and so `later`."""
    if where == "sealed" or depth < 900:
        text = "[" * depth + "]" * depth
        payload = f'{{"type":"m.room.message","room_id":"{room_id(FLOOR)}","content":{text}}}'
        deep = {"m.relates_to": nested(min(depth, 900))}
        made = {
            "clear": Attempt("m.reaction", deep),
            "beside": Attempt("m.room.encrypted", deep, "{}"),
            "sealed": Attempt("m.room.encrypted", {}, payload),
        }[where]
        tried = SCENE.attempt(made)
        assert isinstance(tried.verdict, Refuse)
        assert tried.verdict.code is Code.SHAPE_NOT_ALLOWED
