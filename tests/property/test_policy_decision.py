"""Properties of the decision, over every room, officer, marking and relation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rilon.domain.acts import (
    Act,
    Membership,
    Post,
    Reaction,
    Redaction,
    Relation,
    RelationKind,
    State,
    Unclear,
    Undecodable,
    Verification,
)
from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking, take_effect
from rilon.domain.officers import Officer
from rilon.domain.rooms import RoomKind
from rilon.domain.verdicts import Accept, Code, Refuse
from rilon.policy.evaluate import evaluate
from rilon.policy.question import Question, Related, RelatedKind, Standing
from tests.policy_scene import NETWORK, NOW, user_id

PARTIES = sorted(NETWORK.vocabulary.parties)
ROOMS = sorted(NETWORK.rooms)
OFFICERS = sorted(NETWORK.officers)
EVENTS = ("$a", "$b")

party_sets = st.frozensets(st.sampled_from(PARTIES))
dates = st.dates(date(2026, 5, 25), date(2026, 6, 8))
caveats = st.frozensets(st.sampled_from(sorted(NETWORK.caveat_codes)))
written = st.builds(
    WrittenMarking,
    tlp=st.none() | st.sampled_from(Tlp),
    rel=st.none() | party_sets | st.just(frozenset(PARTIES)),
    caveats=caveats,
    protect=st.just(frozenset()) | party_sets,
    personal_data=st.sampled_from(PersonalData),
    expires=st.none() | dates,
)
markings = st.builds(
    Marking,
    tlp=st.sampled_from(Tlp),
    rel=party_sets | st.just(frozenset(PARTIES)),
    originators=st.frozensets(st.sampled_from(PARTIES), min_size=1),
    caveats=caveats,
    protect=st.just(frozenset()) | party_sets,
    personal_data=st.sampled_from(PersonalData),
    expires=st.none() | dates,
    explicit_rel=st.booleans(),
)
relations = st.builds(
    Relation, st.sampled_from(RelationKind), st.sampled_from(EVENTS), st.none() | st.just("$b")
)
posts = st.builds(
    Post,
    st.text(max_size=20),
    st.none() | written | st.builds(Unclear, st.text(max_size=5)),
    st.none() | relations,
    st.frozensets(st.text(max_size=12) | st.sampled_from(OFFICERS).map(user_id), max_size=2),
)
persons = st.sampled_from(OFFICERS).map(user_id) | st.text(max_size=8)
acts: st.SearchStrategy[Act] = st.one_of(
    posts,
    st.builds(Reaction, st.sampled_from(EVENTS), st.text(max_size=3)),
    st.builds(Redaction, st.sampled_from(EVENTS)),
    st.builds(
        Membership,
        persons,
        st.sampled_from(["join", "leave", "invite", "ban", "knock", ""]),
        st.none() | st.text(max_size=5),
        st.none() | st.text(max_size=5),
        st.booleans(),
        st.frozensets(st.text(max_size=3), max_size=1),
    ),
    st.builds(State, st.text(max_size=5), st.text(max_size=5)),
    st.builds(Verification, st.text(max_size=5)),
    st.builds(Undecodable, st.sampled_from(Code), st.text(max_size=5)),
)


@st.composite
def questions(
    draw: st.DrawFn, act: st.SearchStrategy[Act] = acts, orderly: bool = False
) -> Question:
    """Any question; an orderly one is asked by a member in whom everything is in order."""
    room = NETWORK.rooms[draw(st.sampled_from(ROOMS))]
    members = sorted(NETWORK.members(room.key))
    name = draw(st.sampled_from(members if orderly or draw(st.booleans()) else OFFICERS))
    officer: Officer | None = NETWORK.officers[name]
    admitted, signed, joined = (orderly or draw(st.booleans()) for _ in range(3))
    standing = Standing(
        officer if orderly or draw(st.booleans()) else None,
        admitted=admitted,
        device_signed=signed,
        in_room=joined,
        is_steward=not orderly and draw(st.booleans()),
    )
    related = {
        event: Related(
            event,
            draw(st.just(user_id(name)) | persons),
            draw(markings if orderly else st.none() | markings),
            RelatedKind.CONTENT if orderly else draw(st.sampled_from(RelatedKind)),
            NOW - timedelta(hours=draw(st.integers(0, 48))),
        )
        for event in EVENTS
        if orderly or draw(st.booleans())
    }
    return Question(draw(act), room, standing, user_id(name), related, NOW)


def ask(question: Question) -> Accept | Refuse:
    verdict = evaluate(question, NETWORK)
    assert isinstance(verdict, (Accept, Refuse))
    return verdict


@settings(max_examples=200)
@given(st.one_of(questions(), questions(posts, orderly=True)))
def test_nothing_is_accepted_whose_effective_rel_leaves_out_a_party_of_the_ceiling(
    question: Question,
) -> None:
    verdict = ask(question)
    if not isinstance(verdict, Accept) or question.standing.is_steward:
        return
    if isinstance(question.act, Post):
        effective = verdict.effective
        assert effective is not None
        assert question.room.ceiling <= effective.rel
        assert not question.room.ceiling & effective.protect
        assert effective.tlp < Tlp.RED or question.room.opens_to_red
        assert effective.expires is None or effective.expires >= NOW.date()
    else:
        assert verdict.effective is None


@settings(max_examples=200)
@given(questions(posts, orderly=True))
def test_what_is_accepted_is_never_looser_than_anything_it_relates_to(question: Question) -> None:
    verdict = ask(question)
    act = question.act
    assert isinstance(act, Post)
    if isinstance(verdict, Refuse) or act.relation is None:
        return
    assert verdict.effective is not None
    for event in act.relation.events:
        marking = question.related[event].marking
        assert marking is not None
        assert verdict.effective.covers(marking)


@settings(max_examples=200)
@given(questions(posts, orderly=True))
def test_what_a_reader_sees_written_is_no_wider_than_what_holds(question: Question) -> None:
    verdict = ask(question)
    act, officer = question.act, question.standing.officer
    assert isinstance(act, Post)
    assert officer is not None
    if isinstance(verdict, Refuse) or not isinstance(act.marking, WrittenMarking):
        return
    own = take_effect(act.marking, question.room.default, question.room.ceiling, officer.party)
    effective = verdict.effective
    assert effective is not None
    assert replace(effective, originators=own.originators, explicit_rel=own.explicit_rel) == own


@settings(max_examples=200)
@given(questions())
def test_only_officers_in_order_speak(question: Question) -> None:
    verdict = ask(question)
    act, standing = question.act, question.standing
    if isinstance(verdict, Refuse) or standing.is_steward or isinstance(act, Membership):
        return
    assert isinstance(act, (Post, Reaction, Redaction, Verification))
    assert standing.officer is not None
    assert standing.admitted
    assert standing.device_signed
    assert standing.in_room
    assert standing.officer.name in NETWORK.members(question.room.key)
    assert question.room.kind is not RoomKind.SPACE


@settings(max_examples=300)
@given(questions())
def test_memberships_that_are_accepted_carry_no_text(question: Question) -> None:
    act = question.act
    verdict = ask(question)
    if isinstance(verdict, Refuse) or not isinstance(act, Membership):
        return
    assert not act.has_reason
    if not question.standing.is_steward:
        assert act.person == question.sender_id
        assert act.membership in ("join", "leave")
        assert not act.avatar
        assert not act.other_keys
        officer = question.standing.officer
        assert not act.display_name or (officer and act.display_name == officer.display_name)


@given(questions())
def test_the_same_question_gets_the_same_verdict(question: Question) -> None:
    assert ask(question) == ask(question)


@given(questions(posts, orderly=True), st.text(min_size=8, max_size=20))
def test_no_refusal_holds_the_text(question: Question, text: str) -> None:
    marked = f"§{text}§"
    assert isinstance(question.act, Post)
    verdict = ask(replace(question, act=replace(question.act, body=marked)))
    assert marked not in repr(verdict)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just(NETWORK),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    questions(),
    st.sampled_from(["act", "room", "standing", "sender_id", "related", "now"]),
    anything,
)
def test_it_never_raises_and_never_accepts_nonsense(
    question: Question, field: str, nonsense: object
) -> None:
    broken = replace(question, **{field: nonsense})  # type: ignore[arg-type]
    verdict = evaluate(broken, NETWORK)
    assert isinstance(verdict, (Accept, Refuse))
    if field in ("act", "standing") or (
        field == "room" and not isinstance(question.act, Membership)
    ):
        assert isinstance(verdict, Refuse)
