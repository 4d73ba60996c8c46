"""Laws of release: a grant for A never serves for B, whatever is granted besides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from rilon.application.consents import agreed_part, judge_released
from rilon.application.held import HeldText
from rilon.application.release import asking_of
from rilon.application.release_steps import part_of
from rilon.domain.acts import Post
from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking, take_effect
from rilon.domain.parties import Party, parties
from rilon.domain.verdicts import Accept
from rilon.policy.question import Question, Source
from rilon.policy.release import Grant
from rilon.policy.source_rules import obstacle, weigh
from tests.policy_scene import NETWORK, TODAY, question

SENDER = Party("AUS")
ALL = sorted(parties("AUS", "BGD", "IDN", "THA", "RSO"))
ROOMS = ("mps-floor", "mps-aus-idn", "mps-desk-aus", "mps-desk-idn")
some = st.frozensets(st.sampled_from(ALL))


def _marking(tlp: Tlp, rel: frozenset[Party], by: frozenset[Party], **fields: object) -> Marking:
    return Marking(tlp, rel | by, by, explicit_rel=True, **fields)  # type: ignore[arg-type]


markings = st.builds(
    _marking,
    tlp=st.sampled_from(Tlp),
    rel=some,
    by=st.frozensets(st.sampled_from(ALL), min_size=1, max_size=2),
    caveats=st.frozensets(st.sampled_from(["ORCON", "H1"])),
    protect=st.frozensets(st.sampled_from(ALL), max_size=1),
    personal_data=st.sampled_from(PersonalData),
    expires=st.sampled_from([None, None, None, TODAY, TODAY - timedelta(days=1)]),
)
passages = st.frozensets(st.integers(1, 4), min_size=1)


@st.composite
def sources(draw: st.DrawFn) -> tuple[Source, ...]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        room = NETWORK.rooms[draw(st.sampled_from(ROOMS))]
        identity = bytes([number]) * 32
        found.append(Source(identity, room.key, room.ceiling, draw(markings), True, draw(passages)))
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn) -> Question:
    """Sources with every grant that they take, of which one or the other is missing, or is for
    something else."""
    found, room = draw(sources()), draw(st.sampled_from(ROOMS))
    originators = frozenset[Party]().union(*(one.marking.originators for one in found))
    right = frozenset((one.identity, one.marking) for one in found)
    grants = []
    for party in sorted(originators):
        wide = replace(
            found[0].marking,
            rel=NETWORK.vocabulary.parties,
            originators=frozenset({party}),
            protect=frozenset(),
            expires=None,
        )
        grant = Grant(party, room, right, frozenset({1, 2, 3, 4}), wide)
        what = draw(st.sampled_from([*["right"] * 8, *WRONG, "missing"]))
        if what != "missing":
            grants.append(grant if what == "right" else spoiled(grant, what))
    return question(Post("x", None), room, sources=found, grants=tuple(grants))


WRONG = ("room", "source", "marking", "words", "party", "rel", "protect", "day")


def spoiled(grant: Grant, what: str) -> Grant:
    """A grant for another thing than that one."""
    match what:
        case "room":
            return replace(grant, room="mps-coordination")
        case "source":
            moved = frozenset((b"\xff" * 32, marking) for _, marking in grant.sources)
            return replace(grant, sources=moved)
        case "marking":
            tighter = frozenset(
                (identity, replace(marking, caveats=marking.caveats | {"FOUO"}))
                for identity, marking in grant.sources
            )
            return replace(grant, sources=tighter)
        case "words":
            return replace(grant, passages=frozenset({99}))
        case "rel":
            return replace(grant, marking=replace(grant.marking, rel=frozenset()))
        case "protect":
            ceiling = NETWORK.vocabulary.parties
            return replace(grant, marking=replace(grant.marking, protect=ceiling))
        case "day":
            past = TODAY - timedelta(days=1)
            return replace(grant, marking=replace(grant.marking, expires=past))
    return replace(grant, party=Party("MYS"))


def _stands_in_the_way(case: Question) -> bool:
    return weigh(case, NETWORK.officers["aus.secondee1"], TODAY).obstacle is not None


@given(cases())
def test_nothing_passes_by_release_without_everyones_consent_to_just_this(case: Question) -> None:
    """A naive reading of the grants, passage by passage and source by source."""
    without = replace(case, grants=())
    blocking = weigh(without, NETWORK.officers["aus.secondee1"], TODAY).blocking
    if _stands_in_the_way(case):
        return
    for source in blocking:
        for passage in source.passages:
            copies = [one for one in case.sources if passage in one.passages]
            if any(
                obstacle(one, without, SENDER, TODAY) is None
                and (not one.marking.restricted or case.room.ceiling <= one.ceiling)
                for one in copies
            ):
                continue
            consenting = set()
            for grant in case.grants:
                right_room = grant.room == case.room.key
                right_source = (source.identity, source.marking) in grant.sources
                right_words = passage in grant.passages
                in_rel = case.room.ceiling <= grant.marking.rel
                if right_room and right_source and right_words and in_rel:
                    consenting.add(grant.party)
            originators = source.marking.originators
            assert originators & consenting
            assert originators - {SENDER} <= consenting
            assert source.marking.expires is None or source.marking.expires >= TODAY


@given(cases(), st.sampled_from(WRONG))
def test_a_grant_for_anything_else_is_no_grant(case: Question, what: str) -> None:
    worthless = replace(case, grants=tuple(spoiled(one, what) for one in case.grants))
    assert _stands_in_the_way(worthless) == _stands_in_the_way(replace(case, grants=()))


@given(sources(), st.sampled_from(ROOMS[:3]), st.none() | st.sampled_from(Tlp))
def test_what_is_asked_for_takes_each_ones_consent_and_no_more(
    found: tuple[Source, ...], room: str, tlp: Tlp | None
) -> None:
    """If everybody asked consents, it fits as it was said to; if one doesn't, it doesn't."""
    written = None if tlp is None else WrittenMarking(tlp=tlp)
    asked = question(Post("boat at the jetty", written), room, sources=found)
    held = HeldText("boat at the jetty")
    asking = asking_of(held, written, asked, NETWORK)
    assume(asking is not None)
    assert asking is not None
    where = NETWORK.rooms[room]
    every = frozenset[int]().union(*(one.passages for one in found))
    grants = tuple(
        Grant(
            one.party,
            room,
            frozenset(one.sources),
            every,
            take_effect(asking.marking, where.default, where.ceiling, one.party),
        )
        for one in asking.consents
    )
    if asking.fits:
        verdict = judge_released(asking.marking, held, replace(asked, grants=grants), NETWORK)
        assert isinstance(verdict, Accept)
        assert verdict.effective is not None
        for grant in grants:
            assert verdict.effective.originators >= {grant.party}
    for missing in grants:
        fewer = tuple(one for one in grants if one is not missing)
        short = replace(asked, grants=fewer)
        assert not isinstance(judge_released(asking.marking, held, short, NETWORK), Accept)
    for one in asking.asked:
        desk = NETWORK.rooms[one.desk or ""]
        assert desk.ceiling == {one.party}
        for source in found:
            # What is shown there is never shown to a party outside REL, or protected from.
            draft = not source.written and source.marking.originators == {SENDER}
            known = desk.ceiling <= source.ceiling or not source.marking.restricted
            # A text of the sender's that was shown in another's desk: what is others' in it came
            # from a source of theirs, which binds by itself and is not drawn here.
            copy_shown = SENDER in source.marking.originators and SENDER not in source.ceiling
            known = known or copy_shown
            if not known and not draft and source.marking.originators != {SENDER}:
                others = [
                    copy
                    for copy in found
                    if copy is not source and copy.passages >= source.passages
                ]
                if not others:
                    assert desk.ceiling <= source.marking.rel
                    assert not desk.ceiling & source.marking.protect


@given(st.text("ab c\n.", min_size=1, max_size=60), st.data())
def test_a_part_is_always_words_of_the_text_one_after_the_other(
    text: str, data: st.DataObject
) -> None:
    said = data.draw(st.text("ab c.", max_size=30) | st.just(text[3:25]))
    span = part_of(said.strip(), text)
    if span is not None:
        assert text[span[0] : span[1]].split() == said.split()


@given(st.lists(st.none() | st.tuples(st.integers(0, 9), st.integers(1, 10)), max_size=4))
def test_what_is_agreed_is_within_what_each_one_released(
    parts: list[tuple[int, int] | None],
) -> None:
    proper = [None if one is None else (one[0], one[0] + one[1]) for one in parts]
    agreed = agreed_part(20, proper)
    if agreed is not None:
        for part in proper:
            assert part is None or (part[0] <= agreed[0] and agreed[1] <= part[1])
