"""A report as a text for people, in the reader's language: plain lines, one for a field.

Where it is said, under which marking, and who may read it is for others to decide.
"""

from __future__ import annotations

from rilon.domain.gazetteer import Gazetteer, Named
from rilon.domain.reports import Report, Sighting
from rilon.reports.draft import Draft, Field, attribute
from rilon.texts import reports as texts
from rilon.texts.rendering import VALUE_LIMIT, Line, Text, as_line, text
from rilon.texts.reports import FIELDS, counted, value
from rilon.texts.times import written_day
from rilon.texts.translator import Translator, translator


def written(report: Report, gazetteer: Gazetteer, language: str) -> Text:
    """The report as a text: its number and party, then what it says."""
    t = translator(language)
    return text([headline(t, report).strong(), *lines(t, report.said, gazetteer)])


def headline(t: Translator, report: Report) -> Line:
    """Which report it is, and of which revision."""
    return texts.headline(t, report.number, report.party, report.revision)


def lines(t: Translator, said: Sighting | Draft, gazetteer: Gazetteer) -> list[Line]:
    """What it says, field by field; nothing of what it doesn't say."""
    return [
        t.say(FIELDS[field.value], value=shown)
        for field in Field
        for shown in _values(t, said, field, gazetteer)
    ]


def _values(
    t: Translator, said: Sighting | Draft, field: Field, gazetteer: Gazetteer
) -> list[Line | str]:
    """The value of a field, in as many pieces as it needs; a long note has several."""
    held = getattr(said, attribute(field))
    if not held:
        return []
    match field:
        case Field.DAY:
            return [written_day(held)]
        case Field.AREA:
            return [_name(gazetteer.areas.get(held), held, t.language)]
        case Field.BEGINS | Field.ENDS:
            return [_name(gazetteer.places.get(held), held, t.language)]
        case Field.ROUTE:
            return [_name(gazetteer.routes.get(held), held, t.language)]
        case Field.PEOPLE:
            each = [counted(t, one.age.value, one.sex.value, one.count) for one in said.people]
            return [_listed(each)]
        case Field.METHODS:
            return [_listed([value(t, field.value, one.value) for one in said.methods])]
        case Field.GRADE:
            return [str(held)]
        case Field.NOTE:
            return list(_pieces(said.note))
        case _:
            return [value(t, field.value, held.value)]


def _name(named: Named | None, key: str, language: str) -> str:
    """A name; the key, where the gazetteer has no such thing any more."""
    return key if named is None else named.name(language)


def _listed(parts: list[Line]) -> Line:
    return Line(", ".join(one.plain for one in parts), ", ".join(one.html for one in parts))


def _pieces(note: str) -> list[str]:
    """INVARIANT: no word of a note is cut off: what one line can't hold goes into the next."""
    pieces, left = [], note
    while len(left) > VALUE_LIMIT:
        at = left.rfind(" ", 1, VALUE_LIMIT)
        at = at if at > 0 else VALUE_LIMIT
        pieces.append(left[:at])
        left = left[at:].strip()
    return [*pieces, left]


def summary(t: Translator, said: Sighting, gazetteer: Gazetteer) -> Line:
    """Day, where, and how many people: a report in a list."""
    parts = [Line(written_day(said.day), written_day(said.day))]
    for key, table in (
        (said.area, gazetteer.areas), (said.route, gazetteer.routes),
        (said.begins, gazetteer.places), (said.ends, gazetteer.places),
    ):  # fmt: skip
        if key and len(parts) < 3:
            name = _name(table.get(key), key, t.language)
            parts.append(as_line(name))
    if said.people:
        parts.append(texts.how_many(t, said.count))
    elif said.vessel is not None:
        parts.append(value(t, Field.VESSEL.value, said.vessel.value))
    return Line(" · ".join(one.plain for one in parts), " · ".join(one.html for one in parts))
