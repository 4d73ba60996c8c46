"""Notices of what was taken back, where the party whose words they are isn't named."""

from __future__ import annotations

import pytest

from rilon.texts import recalls
from rilon.texts.rendering import Text
from rilon.texts.translator import Translator, translator

MARKING = "TLP:AMBER //"


def notices(t: Translator) -> list[Text]:
    return [
        recalls.recalled(t, (), "10:00"),
        recalls.tightened(t, (), "10:00", MARKING),
        recalls.expired(t, (), 2),
        recalls.personal_data_ended(t, (), 2),
        recalls.copy_recalled(t, (), "10:00"),
        recalls.copy_tightened(t, (), "10:00", MARKING),
    ]


@pytest.mark.parametrize(
    ("language", "nobody"),
    [("en", "a party that is not named"), ("id", "pihak yang tidak disebut")],
)
def test_a_notice_of_hidden_words_says_that_they_are_hidden(language: str, nobody: str) -> None:
    for notice in notices(translator(language)):
        assert nobody in notice.plain
        assert "  " not in notice.plain
