"""Laws of replaying: under the same policy nothing differs, and what is told of another is true."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.acts import Act, Post, Reaction
from rilon.domain.markings import PersonalData, Tlp, WrittenMarking
from rilon.domain.verdicts import Accept, Refuse, Verdict
from rilon.policy.evaluate import evaluate
from rilon.policy.load import Policy, load
from rilon.policy.network import Network
from rilon.policy.replay import Outcome, Recorded, replay
from tests.policy_scene import (
    NETWORK,
    NOW,
    UNDER_IT,
    bulletin,
    question,
    related,
    shipped_files,
    user_id,
)

CHANGES = (
    ("ceiling: [AUS, IDN]", "ceiling: [AUS, IDN, TLS]"),
    ("ceiling: [AUS, IDN]", "ceiling: [IDN, TLS]"),
    ("default: TLP:AMBER\n", "default: TLP:GREEN\n"),
    ("default: TLP:GREEN\n", "default: TLP:GREEN PD\n"),
    ("default: TLP:GREEN\n", "default: TLP:AMBER NOPD\n"),
    ("default: TLP:AMBER\n", "default: TLP:AMBER NOPD\n"),
    ("  floor:\n", "  floor:\n    opens_to_red: true\n"),
    ("  floor:\n", "  floor:\n    needs_declaration: true\n"),
    ("  floor:\n", "  floor:\n    posters: [analyst, chair]\n"),
    ("    opens_to_red: true\n\n#", "\n#"),
    ("needs_declaration: false", "needs_declaration: true"),
    ("members: [secondee, focal_point, chair, analyst, coordinator]", "members: [secondee]"),
    ("until: 2028-12-31", "until: 2026-03-31"),
    ("key: aus-idn", "key: idn-aus"),
)
ROOMS = ("mps-floor", "mps-aus-idn", "mps-bulletins", "mps-desk-aus", "mps-coordination")
OFFICERS = (
    "aus.secondee1", "idn.focal1", "idn.chair1", "tls.focal1", "rso.analyst1", "rso.auditor1"
)  # fmt: skip


def changed(old: str, new: str) -> Network:
    files = {path: text for path, text in shipped_files().items() if "cases/" not in path}
    assert old.encode() in files["groups/mps.yaml"]
    files["groups/mps.yaml"] = files["groups/mps.yaml"].replace(old.encode(), new.encode(), 1)
    policy = load(files)
    assert isinstance(policy, Policy), policy
    return policy.network


POLICIES = [changed(*change) for change in CHANGES]

parties = st.frozensets(st.sampled_from(sorted(NETWORK.vocabulary.parties)), min_size=1)
markings = st.none() | st.builds(
    WrittenMarking,
    tlp=st.none() | st.sampled_from(Tlp),
    rel=st.none() | parties,
    caveats=st.frozensets(st.sampled_from(["ORCON", "H1"])),
    protect=st.just(frozenset()) | parties,
    personal_data=st.sampled_from(PersonalData),
)
acts = st.builds(
    Post,
    st.just("vessel left the harbour"),
    markings,
    st.sampled_from([None, UNDER_IT]),
) | st.just(Reaction("$first", "👍"))


def decided(act: Act, room: str, officer: str, network: Network) -> Verdict:
    """The verdict; on a room that policy no longer has, the gate's rule on governed rooms."""
    of = network if room in network.rooms else NETWORK
    asked = question(act, room, officer, related=(related(), bulletin()), network=of)
    return evaluate(asked, network)


def as_recorded(verdict: Verdict, act: Act, room: str, officer: str) -> Recorded:
    """As the gate's use case records it."""
    return Recorded(
        kind="content" if isinstance(act, Post) else "reaction",
        sender=user_id(officer),
        room=room,
        accepted=isinstance(verdict, Accept),
        code=None if isinstance(verdict, Accept) else verdict.code.value,
        rule=verdict.rule,
        marking=verdict.effective,
        decided_at=NOW,
    )


@given(acts, st.sampled_from(ROOMS), st.sampled_from(OFFICERS))
def test_under_the_same_policy_every_decision_is_the_same(
    act: Act, room: str, officer: str
) -> None:
    past = as_recorded(decided(act, room, officer, NETWORK), act, room, officer)
    assert replay(past, NETWORK, NETWORK).outcome is Outcome.SAME


@given(acts, st.sampled_from(ROOMS), st.sampled_from(OFFICERS), st.sampled_from(POLICIES))
def test_what_is_told_of_another_policy_is_what_it_decides(
    act: Act, room: str, officer: str, new: Network
) -> None:
    then, now = decided(act, room, officer, NETWORK), decided(act, room, officer, new)
    replayed = replay(as_recorded(then, act, room, officer), NETWORK, new)
    if replayed.outcome is Outcome.UNKNOWN:
        return
    accepted = isinstance(now, Accept)
    expected = {
        Outcome.SAME: isinstance(then, Accept),
        Outcome.NOW_REFUSED: False,
        Outcome.NOW_ACCEPTED: True,
        Outcome.OTHER_REASON: False,
    }
    assert accepted == expected[replayed.outcome]
    if replayed.now is not None:
        assert isinstance(now, Refuse)
        assert now.code is replayed.now.code
