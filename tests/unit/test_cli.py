"""The command line: every command that is offered can be called with what it offers."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator
from importlib import import_module

import pytest

from rilon.cli import main, parser


def _commands(
    command: argparse.ArgumentParser, names: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    deeper = [a for a in command._actions if isinstance(a, argparse._SubParsersAction)]
    if not deeper:
        yield names, command
    for action in deeper:
        for name, below in action.choices.items():
            yield from _commands(below, (*names, name))


COMMANDS = dict(_commands(parser()))


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_a_command_calls_a_function_with_exactly_its_arguments(names: tuple[str, ...]) -> None:
    command = COMMANDS[names]
    module, _, function = command.get_default("call").partition(".")
    called = getattr(import_module(f"rilon.commands.{module}"), function)
    offered = {a.dest for a in command._actions if a.dest not in ("help", "call")}
    assert set(inspect.signature(called).parameters) == offered


def test_no_command_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_an_unknown_part_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--only", "postgres,oracle"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("rilon up: there is no oracle")
    assert said.count("\n") == 1


@pytest.mark.parametrize("days", ["0", "-1", "99999999", "ten"])
def test_days_without_sense_are_misuse(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "replay", "--days", days])
    assert ended.value.code == 2
    assert len(capsys.readouterr().err) < 300
