"""What the tests of reports share: a reader with the shipped gazetteer."""

from __future__ import annotations

from datetime import date

from rilon.reports.draft import Draft
from rilon.reports.guided import Setting
from rilon.reports.mistakes import Misread
from rilon.reports.places import names_of
from rilon.reports.reading import Reader, Said, read_report
from tests.policy_scene import NETWORK

TODAY = date(2026, 11, 22)
GAZETTEER = NETWORK.gazetteer
READER = Reader(names_of(GAZETTEER), TODAY)
SETTING = Setting(READER, tuple(GAZETTEER.areas), (("mps", "Maritime people smuggling"),))


def read(text: str) -> Draft:
    """What a text says, which must be readable."""
    found = read_report(text, READER)
    assert isinstance(found, Said), found
    return found.draft


def wrong(text: str) -> Misread:
    """What is wrong with a text."""
    found = read_report(text, READER)
    assert isinstance(found, Misread), found
    return found
