"""Nothing but bulletins appears where bulletins stand; who reads one asks in its thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rilon.domain.acts import Act, Post, Reaction, Redaction, Relation, RelationKind
from rilon.domain.markings import Tlp
from rilon.domain.officers import Role
from rilon.domain.parties import parties
from rilon.domain.verdicts import Accept, Code, Verdict
from rilon.policy.network import Network
from rilon.policy.question import Related, RelatedKind
from rilon.policy.sender_rules import only_reads
from tests.policy_scene import (
    NETWORK,
    NOW,
    UNDER_IT,
    accepted,
    bulletin,
    carried,
    decide,
    post,
    refusal,
    related,
    said,
    user_id,
    written,
)

ROOM = "mps-bulletins"
OF_EACH_ROLE = {
    "secondee": "aus.secondee1",
    "focal_point": "idn.focal1",
    "chair": "idn.chair1",
    "analyst": "rso.analyst1",
    "coordinator": "rso.coordinator1",
    "auditor": "rso.auditor1",
}
READ_ONLY = (Code.READ_ONLY, "rule2.posters")

QUESTION = related("$question", "mys.focal1")
"""Somebody's question in the thread of the bulletin."""
OWN = "$own"


def tried(act: Act, officer: str, *more: Related, network: Network = NETWORK) -> Verdict:
    """The verdict on an act in the room, in which stand a bulletin, a question and, of the
    officer's own, an earlier question."""
    there = (bulletin(), QUESTION, related(OWN, officer), *more)
    return decide(act, ROOM, officer, related=there, network=network)


def relating(kind: RelationKind, target: str, reply_to: str | None = None) -> Act:
    return post(relation=Relation(kind, target, reply_to))


BULLETIN = "$bulletin"
THREAD, REPLY, EDIT = RelationKind.THREAD, RelationKind.REPLY, RelationKind.EDIT


@pytest.mark.parametrize("role", sorted(OF_EACH_ROLE))
@pytest.mark.parametrize(
    ("act", "posted"),
    [
        (post(), False),
        (relating(THREAD, BULLETIN), True),
        (relating(THREAD, BULLETIN, "$question"), True),
        (relating(EDIT, OWN), True),
        (relating(THREAD, "$question"), False),
        (relating(THREAD, "$question", BULLETIN), False),
        (relating(THREAD, OWN), False),
        (relating(THREAD, "$unknown"), False),
        (relating(REPLY, BULLETIN), False),
        (relating(REPLY, "$question"), False),
        (relating(EDIT, BULLETIN), False),
        (relating(EDIT, "$question"), False),
        (relating(EDIT, "$unknown"), False),
    ],
)
def test_officers_post_in_the_thread_of_a_bulletin_and_nowhere_else(
    role: str, act: Act, posted: bool
) -> None:
    """Of every role, and whatever it relates to; an officer who is only an auditor nowhere."""
    verdict = tried(act, OF_EACH_ROLE[role])
    if posted and role != "auditor":
        accepted(verdict)
    else:
        assert refusal(verdict) == READ_ONLY


@pytest.mark.parametrize("role", sorted(OF_EACH_ROLE))
def test_everybody_acknowledges_and_takes_back_what_is_their_own(role: str) -> None:
    """A tap is no post. What is removed is one's own; bulletins are the steward's."""
    officer = OF_EACH_ROLE[role]
    accepted(tried(Reaction(BULLETIN, "✅"), officer))
    accepted(tried(Redaction(OWN), officer))
    assert refusal(tried(Redaction(BULLETIN), officer))[0] is Code.NOT_YOUR_EVENT


def test_whoever_is_more_than_an_auditor_asks() -> None:
    """The roles of an officer count together."""
    name = OF_EACH_ROLE["auditor"]
    both = replace(NETWORK.officers[name], roles=frozenset({Role.AUDITOR, Role.COORDINATOR}))
    network = replace(NETWORK, officers={**NETWORK.officers, name: both})
    accepted(tried(relating(THREAD, BULLETIN), name, network=network))


