"""Laws of the check symbol: one wrong symbol, or two swapped, is always noticed."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from rilon.domain.request_numbers import ALPHABET, numbered, read_number

GROUPS = ("mps", "tdd", "prevention-4")
groups = st.sampled_from(GROUPS)
drawn = st.text(ALPHABET, min_size=4, max_size=4)


def _own(number: str) -> str:
    """The four drawn symbols and the check symbol."""
    return (number[-6:-2] + number[-1]).replace("-", "")


@given(groups, drawn)
def test_every_single_wrong_symbol_is_noticed(group: str, symbols: str) -> None:
    number = numbered(group, symbols)
    own = _own(number)
    for place, right in enumerate(own):
        for wrong in ALPHABET:
            typed = group + own[:place] + wrong + own[place + 1 :]
            assert read_number(typed, GROUPS) == (number if wrong == right else None)


@given(groups, drawn)
def test_every_swap_of_two_symbols_is_noticed(group: str, symbols: str) -> None:
    own = _own(numbered(group, symbols))
    for one, other in combinations(range(5), 2):
        swapped = list(own)
        swapped[one], swapped[other] = own[other], own[one]
        found = read_number(group + "".join(swapped), GROUPS)
        assert (found is None) == (own[one] != own[other])


@given(drawn)
def test_the_group_is_checked_too(symbols: str) -> None:
    """A number with another group's key is another number, and never passes by chance alone."""
    tails = {_own(numbered(group, symbols))[-1] for group in ("mps", "mpt", "pms", "aps")}
    assert len(tails) == 4


@given(drawn, st.data())
def test_hyphens_spaces_case_and_look_alikes_never_matter(
    symbols: str, data: st.DataObject
) -> None:
    number = numbered("mps", symbols)
    typed = "".join(
        data.draw(st.sampled_from(_spellings(symbol))) + data.draw(st.sampled_from(["", " ", "-"]))
        for symbol in number.replace("-", "")
    )
    assert read_number(typed, GROUPS) == number


def _spellings(symbol: str) -> str:
    return {"0": "0oO", "1": "1iIlL"}.get(symbol, symbol + symbol.lower())
