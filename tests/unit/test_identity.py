"""As whom PostgreSQL runs: the least capability that is needed, and no folder's mode changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rilon.embedded.identity import (
    CAP_DAC_OVERRIDE,
    CAP_DAC_READ_SEARCH,
    NoIdentity,
    capability_to_keep,
    needed_capability,
)

STRANGER = 54_321
ALL = 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH


def _program(folder: Path, mode: int) -> Path:
    program = folder / "program"
    program.touch()
    program.chmod(mode)
    return program


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder below the temporary one; the tests look only at modes from here down."""
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def _needed(program: Path) -> int | None:
    return needed_capability(STRANGER, STRANGER, [program], [])


def test_a_closed_folder_above_needs_the_right_to_pass_it(open_folder: Path) -> None:
    program = _program(open_folder, 0o755)
    open_folder.chmod(0o700)
    assert _needed(program) == CAP_DAC_READ_SEARCH


def test_a_program_that_others_may_not_run_needs_the_wider_right(open_folder: Path) -> None:
    assert _needed(_program(open_folder, 0o700)) == CAP_DAC_OVERRIDE


def test_the_owner_needs_nothing_on_its_own_folders() -> None:
    program = Path("/bin/sh").resolve()
    assert needed_capability(program.stat().st_uid, program.stat().st_gid, [program], []) is None


def test_a_program_that_everyone_reaches_needs_nothing() -> None:
    assert _needed(Path("/bin/sh")) is None


def test_the_narrower_capability_is_kept_where_we_hold_it() -> None:
    assert capability_to_keep(CAP_DAC_READ_SEARCH, ALL) == "dac_read_search"


def test_a_container_without_it_keeps_the_wider_one() -> None:
    assert capability_to_keep(CAP_DAC_READ_SEARCH, 1 << CAP_DAC_OVERRIDE) == "dac_override"


def test_nothing_is_kept_where_nothing_is_needed() -> None:
    assert capability_to_keep(None, ALL) is None


@pytest.mark.parametrize("needed", [CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH])
def test_without_any_capability_the_mend_is_named(needed: int) -> None:
    with pytest.raises(NoIdentity, match="ordinary user"):
        capability_to_keep(needed, 0)


def test_looking_changes_no_mode(open_folder: Path) -> None:
    program = _program(open_folder, 0o640)
    open_folder.chmod(0o710)
    _needed(program)
    assert oct(os.stat(open_folder).st_mode & 0o777) == "0o710"  # noqa: PTH116
    assert oct(program.stat().st_mode & 0o777) == "0o640"
