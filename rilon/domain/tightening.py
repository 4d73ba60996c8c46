"""What an officer asks about content that was delivered: a tighter marking, or its recall.

Decides how such a request is written, and which marking it leads to. Who may ask, and what has
to go, is decided where it is carried out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from rilon.domain.acts import Unclear
from rilon.domain.marking_text import END, read
from rilon.domain.markings import Marking, PersonalData, Tlp, Vocabulary, WrittenMarking
from rilon.domain.parties import Party

_FORM = re.compile(
    r"[!！] ?(?P<word>mark|recall)(?: +(?P<event>\$[A-Za-z0-9_-]{20,100}))?"
    r"(?P<rest>(?: +[A-Za-z0-9:,+/. -]{0,300})?)",
    re.IGNORECASE,
)
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """What was asked. `stated` is the marking to join in; None asks for a recall.

    `event_id` is the content's where it was written out; otherwise the request answers it.
    """

    event_id: str | None
    stated: WrittenMarking | None


def read_withdrawing(text: str, vocabulary: Vocabulary, today: date) -> Withdrawing | None:
    """The request that a text is: `!mark TLP:RED REL AUS,IDN //`, `!recall`; None for any other.

    INVARIANT: the whole text is the request. With a word more it is content like any other, and
    its markings are read as such.
    """
    form = _FORM.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if form is None:
        return None
    stated = form["rest"].strip().removesuffix("//").strip()
    if form["word"].casefold() == "recall":
        return None if stated else Withdrawing(form["event"], None)
    if not stated or "//" in stated:
        return None
    # A statement without a label changes no label: CLEAR is the least of them.
    whole = stated if stated.upper().startswith("TLP") else f"{Tlp.CLEAR.label} {stated}"
    marking = read(f"{whole}{END}", vocabulary, today)
    if marking is None or isinstance(marking, Unclear):
        return None
    return Withdrawing(form["event"], marking)


def tightened(marking: Marking, stated: WrittenMarking, originator: Party) -> Marking:
    """The join of what content carries and what is stated now. `originator` always keeps it.

    INVARIANT: never looser than before. What is left out stays as it is.
    """
    declared = stated.personal_data is not PersonalData.UNDECLARED
    return marking.join(
        Marking(
            tlp=stated.tlp if stated.tlp is not None else Tlp.CLEAR,
            rel=marking.rel if stated.rel is None else stated.rel | {originator},
            originators=marking.originators,
            caveats=stated.caveats,
            protect=stated.protect,
            personal_data=stated.personal_data if declared else marking.personal_data,
            expires=stated.expires,
            explicit_rel=stated.rel is not None,
        )
    )
