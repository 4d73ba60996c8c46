"""A report as an officer would write it. Reading it gives the same report."""

from __future__ import annotations

from collections.abc import Mapping

from rilon.domain.gazetteer import Gazetteer, Named
from rilon.domain.reports import People, Sighting
from rilon.reports.draft import Draft, Field, attribute
from rilon.reports.terms import COUNTED_SHOWN, shown


def counted(one: People) -> str:
    """`40 men`."""
    single, several = COUNTED_SHOWN[one.age, one.sex]
    return f"{one.count} {single if one.count == 1 else several}"


def write_report(said: Sighting | Draft, gazetteer: Gazetteer) -> str:
    """The report in one line, each field under its name; a note stands in a line of its own."""
    parts = [
        f"{field.value}: {value}"
        for field in Field
        if field is not Field.NOTE and (value := field_text(said, field, gazetteer))
    ]
    note = [f"{Field.NOTE.value}: {said.note}"] if said.note else []
    return "\n".join([", ".join(parts), *note]).strip()


def field_text(said: Sighting | Draft, field: Field, gazetteer: Gazetteer) -> str:
    """One field as it is written; empty for what isn't said. A name that the gazetteer has no more
    is its key."""
    match field:
        case Field.DAY:
            return said.day.isoformat() if said.day else ""
        case Field.AREA:
            return _name(gazetteer.areas, said.area)
        case Field.BEGINS | Field.ENDS:
            return _name(gazetteer.places, getattr(said, attribute(field)))
        case Field.ROUTE:
            return _name(gazetteer.routes, said.route)
        case Field.PEOPLE:
            return ", ".join(map(counted, said.people))
        case Field.METHODS:
            return " + ".join(map(shown, said.methods))
        case Field.GRADE:
            return said.grade or ""
        case _:
            term = getattr(said, attribute(field))
            return shown(term) if term else ""


def _name(table: Mapping[str, Named], key: str | None) -> str:
    named = table.get(key) if key else None
    return named.name("en") if named else key or ""
