"""What is left of a device's name: what clients call themselves, and nothing that people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilon.gate.device_names import MOST_WORDS, plain_device_name


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("app.element.io: Chrome on Windows", "app element chrome on windows"),
        ("Element X Android", "element x android"),
        ("Element Desktop: macOS", "element desktop macos"),
        ("Cinny Web", "cinny web"),
        ("Officer's client", "officer's client"),
        ("left at noon from the northern harbour", ""),
        ("REL AUS,IDN // Element", "element"),
        ("eLeMENT element ELEMENT", "element"),
        ("Ｅｌｅｍｅｎｔ", ""),
        ("", ""),
    ],
)
def test_the_words_of_clients_are_kept_and_no_others(name: str, plain: str) -> None:
    assert plain_device_name(name) == plain


@given(st.text(max_size=200))
def test_no_name_keeps_more_than_some_known_words(name: str) -> None:
    plain = plain_device_name(name)
    words = plain.split()
    assert len(words) <= MOST_WORDS
    assert len(set(words)) == len(words)
    assert plain_device_name(plain) == plain
