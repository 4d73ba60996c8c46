"""A group's rules for bulletins as values: reminders, small counts, and the digests that are due.

Which reports a digest may count is `rilon.policy.countable`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from rilon.domain.markings import Vocabulary, WrittenMarking
from rilon.domain.periods import Every
from rilon.policy.bulletin_documents import BulletinsEntry
from rilon.policy.documents import Documents
from rilon.policy.facts import ceiling_of, read_default
from rilon.policy.findings import Finding, check_default, group_file
from rilon.policy.mistakes import quoted
from rilon.policy.yaml_tree import Path
from rilon.texts.translator import languages


@dataclass(frozen=True, slots=True)
class DigestRule:
    """One digest of a group: how often, under which marking, in which languages."""

    every: Every
    marking: WrittenMarking
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True, slots=True)
class BulletinPolicy:
    """`smallest_count` is the least count above zero that figures show."""

    remind_after: timedelta = timedelta(days=3)
    smallest_count: int = 3
    digests: tuple[DigestRule, ...] = ()

    def digest(self, every: Every) -> DigestRule | None:
        """The digest of every week, or of every month."""
        return next((one for one in self.digests if one.every is every), None)


def bulletin_policy(entry: BulletinsEntry | None, vocabulary: Vocabulary) -> BulletinPolicy:
    """The rules that an entry gives. Raises `ValueError` if it wasn't checked."""
    if entry is None:
        return BulletinPolicy()
    rules = []
    for one in entry.digests:
        marking = read_default(one.marking, vocabulary)
        if marking is None:
            raise ValueError("a digest's marking can't be read: the documents weren't checked")
        rules.append(DigestRule(one.every, marking, one.languages))
    return BulletinPolicy(
        timedelta(days=entry.remind_after_days), entry.smallest_count, tuple(rules)
    )


def find(documents: Documents) -> Iterator[Finding]:
    """Digests that couldn't be posted, that are there twice, or in a language nobody speaks."""
    spoken = languages()
    for group in documents.groups:
        file, room = group_file(group), group.rooms.bulletins
        seen: set[Every] = set()
        for index, one in enumerate(group.bulletins.digests if group.bulletins else ()):
            at: Path = ("bulletins", "digests", index)
            yield from check_default(
                file,
                (*at, "marking"),
                one.marking,
                documents,
                ceiling_of(room, group),
                red=room.opens_to_red,
            )
            if one.every in seen:
                problem = f"there are two digests of every {one.every.value}"
                yield Finding(file, (*at, "every"), problem, "keep one of them")
            seen.add(one.every)
            for place, language in enumerate(one.languages):
                if language not in spoken:
                    problem = f"digests aren't written in {quoted(language)}"
                    mend = f"write one of {', '.join(spoken)}"
                    yield Finding(file, (*at, "languages", place), problem, mend)
