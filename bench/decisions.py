"""Decisions a second: `evaluate()` beside cedarpy and casbin on the same question, in one run.

The question: may content with this REL enter a room with this ceiling? Ours decides all its
rules on the way, the peers only this one. Times on a shared machine mean little alone: look at
the ratios. `python bench/decisions.py [--json FILE]`.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import casbin
import cedarpy

from rilon.adapters.policy_files import load_folder
from rilon.domain.acts import Post
from rilon.domain.markings import Tlp, WrittenMarking
from rilon.domain.rooms import RoomKind
from rilon.domain.verdicts import Accept
from rilon.policy.evaluate import evaluate
from rilon.policy.load import Policy
from rilon.policy.network import Network
from rilon.policy.question import Question, Standing

POLICIES = Path(__file__).parent.parent / "policies"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROUNDS = 7

CEDAR_POLICY = """
permit (principal, action == Action::"post", resource)
when { context.rel.containsAll(resource.ceiling) };
"""
CASBIN_MODEL = """
[request_definition]
r = rel, ceiling, act
[policy_definition]
p = act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.act == p.act && contains_all(r.rel, r.ceiling)
"""

Decide = Callable[[], list[bool]]
"""Decides all questions once."""


def questions(network: Network, count: int) -> list[Question]:
    """Posts with random REL on the floor, in a compartment or at a desk; most of them fit."""
    draw = random.Random(2026)  # the same questions in every run
    rooms = {
        kind: [room for room in network.rooms.values() if room.kind is kind]
        for kind in (RoomKind.FLOOR, RoomKind.COMPARTMENT, RoomKind.DESK)
    }
    every = sorted(network.vocabulary.parties)
    made = []
    for _ in range(count):
        room = draw.choice(rooms[draw.choice(list(rooms))])
        officer = network.officers[draw.choice(sorted(network.members(room.key)))]
        named = frozenset(draw.sample(every, draw.randint(1, len(every))))
        rel = named | room.ceiling if draw.random() < 0.5 else named
        marking = WrittenMarking(tlp=Tlp.AMBER, rel=rel | {officer.party})
        standing = Standing(officer, admitted=True, device_signed=True, in_room=True)
        sender = f"@{officer.name}:bench.invalid"
        made.append(Question(Post("", marking), room, standing, sender, {}, NOW))
    return made


def _rel(question: Question) -> frozenset[str]:
    act = question.act
    if not isinstance(act, Post) or not isinstance(act.marking, WrittenMarking):
        raise TypeError("every question is a marked post")
    return frozenset(act.marking.rel or ())


def ours(asked: list[Question], network: Network) -> Decide:
    """The whole decision."""
    return lambda: [isinstance(evaluate(question, network), Accept) for question in asked]


def cedar(asked: list[Question], network: Network, *, batch: bool) -> Decide:
    """Cedar with policies and entities parsed once; one call each, or one call for all."""
    policies = cedarpy.PolicySet.from_str(CEDAR_POLICY)
    rooms = [
        {
            "uid": {"type": "Room", "id": room.key},
            "attrs": {"ceiling": sorted(room.ceiling)},
            "parents": [],
        }
        for room in network.rooms.values()
    ]
    entities = cedarpy.Entities.from_json_str(json.dumps(rooms))
    requests = [
        {
            "principal": f'User::"{question.sender_id}"',
            "action": 'Action::"post"',
            "resource": f'Room::"{question.room.key}"',
            "context": {"rel": sorted(_rel(question))},
        }
        for question in asked
    ]
    if batch:
        return lambda: [
            answer.allowed for answer in cedarpy.is_authorized_batch(requests, policies, entities)
        ]
    return lambda: [
        cedarpy.is_authorized(request, policies, entities).allowed for request in requests
    ]


def casbin_peer(asked: list[Question]) -> Decide:
    """Casbin with a function of ours for the comparison of sets, which it hasn't."""
    model = casbin.Enforcer.new_model(text=CASBIN_MODEL)
    enforcer = casbin.Enforcer(model)
    enforcer.add_function("contains_all", lambda rel, ceiling: rel >= ceiling)
    enforcer.add_policy("post")
    requests = [(_rel(question), question.room.ceiling) for question in asked]
    return lambda: [enforcer.enforce(rel, ceiling, "post") for rel, ceiling in requests]


def measure(peers: dict[str, Decide], count: int) -> dict[str, list[float]]:
    """Decisions a second of each, round by round, the peers taking turns."""
    rates: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(ROUNDS):
        for name, decide in peers.items():
            began = time.perf_counter()
            decide()
            rates[name].append(count / (time.perf_counter() - began))
    return rates


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, compare, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=5_000, help="questions in a round")
    options.add_argument("--json", type=Path, help="where to write the figures")
    given = options.parse_args(arguments)

    policy = load_folder(POLICIES)
    if not isinstance(policy, Policy):
        raise SystemExit("the shipped policy has mistakes: run `rilon policy check`")
    network = policy.network
    asked = questions(network, given.count)
    peers = {
        "rilon evaluate()": ours(asked, network),
        "cedarpy, one by one": cedar(asked, network, batch=False),
        "cedarpy, in a batch": cedar(asked, network, batch=True),
        "casbin": casbin_peer(asked),
    }
    answers = {name: decide() for name, decide in peers.items()}
    if len({tuple(answer) for answer in answers.values()}) != 1:
        raise SystemExit("the peers decide differently: the comparison means nothing")
    rates = measure(peers, given.count)
    report(rates, answers["rilon evaluate()"], given.json)


def report(rates: dict[str, list[float]], answer: list[bool], file: Path | None) -> None:
    """Print a table of medians, spread and ratios, and write it as JSON."""
    base = statistics.median(rates["rilon evaluate()"])
    print(f"{len(answer)} questions, {sum(answer)} of them accepted, {ROUNDS} rounds")
    print(f"{'':22}{'a second':>12}{'least':>12}{'most':>12}{'ours is':>10}")
    rows: dict[str, Any] = {}
    for name, found in rates.items():
        median = statistics.median(found)
        rows[name] = {"median": median, "least": min(found), "most": max(found)}
        print(
            f"{name:22}{median:12,.0f}{min(found):12,.0f}{max(found):12,.0f}{base / median:9.2f}x"
        )
    versions = {name: version(name) for name in ("cedarpy", "casbin")}
    machine = f"{platform.machine()}, Python {platform.python_version()}, one thread"
    print(f"{machine}, {versions}")
    if file is not None:
        figures = {"bench": "decisions", "machine": machine, "versions": versions, "rates": rows}
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
