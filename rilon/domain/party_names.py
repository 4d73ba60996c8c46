"""By what names the parties of a group are called, and whom a list of them means.

Decides that one name is one party, and never guesses: what is only near a name is offered.
Where a list of addressees ends in a sentence is `rilon.domain.request_head`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from rilon.domain.letters import as_seen
from rilon.domain.parties import Parties, Party, in_order
from rilon.domain.word_forms import distance_within, plain_word

MOST_WORDS = 4
"""Words of the longest name."""

LONGEST_NAME = 60
"""Characters of what may be a name."""

MOST_NEAR = 3


class How(Enum):
    """How a party was named. A sentence may hold some of these and mean no party."""

    FLAG = auto()
    CODE = auto()
    """Three letters, in any case."""
    REGION = auto()
    """Two letters (ISO 3166 alpha-2): `MY` is also a word."""
    NAME = auto()
    SHORT = auto()
    """`Thai`, `Timor`: also a word of a sentence."""


@dataclass(frozen=True, slots=True)
class Called:
    """A party, and how it was named."""

    party: Party
    how: How


@dataclass(frozen=True, slots=True)
class PartyNames:
    """Every name of the parties of a group, in its plain form, each of one party alone."""

    parties: Parties
    by_word: Mapping[str, Called] = field(repr=False)
    agencies: Mapping[str, str] = field(repr=False)
    """Agencies and themes of the roster, plain form -> as the roster has it."""
    elsewhere: frozenset[str] = field(repr=False)
    """Plain forms of the names of states that aren't in the group."""
    of_party: Mapping[Party, frozenset[str]] = field(repr=False, default_factory=dict)
    """The agencies and themes of each party, as the roster has them; a party that isn't here has
    all."""

    @property
    def regions(self) -> Mapping[Party, str]:
        """The alpha-2 codes of the parties that have one, for their flags."""
        listed = self.by_word.items()
        return {one.party: word.upper() for word, one in listed if one.how is How.REGION}

    def called(self, words: str) -> Called | None:
        """The party that these words name, if they are exactly a name of one."""
        if len(words) > LONGEST_NAME:
            return None
        if _FLAG.fullmatch(bare := _SELECTORS.sub("", words.strip())):
            found = self.by_word.get(as_seen(bare).lower())
            return Called(found.party, How.FLAG) if found and found.how is How.REGION else None
        return self.by_word.get(plain_word(words))

    def agency(self, words: str) -> str | None:
        """The agency or theme that these words are."""
        return self.agencies.get(plain_word(words)) if len(words) <= LONGEST_NAME else None

    def agencies_at(self, party: Party) -> tuple[str, ...]:
        """The agencies and themes of that party, in order."""
        return tuple(sorted(self.of_party.get(party, frozenset(self.agencies.values()))))

    def agency_at(self, words: str, party: Party) -> str | None:
        """The agency or theme of that party that these words are, as the roster has it there."""
        word = plain_word(words[:LONGEST_NAME])
        return next((one for one in self.agencies_at(party) if plain_word(one) == word), None)

    def is_elsewhere(self, words: str) -> bool:
        """Whether these words name a state that isn't in the group."""
        if _FLAG.fullmatch(_SELECTORS.sub("", words.strip())):
            return self.called(words) is None
        return len(words) <= LONGEST_NAME and plain_word(words) in self.elsewhere

    def nearest(self, words: str) -> tuple[Party, ...]:
        """The parties that these words may have been meant as; never taken without asking."""
        if len(words) > LONGEST_NAME:
            return ()
        word = plain_word(words)
        most = 1 if len(word) < 6 else 2
        near: dict[Party, int] = {}
        for name, called in self.by_word.items():
            if called.how is How.REGION or len(name) < 3 or len(word) < 3:
                continue
            far = distance_within(word, name, most)
            if far is not None:
                near[called.party] = min(far, near.get(called.party, most))
        closest = min(near.values(), default=0)
        return in_order(party for party, far in near.items() if far == closest)[:MOST_NEAR]


_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_SELECTORS = re.compile("[\ufe0e\ufe0f]")


def party_names(
    names: Mapping[Party, Collection[str]],
    short: Mapping[Party, Collection[str]] | None = None,
    regions: Mapping[Party, str | None] | None = None,
    agencies: Iterable[str] = (),
    all_states: Iterable[str] = (),
    of_party: Mapping[Party, Iterable[str]] | None = None,
) -> PartyNames:
    """The names of a group's parties: its parties are the keys of `names`.

    `regions` are alpha-2 codes, `all_states` the names of all states there are. A name of two
    parties is nobody's. `of_party` says which agencies each party has; without it, all of them.
    """
    found: dict[str, set[Called]] = {}

    def add(party: Party, word: str, how: How) -> None:
        if plain := plain_word(word):
            found.setdefault(plain, set()).add(Called(party, how))

    for party, listed in names.items():
        add(party, party, How.CODE)
        if region := (regions or {}).get(party):
            add(party, region, How.REGION)
        for name in listed:
            add(party, name, How.NAME)
        for name in (short or {}).get(party, ()):
            add(party, name, How.SHORT)
    by_word = {
        word: min(called, key=lambda one: one.how.value)
        for word, called in found.items()
        if len({one.party for one in called}) == 1
    }
    states = {plain_word(name) for name in all_states} - found.keys() - {""}
    agency_words = {plain_word(name): name for name in agencies}
    agency_words = {word: name for word, name in agency_words.items() if word not in by_word}
    at = {} if of_party is None else {one: frozenset(of_party.get(one, ())) for one in names}
    return PartyNames(frozenset(names), by_word, agency_words, frozenset(states), at)


@dataclass(frozen=True, slots=True, order=True)
class Addressee:
    """Whom a request is for. `agency` is an agency or theme of the roster, empty for none."""

    party: Party
    agency: str = ""


def in_reading_order(some: Iterable[Addressee]) -> tuple[Addressee, ...]:
    """Addressees in the order of parties, each once. Beside an agency of a party the party alone
    says nothing more."""
    kept = set(some)
    with_agency = {one.party for one in kept if one.agency}
    kept -= {Addressee(party) for party in with_agency}
    order = {party: place for place, party in enumerate(in_order(one.party for one in kept))}
    return tuple(sorted(kept, key=lambda one: (order[one.party], one.agency)))
