"""The module and rooms that officers want: refused at once, whether the gate hears of it or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from synapse.api.errors import SynapseError

from rilon.gate.module import MOST_TELLING, GateModule
from rilon.gate.protocol import MOST_INVITED, REASON_KEY, ROOM_WANTED_PATH

STEWARD = "@steward:x.test"
OFFICER = "@aus.focal1:x.test"


class Api:
    """Synapse's side of a module: takes callbacks, and starts what runs in the background."""

    def __init__(self, starts: bool = True) -> None:
        self.started: list[tuple[Callable[..., Awaitable[None]], Any]] = []
        self.starts = starts

    def register_third_party_rules_callbacks(self, **callbacks: Any) -> None:
        self.rules = callbacks

    def register_spam_checker_callbacks(self, **callbacks: Any) -> None:
        self.spam = callbacks

    def register_account_validity_callbacks(self, **callbacks: Any) -> None:
        self.accounts = callbacks

    def run_as_background_process(self, name: str, work: Any, body: Any) -> None:
        if not self.starts:
            raise RuntimeError("shutting down")
        self.started.append((work, body))


@pytest.fixture
def api() -> Api:
    return Api()


def module(api: Api, folder: Path) -> GateModule:
    (folder / "secret").write_text("s" * 40)
    settings = {"url": "http://gate", "secret_path": folder / "secret", "steward": STEWARD}
    return GateModule(GateModule.parse_config(settings), api)  # type: ignore[arg-type]


def create(made: GateModule, config: dict[str, Any], user: str = OFFICER) -> None:
    requester: Any = SimpleNamespace(user=user)
    requester.user = SimpleNamespace(to_string=lambda: user)
    asyncio.run(made.on_create_room(requester, config, False))


def refused(made: GateModule, config: dict[str, Any]) -> None:
    with pytest.raises(SynapseError) as error:
        create(made, config)
    assert error.value.code == 403
    assert error.value.error_dict(None)[REASON_KEY] == "steward_only"


def test_the_gate_is_told_whom_they_wanted_to_write_to(api: Api, tmp_path: Path) -> None:
    refused(module(api, tmp_path), {"invite": ["@idn.focal1:x.test"], "is_direct": True})
    ((_, body),) = api.started
    assert body == {"user_id": OFFICER, "invited": ["@idn.focal1:x.test"]}


def test_nothing_else_of_the_wish_is_passed_on(api: Api, tmp_path: Path) -> None:
    """ATTACK: a name, a topic or first events of the room carry text that nobody judged."""
    invited = [f"@n{number}:x.test" for number in range(MOST_INVITED + 5)]
    config = {"invite": [*invited, 7], "name": "a secret", "initial_state": [{"type": "x"}]}
    refused(module(api, tmp_path), config)
    ((_, body),) = api.started
    assert body == {"user_id": OFFICER, "invited": invited[:MOST_INVITED]}


@pytest.mark.parametrize("config", [{}, {"invite": []}, {"invite": "x"}, {"invite": {"a": 1}}])
def test_a_room_for_nobody_is_refused_and_not_told(
    api: Api, tmp_path: Path, config: dict[str, Any]
) -> None:
    refused(module(api, tmp_path), config)
    assert api.started == []


def test_the_refusal_stands_when_telling_cannot_even_begin(tmp_path: Path) -> None:
    refused(module(Api(starts=False), tmp_path), {"invite": ["@idn.focal1:x.test"]})


def test_the_refusal_stands_while_the_gate_is_away(api: Api, tmp_path: Path) -> None:
    made = module(api, tmp_path)
    posted: list[str] = []

    async def away(url: str, body: Any) -> object:
        posted.append(url)
        raise ConnectionError("away")

    made._post = away  # type: ignore[method-assign]
    refused(made, {"invite": ["@idn.focal1:x.test"]})
    for work, body in api.started:
        asyncio.run(work(body))  # type: ignore[arg-type]
    assert posted == [f"http://gate{ROOM_WANTED_PATH}"]
    assert made._telling == 0


def test_wishes_do_not_pile_up_while_the_gate_hangs(api: Api, tmp_path: Path) -> None:
    made = module(api, tmp_path)
    made._telling = MOST_TELLING
    refused(made, {"invite": ["@idn.focal1:x.test"]})
    assert api.started == []


def test_the_steward_creates_rooms_and_tells_nobody(api: Api, tmp_path: Path) -> None:
    create(module(api, tmp_path), {"invite": ["@idn.focal1:x.test"]}, STEWARD)
    assert api.started == []
