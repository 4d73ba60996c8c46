"""Ports: free ones are chosen, kept, and replaced when somebody else has them."""

from __future__ import annotations

import socket
from itertools import count
from pathlib import Path

import pytest

from rilon.embedded.ports import HIGHEST, HOST, LOWEST, NoFreePort, choose_ports, keep_ports


def test_a_kept_port_that_is_free_stays() -> None:
    assert choose_ports(["a"], {"a": 16_000}, free=lambda port: True) == {"a": 16_000}


def test_a_kept_port_that_is_taken_is_replaced() -> None:
    chosen = choose_ports(["a"], {"a": 16_000}, lambda port: port != 16_000, lambda: 16_001)
    assert chosen == {"a": 16_001}


def test_two_names_never_get_the_same_port() -> None:
    draws = iter([17_000, 17_000, 17_001])
    chosen = choose_ports(["a", "b"], {}, lambda port: True, lambda: next(draws))
    assert chosen == {"a": 17_000, "b": 17_001}


def test_two_names_kept_with_one_port_are_parted() -> None:
    kept = {"a": 16_000, "b": 16_000}
    chosen = choose_ports(["a", "b"], kept, lambda port: True, lambda: 16_001)
    assert chosen == {"a": 16_000, "b": 16_001}


def test_no_free_port_is_said_and_not_searched_for_ever() -> None:
    draws = count(LOWEST)
    with pytest.raises(NoFreePort):
        choose_ports(["a"], {}, lambda port: False, lambda: next(draws))


def test_a_port_on_which_somebody_listens_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = keep_ports(path, ["a", "b"])
    assert keep_ports(path, ["a", "b"]) == first
    with socket.create_server((HOST, first["a"])):
        second = keep_ports(path, ["a", "b"])
    assert second["a"] != first["a"]
    assert second["b"] == first["b"]
    assert all(LOWEST <= port <= HIGHEST for port in second.values())
