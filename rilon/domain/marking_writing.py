"""How a marking is written: one spelling for each. Reading it is `rilon.domain.marking_text`."""

from __future__ import annotations

from rilon.domain.markings import Marking, PersonalData, WrittenMarking
from rilon.domain.parties import Parties, in_order

END = " //"
NOBODY = "NONE"
"""How an empty REL is shown (the join of REL that share no party). It can't be written so."""


def write(marking: WrittenMarking) -> str:
    """The one spelling of a marking, ended by ` //`.

    Reading it gives the same marking, if it has a label or a REL that names somebody, and
    an expiry that isn't past.
    """
    label = [marking.tlp.label] if marking.tlp is not None else []
    return " ".join(label + _fields(marking.rel, marking) + _grade(marking)) + END


def write_effective(marking: Marking) -> str:
    """An effective marking as people see it: always with its label and its parties."""
    return " ".join([marking.tlp.label, *_fields(marking.rel, marking)]) + END


def _grade(marking: WrittenMarking) -> list[str]:
    return [f"GRADE {marking.grade}"] if marking.grade else []


def _fields(rel: Parties | None, marking: WrittenMarking | Marking) -> list[str]:
    fields = [] if rel is None else [f"REL {_list(rel)}"]
    fields += sorted(marking.caveats)
    if marking.personal_data is not PersonalData.UNDECLARED:
        fields.append("PD" if marking.personal_data is PersonalData.PRESENT else "NOPD")
    if marking.protect:
        fields.append(f"PROTECT {_list(marking.protect)}")
    if marking.expires is not None:
        fields.append(f"EXP {marking.expires.isoformat()}")
    return fields


def _list(parties: Parties) -> str:
    return ",".join(in_order(parties)) or NOBODY
