"""A request while it is being written: what is known, what is missing, and its one spelling.

Decides what a request needs before it can be sent, and what in it can't go together. Reading
one from text is `rilon.domain.request_text`; whether its marking fits a room is the policy's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from rilon.domain import marking_text
from rilon.domain.markings import PersonalData, Tlp, WrittenMarking
from rilon.domain.parties import Parties, Party, in_order
from rilon.domain.party_names import Addressee, in_reading_order
from rilon.domain.request_hiding import NOBODY, NUMBERED, Hiding, Unnamed
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.requests import Ground, Priority, Theme
from rilon.domain.selectors import Selector, SelectorKind

LONGEST = 8_000
"""Characters of a request. What the steward posts says it twice, encrypted."""

LONGEST_LINE = 400
"""Characters of purpose and legal basis."""


class Missing(StrEnum):
    """What a request can't be sent without."""

    ADDRESSEES = "addressees"
    GROUND = "ground"
    """An urgent request says why."""
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Draft:
    """What an officer has said of a request so far.

    `question` may have many lines. `marking` is as written, `None` for the room's default.
    `overlaps` says whether others may be told that they ask about the same; unsaid is no.
    `unnamed` says who isn't named to the other side.
    """

    addressees: tuple[Addressee, ...] = ()
    priority: Priority = Priority.ROUTINE
    ground: Ground | None = None
    question: str = field(default="", repr=False)
    purpose: str = field(default="", repr=False)
    theme: Theme | None = None
    selectors: tuple[Selector, ...] = ()
    marking: WrittenMarking | None = None
    overlaps: bool = False
    unnamed: Hiding = NOBODY

    @property
    def parties(self) -> Parties:
        """The parties that it is addressed to."""
        return frozenset(one.party for one in self.addressees)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What is still needed, in the order in which it is asked."""
        needed = {
            Missing.ADDRESSEES: not self.addressees,
            Missing.GROUND: self.priority is Priority.URGENT and self.ground is None,
            Missing.QUESTION: not self.question,
        }
        return tuple(one for one, is_missing in needed.items() if is_missing)

    def contradiction(self, own: Party) -> Misread | None:
        """Why it can't be sent as it is: a marking that keeps it from whom it asks."""
        if self.marking is None:
            return None
        if protected := self.marking.protect & (self.parties | {own}):
            return Misread(Wrong.PROTECT_EXCLUDES, found=", ".join(in_order(protected)))
        if self.marking.rel is not None and (left := self.parties - self.marking.rel):
            wider = replace(self.marking, rel=self.marking.rel | left)
            nearest = marking_text.write(wider)
            return Misread(Wrong.REL_EXCLUDES, found=", ".join(in_order(left)), nearest=nearest)
        return None


def addressed(draft: Draft, addressees: Iterable[Addressee]) -> Draft:
    """The draft with these addressees, in the one order."""
    return replace(draft, addressees=in_reading_order(addressees))


def with_selectors(draft: Draft, selectors: Iterable[Selector]) -> Draft:
    """The draft with these selectors too, each once."""
    kept = {one: one for one in (*selectors, *draft.selectors)}
    return replace(draft, selectors=tuple(sorted(kept.values())))


def prioritised(draft: Draft, priority: Priority, ground: Ground | None = None) -> Draft:
    """The draft with this priority. A routine request has no ground."""
    return replace(draft, priority=priority, ground=ground if priority is Priority.URGENT else None)


# --- as text -----------------------------------------------------------------------------------


def write_addressees(addressees: Iterable[Addressee]) -> str:
    """`IDN,MYS Coast guard`."""
    return ",".join(f"{one.party} {one.agency}".rstrip() for one in addressees)


