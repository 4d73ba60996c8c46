"""What an officer types to the steward."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilon.application.commands import Command, NotUnderstood, command_rest, read_command


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("!help", Command.HELP),
        ("!me", Command.ME),
        ("!rooms", Command.ROOMS),
        ("  !ROOMS  ", Command.ROOMS),
        ("!rooms please", Command.ROOMS),
        ("! rooms", Command.ROOMS),
        ("！rooms", Command.ROOMS),
        ("!rooms.", Command.ROOMS),
        ("!room", Command.ROOMS),
        ("help", Command.HELP),
        ("Help!", Command.HELP),
        ("?", Command.HELP),
        ("/help", Command.HELP),
        ("bantuan", Command.HELP),
        ("@steward:rilon.example !me", Command.ME),
        ("Steward: !me", Command.ME),
    ],
)
def test_a_command_is_read_as_people_type_it(said: str, command: Command) -> None:
    assert read_command(said) is command


@pytest.mark.parametrize("said", ["!rom", "!romos", "rooom", "!Rooms!!x"])
def test_a_slip_is_offered_the_nearest_command(said: str) -> None:
    assert read_command(said) == NotUnderstood(Command.ROOMS)


@pytest.mark.parametrize(
    "said",
    ["", "   ", "!", "!!!", "/", "@steward:rilon.example", "!export all", "help me find a ship"],
)
def test_anything_else_is_not_understood(said: str) -> None:
    assert read_command(said) == NotUnderstood()


@pytest.mark.parametrize("said", ["rooms in the harbour", "me and my colleague", "room 12"])
def test_an_ordinary_sentence_is_no_command(said: str) -> None:
    assert read_command(said) == NotUnderstood()


def test_a_command_is_typed_with_its_mark() -> None:
    assert [command.typed for command in Command] == [
        "!help",
        "!me",
        "!rooms",
        "!dm",
        "!recall",
        "!mark",
    ]


def test_every_command_as_it_is_typed_is_read() -> None:
    assert [read_command(command.typed) for command in Command] == list(Command)


@given(st.text(max_size=300))
def test_reading_never_fails(said: str) -> None:
    assert isinstance(read_command(said), Command | NotUnderstood)
    assert len(command_rest(said)) <= len(said)


def test_a_text_of_megabytes_is_looked_at_only_at_its_beginning() -> None:
    assert read_command("!help " + "x" * 3_000_000) is Command.HELP
    assert read_command("x" * 3_000_000) == NotUnderstood()
