"""Whose telephones a request rings first within a party: of an agency, for a theme, on duty.

Pure. Who is on duty is `rilon.policy.duty`; who is asked when nobody reacts is
`rilon.application.request_due`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from rilon.application.request_policy import day_of, desk_in, desk_officers
from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.requests import Request
from rilon.domain.word_forms import plain_word
from rilon.policy.duty import away, on_duty
from rilon.policy.duty_changes import DutyChange
from rilon.policy.network import Network

Fits = Callable[[Officer], bool]


def agencies_of(request: Request, party: Party) -> tuple[str, ...]:
    """The agencies, or the group's own themes, that the request names within that party."""
    return tuple(one.agency for one in request.agencies if one.party == party)


def on_duty_for(
    request: Request,
    party: Party,
    at: datetime,
    network: Network,
    changes: Iterable[DutyChange],
) -> tuple[str, ...]:
    """Who of the party is on duty for the request: those of its agency and theme, if any of them
    is; else everybody on duty."""
    duty = tuple(one.officer for one in on_duty(party, at, network, changes, group=request.group))
    for fits in _wanted(request, party, network):
        theirs = tuple(name for name in duty if fits(network.officers[name]))
        if theirs:
            return theirs
    return duty


def rung_first(
    request: Request,
    party: Party,
    at: datetime,
    network: Network,
    changes: Sequence[DutyChange],
) -> tuple[str, ...]:
    """Whom the request mentions when it comes.

    Where nobody on duty is of the agency or answers for the theme: those of the desk who are, its
    focal points before others, and whoever is on duty too, so that somebody who is at work has it.
    """
    duty = on_duty_for(request, party, at, network, changes)
    wanted = _wanted(request, party, network)
    if not wanted or any(fits(network.officers[name]) for fits in wanted for name in duty):
        return duty
    gone = away(party, at, network, changes)
    answering = desk_officers(party, request.group, network, day_of(at))
    desk = desk_in(party, request.group, network)
    others = sorted(network.members(desk.key)) if desk is not None else []
    for fits in wanted:
        for names in (answering, others if agencies_of(request, party) else ()):
            theirs = [
                one for one in names if one not in gone and _is_theirs(one, fits, network, at)
            ]
            if theirs:
                return tuple(dict.fromkeys((*theirs, *duty)))
    return duty


def _is_theirs(name: str, fits: Fits, network: Network, at: datetime) -> bool:
    officer = network.officers.get(name)
    return officer is not None and officer.within_term(day_of(at)) and fits(officer)


def _wanted(request: Request, party: Party, network: Network) -> tuple[Fits, ...]:
    """What is looked for, the best first: the agency and the theme, then the agency. Whoever
    answers for no theme in particular answers for all, and isn't of one."""
    agencies = {plain_word(one) for one in agencies_of(request, party)}
    group = network.groups.get(request.group)
    own = group.themes if group is not None else ()
    themes = {one.key for one in own if plain_word(one.name) in agencies}

    def of_agency(officer: Officer) -> bool:
        return plain_word(officer.agency) in agencies or not themes.isdisjoint(officer.themes)

    def for_theme(officer: Officer) -> bool:
        return request.theme is not None and request.theme.value in officer.themes

    if agencies and request.theme is not None:
        return (lambda one: of_agency(one) and for_theme(one), of_agency)
    if agencies:
        return (of_agency,)
    return (for_theme,) if request.theme is not None else ()