def write_draft(draft: Draft, in_question: Iterable[Selector] = ()) -> str:
    """The one spelling of a draft, which reads back to the same draft.

    `in_question` are the selectors that its question itself names.
    """
    marking = marking_text.write(draft.marking) if draft.marking is not None else ""
    urgent = draft.priority.value if draft.priority is Priority.URGENT else ""
    words = (write_addressees(draft.addressees), urgent, draft.ground.value if draft.ground else "")
    head = " ".join(filter(None, words))
    # A question that begins like a named line is named itself, and so is one that stands where
    # addressees would (`E` joins them in Portuguese).
    apart = draft.question and not head
    named = "question:" if apart or _LIKE_A_FIELD.match(draft.question) else ""
    begin = (marking, "!rfi", f"{head}:" if head else "", named, draft.question)
    first = " ".join(filter(None, begin))
    lines = [first]
    if draft.purpose:
        lines.append(f"purpose: {draft.purpose}")
    if draft.theme is not None:
        lines.append(f"theme: {draft.theme.value}")
    said = set(in_question)
    lines += [f"{one.kind.value}: {one.shown}" for one in draft.selectors if one not in said]
    if draft.overlaps:
        lines.append("overlaps: yes")
    if draft.unnamed:
        lines.append(f"hide: {_SPELLED[NUMBERED.index(draft.unnamed)]}")
    return "\n".join(lines)


_LIKE_A_FIELD = re.compile(
    r"[ \t]*(?:[^\W\d_][^\n:=]{0,24}?[ \t]*[:=]|(?:imo|mmsi|telp?|phone|hp|doc)[ \t.:#])",
    re.IGNORECASE,
)
_SPELLED = ("nobody", "me", "officers", "both")
"""Whom `hide:` names, in the order of `NUMBERED`."""


# --- as values, for sealing --------------------------------------------------------------------


def draft_to_json(draft: Draft) -> dict[str, Any]:
    """The draft as JSON values. They hold content: seal them."""
    return {
        "addressees": [[one.party, one.agency] for one in draft.addressees],
        "priority": draft.priority.value,
        "ground": draft.ground.value if draft.ground else None,
        "question": draft.question,
        "purpose": draft.purpose,
        "theme": draft.theme.value if draft.theme else None,
        "selectors": [[one.kind.value, one.value, one.written] for one in draft.selectors],
        "marking": None if draft.marking is None else marking_to_json(draft.marking),
        "overlaps": draft.overlaps,
        "unnamed": sorted(draft.unnamed),
    }


def draft_from_json(values: Mapping[str, Any]) -> Draft:
    """The draft of `draft_to_json`'s values. Raises `ValueError`, `KeyError` or `TypeError` when
    they aren't: what was sealed is broken."""
    return Draft(
        addressees=tuple(Addressee(Party(party), agency) for party, agency in values["addressees"]),
        priority=Priority(values["priority"]),
        ground=Ground(values["ground"]) if values["ground"] else None,
        question=str(values["question"]),
        purpose=str(values["purpose"]),
        theme=Theme(values["theme"]) if values["theme"] else None,
        selectors=tuple(
            Selector(SelectorKind(kind), value, written)
            for kind, value, written in values["selectors"]
        ),
        marking=None if values["marking"] is None else marking_from_json(values["marking"]),
        overlaps=bool(values["overlaps"]),
        # An exchange that was begun under an earlier release hides nobody.
        unnamed=frozenset(map(Unnamed, values.get("unnamed", ()))),
    )


def marking_to_json(marking: WrittenMarking) -> dict[str, Any]:
    """What an officer wrote of a marking, as JSON values."""
    return {
        "tlp": None if marking.tlp is None else marking.tlp.value,
        "rel": None if marking.rel is None else list(in_order(marking.rel)),
        "caveats": sorted(marking.caveats),
        "protect": list(in_order(marking.protect)),
        "personal_data": marking.personal_data.value,
        "expires": None if marking.expires is None else marking.expires.isoformat(),
        "grade": marking.grade,
    }


def marking_from_json(values: Mapping[str, Any]) -> WrittenMarking:
    """The marking of `marking_to_json`'s values; raises as `draft_from_json` does."""
    return WrittenMarking(
        tlp=None if values["tlp"] is None else Tlp(values["tlp"]),
        rel=None if values["rel"] is None else frozenset(map(Party, values["rel"])),
        caveats=frozenset(values["caveats"]),
        protect=frozenset(map(Party, values["protect"])),
        personal_data=PersonalData(values["personal_data"]),
        expires=None if values["expires"] is None else date.fromisoformat(values["expires"]),
        grade=values["grade"],
    )
