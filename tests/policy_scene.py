"""The shipped policy and short ways to ask it, for the tests of policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rilon.adapters.policy_files import load_folder
from rilon.domain.acts import Act, Post, Relation, RelationKind
from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.policy.evaluate import evaluate
from rilon.policy.load import Policy
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, RelatedKind, Standing

POLICIES = Path(__file__).parent.parent / "policies"
SERVER = "rilon.example"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TODAY = NOW.date()


def shipped_files() -> dict[str, bytes]:
    """The shipped policy as bytes by relative path."""
    paths = [*POLICIES.glob("*.yaml"), *POLICIES.glob("*/*.yaml")]
    return {path.relative_to(POLICIES).as_posix(): path.read_bytes() for path in paths}


def shipped() -> Policy:
    """The shipped policy, which must have no mistake."""
    policy = load_folder(POLICIES)
    assert isinstance(policy, Policy), policy
    return policy


NETWORK: Network = shipped().network


def user_id(name: str) -> str:
    return f"@{name}:{SERVER}"


def question(
    act: Act,
    room: str = "mps-floor",
    officer: str = "aus.secondee1",
    *,
    related: tuple[Related, ...] = (),
    standing: dict[str, Any] | None = None,
    network: Network = NETWORK,
    **changes: Any,
) -> Question:
    """A question in which everything is in order, but for what the test changes."""
    in_order = Standing(network.officers[officer], admitted=True, device_signed=True, in_room=True)
    asked = Question(
        act=act,
        room=network.rooms[room],
        standing=replace(in_order, **(standing or {})),
        sender_id=user_id(officer),
        related={one.event_id: one for one in related},
        now=NOW,
    )
    return replace(asked, **changes)


def decide(act: Act, *arguments: Any, **changes: Any) -> Verdict:
    network = changes.get("network", NETWORK)
    return evaluate(question(act, *arguments, **changes), network)


def refusal(verdict: Verdict) -> tuple[Code, str]:
    assert isinstance(verdict, Refuse), verdict
    return verdict.code, verdict.rule


def said(verdict: Verdict) -> dict[str, str]:
    assert isinstance(verdict, Refuse), verdict
    return dict(verdict.parameters)


def accepted(verdict: Verdict) -> Accept:
    assert isinstance(verdict, Accept), verdict
    return verdict


def post(marking: WrittenMarking | None = None, relation: Relation | None = None) -> Post:
    return Post("vessel left the harbour", marking, relation)


def written(tlp: Tlp | None = None, rel: str = "", **fields: Any) -> WrittenMarking:
    """A written marking: `written(Tlp.AMBER, "AUS IDN", caveats=...)`."""
    return WrittenMarking(tlp=tlp, rel=parties(*rel.split()) if rel else None, **fields)


def carried(tlp: Tlp = Tlp.AMBER, rel: str = "", **fields: Any) -> Marking:
    """An effective marking of content on the floor."""
    named = parties(*rel.split()) if rel else NETWORK.rooms["mps-floor"].ceiling
    fields.setdefault("originators", parties("AUS"))
    return Marking(tlp=tlp, rel=named, **fields)


def related(
    event_id: str = "$first",
    sender: str = "idn.focal1",
    marking: Marking | None = None,
    kind: RelatedKind = RelatedKind.CONTENT,
    age: timedelta = timedelta(minutes=5),
) -> Related:
    if marking is None and kind is RelatedKind.CONTENT:
        marking = carried()
    return Related(event_id, user_id(sender), marking, kind, NOW - age)


UNDER_IT = Relation(RelationKind.THREAD, "$bulletin")
"""In the thread of `bulletin()`."""


def bulletin(marking: Marking | None = None) -> Related:
    """A bulletin that the steward posted: as open as can be, so that what joins it stays as it
    is, but for what the test marks."""
    open_to_all = carried(Tlp.CLEAR, originators=parties("RSO"), personal_data=PersonalData.NONE)
    return related("$bulletin", NETWORK.steward, marking or open_to_all)


def a_day(text: str) -> date:
    return date.fromisoformat(text)
