"""A report that is being written: fields that may still be missing, and their form for sealing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from rilon.domain.reports import (
    Age,
    Documents,
    Ending,
    Method,
    People,
    ReportKind,
    Sex,
    Sighting,
    Vessel,
)


class Field(StrEnum):
    """The fields of a report, in the order in which they are written. The value is the name by
    which an officer may write it (`area: Java Sea`)."""

    KIND = "kind"
    DAY = "day"
    AREA = "area"
    BEGINS = "from"
    ENDS = "to"
    ROUTE = "route"
    VESSEL = "vessel"
    PEOPLE = "people"
    METHODS = "method"
    DOCUMENTS = "documents"
    ENDING = "outcome"
    GRADE = "grade"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been said so far; None, or empty, is not said. Its fields are `Sighting`'s."""

    kind: ReportKind | None = None
    day: date | None = None
    area: str | None = None
    begins: str | None = None
    ends: str | None = None
    route: str | None = None
    vessel: Vessel | None = None
    people: tuple[People, ...] = ()
    methods: tuple[Method, ...] = ()
    documents: Documents | None = None
    ending: Ending | None = None
    grade: str | None = None
    note: str = ""

    @property
    def has_where(self) -> bool:
        """Whether it says where: a sea area, a route, or a place."""
        return bool(self.area or self.route or self.begins or self.ends)

    @property
    def has_what(self) -> bool:
        """Whether it says who or what was seen."""
        return bool(self.people or self.vessel)

    @property
    def sighting(self) -> Sighting | None:
        """The report that it says, once nothing that is needed is missing."""
        if self.day is None or not self.has_where or not self.has_what:
            return None
        return Sighting(
            kind=self.kind or ReportKind.SIGHTING,
            day=self.day,
            area=self.area,
            begins=self.begins,
            ends=self.ends,
            route=self.route,
            vessel=self.vessel,
            people=self.people,
            methods=self.methods,
            documents=self.documents,
            ending=self.ending,
            grade=self.grade,
            note=self.note,
        )


ATTRIBUTES: Mapping[Field, str] = {
    Field.BEGINS: "begins",
    Field.ENDS: "ends",
    Field.METHODS: "methods",
    Field.ENDING: "ending",
}
"""The names of attributes that differ from those that officers write."""


def attribute(field: Field) -> str:
    """The attribute of `Draft` and `Sighting` that holds a field."""
    return ATTRIBUTES.get(field, field.value)


def draft_of(said: Sighting) -> Draft:
    """A report as a draft, to be corrected."""
    return Draft(**{attribute(field): getattr(said, attribute(field)) for field in Field})


def overlaid(before: Draft, said: Draft, cleared: frozenset[Field] = frozenset()) -> Draft:
    """The draft with what was said later: a field that is named takes the place of the one
    before, all of its people or methods at once."""
    changed = {attribute(one): getattr(_EMPTY, attribute(one)) for one in cleared}
    for field in Field:
        name = attribute(field)
        if getattr(said, name):
            changed[name] = getattr(said, name)
    return replace(before, **changed)


_EMPTY = Draft()


# --- as values, for sealing --------------------------------------------------------------------


def draft_to_json(draft: Draft | Sighting) -> dict[str, Any]:
    """A draft or a report as JSON values. They hold content: seal them."""
    return {
        "kind": draft.kind.value if draft.kind else None,
        "day": draft.day.isoformat() if draft.day else None,
        "area": draft.area,
        "begins": draft.begins,
        "ends": draft.ends,
        "route": draft.route,
        "vessel": draft.vessel.value if draft.vessel else None,
        "people": [[one.age.value, one.sex.value, one.count] for one in draft.people],
        "methods": [one.value for one in draft.methods],
        "documents": draft.documents.value if draft.documents else None,
        "ending": draft.ending.value if draft.ending else None,
        "grade": draft.grade,
        "note": draft.note,
    }


def draft_from_json(values: Mapping[str, Any]) -> Draft:
    """The draft of `draft_to_json`'s values. Raises `ValueError`, `KeyError` or `TypeError` when
    they aren't: what was sealed is broken."""
    return Draft(
        kind=ReportKind(values["kind"]) if values["kind"] else None,
        day=date.fromisoformat(values["day"]) if values["day"] else None,
        area=values["area"],
        begins=values["begins"],
        ends=values["ends"],
        route=values["route"],
        vessel=Vessel(values["vessel"]) if values["vessel"] else None,
        people=tuple(People(Age(age), Sex(sex), count) for age, sex, count in values["people"]),
        methods=tuple(map(Method, values["methods"])),
        documents=Documents(values["documents"]) if values["documents"] else None,
        ending=Ending(values["ending"]) if values["ending"] else None,
        grade=values["grade"],
        note=str(values["note"]),
    )
