"""Who asks, and what the words of a request may name: the roster as the readers of text need it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.party_names import PartyNames, party_names
from rilon.domain.request_text import Asker
from rilon.domain.requests import Ground
from rilon.domain.word_forms import plain_word
from rilon.policy.network import Group, Network
from rilon.policy.request_documents import UrgencyReason
from rilon.policy.telephone_forms import TelephoneForms
from rilon.texts.state_names import names_of_all_states, region_of, short_names, state_names


def asker_of(officer: Officer, group: Group, network: Network, today: date) -> Asker:
    """The officer as one who asks in that group. `today` is the day in UTC."""
    parties = tuple(sorted((one, network.parties[one].name) for one in group.parties))
    names = _names(parties, tuple(sorted(_agencies(group, network, today).items())))
    telephones = TelephoneForms(region_of(officer.party))
    grounds = grounds_of(group)
    own = tuple((one.key, one.theme) for one in groups_for(officer, "", network, today))
    return Asker(officer.party, names, network.vocabulary, telephones, today, grounds, own)


_GROUNDS = {
    UrgencyReason.SERIOUS_THREAT: Ground.THREAT,
    UrgencyReason.DANGER_TO_LIFE: Ground.LIFE,
    UrgencyReason.DETENTION: Ground.DETENTION,
    UrgencyReason.LOSS_OF_RELEVANCE: Ground.RELEVANCE,
}


def grounds_of(group: Group) -> frozenset[Ground]:
    """For which reasons a request of that group may be urgent."""
    return frozenset(_GROUNDS[one] for one in group.requests.urgent_needs)


def _agencies(group: Group, network: Network, today: date) -> dict[Party, tuple[str, ...]]:
    """What a request can be addressed to within a party: the agencies of its officers in the group
    now, and the group's own themes."""
    own = {theme.name for theme in group.themes}
    found: dict[Party, set[str]] = {one: set(own) for one in group.parties}
    for officer in network.officers.values():
        if group.key in officer.groups and officer.within_term(today) and officer.party in found:
            found[officer.party].add(officer.agency)
    return {party: tuple(sorted(names)) for party, names in found.items()}


@lru_cache(maxsize=32)
def _names(
    parties: tuple[tuple[Party, str], ...], agencies: tuple[tuple[Party, tuple[str, ...]], ...]
) -> PartyNames:
    return party_names(
        {code: (name, *state_names(code)) for code, name in parties},
        short={code: short_names(code) for code, _ in parties},
        regions={code: region_of(code) for code, _ in parties},
        agencies=sorted({one for _, names in agencies for one in names}),
        of_party=dict(agencies),
        all_states=names_of_all_states(),
    )


def groups_for(officer: Officer, key: str, network: Network, today: date) -> tuple[Group, ...]:
    """The groups in which the officer may ask: that of the room where they write; in a direct
    room, all of their own within their term."""
    keys = [key] if key else sorted(officer.groups)
    groups = [network.groups[one] for one in keys if one in network.groups]
    return tuple(one for one in groups if one.key in officer.groups and one.within_term(today))


def group_for(officer: Officer, key: str, network: Network, today: date) -> Group | None:
    """The first of these: for what is the same in all groups."""
    return next(iter(groups_for(officer, key, network, today)), None)


def group_named(word: str, groups: tuple[Group, ...]) -> Group | None:
    """The group that a word names by its key or its short name."""
    plain = plain_word(word)
    return next((one for one in groups if plain in map(plain_word, (one.key, one.short))), None)
