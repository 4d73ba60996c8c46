"""What a text leaves is the same wherever it stands: pasted among other words, it makes no passage
that would be known there alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rilon.policy.passages import GRAM, WINDOW, boilerplate, fingerprints, normalise, passage_key

KEY = passage_key(b"k" * 32)
letters = st.text("abcdefghij \u0e01\u0e32", max_size=60)
texts = st.text("abcdefghij \u0e01\u0e32", min_size=GRAM, max_size=GRAM + 6 * WINDOW)


@given(letters, texts, letters)
def test_among_other_words_a_text_leaves_nothing_that_it_does_not_leave_alone(
    before: str, text: str, after: str
) -> None:
    """Else who pastes a message of the floor into a desk could not quote it on the floor again."""
    grams = boilerplate([text], KEY)
    among = fingerprints(normalise(f"{before}{text}{after}"), KEY)
    assert among & grams <= fingerprints(normalise(text), KEY)
