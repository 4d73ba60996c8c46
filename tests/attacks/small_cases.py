"""Every small case of the decision: three parties, and all markings, rooms and relations over them
up to a bound. Each case comes twice, as the real decision is asked and as the naive one is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, combinations, product
from typing import Any

from rilon.domain.acts import Post, Relation, RelationKind
from rilon.domain.markings import Marking, PersonalData, Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, RelatedKind, Standing
from tests.attacks.naive_decision import Plain
from tests.policy_scene import NETWORK, NOW, TODAY, user_id

SENDER, OTHER = "aus.secondee1", "idn.focal1"
THREE = ("AUS", "IDN", "RSO")
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def subsets(of: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(of, size) for size in range(len(of) + 1)))


SUBSETS = subsets(THREE)
CEILINGS = [some for some in SUBSETS if "AUS" in some]
"""Every one that the sender can be within."""
LABELS = (None, 0, 1, 2, 3, 4)
RELS = (None, *SUBSETS)
CAVEATS = ((), ("ORCON",), ("H1", "ORCON"))
DECLARED = ("?", "PD", "NOPD")
DAYS: tuple[date | None, ...] = (None, YESTERDAY, TODAY, TOMORROW)
FEW_RELS = (None, ("AUS", "IDN"), ("IDN", "RSO"), THREE)
FEW_PROTECTED = ((), ("AUS",), ("IDN",), ("IDN", "RSO"))

VOCABULARY = replace(NETWORK.vocabulary, parties=parties(*THREE))


def marking(
    tlp: int | None = None,
    rel: tuple[str, ...] | None = None,
    caveats: tuple[str, ...] = (),
    protect: tuple[str, ...] = (),
    pd: str = "?",
    exp: date | None = None,
) -> Plain:
    """A written marking as a plain value."""
    return {
        "tlp": tlp, "rel": rel, "caveats": caveats, "protect": protect, "pd": pd, "exp": exp
    }  # fmt: skip


def effective(by: tuple[str, ...] = ("IDN",), explicit: bool = False, **fields: Any) -> Plain:
    """An effective one."""
    return marking(**fields) | {"from": by, "explicit": explicit}


def _protects(written: Plain | None) -> bool:
    return written is not None and bool(written["protect"])


def _pairs_of_one_field() -> list[tuple[Plain, Plain]]:
    """Every pair of values of one field beside label and REL, all the others being empty."""
    pairs: list[tuple[Plain, Plain]] = [({}, {})]
    fields: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("caveats", CAVEATS), ("protect", FEW_PROTECTED), ("pd", DECLARED), ("exp", DAYS)
    )  # fmt: skip
    for name, values in fields:
        pairs += [({name: a}, {name: b}) for a, b in product(values, values)]
    return pairs


Case = tuple[Plain | None, Plain, list[Plain], str]
"""What is written, the room, what it relates to, and how."""


def _room(
    ceiling: tuple[str, ...],
    red: bool = False,
    declare: bool = False,
    kind: str = "floor",
    default: Plain | None = None,
) -> Plain:
    return {
        "ceiling": ceiling,
        "red": red,
        "declare": declare,
        "kind": kind,
        "default": default or marking(1),
    }


def everything_new() -> Iterator[Case]:
    """New content: every marking in every room. Among bulletins, where nothing new stands by
    itself, in the thread of the most open one, which leaves each marking as it is."""
    fields = product(LABELS, RELS, CAVEATS[::2], SUBSETS, DECLARED, DAYS[:3])
    written = [None, *(marking(*each) for each in fields)]
    flags = product((False, True), (False, True), ("floor", "bulletins"))
    for red, declare, kind in flags:
        # Where both differ from the plain floor, markings without PROTECT tell all there is.
        some = written if red == declare else [one for one in written if not _protects(one)]
        rooms = [_room(ceiling, red, declare, kind) for ceiling in CEILINGS]
        open_to_all = [effective(("RSO",), tlp=0, rel=THREE, pd="NOPD")]
        related, how = (open_to_all, "thread") if kind == "bulletins" else ([], "")
        for each, where in product(some, rooms):
            yield each, where, related, how


def every_default() -> Iterator[Case]:
    """New content in rooms of every default."""
    some = (
        None, marking(), marking(1), marking(None, ("AUS", "IDN")), marking(2, THREE, ("H1",)),
        marking(None, None, ("ORCON",), ("RSO",)), marking(pd="NOPD"), marking(exp=TODAY),
    )  # fmt: skip
    fields = product(LABELS, RELS, CAVEATS[::2], FEW_PROTECTED, DECLARED, DAYS[:2])
    for each, ceiling in product(fields, CEILINGS):
        where = _room(ceiling, declare=True, default=marking(*each))
        for written in some:
            yield written, where, [], ""


def every_answer() -> Iterator[Case]:
    """Answers: every label and REL to every label and REL; and beside some of them every value of
    each other field to every other value."""
    for mine, theirs in _pairs_of_one_field():
        rels, their_rels = (FEW_RELS, FEW_RELS[1:]) if mine else (RELS, SUBSETS)
        written = [marking(tlp, rel, **mine) for tlp, rel in product(LABELS, rels)]
        contents = [
            effective(tlp=tlp, rel=rel, **theirs) for tlp, rel in product(range(5), their_rels)
        ]
        for ceiling in CEILINGS:
            where = _room(ceiling, declare="pd" in mine)
            for each, content in product(written, contents):
                yield each, where, [content], "reply"


def every_relation() -> Iterator[Case]:
    """Every kind of relation, in a thread to two contents of different originators."""
    written = (None, *(marking(*each) for each in product((None, 1, 4), (None, THREE, ("AUS",)))))
    contents = [
        effective(by, explicit, tlp=tlp, rel=rel)
        for tlp, rel, by, explicit in product(
            range(5), SUBSETS[4:], (("IDN",), ("AUS", "RSO")), (False, True)
        )
    ]
    for red, ceiling in product((False, True), CEILINGS):
        where = _room(ceiling, red)
        for each, content in product(written, contents):
            for kind in ("reply", "edit", "thread"):
                yield each, where, [content], kind
        for each, one, other in product(written, contents[::3], contents[::5]):
            yield each, where, [one, other], "thread"


def every_quotation() -> Iterator[tuple[Case, Plain]]:
    """New content with a quotation that bears a marking: some of each to some of each."""
    some = (None, *(marking(*each) for each in product((None, 1, 2), (None, THREE), CAVEATS[::2])))
    fields = product(LABELS, (None, ("AUS",), ("IDN",), THREE), CAVEATS[::2], FEW_PROTECTED)
    within = [marking(*each) for each in fields]
    within += [marking(2, None, (), (), *each) for each in product(DECLARED, DAYS)]
    for red, ceiling in product((False, True), CEILINGS):
        where = _room(ceiling, red)
        for written, quoted in product(some, within):
            yield (written, where, [], ""), quoted


# --- as the real decision is asked -------------------------------------------------------------

EVENTS = ("$one", "$two")
_STANDING = Standing(
    replace(NETWORK.officers[SENDER], groups=frozenset()), admitted=True, device_signed=True,
    in_room=True,
)  # fmt: skip
_PERSONAL = {"NOPD": PersonalData.NONE, "?": PersonalData.UNDECLARED, "PD": PersonalData.PRESENT}
_KINDS = {kind.value: kind for kind in RelationKind}


class Asking:
    """Makes the questions; what comes again is made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[int | str, ...], Any] = {}
        self._kept: list[Any] = []

    def question(self, case: Case, quoted: Plain | None = None) -> tuple[Question, Network]:
        """The question, and the network in whose name it is asked."""
        written, where, contents, kind = case
        network = self._once(where, _network)
        sender = SENDER if kind == "edit" else OTHER
        if where["kind"] == "bulletins":
            sender = NETWORK.steward
        related = {
            event: self._once(content, _related, event, sender)
            for event, content in zip(EVENTS, contents, strict=False)
        }
        relation = Relation(_KINDS[kind], *related) if related else None
        post = Post(
            "text",
            None if written is None else self._once(written, _written),
            relation,
            quoted=None if quoted is None else self._once(quoted, _written),
        )
        room = network.rooms["room"]
        return Question(post, room, _STANDING, user_id(SENDER), related, NOW), network

    def _once(self, plain: Plain, make: Callable[..., Any], *more: str) -> Any:
        name: tuple[int | str, ...] = (id(plain), *more)
        if name not in self._made:
            if len(self._made) > 20_000:
                self._made.clear()
                self._kept.clear()
            self._made[name] = make(plain, *more)
            self._kept.append(plain)
        return self._made[name]