def test_who_has_no_role_posts_nothing() -> None:
    """What can't be told is no."""
    assert only_reads(NETWORK.rooms[ROOM], frozenset())
    assert not only_reads(NETWORK.rooms["mps-floor"], frozenset())


@pytest.mark.parametrize("kind", [RelatedKind.STEWARD, RelatedKind.REACTION, RelatedKind.STATE])
def test_a_thread_under_what_is_no_content_of_the_steward_is_refused(kind: RelatedKind) -> None:
    """A notice, a tap or a state is no bulletin, whoever made it."""
    notice = related("$notice", NETWORK.steward, kind=kind)
    assert refusal(tried(relating(THREAD, "$notice"), "aus.secondee1", notice)) == READ_ONLY


def test_a_namesake_of_the_steward_elsewhere_has_no_bulletins() -> None:
    """ATTACK: an account with the steward's local part on another server."""
    other = replace(bulletin(), event_id="$other", sender=f"@{NETWORK.steward}:elsewhere.example")
    assert refusal(tried(relating(THREAD, "$other"), "aus.secondee1", other)) == READ_ONLY


def test_a_bulletin_without_a_marking_can_not_be_asked_about() -> None:
    """What it would join with isn't known."""
    bare = replace(bulletin(), event_id="$bare", marking=None)
    verdict = tried(relating(THREAD, "$bare"), "aus.secondee1", bare)
    assert refusal(verdict) == (Code.RELATION_UNKNOWN, "rule1.relation")


def test_a_question_is_as_strict_as_the_bulletin_that_it_is_about() -> None:
    """The marking of the bulletin is joined; one that says less would mislead."""
    strict = bulletin(carried(Tlp.AMBER, originators=parties("RSO"), caveats=frozenset({"ORCON"})))

    def asks(act: Post) -> Verdict:
        return decide(act, ROOM, "aus.secondee1", related=(strict,))

    effective = accepted(asks(post(relation=UNDER_IT))).effective
    assert effective is not None
    assert effective.tlp is Tlp.AMBER
    assert effective.caveats == frozenset({"ORCON"})
    wider = asks(post(written(Tlp.GREEN), UNDER_IT))
    assert refusal(wider) == (Code.MARKING_TOO_WIDE, "rule3.width")


def test_a_refusal_says_where_to_ask_and_an_auditors_does_not() -> None:
    """The card's words depend on it."""
    assert said(tried(post(), "rso.analyst1")) == {"room": "Bulletins", "bulletins": "Bulletins"}
    assert said(tried(post(), "rso.auditor1")) == {"room": "Bulletins"}


def test_what_was_recalled_is_not_said_again_as_its_edit() -> None:
    """As in every room."""
    gone = replace(related("$gone", "aus.secondee1"), recalled=True)
    verdict = tried(relating(EDIT, "$gone"), "aus.secondee1", gone)
    assert refusal(verdict) == (Code.RELATION_UNKNOWN, "rule1.relation")


def test_a_room_of_bulletins_needs_no_posters_to_be_closed() -> None:
    """ATTACK by omission: a group's policy without `posters` opens nothing."""
    room = replace(NETWORK.rooms[ROOM], posters=frozenset())
    network = replace(NETWORK, rooms={**NETWORK.rooms, ROOM: room})
    for officer in OF_EACH_ROLE.values():
        assert refusal(tried(post(), officer, network=network)) == READ_ONLY


def test_direct_words_are_refused_before_their_marking_is_looked_at() -> None:
    """So that nothing of them is held, or offered to be sent otherwise."""
    verdict = tried(post(written(Tlp.RED)), "rso.analyst1")
    assert refusal(verdict) == READ_ONLY
    assert not isinstance(verdict, Accept)
    assert verdict.effective is None


def test_an_old_bulletin_is_asked_about_like_a_new_one() -> None:
    """Nothing here ends with time but what is removed."""
    old = replace(bulletin(), sent_at=NOW - timedelta(days=700))
    asked = decide(post(relation=UNDER_IT), ROOM, "tls.focal1", related=(old,))
    accepted(asked)
    assert old.sender == user_id(NETWORK.steward)
