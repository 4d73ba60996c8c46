"""What states are called in the languages of the network, for reading what officers write.

The names are those of CLDR, and short forms that people use. Which of them are parties of a
group is decided by `rilon.domain.party_names`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from babel import Locale, UnknownLocaleError
from babel.core import get_global

LANGUAGES = ("en", "id", "ms", "th", "bn", "pt", "pt_PT")

_TETUM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AUS": ("Austrália",),
        "BGD": ("Bangladés", "Bangladexe"),
        "IDN": ("Indonézia",),
        "MYS": ("Malázia",),
        "THA": ("Tailándia",),
        "TLS": ("Timór Lorosa'e", "Timór-Leste"),
    }
)
"""CLDR has no Tetum. Spellings of the National Institute of Linguistics, Dili."""

_FULLER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "BGD": ("Bangla Desh",),
        "IDN": ("Republik Indonesia", "Republic of Indonesia"),
        "MYS": ("Federation of Malaysia",),
        "THA": ("ประเทศไทย", "Muang Thai", "Kingdom of Thailand"),
        "TLS": ("East Timor", "Timor Timur", "Timor Lorosae", "Timor Lorosa'e", "Timor Oriental"),
    }
)

_SHORT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AUS": ("Aussie", "Aust"),
        "BGD": ("Bangla", "Bdesh"),
        "IDN": ("Indo", "Indon"),
        "MYS": ("Msia", "M'sia"),
        "THA": ("Thai",),
        "TLS": ("Timor",),
    }
)


@lru_cache(maxsize=512)
def region_of(code: str) -> str | None:
    """The ISO 3166 alpha-2 code of an alpha-3 one (`ID` of `IDN`); `None` for no state."""
    regions = get_global("territory_aliases").get(code)
    return regions[0] if len(code) == 3 and regions and len(regions) == 1 else None


@lru_cache(maxsize=512)
def state_names(code: str) -> tuple[str, ...]:
    """The names of a state (ISO 3166 alpha-3), each once; none for a code of no state."""
    region = region_of(code)
    if region is None:
        return ()
    listed = [name for tongue in LANGUAGES if (name := _names(tongue).get(region))]
    return tuple(dict.fromkeys((*listed, *_FULLER.get(code, ()), *_TETUM.get(code, ()))))


def short_names(code: str) -> tuple[str, ...]:
    """What people say for short. `Thai` is also a word of a sentence."""
    return _SHORT.get(code, ())


@lru_cache(maxsize=1)
def names_of_all_states() -> tuple[str, ...]:
    """The names of all states and territories, in English and Indonesian."""
    codes = {
        regions[0]
        for code, regions in get_global("territory_aliases").items()
        if len(code) == 3 and code.isalpha() and len(regions) == 1
    }
    found = (_names(tongue).get(region) for tongue in ("en", "id") for region in sorted(codes))
    return tuple(dict.fromkeys(name for name in found if name))


def _names(language: str) -> Mapping[str, str]:
    try:
        return Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        return {}
