"""What is wrong with a bulletin in plain words, each with its mend."""

from __future__ import annotations

from dataclasses import replace

from pydantic_core import ErrorDetails

from rilon.bulletins.head import Head
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Code, Refuse
from rilon.policy.explain import explain
from rilon.policy.grounds import rule_in_words
from rilon.policy.mistakes import Mistake
from rilon.policy.yaml_tree import Tree

_AS_WRITTEN = {
    "title": "title: Fewer boats from the north",
    "period": "period: {from: 2026-11-16, until: 2026-11-22}",
    "groups": "groups: [mps]",
    "marking": "marking: TLP:GREEN",
    "languages": "languages: [en]",
    "sources": 'sources: ["MPS-7K3F-4"]',
}
_SAYS_ENOUGH = frozenset(
    {
        "date_from_datetime_parsing",
        "date_parsing",
        "date_type",
        "enum",
        "extra_forbidden",
        "string_too_long",
        "too_long",
    }
)
"""Kinds of errors of which the words for any document are good here too."""
_WHY_NOT = {
    Code.PERSONAL_DATA_FOUND: (
        "it seems to hold personal data",
        "take out what could tell who somebody is",
    ),
    Code.PERSONAL_DATA_BARRED: (
        "its marking says that it holds personal data",
        "take that out, and PD out of the marking",
    ),
    Code.RED_NOT_OPEN: (
        "TLP:RED doesn't go there",
        "mark it TLP:AMBER+STRICT or wider, if that is right",
    ),
    Code.REL_EXCLUDES_ROOM: (
        "its marking leaves out parties that read there",
        "take REL out of the marking, if that is right",
    ),
    Code.PROTECTED_FROM_PARTY: (
        "its marking protects somebody from a party that reads there",
        "take out that person, and PROTECT out of the marking",
    ),
    Code.DECLARATION_NEEDED: (
        "its marking must say whether it holds personal data",
        "write NOPD in the marking",
    ),
    Code.EXPIRED: ("the day in its marking is over", "write a later day behind EXP"),
}


def explained(tree: Tree, error: ErrorDetails) -> Mistake:
    """A mistake of the head with the line as it could be."""
    found, kind = explain(tree, Head, error), error["type"]
    key = str(error["loc"][0]) if error["loc"] else ""
    if key not in _AS_WRITTEN or kind in _SAYS_ENOUGH:
        return found
    if kind == "value_error":
        said, _, mend = str(error.get("ctx", {}).get("error", "")).partition("; ")
        return replace(found, problem=f"the {key} {said}", mend=mend)
    empty = kind == "missing" or error.get("input") in (None, "", [])
    problem = f"`{key}` is missing" if empty else f"`{key}` isn't written as it must be"
    return replace(found, problem=problem, mend=f"write `{_AS_WRITTEN[key]}`")


def told(refused: Refuse, room: Room) -> tuple[str, str]:
    """Why it can't be posted there, and what to do."""
    said = f"see `{refused.code.value}` in docs/codes.md"
    why, mend = _WHY_NOT.get(refused.code, (rule_in_words(refused.rule), said))
    return f"this can't be posted in {room.name}: {why}", mend
