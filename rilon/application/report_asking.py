"""What the steward says in the exchange of a report: the question that stands, or the preview.

Pure. The sentences are `rilon.texts.report_questions`; sending them is the steward's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rilon.application.report_policy import readers
from rilon.domain.marking_text import write_effective
from rilon.domain.markings import Marking
from rilon.domain.officers import Officer
from rilon.domain.reports import Vessel
from rilon.policy.network import Group, Network
from rilon.reports.draft import Field
from rilon.reports.guided import MOST_OFFERED, Exchange, Setting, Step
from rilon.reports.places import names_of
from rilon.reports.reading import Reader
from rilon.reports.shown import lines
from rilon.texts.rendering import GAP, Line, Text, text
from rilon.texts.report_mistakes import mistake
from rilon.texts.report_questions import QUESTIONS, Preview, days, preview, question
from rilon.texts.reports import value
from rilon.texts.translator import Translator


def setting_of(
    officer: Officer, groups: Sequence[Group], network: Network, at: datetime
) -> Setting:
    """What words and numbers of the officer may mean at that moment, by the officer's own day."""
    today = at.astimezone(ZoneInfo(officer.zone)).date()
    return Setting(
        Reader(names_of(network.gazetteer), today),
        tuple(network.gazetteer.areas),
        tuple((one.key, one.theme) for one in groups),
    )


def asked(
    t: Translator,
    exchange: Exchange,
    marking: Marking | None,
    told: Mapping[str, str] | None,
    setting: Setting,
    network: Network,
) -> Text:
    """The mistake that was made, if one was, and then what is asked."""
    wrong: list[Line] = []
    if told is not None:
        parameters = {name: one for name, one in told.items() if name != "code"}
        wrong = [mistake(t, told["code"], parameters), GAP]
    if exchange.step is Step.PREVIEW and marking is not None:
        return text([*wrong, *_preview(t, exchange, marking, setting, network)])
    step = exchange.step if exchange.step.value in QUESTIONS else Step.CHANGE
    return text([*wrong, *question(t, step.value, _choices(t, step, setting, network))])


def _preview(
    t: Translator, exchange: Exchange, marking: Marking, setting: Setting, network: Network
) -> list[Line]:
    group = network.groups[exchange.group]
    shown = Preview(
        lines=tuple(lines(t, exchange.draft, network.gazetteer)),
        marking=write_effective(marking),
        readers=tuple(network.parties[one].name for one in readers(marking, group)),
        group=group.theme if len(setting.groups) > 1 else "",
    )
    return preview(t, shown)


def _choices(
    t: Translator, step: Step, setting: Setting, network: Network
) -> tuple[Line | str, ...]:
    """What the numbers stand for, in the order of `rilon.reports.guided.offered`."""
    match step:
        case Step.GROUP:
            return tuple(name for _, name in setting.groups[:MOST_OFFERED])
        case Step.DAY:
            return days(t)
        case Step.WHERE:
            areas = network.gazetteer.areas
            return tuple(areas[key].name(t.language) for key in setting.areas[:MOST_OFFERED])
        case Step.WHO:
            return tuple(value(t, Field.VESSEL.value, one.value) for one in Vessel)
        case _:
            return ()
