"""The demonstration ends with 0 only when every step was played and seen."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rilon.commands import demo as command
from rilon.embedded import demonstration, demonstration_digest
from rilon.embedded.demonstration_digest import PNG, WeekInFigures
from rilon.embedded.demonstration_request import AskedByIndonesia
from rilon.embedded.demonstration_stage import Stage, WentWrong
from rilon.embedded.officer_client import NotSent, Received, Sent, SignInError

SCENES = (
    "arrive",
    "share_with_everyone",
    "refused",
    "delivered_where_it_fits",
    "late_joiner",
    "ledger",
)
STEPS = ("_nobody_in_thailand", "_ask", "_reminder", "_answer", "_refuse", "_close")
IN_FIGURES = ("_report", "_draft", "_approve", "_read", "_acknowledge")
OWNER = (
    dict.fromkeys(SCENES, demonstration)
    | dict.fromkeys(STEPS, AskedByIndonesia)
    | dict.fromkeys(IN_FIGURES, WeekInFigures)
)
"""Where each scene is played."""


class NoServers:
    """A network whose servers nobody started: what is tried here is what follows from a step."""

    def __init__(self, folder: Path, **_: Any) -> None:
        self.layout = SimpleNamespace(data=folder, logs=folder, description=folder / "network.json")
        self.layout.description.write_text('{"steward": "@steward:x", "officers": [], "rooms": []}')
        self.ended = False

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        self.ended = True


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that were played; each does nothing else."""
    done: list[str] = []

    def step(name: str) -> Callable[..., Any]:
        async def did(*_: Any) -> None:
            done.append(name)

        return did

    monkeypatch.setattr(command, "Network", NoServers)
    for name, owner in OWNER.items():
        monkeypatch.setattr(owner, name, step(name))
    return done


def test_a_day_that_held_ends_with_0_and_played_every_step(
    played: list[str], tmp_path: Path
) -> None:
    assert command.demo(tmp_path, once=True) == 0
    assert sorted(played) == sorted(OWNER)


@pytest.mark.parametrize("name", OWNER)
@pytest.mark.parametrize(
    "problem", [WentWrong("seen otherwise"), TimeoutError(), SignInError("no")], ids=type
)
def test_a_step_that_fails_ends_with_1_and_says_so(
    name: str,
    problem: Exception,
    played: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def fails(*_: Any) -> None:
        raise problem

    monkeypatch.setattr(OWNER[name], name, fails)
    assert command.demo(tmp_path, once=True) == 1
    said = capsys.readouterr().out
    assert "Something went wrong" in said
    assert "All of it held" not in said


def test_a_day_that_is_interrupted_did_not_hold(
    played: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(30)

    monkeypatch.setattr(AskedByIndonesia, "_answer", interrupted)
    assert command.demo(tmp_path, once=True) == 1


# --- a step sees what it claims ------------------------------------------------------------------


class Scripted:
    """An officer's client on which the steward says what a test lets it say."""

    def __init__(self, says: list[Received], takes: bool = True) -> None:
        self.joined = frozenset({"!desk"})
        self.takes, self.says = takes, says

    def received(self, room_id: str) -> tuple[Received, ...]:
        return tuple(self.says)

    def texts(self, room_id: str) -> tuple[str, ...]:
        return tuple(one.text for one in self.says)

    async def wait_for(self, predicate: Callable[[], Any]) -> Any:
        found = predicate()
        if not found:
            raise TimeoutError
        return found

    async def send(self, *_: Any) -> Sent | NotSent:
        taken = Sent("$sent", "1")
        return taken if self.takes else NotSent(403, "M_FORBIDDEN", "marking_unclear", "No", "1")

    async def fetch(self, one: Received) -> bytes:
        return bytes(one.content["file"])

    async def react(self, *_: Any) -> Sent | NotSent:
        return await self.send()


def told(body: str, rings: tuple[str, ...] = (), sender: str = "@steward:x") -> Received:
    content = {"body": body, "m.mentions": {"user_ids": list(rings)}}
    return Received(f"${body}", "!desk", sender, "m.room.message", content, True, True, 0)


@asynccontextmanager
async def stage(tmp_path: Path, **clients: Scripted) -> AsyncIterator[Stage]:
    rooms = [
        {"room_id": "!desk", "alias": f"#mps-{key}:x"}
        for key in ("desk-idn", "desk-mys", "desk-tha", "analysis", "bulletins")
    ]
    described = {"steward": "@steward:x", "rooms": rooms}
    async with AsyncExitStack() as stack:
        made = Stage(NoServers(tmp_path), lambda _: None, stack, described)  # type: ignore[arg-type]
        made.officers = {name.replace("_", "."): one for name, one in clients.items()}  # type: ignore[misc]
        yield made


REMINDER = "MPS-7K3F-4: nobody is on duty here now."


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ([], "the steward never told tha.focal1"),
        ([told(REMINDER)], "rings nobody"),
        ([told(REMINDER, sender="@tha.focal2:x")], "the steward never told"),
        ([told(REMINDER.replace("7K3F", "2M9T"), ("@tha.focal2:x",))], "the steward never told"),
    ],
)
async def test_a_reminder_that_did_not_come_or_rings_nobody_fails(
    says: list[Received], problem: str, tmp_path: Path
) -> None:
    async with stage(tmp_path, tha_focal1=Scripted(says)) as made:
        with pytest.raises(WentWrong, match=problem):
            await AskedByIndonesia(made, number="MPS-7K3F-4")._reminder()


