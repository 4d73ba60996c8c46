"""The explanation of each code of a refusal, read by `rilon.texts.cards`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rilon.texts.explained_acts import EXPLAINED_ACTS
from rilon.texts.explained_markings import EXPLAINED_MARKINGS
from rilon.texts.explanation import ASK, Explanation, Leftover
from rilon.texts.translator import translatable

EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType({**EXPLAINED_ACTS, **EXPLAINED_MARKINGS})

UNKNOWN = Explanation(
    (translatable("Not delivered in {room}: a rule of this network does not allow it"),),
    ((ASK,),),
    Leftover.MAYBE,
)
"""For a code that this build does not know."""
