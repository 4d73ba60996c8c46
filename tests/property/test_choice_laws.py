"""Laws of choices: no marking is left in a text that is sent on, no word is lost, and no tap leads
anywhere where the text may not be.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from rilon.application.offers import offer_of
from rilon.domain.acts import Post, Relation, RelationKind
from rilon.domain.marking_text import read, without_marking, write
from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking, take_effect
from rilon.domain.parties import Party, parties
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Refuse
from rilon.policy.evaluate import evaluate
from rilon.policy.on_demand import compartment_named, compartment_of, with_rooms
from tests.policy_scene import NETWORK, TODAY, question, related

ALL = sorted(parties("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO"))
written = st.builds(
    WrittenMarking,
    tlp=st.none() | st.sampled_from(Tlp),
    rel=st.none() | st.frozensets(st.sampled_from(ALL), min_size=1),
    caveats=st.frozensets(st.sampled_from(("ORCON", "H1"))),
    protect=st.frozensets(st.sampled_from(ALL), max_size=2),
    personal_data=st.sampled_from(PersonalData),
    expires=st.none() | st.dates(TODAY, TODAY + timedelta(days=900)),
).filter(lambda marking: marking.tlp is not None or marking.rel is not None)
words = st.lists(st.sampled_from(["boat", "at", "0400", "jetty,", "hull"]), min_size=1, max_size=6)
pieces = st.lists(
    st.sampled_from(
        [
            "TLP:AMBER", "TLP:RED //", "TLP:ORANGE //", "REL AUS,IDN //", "REL AUS,XYZ", " ", "\n",
            "//", "ORCON", " boat ", "> ", "@a:b ", " https://x.y/z", "EXP 31/12/2026",
            "tlp amber ", "А", "\u200b", "PD", "[", "]", "Anna: ",
        ]
    ),
    max_size=10,
).map("".join)  # fmt: skip
places = st.sampled_from(
    [
        (officer, room)
        for officer in ("aus.secondee1", "idn.focal1", "rso.analyst1")
        for room in NETWORK.exchange_rooms[officer]
    ]
)


@given(st.lists(st.tuples(written, words), min_size=1, max_size=3))
def test_every_word_stays_and_every_marking_goes(
    lines: list[tuple[WrittenMarking, list[str]]],
) -> None:
    body = "\n".join(f"{write(marking)} {' '.join(said)}" for marking, said in lines)
    left = without_marking(body, NETWORK.vocabulary, TODAY)
    assert left == "\n".join(" ".join(said) for _, said in lines)


@given(pieces)
def test_what_is_left_of_a_hostile_text_bears_no_marking(hostile: str) -> None:
    left = without_marking(hostile, NETWORK.vocabulary, TODAY)
    assert left is None or read(left, NETWORK.vocabulary, TODAY) is None
    if left is not None:
        assert left.count("boat") == hostile.count("boat")
        assert left.count("https://x.y/z") == hostile.count("https://x.y/z")


@given(
    st.one_of(
        pieces, st.tuples(written, words).map(lambda it: f"{write(it[0])} {' '.join(it[1])}")
    ),
    places,
    st.none() | st.tuples(written, st.sampled_from(ALL)),
)
def test_no_choice_leads_where_the_text_may_not_be(
    body: str, place: tuple[str, Room], answers: tuple[WrittenMarking, str] | None
) -> None:
    """Whatever is chosen: the room's parties are in the REL of what was written and of what it
    answers, none of them is protected from, and nothing of it got lower."""
    officer, room = place
    marking = read(body, NETWORK.vocabulary, TODAY)
    carried: Marking | None = None
    relation = None
    if answers is not None:
        by = NETWORK.officers[officer].party
        carried = take_effect(answers[0], room.default, room.ceiling, by)
        relation = Relation(RelationKind.REPLY, "$first")
    first = (related(marking=carried),) if carried else ()
    asked = question(Post(body, marking, relation), room.key, officer, related=first)
    verdict = evaluate(asked, NETWORK)
    offer = offer_of(verdict, asked, NETWORK) if isinstance(verdict, Refuse) else None
    for choice in offer.choices[:-1] if offer else ():
        one = compartment_named(choice.room)
        network = NETWORK if one is None else with_rooms(NETWORK, [one])
        target = network.rooms[choice.room]
        chosen = read(f"{choice.marking} x", NETWORK.vocabulary, TODAY)
        assert isinstance(chosen, WrittenMarking)
        assert officer in network.members(choice.room)
        effective = take_effect(
            chosen, target.default, target.ceiling, NETWORK.officers[officer].party
        )
        assert target.ceiling <= effective.rel
        assert not target.ceiling & effective.protect
        if isinstance(marking, WrittenMarking):
            assert chosen.join(marking).caveats == chosen.caveats
            assert marking.tlp is None or (chosen.tlp or Tlp.CLEAR) >= marking.tlp
            assert chosen.protect >= marking.protect
            named = marking.rel is not None
            assert not named or effective.rel <= (marking.rel or set()) | {
                NETWORK.officers[officer].party
            }
        if carried is not None:
            assert target.ceiling <= carried.rel
            assert effective.join(carried).tlp == effective.tlp
            assert effective.caveats >= carried.caveats


@given(
    st.sampled_from(["mps", "a", "m-p-s", "x-aus"]),
    st.frozensets(st.sampled_from(ALL), min_size=2),
)
def test_a_compartments_key_says_which_it_is(group: str, some: frozenset[Party]) -> None:
    one = compartment_of(group, some)
    assert compartment_named(one.key) == one


@given(st.text("abiusdn+-.MPS1", max_size=20))
def test_another_key_is_no_compartments(key: str) -> None:
    one = compartment_named(key)
    assert one is None or (one.key == key and len(one.parties) > 1)
    assert all(compartment_named(standing) is None for standing in NETWORK.rooms)