def _written(plain: Plain) -> WrittenMarking:
    return WrittenMarking(
        tlp=None if plain["tlp"] is None else Tlp(plain["tlp"]),
        rel=None if plain["rel"] is None else parties(*plain["rel"]),
        caveats=frozenset(plain["caveats"]),
        protect=parties(*plain["protect"]),
        personal_data=_PERSONAL[plain["pd"]],
        expires=plain["exp"],
    )


def _related(plain: Plain, event: str, sender: str) -> Related:
    carried = Marking(
        tlp=Tlp(plain["tlp"]),
        rel=parties(*plain["rel"]),
        originators=parties(*plain["from"]),
        caveats=frozenset(plain["caveats"]),
        protect=parties(*plain["protect"]),
        personal_data=_PERSONAL[plain["pd"]],
        expires=plain["exp"],
        explicit_rel=plain["explicit"],
    )
    return Related(event, user_id(sender), carried, RelatedKind.CONTENT, NOW)


def _network(plain: Plain) -> Network:
    room = Room(
        key="room",
        kind=RoomKind(plain["kind"]),
        group="",
        ceiling=parties(*plain["ceiling"]),
        default=_written(plain["default"]),
        name="Room",
        topic="",
        opens_to_red=plain["red"],
        needs_declaration=plain["declare"],
    )
    assert _STANDING.officer is not None
    return replace(
        NETWORK,
        vocabulary=VOCABULARY,
        rooms={"room": room},
        officers={SENDER: _STANDING.officer},
        member_names={"room": frozenset({SENDER})},
        exchange_rooms={},
    )


def plainly(carried: Marking) -> Plain:
    """An effective marking as the naive decision has it."""
    names = {value: name for name, value in _PERSONAL.items()}
    return {
        "tlp": int(carried.tlp),
        "rel": set(carried.rel),
        "from": set(carried.originators),
        "caveats": set(carried.caveats),
        "protect": set(carried.protect),
        "pd": names[carried.personal_data],
        "exp": carried.expires,
        "explicit": carried.explicit_rel,
    }
