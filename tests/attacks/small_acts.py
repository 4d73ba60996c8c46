"""Every small case of rules 1 and 2: acts, senders and rooms, with up to two things wrong at once.

Each case comes as plain values for the naive decision and as the question to the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations, product
from typing import Any

from rilon.domain.acts import (
    Act,
    Membership,
    Post,
    Reaction,
    Redaction,
    Relation,
    RelationKind,
    State,
    Undecodable,
    Verification,
)
from rilon.domain.markings import Marking, Tlp, WrittenMarking
from rilon.domain.officers import Role
from rilon.domain.parties import parties
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Code
from rilon.policy.network import Network
from rilon.policy.question import Question, Related, RelatedKind, Standing
from tests.attacks.naive_decision import Plain
from tests.policy_scene import NETWORK, NOW, SERVER, user_id

SENDER, OTHER, STRANGER = "aus.secondee1", "idn.focal1", "@stranger:elsewhere.example"
WHATS = ("content", "unmarked", "steward", "reaction", "state", "nothing")
WHOSE = ("own", "other", "steward")
IN_ORDER = ("officer", "admitted", "term", "belongs", "joined", "signed")
ENDED = date(2026, 5, 31)

Case = tuple[Plain, Plain, Plain]
"""The act, its sender, the room."""


def every_act() -> Iterator[Case]:
    """Every act of every sender in every room, within the bound."""
    yield from product(_acts(), _senders(), _rooms())


def _acts() -> Iterator[Plain]:
    yield {"is": "state"}
    yield {"is": "verification"}
    for code in ("shape_not_allowed", "unreadable"):
        yield {"is": "undecodable", "code": code}
    people = ((), ("officer",), ("answered",), ("nobody",))
    one = [([], ""), *_relations_to_one(WHOSE[:2])]
    two = [([_thing(root), _thing(answered)], "thread") for root, answered in product(WHATS, WHATS)]
    two += [([_thing("content", "steward"), _thing(answered)], "thread") for answered in WHATS]
    two += _relations_to_one(WHOSE[2:])
    for (to, how), mentions in (*product(one, people), *product(two, people[:1])):
        yield {"is": "post", "to": to, "how": how, "edit": how == "edit", "mentions": mentions}
    for what in WHATS:
        yield {"is": "reaction", "on": _thing(what)}
    for what, whose, age in product(WHATS, ("own", "other"), (0.5, 2)):
        yield {"is": "redaction", "on": _thing(what, whose, age)}
    names = ("join", "leave", "invite", "ban", "knock", "")
    for person, name, reason, odd in product(
        ("own", "other"), names, (False, True), ("", "name", "avatar", "key")
    ):
        yield {
            "is": "membership", "person": person, "membership": name, "reason": reason, "odd": odd,
        }  # fmt: skip


def _relations_to_one(of: tuple[str, ...]) -> Iterator[tuple[list[Plain], str]]:
    for what, whose, how in product(WHATS, of, ("reply", "thread", "edit")):
        yield [_thing(what, whose)], how


def _thing(what: str, whose: str = "other", age: float = 0.5) -> Plain:
    """An event that an act names. `age` counts the days in which one may redact."""
    marked = what == "content"
    return {
        "what": "content" if what == "unmarked" else what,
        "marked": marked,
        "whose": whose,
        "age": age,
    }


def _senders() -> Iterator[Plain]:
    right: Plain = dict.fromkeys(IN_ORDER, True) | {"role": "secondee", "steward": False}
    yield right | {"steward": True}
    for size in range(3):
        for wrong in combinations(IN_ORDER, size):
            yield right | dict.fromkeys(wrong, False)
    for role in ("analyst", "auditor"):
        yield right | {"role": role}


def _rooms() -> Iterator[Plain]:
    right = {"governed": True, "term": True, "closed": False}
    for kind in ("space", "floor", "bulletins", "direct"):
        yield right | {"kind": kind}
        for name, value in right.items():
            yield right | {"kind": kind, name: not value}


# --- as the real decision is asked -------------------------------------------------------------


def question(case: Case) -> tuple[Question, Network]:
    """The question, and the network in whose name it is asked."""
    plain, sender, where = case
    room, network = _network(sender, where)
    things = plain.get("to") or ([plain["on"]] if "on" in plain else [])
    related = {
        event: _related(event, thing)
        for event, thing in zip(("$one", "$two"), things, strict=False)
        if thing["what"] != "nothing"
    }
    officer = network.officers[SENDER] if sender["officer"] else None
    standing = Standing(
        officer,
        admitted=sender["admitted"],
        device_signed=sender["signed"],
        in_room=sender["joined"],
        is_steward=sender["steward"],
    )
    return Question(_act(plain, things), room, standing, user_id(SENDER), related, NOW), network


def _network(sender: Plain, where: Plain) -> tuple[Room, Network]:
    group = replace(NETWORK.groups["mps"], ends=None if where["term"] else ENDED)
    officer = replace(
        NETWORK.officers[SENDER],
        roles=frozenset({Role(sender["role"])}),
        term_until=None if sender["term"] else ENDED,
    )
    room = Room(
        key="room",
        kind=RoomKind(where["kind"]),
        group="mps",
        ceiling=parties("AUS", "IDN"),
        default=WrittenMarking(tlp=Tlp.GREEN),
        name="Room",
        topic="",
        posters=frozenset({"nobody"} if where["closed"] else ()),
    )
    network = replace(
        NETWORK,
        groups={"mps": group},
        rooms={"room": room if where["governed"] else replace(room, opens_to_red=True)},
        officers={**NETWORK.officers, SENDER: officer},
        member_names={"room": frozenset({SENDER} if sender["belongs"] else ())},
        exchange_rooms={},
    )
    return room, network


_WHO = dict(zip(WHOSE, (user_id(SENDER), STRANGER, user_id(NETWORK.steward)), strict=True))


def _related(event: str, thing: Plain) -> Related:
    marking = Marking(Tlp.GREEN, parties("AUS", "IDN"), parties("IDN"))
    return Related(
        event,
        _WHO[thing["whose"]],
        marking if thing["marked"] else None,
        RelatedKind(thing["what"]),
        NOW - NETWORK.redact_within * thing["age"],
    )


def _act(plain: Plain, things: list[Plain]) -> Act:
    match plain["is"]:
        case "state":
            return State("m.room.name", "")
        case "verification":
            return Verification("m.key.verification.start")
        case "undecodable":
            return Undecodable(Code(plain["code"]))
        case "reaction":
            return Reaction("$one", "👍")
        case "redaction":
            return Redaction("$one")
        case "membership":
            return _membership(plain)
    relation = None
    if things:
        relation = Relation(RelationKind(plain["how"]), *("$one", "$two")[: len(things)])
    people: dict[str, str] = {
        "officer": user_id(OTHER), "answered": STRANGER, "nobody": f"@left.at.noon:{SERVER}"
    }  # fmt: skip
    mentions = frozenset(people[name] for name in plain["mentions"])
    return Post("text", None, relation, mentions)


def _membership(plain: Plain) -> Membership:
    odds: dict[str, dict[str, Any]] = {
        "": {},
        "name": {"display_name": "left at noon"},
        "avatar": {"avatar": "mxc://a/b"},
        "key": {"other_keys": frozenset({"note"})},
    }
    person = user_id(SENDER if plain["person"] == "own" else OTHER)
    return Membership(person, plain["membership"], has_reason=plain["reason"], **odds[plain["odd"]])
