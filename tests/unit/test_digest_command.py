"""`rilon digest draft`: which digest is asked for, and what is written where."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilon.bootstrap.operations import CantOperate
from rilon.commands import digest as command
from rilon.commands.digest import due_of
from rilon.digests.drafting import Digest
from rilon.domain.periods import Every
from tests.policy_scene import NETWORK

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


def test_without_a_period_it_is_the_last_one_that_is_over() -> None:
    due = due_of(NETWORK, None, Every.WEEK, None, NOW)
    assert (due.key, due.group) == ("mps-week-2026-W46", "mps")
    assert due_of(NETWORK, "mps", Every.WEEK, "2026-W40", NOW).key == "mps-week-2026-W40"


@pytest.mark.parametrize(
    ("group", "every", "period", "said"),
    [
        ("msp", Every.WEEK, None, "did you mean `mps`"),
        ("mps", Every.MONTH, None, "add it under `bulletins: digests:`"),
        ("mps", Every.WEEK, "2026-11", "write one such as 2026-W46"),
        ("mps", Every.WEEK, "2026-W47", "isn't over yet"),
    ],
)
def test_what_cant_be_drafted_is_told_with_what_to_write(
    group: str, every: Every, period: str | None, said: str
) -> None:
    with pytest.raises(CantOperate, match=said):
        due_of(NETWORK, group, every, period, NOW)


def test_a_digest_is_written_with_its_pictures_and_never_over_another(tmp_path: Path) -> None:
    due = due_of(NETWORK, None, Every.WEEK, None, NOW)
    made = Digest(b"---", {"course-en.png": b"png", "course-en.svg": b"svg"}, 0)
    out = tmp_path / "new" / "folder"
    file = command._write(due, made, out)
    assert file.name == "mps-week-2026-W46.md"
    assert {one.name for one in out.iterdir()} == {file.name, *made.pictures}
    with pytest.raises(CantOperate, match="give another folder"):
        command._write(due, made, out)
    with pytest.raises(CantOperate, match="can't be written"):
        command._write(due, made, file / "below")
