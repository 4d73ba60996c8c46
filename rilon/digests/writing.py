"""The text of a digest in one language: what changed, then tables, each beneath its picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rilon.digests.comparing import Change
from rilon.digests.counting import UNSAID, Subject
from rilon.digests.drawings import Illustration
from rilon.digests.labels import Labels, escaped, figure, table
from rilon.digests.request_counts import ENDS
from rilon.digests.tables import Compared, Table, Tables
from rilon.domain.periods import Every
from rilon.texts import digests as texts
from rilon.texts.translator import Translator

_LONGEST_LIST = 900
"""Characters of names that one sentence lists."""


def written(
    shown: Tables,
    labels: Labels,
    every: Every,
    smallest: int,
    pictures: Sequence[tuple[Illustration, str]],
    *,
    is_over: bool = True,
) -> str:
    """The text as Markdown. `pictures` are those that there are, with their files."""
    t = labels.t
    placed = {one.name: f"![{escaped(one.alternative)}]({file})" for one, file in pictures}
    in_short, people, requests, reading = texts.headings(t)
    warning = [] if is_over else [escaped(texts.not_over(t, every.value))]
    parts = [*warning, f"## {in_short}", *_in_short(shown, labels, every), placed["course"]]
    few = [one for one in shown.subjects if not one.rows]
    for one in shown.subjects:
        if one in few:
            continue
        parts.append(f"## {t.say(texts.SUBJECTS[one.subject.value]).plain}")
        if one.subject is Subject.ROUTE:
            parts += [placed[name] for name in ("routes", "map") if name in placed]
        parts += _subject(one, shown.longer, labels, every)
    if few:
        named = [t.say(texts.SUBJECTS[one.subject.value]).plain for one in few]
        parts.append(escaped(texts.too_few_for_parts(t, _names(named))))
    parts += [f"## {people}", *_people(shown, labels, every)]
    if is_over:
        # ATTACK: asked for from day to day, it would tell of each request between others.
        parts += [f"## {requests}", *_requests(shown, labels, every)]
    parts += [f"## {reading}", _listed(_reading(t, every, smallest, is_over))]
    return "\n\n".join(parts)


def _reading(t: Translator, every: Every, smallest: int, is_over: bool) -> Sequence[str]:
    said = texts.reading(t, every.value, smallest)
    return [*said, texts.chance(t)] if is_over else said


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {escaped(one)}" for one in sentences)


def _in_short(shown: Tables, labels: Labels, every: Every) -> Iterator[str]:
    name = texts.all_reports(labels.t)
    yield _figures([(name, shown.total)], name, shown.longer, labels, every)
    total = [(name, shown.total)]
    if said := [*_changes(total, shown.longer, labels, every), *_unclear(total, labels)]:
        yield _listed(said)
    clear = [
        (labels.name(one.subject, row.key), row.figures)
        for one in shown.subjects
        for row in one.rows
    ]
    if said := [*_changes(clear, shown.longer, labels, every)]:
        yield _listed(said)


def _subject(one: Table, longer: int, labels: Labels, every: Every) -> Iterator[str]:
    named = [(labels.name(one.subject, row.key), row.figures) for row in one.rows]
    head = labels.t.say(texts.KEY_HEADS[one.subject.value]).plain
    yield _figures(named, head, longer, labels, every)
    compared = [pair for pair, row in zip(named, one.rows, strict=True) if row.key != UNSAID]
    if said := [*_changes(compared, longer, labels, every), *_unclear(compared, labels)]:
        yield _listed(said)


def _figures(
    named: Sequence[tuple[str, Compared]], head: str, longer: int, labels: Labels, every: Every
) -> str:
    heads = [head, *texts.period_names(labels.t, every.value)]
    rows = [[name, figure(one.now), figure(one.before)] for name, one in named]
    if longer:
        heads.append(texts.mean_head(labels.t, every.value, longer))
        rows = [
            [*row, labels.mean(one.longer, longer)]
            for row, (_, one) in zip(rows, named, strict=True)
        ]
    return table(heads, rows)


def _changes(
    named: Sequence[tuple[str, Compared]], longer: int, labels: Labels, every: Every
) -> Iterator[str]:
    """A sentence for each way in which things clearly changed, with those that did."""
    t = labels.t
    for change in (Change.MORE, Change.FEWER):
        found = [
            texts.with_figures(t, name, figure(one.now), figure(one.before))
            for name, one in named
            if one.change is change
        ]
        if found:
            yield texts.change(t, every.value, change.value, _names(found))
        found = [name for name, one in named if one.longer_change is change]
        if found:
            yield texts.longer_change(t, every.value, change.value, longer, _names(found))


def _unclear(named: Sequence[tuple[str, Compared]], labels: Labels) -> Iterator[str]:
    """The same for what didn't clearly change, and for what can't be told."""
    for change in (Change.NONE, Change.TOO_FEW):
        found = [name for name, one in named if one.clearest is change]
        if found:
            yield texts.unclear(labels.t, change.value, _names(found))


def _names(names: Sequence[str]) -> str:
    said = "; ".join(names)
    if len(said) <= _LONGEST_LIST:
        return said
    return said[: said.rindex("; ", 0, _LONGEST_LIST)] + "; …"


def _people(shown: Tables, labels: Labels, every: Every) -> Iterator[str]:
    t = labels.t
    rows = zip(texts.people_rows(t), (shown.people.people, shown.people.children), strict=True)
    heads = [texts.people_head(t), *texts.period_names(t, every.value)]
    yield table(heads, [[name, *map(figure, figures)] for name, figures in rows])
    yield escaped(texts.people_note(t))


def _requests(shown: Tables, labels: Labels, every: Every) -> Iterator[str]:
    t = labels.t
    now, before = shown.requests, shown.requests_before
    figures = [
        (figure(now.asked), figure(before.asked)),
        (figure(now.urgent), figure(before.urgent)),
        *((figure(now.ends.at(end)), "") for end in ENDS),
    ]
    heads = [texts.request_head(t), *texts.period_names(t, every.value)]
    rows = [[name, *one] for name, one in zip(texts.request_rows(t), figures, strict=True)]
    yield table(heads, rows)
    yield escaped(texts.request_note(t))
