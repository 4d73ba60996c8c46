"""What an answer in words to one question of the guided exchange changes in the draft.

Decides how each answer is read. Which question comes next is `rilon.domain.guided`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from rilon.domain.request_draft import LONGEST, Draft, prioritised, with_selectors
from rilon.domain.request_head import read_list
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_terms import PRIORITIES
from rilon.domain.request_text import (
    Asker,
    named_lines,
    read_request,
    selectors_of,
    set_field,
    take_question,
    with_head,
    without_marking,
)
from rilon.domain.requests import Priority
from rilon.domain.selectors import Selector, SelectorKind, read_selector
from rilon.domain.word_forms import plain_word


def answered(draft: Draft, step: str, said: str, asker: Asker) -> Draft | Misread:
    """The draft with the answer to the question of that step (`rilon.domain.guided.Step`)."""
    if len(said) > LONGEST:
        return Misread(Wrong.TOO_LONG, most=LONGEST)
    if not plain_word(said[:LONGEST]) and step != "priority":
        return Misread(Wrong.EMPTY)
    reader = _READERS.get(step)
    return (
        set_field(draft, step, said.strip(), asker)
        if reader is None
        else reader(draft, said, asker)
    )


def _addressees(draft: Draft, said: str, asker: Asker) -> Draft | Misread:
    """A list, or the list and the question in one: `IDN: has it left?`"""
    found = read_list(said, asker.names, asker.party)
    if not isinstance(found, Misread):
        return with_head(draft, found)
    whole = read_request(said, asker)
    if isinstance(whole, Misread) or not (whole.addressees and whole.question):
        return found
    merged = replace(
        whole,
        purpose=whole.purpose or draft.purpose,
        theme=whole.theme or draft.theme,
        marking=whole.marking or draft.marking,
        overlaps=whole.overlaps or draft.overlaps,
        unnamed=whole.unnamed | draft.unnamed,
    )
    if whole.priority is Priority.ROUTINE:
        merged = prioritised(merged, draft.priority, draft.ground)
    return with_selectors(merged, draft.selectors)


def _question(draft: Draft, said: str, asker: Asker) -> Draft | Misread:
    unmarked = without_marking(said, asker)
    if isinstance(unmarked, Misread):
        return unmarked
    of_the_old = set(selectors_of(draft.question, asker).selectors)
    fresh = replace(
        draft,
        question="",
        selectors=tuple(one for one in draft.selectors if one not in of_the_old),
        marking=unmarked.marking or draft.marking,
    )
    taken = take_question(fresh, unmarked.text, asker)
    if isinstance(taken, Draft) and not taken.question:
        return Misread(Wrong.EMPTY)
    return taken


def _handling(draft: Draft, said: str, asker: Asker) -> Draft | Misread:
    if plain_word(said[:40]) in _ROOMS_DEFAULT:
        return replace(draft, marking=None)
    unmarked = without_marking(said, asker)
    if isinstance(unmarked, Misread):
        return unmarked
    if unmarked.marking is None or unmarked.text:
        return Misread(Wrong.MARKING_UNCLEAR, problem="unknown_label", nearest="TLP:AMBER //")
    return replace(draft, marking=unmarked.marking)


_ROOMS_DEFAULT = frozenset(
    map(plain_word, ("default", "the room's", "room", "no marking", "bawaan", "biasa", "padrão"))
)


def _selectors(draft: Draft, said: str, asker: Asker) -> Draft | Misread:
    found = selectors_of(said, asker)
    if found.doubts:
        return found.doubts[0]
    if found.selectors:
        return with_selectors(draft, found.selectors)
    for kind in _TOLD_APART:
        one = read_selector(kind, said.strip(), asker.telephones)
        if isinstance(one, Selector):
            return with_selectors(draft, (one,))
    return named_lines(draft, said, asker) or Misread(Wrong.SELECTOR_UNCLEAR)


_TOLD_APART = (SelectorKind.IMO, SelectorKind.MMSI)
"""Kinds whose numbers say themselves what they are."""


def _preview(draft: Draft, said: str, asker: Asker) -> Draft | Misread:
    """A correction: one or more lines that name a field, or `urgent`."""
    priority = PRIORITIES.get(plain_word(said[:40]))
    if priority is not None:
        return prioritised(draft, priority, draft.ground)
    return named_lines(draft, said, asker) or Misread(Wrong.PREVIEW_UNCLEAR)


_READERS: Mapping[str, Callable[[Draft, str, Asker], Draft | Misread]] = {
    "addressees": _addressees,
    "question": _question,
    "handling": _handling,
    "selectors": _selectors,
    "preview": _preview,
}
