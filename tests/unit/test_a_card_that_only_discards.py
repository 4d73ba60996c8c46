"""A card on which nothing but 🗑️ stands asks for no number, and says why nobody can be asked."""

from __future__ import annotations

import pytest

from rilon.texts.choices import kept_until
from rilon.texts.explained_markings import EXPLAINED_MARKINGS
from rilon.texts.rendering import text
from rilon.texts.translator import translator

UNTIL = "14:20 WIB (07:20 UTC)"


@pytest.mark.parametrize(("language", "number"), [("en", "number"), ("id", "nomor")])
def test_a_number_is_asked_for_only_where_there_is_one(language: str, number: str) -> None:
    t = translator(language)
    asked = text((kept_until(t, UNTIL, numbered=True),)).plain
    alone = text((kept_until(t, UNTIL, numbered=False),)).plain
    assert number in asked
    assert number not in alone
    assert UNTIL in alone


def test_who_can_not_be_asked_for_release_is_not_put_down_to_other_parts_alone() -> None:
    said = str(EXPLAINED_MARKINGS["source_restricted"])
    assert "the marking of your text, or of another passage" in said
