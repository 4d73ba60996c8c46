"""The words of a report as people read them: names of fields, values, and how many of whom.

Codes are those of `rilon.domain.reports`; a test holds the lists together. A report as a text is
made by `rilon.reports.shown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rilon.texts.rendering import Line
from rilon.texts.translator import Translator, translatable

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "kind": translatable("Kind: {value}"),
        "day": translatable("Day: {value}"),
        "area": translatable("Sea area: {value}"),
        "from": translatable("From: {value}"),
        "to": translatable("To: {value}"),
        "route": translatable("Route: {value}"),
        "vessel": translatable("Vessel: {value}"),
        "people": translatable("People: {value}"),
        "method": translatable("Method: {value}"),
        "documents": translatable("Documents: {value}"),
        "outcome": translatable("Outcome: {value}"),
        "grade": translatable("Source grade: {value}"),
        "note": translatable("Note: {value}"),
    }
)

VALUES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("kind", "sighting"): translatable("sighting"),
        ("kind", "case"): translatable("case"),
        ("vessel", "fishing"): translatable("fishing boat"),
        ("vessel", "speedboat"): translatable("speedboat"),
        ("vessel", "cargo"): translatable("cargo ship"),
        ("vessel", "ferry"): translatable("ferry"),
        ("vessel", "yacht"): translatable("yacht"),
        ("vessel", "raft"): translatable("raft"),
        ("vessel", "other"): translatable("other vessel"),
        ("method", "mother_ship"): translatable("mother ship"),
        ("method", "transfer"): translatable("transfer at sea"),
        ("method", "hidden"): translatable("hidden"),
        ("method", "escorted"): translatable("escorted"),
        ("method", "landing"): translatable("beach landing"),
        ("method", "port"): translatable("through a port"),
        ("method", "abandoned"): translatable("boat abandoned by its crew"),
        ("method", "other"): translatable("other method"),
        ("documents", "none"): translatable("no papers"),
        ("documents", "genuine"): translatable("genuine papers"),
        ("documents", "forged"): translatable("forged papers"),
        ("documents", "borrowed"): translatable("papers of somebody else"),
        ("documents", "unknown"): translatable("papers not known"),
        ("outcome", "intercepted"): translatable("intercepted"),
        ("outcome", "rescued"): translatable("rescued"),
        ("outcome", "landed"): translatable("landed"),
        ("outcome", "turned_back"): translatable("turned back"),
        ("outcome", "lost"): translatable("lost at sea"),
        ("outcome", "under_way"): translatable("under way"),
        ("outcome", "unknown"): translatable("outcome not known"),
    }
)

_Counts = Callable[[Translator, int], Line]
COUNTED: Mapping[tuple[str, str], _Counts] = MappingProxyType(
    {
        ("adult", "male"): lambda t, count: t.say_many("{count} man", "{count} men", count),
        ("adult", "female"): lambda t, count: t.say_many("{count} woman", "{count} women", count),
        ("adult", "unknown"): lambda t, count: t.say_many("{count} adult", "{count} adults", count),
        ("child", "male"): lambda t, count: t.say_many("{count} boy", "{count} boys", count),
        ("child", "female"): lambda t, count: t.say_many("{count} girl", "{count} girls", count),
        ("child", "unknown"): lambda t, count: t.say_many(
            "{count} child", "{count} children", count
        ),
        ("unknown", "male"): lambda t, count: t.say_many(
            "{count} male of unknown age", "{count} males of unknown age", count
        ),
        ("unknown", "female"): lambda t, count: t.say_many(
            "{count} female of unknown age", "{count} females of unknown age", count
        ),
        ("unknown", "unknown"): lambda t, count: t.say_many(
            "{count} person of unknown age and sex",
            "{count} people of unknown age and sex",
            count,
        ),
    }
)
"""How many of each age and sex are said."""


def value(t: Translator, field: str, code: str) -> Line:
    """The value of a field in the reader's language."""
    return t.say(VALUES[field, code])


def counted(t: Translator, age: str, sex: str, count: int) -> Line:
    """`40 men`."""
    return COUNTED[age, sex](t, count)


def how_many(t: Translator, count: int) -> Line:
    """`57 people`."""
    return t.say_many("{count} person", "{count} people", count)


def headline(t: Translator, number: str, party: str, revision: int) -> Line:
    """Which report it is; its revision, once it was corrected."""
    if revision == 1:
        return t.say("Report {number} from {party}", number=number, party=party)
    return t.say(
        "Report {number} from {party}, revision {revision}",
        number=number,
        party=party,
        revision=str(revision),
    )
