"""A policy tried against recorded decisions: each outcome, and what can't be told is said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rilon.domain.acts import Post
from rilon.domain.markings import Marking, PersonalData, Tlp
from rilon.domain.officers import Role
from rilon.domain.verdicts import Code
from rilon.policy.evaluate import judge_sending
from rilon.policy.load import Policy, load
from rilon.policy.network import Network
from rilon.policy.replay import SAME, Outcome, Recorded, Replayed, Unkept, replay
from tests.policy_scene import NETWORK, NOW, carried, question, shipped_files, user_id


def policy(**changes: tuple[str, str]) -> Network:
    """The shipped policy with one text replaced in a file: `mps=("chair: IDN", "chair: AUS")`."""
    files = shipped_files()
    names = {"mps": "groups/mps.yaml"}
    for name, (old, new) in changes.items():
        file = names.get(name, f"{name}.yaml")
        assert old.encode() in files[file]
        files[file] = files[file].replace(old.encode(), new.encode(), 1)
    loaded = load({path: text for path, text in files.items() if not path.startswith("cases/")})
    assert isinstance(loaded, Policy), loaded
    return loaded.network


def of_roles(name: str, *roles: Role) -> Network:
    """The shipped policy, in which an officer has these roles."""
    officer = replace(NETWORK.officers[name], roles=frozenset(roles))
    return replace(NETWORK, officers={**NETWORK.officers, name: officer})


def recorded(marking: Marking | None = None, **changes: Any) -> Recorded:
    """An accepted post of Australia on the floor, but for what the test changes."""
    values: dict[str, Any] = {
        "kind": "content",
        "sender": user_id("aus.secondee1"),
        "room": "mps-floor",
        "accepted": True,
        "code": None,
        "rule": "accept",
        "marking": marking or carried(),
        "decided_at": NOW,
    }
    return Recorded(**values | changes)


def refused(code: Code, rule: str, marking: Marking | None = None, **changes: Any) -> Recorded:
    past = recorded(accepted=False, code=code.value, rule=rule, **changes)
    return replace(past, marking=marking)


def told(replayed: Replayed) -> tuple[Outcome, Code | None, Unkept | None]:
    return replayed.outcome, replayed.now.code if replayed.now else None, replayed.unkept


CLOSED_TO_RED = policy(mps=("    opens_to_red: true\n\n#", "\n#"))
OPEN_FLOOR = policy(mps=("  floor:\n", "  floor:\n    opens_to_red: true\n"))
NO_ANALYSTS = policy(mps=("focal_point, chair, analyst, coordinator]", "focal_point, chair]"))
DECLARING = policy(mps=("  floor:\n", "  floor:\n    needs_declaration: true\n"))
GREENER = policy(mps=("default: TLP:AMBER", "default: TLP:GREEN"))
SHORTER_TERM = policy(roster=("until: 2028-12-31", "until: 2026-03-31"))
NO_COMPARTMENT = policy(mps=("key: aus-idn", "key: idn-aus"))
NO_H1 = policy(
    markings=(
        """  - code: H1
    rank: 20
    meaning: Not for judicial proceedings without the originator's consent
    effect: handling
    join: union
