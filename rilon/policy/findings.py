"""What a check of policy finds, and the checks that several parts of the documents share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rilon.domain.markings import Tlp, Vocabulary
from rilon.domain.parties import Parties, in_order
from rilon.policy.documents import Documents, GroupFile
from rilon.policy.facts import read_default, vocabulary_of
from rilon.policy.mistakes import quoted
from rilon.policy.yaml_tree import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path of a document. `file` is relative to the policy folder."""

    file: str
    path: Path
    problem: str
    mend: str


def group_file(group: GroupFile) -> str:
    """The file in which a group stands."""
    return f"groups/{group.key}.yaml"


def check_default(
    file: str, path: Path, text: str, documents: Documents, ceiling: Parties, *, red: bool
) -> Iterator[Finding]:
    """What is wrong with a room's default marking, given its ceiling and whether RED may enter."""
    vocabulary = vocabulary_of(documents)
    if problem := _default_problem(text, vocabulary, ceiling, red=red):
        yield Finding(file, path, problem, "write a marking such as `TLP:AMBER`")


def _default_problem(
    text: str, vocabulary: Vocabulary, ceiling: Parties, *, red: bool
) -> str | None:
    default = read_default(text, vocabulary)
    if default is None:
        return f"the default marking {quoted(text)} can't be read"
    if default.tlp is None:
        return "the default marking has no TLP label"
    if default.expires or default.grade:
        return "a default marking has no date and no grade: they belong to an item"
    if default.protect or (default.rel is not None and not default.rel >= ceiling):
        left = ", ".join(in_order(ceiling - (default.rel or ceiling))) or "some"
        return f"the default marking would keep out parties of the room itself ({left})"
    if default.tlp is Tlp.RED and not red:
        return "the default is TLP:RED, and the room doesn't open to RED"
    return None
