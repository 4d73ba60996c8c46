"""Why a marking was not clear: one sentence for each problem that reading a marking can find.

The problems are those of `rilon.domain.marking_text`; a test holds the two lists together.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rilon.texts.translator import translatable

PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "unknown_label": translatable(
            "A TLP label is one of TLP:RED, TLP:AMBER+STRICT, TLP:AMBER, TLP:GREEN, TLP:CLEAR."
        ),
        "label_misplaced": translatable("The marking must be the first thing on its line."),
        "marked_twice": translatable("There are two markings on one line. Write one."),
        "label_missing": translatable("A marking begins with a TLP label or with REL."),
        "not_ended": translatable("Write // between the marking and your text."),
        "unknown_party": translatable("One party is not in this network. Check its three letters."),
        "party_list": translatable(
            "After REL and PROTECT write parties by their three letters, with a comma between them."
        ),
        "unknown_caveat": translatable("One word of the marking is not known in this network."),
        "bad_date": translatable("Write the date after EXP as year-month-day: 2026-12-31."),
        "past_date": translatable("The date after EXP has passed."),
        "bad_grade": translatable("After GRADE write a letter A to F and a number 1 to 6: B2."),
        "repeated": translatable("One part of the marking stands there twice. Write it once."),
        "contradiction": translatable("PD and NOPD cannot stand in one marking. Write one."),
        "look_alike": translatable(
            "Some letters only look like a marking. Type the marking yourself, do not paste it."
        ),
        "invisible": translatable(
            "There are invisible characters in the line. "
            "Type the marking yourself, do not paste it."
        ),
    }
)

UNKNOWN = translatable("Write one marking, on one line, directly before the text.")
"""For a problem that this build does not know."""


def problem_sentence(problem: str) -> str:
    """The sentence, not yet translated, for a problem's code."""
    return PROBLEMS.get(problem, UNKNOWN)