""",
        "",
    )
)
AUDITING = of_roles("aus.secondee1", Role.AUDITOR)
ANALYSING = of_roles("rso.auditor1", Role.AUDITOR, Role.ANALYST)
QUICKER = policy(network=("redact_within_hours: 24", "redact_within_hours: 12"))


@pytest.mark.parametrize(
    ("past", "new", "expected"),
    [
        (recorded(), NETWORK, (Outcome.SAME, None, None)),
        (recorded(), OPEN_FLOOR, (Outcome.SAME, None, None)),
        (recorded(carried(Tlp.RED), room="mps-desk-aus"), CLOSED_TO_RED,
         (Outcome.NOW_REFUSED, Code.RED_NOT_OPEN, None)),
        (refused(Code.RED_NOT_OPEN, "rule4.red", marking=carried(Tlp.RED)), OPEN_FLOOR,
         (Outcome.NOW_ACCEPTED, None, None)),
        (refused(Code.RED_NOT_OPEN, "rule4.red", marking=carried(Tlp.RED)), NETWORK,
         (Outcome.SAME, None, None)),
        (recorded(sender=user_id("rso.analyst1")), NO_ANALYSTS,
         (Outcome.NOW_REFUSED, Code.NOT_IN_ROOM, None)),
        (recorded(kind="reaction", marking=None, sender=user_id("rso.analyst1")), NO_ANALYSTS,
         (Outcome.NOW_REFUSED, Code.NOT_IN_ROOM, None)),
        (recorded(kind="reaction"), DECLARING, (Outcome.SAME, None, None)),
        (recorded(), DECLARING, (Outcome.NOW_REFUSED, Code.DECLARATION_NEEDED, None)),
        (recorded(carried(personal_data=PersonalData.NONE)), DECLARING,
         (Outcome.SAME, None, None)),
        (recorded(), SHORTER_TERM, (Outcome.NOW_REFUSED, Code.OUTSIDE_TERM, None)),
        (recorded(decided_at=NOW - timedelta(days=90)), SHORTER_TERM, (Outcome.SAME, None, None)),
        (recorded(carried(rel="AUS IDN"), room="mps-aus-idn"), NO_COMPARTMENT,
         (Outcome.NOW_REFUSED, Code.ROOM_NOT_GOVERNED, None)),
        (recorded(carried(caveats=frozenset({"H1"}))), NO_H1,
         (Outcome.NOW_REFUSED, Code.MARKING_UNCLEAR, None)),
        (recorded(sender="@stranger:elsewhere.example"), NETWORK,
         (Outcome.NOW_REFUSED, Code.NOT_ADMITTED, None)),
        # What was refused before its marking was worked out.
        (refused(Code.NOT_IN_ROOM, "rule2.in_room", sender=user_id("rso.auditor1")), NETWORK,
         (Outcome.SAME, None, None)),
        (refused(Code.OUTSIDE_TERM, "rule2.term"), NETWORK,
         (Outcome.UNKNOWN, None, Unkept.MARKING)),
        (refused(Code.READ_ONLY, "rule2.posters", room="mps-bulletins"), NO_ANALYSTS,
         (Outcome.SAME, None, None)),
        # Among bulletins: accepted in a thread; an auditor wherever it was.
        (recorded(room="mps-bulletins"), NETWORK, (Outcome.SAME, None, None)),
        (recorded(room="mps-bulletins"), AUDITING,
         (Outcome.NOW_REFUSED, Code.READ_ONLY, None)),
        (refused(Code.READ_ONLY, "rule2.posters", room="mps-bulletins",
                 sender=user_id("rso.auditor1")), NETWORK, (Outcome.SAME, None, None)),
        (refused(Code.READ_ONLY, "rule2.posters", room="mps-bulletins",
                 sender=user_id("rso.auditor1")), ANALYSING,
         (Outcome.UNKNOWN, None, Unkept.MARKING)),
        (refused(Code.READ_ONLY, "rule2.posters", room="mps-bulletins",
                 sender=user_id("rso.analyst1")), NETWORK, (Outcome.SAME, None, None)),
        (refused(Code.PERSONAL_DATA_BARRED, "rule6.bulletins", room="mps-bulletins"), NETWORK,
         (Outcome.SAME, None, None)),
        (refused(Code.DECLARATION_NEEDED, "rule6.declaration"), NETWORK,
         (Outcome.UNKNOWN, None, Unkept.MARKING)),
        (refused(Code.DECLARATION_NEEDED, "rule6.declaration"), DECLARING,
         (Outcome.SAME, None, None)),
        (refused(Code.MARKING_UNCLEAR, "rule3.reads"), OPEN_FLOOR, (Outcome.SAME, None, None)),
        (refused(Code.MARKING_UNCLEAR, "rule3.reads"), NO_H1,
         (Outcome.UNKNOWN, None, Unkept.TEXT)),
        (refused(Code.MARKING_TOO_WIDE, "rule3.width"), GREENER,
         (Outcome.UNKNOWN, None, Unkept.TEXT)),
        (refused(Code.PERSONAL_DATA_FOUND, "rule6.undeclared"), GREENER,
         (Outcome.SAME, None, None)),
        (refused(Code.NOT_ADMITTED, "rule2.admitted"), NETWORK, (Outcome.SAME, None, None)),
        (refused(Code.NOT_ADMITTED, "rule2.admitted", sender=user_id("xyz.new1")), NETWORK,
         (Outcome.SAME, None, None)),
        (refused(Code.SHAPE_NOT_ALLOWED, "rule1.shape", kind="undecodable",
                 sender=user_id("rso.analyst1")), NO_ANALYSTS,
         (Outcome.SAME, None, None)),
        (refused(Code.DEVICE_NOT_SIGNED, "rule2.device", sender=user_id("rso.analyst1")),
         NO_ANALYSTS, (Outcome.OTHER_REASON, Code.NOT_IN_ROOM, None)),
        (refused(Code.ROOM_NOT_GOVERNED, "rule1.room", room=None), NETWORK,
         (Outcome.SAME, None, None)),
        # What the kind alone can't tell.
        (recorded(kind="redaction"), QUICKER, (Outcome.UNKNOWN, None, Unkept.TARGET)),
        (recorded(kind="redaction"), NETWORK, (Outcome.SAME, None, None)),
        (refused(Code.TOO_LATE, "rule1.age", kind="redaction"), QUICKER,
         (Outcome.SAME, None, None)),
        (recorded(kind="state"), NETWORK, (Outcome.UNKNOWN, None, Unkept.STATE)),
        (recorded(kind="steward"), NETWORK, (Outcome.UNKNOWN, None, Unkept.RULE)),
        (recorded(kind="steward", rule="own.effect"), NETWORK, (Outcome.NOT_POLICY, None, None)),
        (recorded(kind="state", rule="leave"), NETWORK, (Outcome.NOT_POLICY, None, None)),
        (refused(Code.RULE_FAILED, "rule1.type"), NETWORK, (Outcome.UNKNOWN, None, Unkept.RULE)),
        (refused(Code.NOT_IN_ROOM, "rule9.new", marking=carried()), NETWORK,
         (Outcome.UNKNOWN, None, Unkept.RULE)),
        (refused(Code.NOT_IN_ROOM, "rule9.new"), NETWORK, (Outcome.UNKNOWN, None, Unkept.RULE)),
    ],
)  # fmt: skip
def test_a_past_decision_under_another_policy(
    past: Recorded, new: Network, expected: tuple[Outcome, Code | None, Unkept | None]
) -> None:
    assert told(replay(past, NETWORK, new)) == expected


def test_what_may_have_been_unmarked_is_unknown_where_its_default_would_decide() -> None:
    barring = policy(mps=("default: TLP:GREEN\n", "default: TLP:GREEN PD\n"))
    of_bulletins = {"room": "mps-bulletins", "sender": user_id("rso.analyst1")}
    for tlp in (Tlp.GREEN, Tlp.AMBER):
        past = recorded(carried(tlp), **of_bulletins)
        assert told(replay(past, NETWORK, barring))[2] is Unkept.DEFAULT
    # CLEAR is below the default of then, so it was written.
    assert replay(recorded(carried(Tlp.CLEAR), **of_bulletins), NETWORK, barring) == SAME
    assert replay(recorded(), NETWORK, GREENER) == SAME


def test_without_the_policy_of_then_what_its_default_decides_is_unknown() -> None:
    red = recorded(carried(Tlp.RED), room="mps-desk-aus")
    assert told(replay(red, None, CLOSED_TO_RED))[2] is Unkept.DEFAULT
    assert replay(recorded(), None, NETWORK) == SAME


def test_without_the_policy_of_then_a_refusal_among_bulletins_is_unknown() -> None:
    past = refused(Code.READ_ONLY, "rule2.posters", room="mps-bulletins")
    assert told(replay(past, None, NETWORK)) == (Outcome.UNKNOWN, None, Unkept.MARKING)


def test_a_rel_that_nobody_wrote_follows_the_ceiling() -> None:
    wider = policy(mps=("ceiling: [AUS, IDN]", "ceiling: [AUS, IDN, TLS]"))
    unwritten = recorded(carried(rel="AUS IDN"), room="mps-aus-idn")
    assert replay(unwritten, NETWORK, wider) == SAME
    explicit = recorded(carried(rel="AUS IDN", explicit_rel=True), room="mps-aus-idn")
    assert told(replay(explicit, NETWORK, wider))[1] is Code.REL_EXCLUDES_ROOM


def test_a_rule_on_the_sender_that_errs_refuses() -> None:
    asked = question(Post("x", None), now=NOW.replace(tzinfo=None))
    spoken = judge_sending(asked, NETWORK)
    assert spoken is not None
    assert spoken.code is Code.RULE_FAILED
    assert judge_sending(question(Post("x", None)), NETWORK) is None
