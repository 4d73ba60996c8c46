"""The guided exchange: the shortest conversation that turns what an officer says into a request.

Decides which question comes next, and what an answer to it changes, by words, number or tap. A
state is a value that can be sealed and taken up again. Decision 0057 says why it asks so little.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from rilon.domain.guided_answers import answered
from rilon.domain.guided_state import (
    CHANGEABLE,
    ENDS,
    Exchange,
    Step,
    exchange_from_json,
    exchange_to_json,
)
from rilon.domain.guided_words import (
    BACK,
    CANCEL,
    CHANGES,
    MORES,
    NOT_URGENT,
    SENDS,
    SKIP,
    plain,
)
from rilon.domain.party_names import Addressee
from rilon.domain.request_draft import Draft, addressed, prioritised
from rilon.domain.request_hiding import NUMBERED, REQUESTER
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_text import COMMAND, Asker, read_request, yes_or_no
from rilon.domain.requests import Ground, Priority, Theme
from rilon.domain.taps import Tap, flag_of, flag_region, keycap, number_of, tap_of
from rilon.domain.word_forms import plain_word

__all__ = [
    "CHANGEABLE",
    "Exchange",
    "Step",
    "begin",
    "exchange_from_json",
    "exchange_to_json",
    "signs",
    "tapped",
    "written",
]

_OPTIONAL = (Step.THEME, Step.PURPOSE)
"""What is asked when the officer taps for more, or the policy needs it."""

_REQUIRED = frozenset({Step.GROUP, Step.ADDRESSEES, Step.QUESTION, Step.GROUND})
_CHOICES: Mapping[Step, int] = {
    Step.PRIORITY: len(Priority),
    Step.GROUND: len(Ground),
    Step.THEME: len(Theme),
    Step.OVERLAPS: 2,
    Step.HIDING: len(NUMBERED),
    Step.CHANGE: len(CHANGEABLE),
}
"""How many numbers a question offers."""

MOST_REMEMBERED = 20
"""Steps that `back` can take."""


def begin(
    draft: Draft,
    needs: Collection[Step] = (),
    group: str = "",
    options: tuple[tuple[str, Draft], ...] = (),
) -> Exchange:
    """The exchange over what is known; a draft that lacks nothing is at its preview.

    `needs` are optional questions that the group's policy needs answered: theme, purpose. `options`
    are groups of which one is to be chosen first, unless `group` is said.
    """
    needed = tuple(step for step in _OPTIONAL if step in needs)
    return _next(Exchange(draft, Step.PREVIEW, needs=needed, group=group, options=options))


def signs(exchange: Exchange, asker: Asker) -> tuple[str, ...]:
    """The reactions that the steward puts on the question of this step, in their order."""
    step, found = exchange.step, list[str]()
    if exchange.is_over:
        return ()
    if step is Step.PREVIEW:
        return _preview_signs(exchange.draft)
    if step is Step.ADDRESSEES:
        regions = asker.names.regions
        others = [regions[one] for one in sorted(regions) if one != asker.party]
        found += [*map(flag_of, others), Tap.EVERYONE]
    numbers = range(1, _choices(exchange, step) + 1)
    grounds = list(Ground)
    found += [
        keycap(number)
        for number in numbers
        if step is not Step.GROUND or grounds[number - 1] in asker.grounds
    ]
    if step not in _REQUIRED and step is not Step.CHANGE and step not in exchange.needs:
        found.append(Tap.SKIP)
    if exchange.path:
        found.append(Tap.BACK)
    return (*found, Tap.CANCEL)


def _choices(exchange: Exchange, step: Step) -> int:
    return min(len(exchange.options), 9) if step is Step.GROUP else _CHOICES.get(step, 0)


def _preview_signs(draft: Draft) -> tuple[str, ...]:
    offered = {
        Tap.SEND: True,
        Tap.URGENT: draft.priority is Priority.ROUTINE,
        Tap.MORE: bool(_unsaid(draft)),
        Tap.OVERLAPS: True,
        Tap.HIDE: True,
        Tap.CHANGE: True,
        Tap.CANCEL: True,
    }
    return tuple(sign for sign, is_offered in offered.items() if is_offered)


# --- words -------------------------------------------------------------------------------------


_LONGEST_WORD = 40


def written(
    exchange: Exchange, said: str, asker: Asker, at: Step | None = None
) -> Exchange | Misread:
    """The exchange after words, or why they are no answer; then it stays where it is.

    `at` is the question that was replied to, where that is an earlier one: its answer changes,
    and the exchange stays at its own question.
    """
    if exchange.is_over:
        return exchange
    if COMMAND.match(said[:400]):
        anew = read_request(said, asker)
        if isinstance(anew, Misread):
            return anew
        wrong = asker.refused_ground(anew)
        return wrong or begin(anew, exchange.needs, exchange.group, exchange.options)
    step = exchange.step if at is None or at in ENDS else at
    word = plain_word(said) if len(said) <= _LONGEST_WORD else ""
    tap = next((tap for tap, words in _BY_WORDS if word in words), None) if word else None
    tap = tap or (tap_of(said) if len(said) <= _LONGEST_WORD else None)
    if step is Step.HIDING and tap is Tap.SKIP and word:
        # "None" is an answer to who isn't named.
        tap = None
    if tap is not None and (moved := _moved(exchange, tap, step)) is not None:
        return moved
    if step is Step.PREVIEW:
        return _at_preview(exchange, said, asker)
    if step is Step.CHANGE:
        return _to_change(exchange, said)
    return _with_answer(exchange, step, said, asker)


_BY_WORDS = ((Tap.CANCEL, CANCEL), (Tap.BACK, BACK), (Tap.SKIP, SKIP | {""}))


def _with_answer(exchange: Exchange, step: Step, said: str, asker: Asker) -> Exchange | Misread:
    if step is Step.GROUND and plain_word(said[:_LONGEST_WORD]) in NOT_URGENT:
        return _advanced(exchange, step, prioritised(exchange.draft, Priority.ROUTINE))
    if step is Step.GROUP:
        return _in_group(exchange, said, asker)
    draft = answered(exchange.draft, step.value, said, asker)
    if isinstance(draft, Misread):
        return draft
    return asker.refused_ground(draft) or _advanced(exchange, step, draft)


def _in_group(exchange: Exchange, said: str, asker: Asker) -> Exchange | Misread:
    """The exchange in the group that was chosen, with what was read of the request there."""
    word, names = plain_word(said[:80]), dict(asker.groups)
    for place, (key, draft) in enumerate(exchange.options, start=1):
        if word in (str(place), plain_word(key), plain_word(names.get(key, key))):
            listed = draft.addressees or exchange.draft.addressees
            chosen = replace(exchange, group=key)
            return _advanced(chosen, Step.GROUP, replace(exchange.draft, addressees=listed))
    keys = ", ".join(key.upper() for key, _ in exchange.options)
    return Misread(Wrong.GROUP_UNCLEAR, nearest=keys)


def _at_preview(exchange: Exchange, said: str, asker: Asker) -> Exchange | Misread:
    word = plain_word(said[:_LONGEST_WORD])
    if word in SENDS or (len(said) <= _LONGEST_WORD and yes_or_no(said)):
        return _sent(exchange, asker)
    if word in CHANGES:
        return _asking(exchange, Step.CHANGE)
    if word in MORES:
        return _asked_more(exchange)
    draft = answered(exchange.draft, Step.PREVIEW.value, said, asker)
    if isinstance(draft, Misread):
        return draft
    return asker.refused_ground(draft) or _next(replace(exchange, draft=draft))


def _to_change(exchange: Exchange, said: str) -> Exchange | Misread:
    word = plain_word(said[:_LONGEST_WORD])
    if word.isdecimal() and 0 < int(word) <= len(CHANGEABLE):
        return _asking(exchange, CHANGEABLE[int(word) - 1])
    step = next((step for step, words in _CHANGE_WORDS.items() if word in words), None)
    return Misread(Wrong.CHANGE_UNCLEAR) if step is None else _asking(exchange, step)


_CHANGE_WORDS: Mapping[Step, frozenset[str]] = {
    Step.ADDRESSEES: plain("to", "to whom", "addressees", "parties", "kepada", "para", "tujuan"),
    Step.QUESTION: plain("question", "text", "words", "pertanyaan", "soalan", "pergunta"),
    Step.PRIORITY: plain("priority", "urgent", "urgency", "prioritas", "mendesak", "prioridade"),
    Step.HANDLING: plain("marking", "handling", "tlp", "penanda", "penandaan"),
    Step.THEME: plain("theme", "offence", "tema"),
    Step.PURPOSE: plain("purpose", "legal basis", "maksud", "dasar hukum"),
    Step.SELECTORS: plain("ships", "numbers", "ships and numbers", "selectors", "vessel", "kapal"),
    Step.OVERLAPS: plain("overlaps", "overlap", "tumpang tindih"),
    Step.HIDING: plain("names", "who is named", "hide", "hiding", "nama", "nomes", "ชื่อ", "নাম"),
}


# --- taps --------------------------------------------------------------------------------------


def tapped(exchange: Exchange, step: Step, key: str, asker: Asker) -> Exchange | Misread:
    """The exchange after a reaction on the question of that step, which may be an earlier one.

    Flags on the first question add up, however late they come. A reaction that says nothing
    here changes nothing.
    """
    if exchange.is_over or step in ENDS:
        return exchange
    if step is Step.ADDRESSEES and (named := _tapped_parties(key, asker)):
        listed = addressed(exchange.draft, (*exchange.draft.addressees, *named))
        return _advanced(exchange, step, listed)
    number = number_of(key)
    if number is not None and number <= _choices(exchange, step):
        if step is Step.CHANGE:
            at_it = exchange.step is Step.CHANGE
            return _asking(exchange, CHANGEABLE[number - 1]) if at_it else exchange
        return _with_answer(exchange, step, str(number), asker)
    tap = tap_of(key)
    moved = None if tap is None else _moved(exchange, tap, step)
    if moved is not None:
        return moved
    if step is not Step.PREVIEW or exchange.step is not Step.PREVIEW:
        return exchange
    return _preview_tapped(exchange, tap, asker)


def _preview_tapped(exchange: Exchange, tap: Tap | None, asker: Asker) -> Exchange | Misread:
    draft = exchange.draft
    match tap:
        case Tap.SEND:
            return _sent(exchange, asker)
        case Tap.URGENT:
            return _next(replace(exchange, draft=prioritised(draft, Priority.URGENT, draft.ground)))
        case Tap.MORE:
            return _asked_more(exchange)
        case Tap.OVERLAPS:
            return replace(exchange, draft=replace(draft, overlaps=not draft.overlaps))
        case Tap.HIDE:
            return replace(exchange, draft=replace(draft, unnamed=draft.unnamed ^ REQUESTER))
        case Tap.CHANGE:
            return _asking(exchange, Step.CHANGE)
        case _:
            return exchange


def _tapped_parties(key: str, asker: Asker) -> tuple[Addressee, ...]:
    if tap_of(key) is Tap.EVERYONE:
        return tuple(Addressee(one) for one in asker.names.parties - {asker.party})
    region = flag_region(key)
    called = asker.names.called(region) if region else None
    if called is None or called.party == asker.party:
        return ()
    return (Addressee(called.party),)


# --- from step to step -------------------------------------------------------------------------


def _moved(exchange: Exchange, tap: Tap, step: Step) -> Exchange | Misread | None:
    """Cancel, back and skip; `None` for anything else, and for what is on an earlier question."""
    if tap is Tap.CANCEL:
        return replace(exchange, step=Step.CANCELLED, then=())
    if step is not exchange.step:
        return exchange if tap in (Tap.BACK, Tap.SKIP) else None
    if tap is Tap.BACK:
        if not exchange.path:
            return Misread(Wrong.FIRST_QUESTION)
        *path, last = exchange.path
        again = () if step in (Step.PREVIEW, Step.CHANGE) else (step,)
        then = tuple(one for one in (*again, *exchange.then) if one not in _REQUIRED)
        return replace(exchange, step=last, then=then, path=tuple(path))
    if tap is Tap.SKIP:
        if step is Step.PREVIEW:
            return None
        return Misread(Wrong.NEEDED) if _is_needed(exchange) else _next(exchange)
    return None


def _is_needed(exchange: Exchange) -> bool:
    return exchange.step in _missing(exchange)


def _missing(exchange: Exchange) -> tuple[Step, ...]:
    """What is to be asked before it can be sent, in this order."""
    always = tuple(Step(one.value) for one in exchange.draft.missing)
    if exchange.options and not exchange.group:
        always = (Step.GROUP, *always)
    return always + tuple(step for step in _unsaid(exchange.draft) if step in exchange.needs)


def _advanced(exchange: Exchange, step: Step, draft: Draft) -> Exchange:
    """The exchange with an answer. One to an earlier question doesn't move it, unless it has
    answered the question that stands, or opened one that is needed."""
    changed = replace(exchange, draft=draft)
    if step is exchange.step:
        return _next(changed)
    if exchange.step is Step.PREVIEW and _missing(changed):
        return _next(changed)
    return changed


def _next(exchange: Exchange) -> Exchange:
    """The next question: what is missing, then what was asked for, then the preview."""
    left = tuple(one for one in exchange.then if one is not exchange.step)
    missing = _missing(exchange)
    path = exchange.path
    if exchange.step not in (Step.PREVIEW, Step.CHANGE):
        path = (*path, exchange.step)[-MOST_REMEMBERED:]
    if missing:
        left = tuple(one for one in left if one is not missing[0])
        return replace(exchange, step=missing[0], then=left, path=path)
    if left:
        return replace(exchange, step=left[0], then=left[1:], path=path)
    return replace(exchange, step=Step.PREVIEW, then=(), path=path)


def _asking(exchange: Exchange, step: Step) -> Exchange:
    return replace(exchange, step=step)


def _unsaid(draft: Draft) -> tuple[Step, ...]:
    said = {Step.THEME: draft.theme is not None, Step.PURPOSE: bool(draft.purpose)}
    return tuple(step for step in _OPTIONAL if not said[step])


def _asked_more(exchange: Exchange) -> Exchange:
    return _next(replace(exchange, then=_unsaid(exchange.draft)))


def _sent(exchange: Exchange, asker: Asker) -> Exchange | Misread:
    """INVARIANT: nothing is sent that lacks something, or whose marking keeps it from whom it
    asks."""
    if _missing(exchange):
        return _next(exchange)
    contradiction = exchange.draft.contradiction(asker.party)
    contradiction = contradiction or asker.refused_ground(exchange.draft)
    return contradiction or replace(exchange, step=Step.SEND, then=())
