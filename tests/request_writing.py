"""An officer of Australia who asks in the first group, for the tests of requests as text."""

from __future__ import annotations

from datetime import date

from rilon.domain.markings import Caveat, Vocabulary
from rilon.domain.parties import Party, parties
from rilon.domain.party_names import party_names
from rilon.domain.request_text import Asker
from rilon.policy.telephone_forms import TelephoneForms
from rilon.texts.state_names import names_of_all_states, region_of, short_names, state_names

GROUP = parties("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO")
NAMES = party_names(
    {
        one: (*state_names(one), *(("Regional Support Office",) if one == "RSO" else ()))
        for one in GROUP
    },
    short={one: short_names(one) for one in GROUP},
    regions={one: region_of(one) for one in GROUP},
    agencies=("Coast guard", "Immigration", "Police", "maritime"),
    all_states=names_of_all_states(),
)
VOCABULARY = Vocabulary(
    GROUP, (Caveat("ORCON", "consent", frozenset({"H2"})), Caveat("H1", "handling"))
)
ASKER = Asker(Party("AUS"), NAMES, VOCABULARY, TelephoneForms("AU"), date(2026, 11, 22))
