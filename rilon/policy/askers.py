"""Who asks, and what the words of a request may name: the roster as the readers of text need it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.party_names import PartyNames, party_names
from rilon.domain.request_text import Asker
from rilon.policy.network import Group, Network
from rilon.policy.telephone_forms import TelephoneForms
from rilon.texts.state_names import names_of_all_states, region_of, short_names, state_names


def asker_of(officer: Officer, group: Group, network: Network, today: date) -> Asker:
    """The officer as one who asks in that group. `today` is the day in UTC."""
    parties = tuple(sorted((one, network.parties[one].name) for one in group.parties))
    agencies = {one.agency for one in network.officers.values() if group.key in one.groups}
    agencies |= {theme.name for theme in group.themes}
    names = _names(parties, tuple(sorted(agencies)))
    telephones = TelephoneForms(region_of(officer.party))
    return Asker(officer.party, names, network.vocabulary, telephones, today)


@lru_cache(maxsize=32)
def _names(parties: tuple[tuple[Party, str], ...], agencies: tuple[str, ...]) -> PartyNames:
    return party_names(
        {code: (name, *state_names(code)) for code, name in parties},
        short={code: short_names(code) for code, _ in parties},
        regions={code: region_of(code) for code, _ in parties},
        agencies=agencies,
        all_states=names_of_all_states(),
    )


def group_for(officer: Officer, key: str, network: Network, today: date) -> Group | None:
    """The group in which the officer asks: that of the room where they write, else, in a direct
    room, the first of their own within its term."""
    keys = [key] if key else sorted(officer.groups)
    groups = [network.groups[one] for one in keys if one in network.groups]
    within = [one for one in groups if one.key in officer.groups and one.within_term(today)]
    return next(iter(within), None)
