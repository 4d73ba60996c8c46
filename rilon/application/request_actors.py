"""Who acts on a request, by what policy says of them now: for which party, in which groups, and
what they may do there."""

from __future__ import annotations

from rilon.application.request_changes import Around
from rilon.application.request_policy import entitled
from rilon.domain.officers import Officer, name_of
from rilon.domain.parties import Party
from rilon.domain.request_steps import May
from rilon.domain.requests import Actor


def officer_of(user_id: str, around: Around) -> Officer | None:
    """The officer, if policy knows them."""
    return around.network.officers.get(name_of(user_id))


def actor_of(user_id: str, group: str, around: Around) -> tuple[Actor | None, May]:
    """Who acts, and what they may do for their party in that group."""
    officer = officer_of(user_id, around)
    if officer is None:
        return None, frozenset()
    may = entitled(officer, group, around.network, around.now.date())
    return Actor(officer.name, officer.party), may


def acting_for(user_id: str, around: Around) -> tuple[Party | None, list[str]]:
    """The officer's party, and the groups in which they may do anything for it."""
    officer = officer_of(user_id, around)
    if officer is None:
        return None, []
    day = around.now.date()
    groups = [key for key in sorted(officer.groups) if entitled(officer, key, around.network, day)]
    return officer.party, groups
