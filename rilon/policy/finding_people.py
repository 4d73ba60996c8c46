"""`!who IDN maritime`: the people whom someone may find, by party, agency, language and theme.

Everything is worked out from the officers whom the asker may know, so a person of a group that
the asker isn't in is the same as nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from rilon.domain.officers import Officer
from rilon.domain.parties import Party, in_order
from rilon.domain.themes import ARTICLE_10_1
from rilon.policy.duty import absence_of, on_duty
from rilon.policy.duty_changes import DutyChange
from rilon.policy.folded_words import words
from rilon.policy.network import Network
from rilon.policy.reach import speaks

MOST_WORDS = 20
SHORTEST_BEGINNING = 3
"""A word of so many letters finds what begins with it: `immig`."""

NEAR = 0.7
"""How near a word has to be to be offered: `malaisia` is, `support` for `singapore` is not."""

_ON_DUTY = frozenset({"duty", "onduty", "now", "piket", "jaga", "bertugas", "sekarang"})
_SAYS_NOTHING = frozenset(
    words(
        """who is are in on for from at the a an of and or with speaks speaking any anyone someone
        people person officer officers contact agency theme language siapa yang di dari dan untuk
        petugas orang bahasa tema"""
    )
)
_FLAG = 0x1F1E6
"""The first of the letters of which flags are made: REGIONAL INDICATOR SYMBOL LETTER A."""


@dataclass(frozen=True, slots=True)
class Person:
    """One officer, as another may see them. `local_time` is in the officer's own zone.

    `away_until` is said to officers of the same party alone; to others an officer who is away is
    not on duty, and no more.
    """

    name: str
    display_name: str
    party: Party
    agency: str
    languages: tuple[str, ...]
    themes: tuple[str, ...]
    on_duty: bool
    local_time: datetime
    away_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a text finds: who is on duty first, then by party and name.

    `unknown` are words of the text that fit nobody whom the asker may know, each with the nearest
    word that would, if there is one. With any of them, nobody is found.
    """

    people: tuple[Person, ...]
    unknown: tuple[tuple[str, str | None], ...] = ()


def find_people(
    text: str,
    asker: Officer,
    network: Network,
    changes: Iterable[DutyChange],
    at: datetime,
) -> Found:
    """Whom `!who` finds for this officer at that moment; everybody for an empty text.

    Forgiving of order, case, accents, and of the language in which states and languages are
    named. Of several parties or languages one is enough; every other word must fit.
    """
    known = tuple(changes)
    visible = tuple(_visible(asker, network, at))
    index = _Index.of(visible, asker, network)
    wanted = index.read(text)
    if wanted.unknown:
        return Found((), tuple((word, index.near(word)) for word in wanted.unknown))
    duties = {
        (party, duty.officer)
        for party in {one.party for one in visible}
        for duty in on_duty(party, at, network, known)
    }
    people = [
        _person(one, asker, (one.party, one.name) in duties, network, known, at)
        for one in visible
        if wanted.fits(one, index.texts[one.name])
    ]
    if wanted.on_duty:
        people = [one for one in people if one.on_duty]
    order = {party: place for place, party in enumerate(in_order(network.parties))}
    people.sort(key=lambda one: (not one.on_duty, order[one.party], one.name))
    return Found(tuple(people))


def _visible(asker: Officer, network: Network, at: datetime) -> Iterator[Officer]:
    """The officers within term who share a group with the asker, in a term of that group."""
    day = at.astimezone(UTC).date()
    if not asker.within_term(day):
        return
    shared = {
        key
        for key in asker.groups
        if key in network.groups and network.groups[key].within_term(day)
    }
    for officer in network.officers.values():
        if officer.within_term(day) and officer.groups & shared:
            yield officer


def _person(
    officer: Officer,
    asker: Officer,
    duty: bool,
    network: Network,
    changes: Sequence[DutyChange],
    at: datetime,
) -> Person:
    away = None
    if officer.party == asker.party:
        away = absence_of(officer, at, network, changes)
    return Person(
        name=officer.name,
        display_name=officer.display_name,
        party=officer.party,
        agency=officer.agency,
        languages=officer.languages,
        themes=tuple(sorted(officer.themes)),
        on_duty=duty,
        local_time=at.astimezone(ZoneInfo(officer.zone)),
        away_until=away.until if away else None,
    )


# --- what a text asks for ------------------------------------------------------------------------


@dataclass(slots=True)
class _Wanted:
    """What a text asks for. `themes` were named by their letter or key."""

    parties: set[Party] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)
    themes: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    on_duty: bool = False
    unknown: list[str] = field(default_factory=list)

    def fits(self, officer: Officer, text: frozenset[str]) -> bool:
        """Whether the officer is one of those asked for; `text` are the words that find them."""
        return (
            (not self.parties or officer.party in self.parties)
            and (not self.languages or any(speaks(officer, one) for one in self.languages))
            and (not self.themes or not officer.themes or bool(officer.themes & self.themes))
            and all(_within(word, text) for word in self.words)
        )