async def test_a_message_that_the_server_refused_fails(tmp_path: Path) -> None:
    async with stage(tmp_path, tha_focal1=Scripted([], takes=False)) as made:
        with pytest.raises(WentWrong, match="not delivered: marking_unclear"):
            await AskedByIndonesia(made)._nobody_in_thailand()


async def test_an_answer_that_leaves_before_the_tap_fails(tmp_path: Path) -> None:
    number = "MPS-7K3F-4"
    asks = Scripted([told(f"{number}: Malaysia"), told("From Kuala Kurau, after midnight. A second "
                                                       "boat left with it.")])  # fmt: skip
    answers = Scripted([told(f"{number} ✅")])
    async with stage(tmp_path, idn_secondee1=asks, mys_focal1=answers) as made:
        scene = AskedByIndonesia(made, number=number, cards={"mps-desk-mys": told("card")})
        with pytest.raises(WentWrong, match=r"idn\.secondee1 received what they must not have"):
            await scene._answer()


# --- the digest ----------------------------------------------------------------------------------

FIRST = "TLP:AMBER //\n\nReports of week 47, 2026, so far"
NUMBER = "BUL-7K3F-4"


def drawn(data: bytes) -> Received:
    content = {"body": "Bars of reports by route. North 3.", "file": data}
    return Received("$picture", "!desk", "@steward:x", "m.room.message", content, True, True, 0)


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ([], "never got the bulletin"),
        ([told(FIRST)], "never got the bulletin"),
        ([drawn(PNG), told(FIRST)], "never got the bulletin"),
        ([told(FIRST), drawn(b"")], "can't read the bulletin"),
        ([told("Of last week"), drawn(PNG)], "can't read the bulletin"),
    ],
)
async def test_a_bulletin_that_comes_without_its_picture_or_title_fails(
    says: list[Received], problem: str, tmp_path: Path
) -> None:
    link = next((one.event_id for one in says if one.event_id != "$picture"), "$none")
    async with stage(tmp_path, idn_focal1=Scripted(says)) as made:
        with pytest.raises(WentWrong, match=problem):
            await WeekInFigures(made, number=NUMBER)._read(link)


async def test_an_acknowledgement_that_is_not_counted_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demonstration_digest, "_TRIES", 1)
    status = told(f"{NUMBER} is posted\nAcknowledged in Bulletins: AUS\nNot yet: IDN, MYS")
    clients = {"idn_focal1": Scripted([]), "rso_analyst1": Scripted([status])}
    async with stage(tmp_path, **clients) as made:
        with pytest.raises(WentWrong, match="isn't counted"):
            await WeekInFigures(made, number=NUMBER)._acknowledge("$first")


async def test_a_bulletin_that_only_its_author_approved_fails(tmp_path: Path) -> None:
    one = Scripted([told(f"{NUMBER} is posted: https://matrix.to/#/!room/$first")])
    async with stage(tmp_path, rso_analyst1=one, rso_analyst2=Scripted([])) as made:
        with pytest.raises(WentWrong, match=r"never told rso\.analyst2"):
            await WeekInFigures(made, number=NUMBER, card="$card")._approve()
