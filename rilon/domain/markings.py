"""Markings as values: their order, their join, and what a room's default adds.

Reading and writing them as text is `rilon.domain.marking_text`; whether a marking fits a
room is `rilon.policy.evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import reduce
from typing import TypeVar

from rilon.domain.parties import Parties, Party


class Tlp(IntEnum):
    """Traffic Light Protocol 2.0 labels (FIRST), in the order of restriction."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4

    @property
    def label(self) -> str:
        """The label as it is written: `TLP:AMBER+STRICT`."""
        return "TLP:" + self.name.replace("_", "+")


class PersonalData(IntEnum):
    """Whether content holds personal data. The order is the join: the higher wins."""

    NONE = 0
    UNDECLARED = 1
    PRESENT = 2


@dataclass(frozen=True, slots=True)
class WrittenMarking:
    """What an officer wrote, or what a room has as its default. `None` means not written.

    `caveats` are codes of the vocabulary (`ORCON`, `H1`, a group's own); PD, NOPD, PROTECT,
    EXP and GRADE have fields of their own. `rel` is as written: the originator is added
    when the marking takes effect.
    """

    tlp: Tlp | None = None
    rel: Parties | None = None
    caveats: frozenset[str] = frozenset()
    protect: Parties = frozenset()
    personal_data: PersonalData = PersonalData.UNDECLARED
    expires: date | None = None
    grade: str | None = None

    def join(self, other: WrittenMarking) -> WrittenMarking:
        """The join of two markings written in one message; what one leaves out, the other gives."""
        return WrittenMarking(
            tlp=_either(self.tlp, other.tlp, max),
            rel=_either(self.rel, other.rel, frozenset.intersection),
            caveats=self.caveats | other.caveats,
            protect=self.protect | other.protect,
            personal_data=join_personal_data(self.personal_data, other.personal_data),
            expires=_either(self.expires, other.expires, min),
            grade=_either(self.grade, other.grade, weaker_grade),
        )


@dataclass(frozen=True, slots=True)
class Marking:
    """An effective marking: what content carries once it is delivered. Nothing is left open.

    `rel` is every party that may have the content. `expires` is the last day of use, UTC.
    `unnamed` are originators who released it without being named: they are asked and told like
    any, and nobody else learns who they are.
    """

    tlp: Tlp
    rel: Parties
    originators: Parties
    caveats: frozenset[str] = frozenset()
    protect: Parties = frozenset()
    personal_data: PersonalData = PersonalData.UNDECLARED
    expires: date | None = None
    explicit_rel: bool = False
    unnamed: Parties = frozenset()

    def join(self, other: Marking) -> Marking:
        """The least marking that is as restrictive as both (enforcement, Joining).

        INVARIANT: associative, commutative, idempotent, and never looser than either.
        """
        return Marking(
            tlp=max(self.tlp, other.tlp),
            rel=self.rel & other.rel,
            originators=self.originators | other.originators,
            caveats=self.caveats | other.caveats,
            protect=self.protect | other.protect,
            personal_data=max(self.personal_data, other.personal_data),
            expires=_either(self.expires, other.expires, min),
            explicit_rel=self.explicit_rel or other.explicit_rel,
            unnamed=self.unnamed | other.unnamed,
        )

    def covers(self, other: Marking) -> bool:
        """Whether this marking is at least as restrictive as the other in every field."""
        return self.join(other) == self

    @property
    def restricted(self) -> bool:
        """Whether the content must not spread: AMBER or above, a caveat, or an explicit REL."""
        return (
            self.tlp >= Tlp.AMBER
            or self.explicit_rel
            or bool(self.caveats or self.protect)
            or self.has_personal_data
            or self.expires is not None
        )

    @property
    def has_personal_data(self) -> bool:
        """Whether it says PD."""
        return self.personal_data is PersonalData.PRESENT


def take_effect(
    written: WrittenMarking | None, default: WrittenMarking, ceiling: Parties, originator: Party
) -> Marking:
    """The effective marking of new content: what is written, and the room's default for the rest.

    A written TLP label makes a whole statement: REL left out means the ceiling, and only the
    caveats that are written hold, so an originator can mark own content lower than the
    default. Without a label the default holds too: its TLP, its REL where none is written,
    its caveats and its PROTECT. The default's EXP and declaration stand in for missing ones.
    The originator is always in REL.
    """
    own = written or WrittenMarking()
    whole = own.tlp is not None
    rel = own.rel if own.rel is not None or whole else default.rel
    tlp = own.tlp if own.tlp is not None else default.tlp
    declared = own.personal_data is not PersonalData.UNDECLARED
    return Marking(
        tlp=tlp if tlp is not None else Tlp.RED,
        rel=(ceiling if rel is None else rel) | {originator},
        originators=frozenset({originator}),
        caveats=own.caveats if whole else own.caveats | default.caveats,
        protect=own.protect if whole else own.protect | default.protect,
        personal_data=own.personal_data if declared else default.personal_data,
        expires=own.expires if own.expires is not None else default.expires,
        explicit_rel=rel is not None,
    )


def join_all(first: Marking, *others: Marking) -> Marking:
    """The join of one or more markings."""
    return reduce(Marking.join, others, first)


def join_personal_data(one: PersonalData, other: PersonalData) -> PersonalData:
    """Within one message a declaration speaks for its undeclared lines; PD wins over NOPD."""
    if PersonalData.UNDECLARED in (one, other):
        return one if other is PersonalData.UNDECLARED else other
    return max(one, other)


def weaker_grade(one: str, other: str) -> str:
    """The grade that claims least: the weaker source letter and the weaker information digit.

    Each of a message's items may be graded; the message as a whole is no better than its parts.
    """
    return max(one[0], other[0]) + max(one[1], other[1])


T = TypeVar("T")


def _either(one: T | None, other: T | None, choose: Callable[[T, T], T]) -> T | None:
    if one is None:
        return other
    return one if other is None else choose(one, other)


@dataclass(frozen=True, slots=True)
class Caveat:
    """One caveat of the vocabulary, as `policies/markings.yaml` declares it."""

    code: str
    meaning: str
    aliases: frozenset[str] = frozenset()
    """Other spellings that are read as this one (`H2` for `ORCON`)."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a marking may name: the parties of the network and its caveats, by code."""

    parties: Parties
    caveats: tuple[Caveat, ...]