@dataclass(frozen=True, slots=True)
class _Index:
    """Every word by which someone visible may be found, and what it stands for."""

    parties: Mapping[tuple[str, ...], Party]
    languages: Mapping[tuple[str, ...], str]
    themes: Mapping[tuple[str, ...], str]
    texts: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, visible: Sequence[Officer], asker: Officer, network: Network) -> _Index:
        locales = [asker.language, "en"]
        return cls(
            parties=_party_names({one.party for one in visible}, network, locales),
            languages=_language_names({code for one in visible for code in one.languages}, locales),
            themes=_themes(asker, network),
            texts={one.name: _texts(one, asker, network) for one in visible},
        )

    def read(self, text: str) -> _Wanted:
        """What the text asks for. Names of several words are found first."""
        wanted = _Wanted()
        left = list(words(_without_flags(text)))[:MOST_WORDS]
        while left:
            for length in range(min(4, len(left)), 0, -1):
                if self._take(tuple(left[:length]), wanted):
                    del left[:length]
                    break
        return wanted

    def _take(self, some: tuple[str, ...], wanted: _Wanted) -> bool:
        if some in self.parties:
            wanted.parties.add(self.parties[some])
        elif some in self.languages:
            wanted.languages.add(self.languages[some])
        elif some in self.themes:
            wanted.themes.add(self.themes[some])
        elif len(some) > 1:
            return False
        elif some[0] in _ON_DUTY:
            wanted.on_duty = True
        elif some[0] in _SAYS_NOTHING:
            pass
        elif any(_within(some[0], text) for text in self.texts.values()):
            wanted.words.append(some[0])
        else:
            wanted.unknown.append(some[0])
        return True

    def near(self, word: str) -> str | None:
        """The word nearest to one that finds nobody."""
        known = {one for text in self.texts.values() for one in text}
        known |= {" ".join(name) for name in (*self.parties, *self.languages)}
        close = get_close_matches(word[:80], sorted(known), n=1, cutoff=NEAR)
        return close[0] if close else None


def _within(word: str, text: frozenset[str]) -> bool:
    if word in text:
        return True
    return len(word) >= SHORTEST_BEGINNING and any(one.startswith(word) for one in text)


def _texts(officer: Officer, asker: Officer, network: Network) -> frozenset[str]:
    """The words that find an officer: agency, role, name, themes, and themes of shared groups."""
    shared = [network.groups[key] for key in officer.groups & asker.groups if key in network.groups]
    own = {theme.key: theme.name for group in shared for theme in group.themes}
    themes = {**ARTICLE_10_1, **own}
    said = [
        officer.agency,
        officer.name,
        officer.display_name,
        *(role.value for role in officer.roles),
        *(f"{group.short} {group.theme}" for group in shared),
        *(themes[key] for key in officer.themes if key in themes),
    ]
    return frozenset(word for one in said for word in words(one))


def _themes(asker: Officer, network: Network) -> dict[tuple[str, ...], str]:
    """How themes are named: `theme a`, or the key alone; a lone `a` is no theme."""
    own = (
        theme.key
        for key in sorted(asker.groups)
        if key in network.groups
        for theme in network.groups[key].themes
    )
    found: dict[tuple[str, ...], str] = {}
    for key in (*ARTICLE_10_1, *own):
        name = words(key)
        found.update({("theme", *name): key, ("tema", *name): key})
        if key != "a":
            found[name] = key
    return found


def _party_names(
    parties: Iterable[Party], network: Network, languages: Sequence[str]
) -> dict[tuple[str, ...], Party]:
    """Code, name and flag of each party, and the state's name in these languages."""
    found: dict[tuple[str, ...], Party] = {}
    for party in parties:
        names = [party, network.parties[party].name]
        for short in get_global("territory_aliases").get(party, ()):
            names.append(_flag_word(short))
            names += [name for one in languages if (name := _territory(one, short))]
        found.update({words(name): party for name in names})
    return found


def _language_names(codes: Iterable[str], languages: Sequence[str]) -> dict[tuple[str, ...], str]:
    """Code of each language, and its name in itself and in these languages."""
    found: dict[tuple[str, ...], str] = {}
    for code in codes:
        plain = code.partition("-")[0]
        found[words(plain)] = plain
        for one in (*languages, plain):
            locale = _locale(one)
            name = locale.languages.get(plain) if locale else None
            if name:
                found[words(name)] = plain
                found["bahasa", *words(name)] = plain
    return found


def _territory(language: str, short: str) -> str | None:
    locale = _locale(language)
    return locale.territories.get(short) if locale else None


def _locale(language: str) -> Locale | None:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def _flag_word(short: str) -> str:
    """A flag as a word of its own: `flagid` for Indonesia's."""
    return f"flag{short.lower()}"


def _without_flags(text: str) -> str:
    """The text in which each flag is a word."""
    letters: list[str] = []
    parts: list[str] = []
    for character in text[:400]:
        if 0 <= ord(character) - _FLAG < 26:
            letters.append(chr(ord("a") + ord(character) - _FLAG))
            if len(letters) == 2:
                parts.append(f" {_flag_word(''.join(letters))} ")
                letters.clear()
        else:
            letters.clear()
            parts.append(character)
    return "".join(parts)
