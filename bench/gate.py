"""What the gate costs a send: the same homeserver with and without the module, in one run.

An officer sends messages that were encrypted beforehand into a room with one reader and the
steward, one after the other (send time) and four side by side (rate). Rounds without the
module, with it before a gate that does nothing but one commit, and with it before the real gate
alternate, Synapse being started anew for each. Times on a shared machine mean little alone: look
at the ratios. `python -m bench gate [--json FILE]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
from ruamel.yaml import YAML

from rilon.bootstrap.operations import operating
from rilon.config import MigrationSettings, load
from rilon.embedded.network import Network
from rilon.embedded.officer_client import OfficerClient
from rilon.embedded.officer_values import Sent, text_content
from rilon.embedded.provision import provisioning, settings_of
from rilon.embedded.settings import settings_path

ROUNDS = 4
TURN, FOUR = "in turn", "four at once"
"""The two ways in which a round sends."""
WARM_UP = 25
IN_TURN = 80
SIDE_BY_SIDE = 4
AT_ONCE = 160
LATER: list[tuple[int, ...]] = []
"""The waits of measured messages that the gate answered with `later`; they count in full."""
AIM_SEND, AIM_RATE, AIM_OWN_MEDIAN_MS, AIM_OWN_P99_MS = 1.10, 0.95, 5.0, 15.0


@dataclass
class Side:
    """What was measured with the module, or without."""

    send_ms: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    own_ms: dict[str, list[float]] = field(default_factory=dict)
    """From the module's call to its answer, of messages in turn and of those side by side."""


async def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """Runs all rounds on one network and returns the figures."""
    network = Network(folder, say=lambda _: None, provision=provisioning(None, lambda _: None))
    await network.start()
    try:
        async with AsyncExitStack() as stack:
            return await _measure(network, stack, rounds)
    finally:
        await network.stop()


async def _measure(network: Network, stack: AsyncExitStack, rounds: int) -> dict[str, Any]:
    described = json.loads(network.layout.description.read_text())
    sender, reader = [
        await _sign_in(network, described, stack, name)
        for name in ("aus.secondee1", "idn.secondee1")
    ]
    governed = _room(described, "mps-aus-idn")
    for client in (sender, reader):
        await client.in_room(governed)
    async with operating(settings_of(network.layout)) as operations:
        await operations.homeserver.lift_limits(sender.user_id)
    sides = {"off": Side(), "trivial": Side(), "on": Side()}
    trivial = await stack.enter_async_context(_trivial_gate(network))
    bare = ""
    for _ in range(rounds):
        await _restart(network, None, sender, reader)
        bare = bare or await _bare_room(network, sender, reader)
        await _round(sender, bare, sides["off"])
        times = await _restart(network, Stopwatch(network, trivial), sender, reader)
        await _round(sender, bare, sides["trivial"], times)
        times = await _restart(network, Stopwatch(network), sender, reader)
        await _round(sender, governed, sides["on"], times)
    return _figures(sides)


class Stopwatch:
    """The module's setting that times its judgements; `url` is another gate than the real one."""

    def __init__(self, network: Network, url: str | None = None) -> None:
        self.path = network.layout.run / "gate-times"
        self.url = url
        self._read = 0

    def configure(self, module: dict[str, Any]) -> None:
        module["module"] = "bench.timed_gate.TimedGate"
        module["config"]["times"] = str(self.path)
        if self.url is not None:
            module["config"]["url"] = self.url

    def news(self) -> list[float]:
        """The milliseconds noted since this was asked last."""
        lines = self.path.read_text().split() if self.path.exists() else []
        found, self._read = lines[self._read :], len(lines)
        return [int(line) / 1000 for line in found]


@asynccontextmanager
async def _trivial_gate(network: Network) -> AsyncIterator[str]:
    database = load(MigrationSettings, settings_path(network.layout, "migrate")).database
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.trivial_gate",
        database.dsn.partition("?")[0],
        env=os.environ | {"PGPASSWORD": database.password_file.read_text().strip()},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.terminate()
        await process.wait()


async def _sign_in(
    network: Network, described: dict[str, Any], stack: AsyncExitStack, name: str
) -> OfficerClient:
    one = next(o for o in described["officers"] if o["user_id"].startswith(f"@{name}:"))
    folder = network.layout.data / "officers" / name
    folder.mkdir(parents=True)
    client = await OfficerClient.sign_in(
        network.homeserver, one["user_id"], one["password"], folder
    )
    return await stack.enter_async_context(client)


def _room(described: dict[str, Any], key: str) -> str:
    rooms = described["rooms"]
    return str(next(r["room_id"] for r in rooms if r["alias"].startswith(f"#{key}:")))


async def _bare_room(network: Network, sender: OfficerClient, reader: OfficerClient) -> str:
    """A room like the governed one, with the same three in it, that nobody governs."""
    body = {
        "preset": "private_chat",
        "room_version": "12",
        "initial_state": [
            {
                "type": "m.room.encryption",
                "state_key": "",
                "content": {"algorithm": "m.megolm.v1.aes-sha2"},
            }
        ],
        "invite": [reader.user_id, f"@steward:{network.server_name}"],
    }
    created = await sender.request("POST", "/_matrix/client/v3/createRoom", body)
    room = created.text("room_id")
    await reader.request("POST", f"/_matrix/client/v3/rooms/{room}/join", {})
    async with operating(settings_of(network.layout)) as operations:
        await operations.homeserver.call("POST", f"/_matrix/client/v3/rooms/{room}/join", {})
    await sender.wait_for(lambda: room in sender.joined or None)
    return room


async def _restart(
    network: Network, times: Stopwatch | None, *clients: OfficerClient
) -> Stopwatch | None:
    """Starts Synapse anew: with the module and its stopwatch, or without any."""
    path = network.layout.config / "homeserver.yaml"
    yaml = YAML(typ="safe")
    configuration = yaml.load(path.read_text())
    kept = network.layout.config / "module.json"
    if not kept.exists():
        kept.write_text(json.dumps(configuration["modules"]))
    configuration.pop("modules", None)
    if times is not None:
        (module,) = json.loads(kept.read_text())
        times.configure(module)
        times.path.unlink(missing_ok=True)
        configuration["modules"] = [module]
    with path.open("w") as file:
        yaml.dump(configuration, file)
    network.kill("synapse")
    await network.wait_ready("synapse")
    for client in clients:
        await _reconnected(client)
    return times


async def _reconnected(client: OfficerClient) -> None:
    """Connections that were kept alive ended with the old process: the first request finds out."""
    for _ in range(20):
        try:
            await client.request("GET", "/_matrix/client/versions")
        except (aiohttp.ClientError, OSError):
            continue
        return


async def _round(
    sender: OfficerClient, room: str, side: Side, times: Stopwatch | None = None
) -> None:
    wire = [
        await sender.encrypt(room, "m.room.message", text_content(f"TLP:GREEN // sighting {n}"))
        for n in range(WARM_UP + IN_TURN + AT_ONCE)
    ]
    for content in wire[:WARM_UP]:
        await _send(sender, room, content, may_wait=True)
    if times is not None:
        times.news()
    for content in wire[WARM_UP : WARM_UP + IN_TURN]:
        begun = time.perf_counter()
        await _send(sender, room, content)
        side.send_ms.append((time.perf_counter() - begun) * 1000)
    if times is not None:
        side.own_ms.setdefault(TURN, []).extend(times.news())
    queue = list(wire[WARM_UP + IN_TURN :])

    async def drain() -> None:
        while queue:
            await _send(sender, room, queue.pop())

    begun = time.perf_counter()
    await asyncio.gather(*(drain() for _ in range(SIDE_BY_SIDE)))
    side.rates.append(AT_ONCE / (time.perf_counter() - begun))
    if times is not None:
        side.own_ms.setdefault(FOUR, []).extend(times.news())


async def _send(
    sender: OfficerClient, room: str, content: dict[str, Any], may_wait: bool = False
) -> None:
    sent = await sender.send_as_is(room, "m.room.encrypted", content)
    if not isinstance(sent, Sent):
        raise SystemExit(f"a message of the bench was not sent: {sent}")
    if sent.waits and not may_wait:
        LATER.append(sent.waits)


def _figures(sides: dict[str, Side]) -> dict[str, Any]:
    medians = {name: statistics.median(side.send_ms) for name, side in sides.items()}
    rates = {name: statistics.median(side.rates) for name, side in sides.items()}
    return {
        "send_ms_median": medians,
        "send_ratio": medians["on"] / medians["off"],
        "rate_median": rates,
        "rates": {name: side.rates for name, side in sides.items()},
        "rate_ratio": rates["on"] / rates["off"],
        "own_ms": {
            name: {phase: _spread(own) for phase, own in sides[name].own_ms.items()}
            for name in ("trivial", "on")
        },
        "later_count": len(LATER),
    }


def _spread(own: Sequence[float]) -> dict[str, float]:
    ranked = sorted(own)
    return {
        "median": statistics.median(ranked),
        "p99": ranked[int(len(ranked) * 0.99)],
        "count": len(ranked),
    }


def show(found: dict[str, Any]) -> None:
    """Prints the figures beside what is aimed at."""
    send, rate = found["send_ms_median"], found["rate_median"]
    print(
        f"send time, median   off {send['off']:7.1f} ms   on {send['on']:7.1f} ms   "
        f"ratio {found['send_ratio']:.3f} (aim: at most {AIM_SEND})"
    )
    print(
        f"rate, median        off {rate['off']:7.1f} /s   on {rate['on']:7.1f} /s   "
        f"ratio {found['rate_ratio']:.3f} (aim: at least {AIM_RATE})"
    )
    print(
        f"the gate's own part (aim: median {AIM_OWN_MEDIAN_MS:.0f} ms, 99th percentile "
        f"{AIM_OWN_P99_MS:.0f} ms), beside a gate that does nothing but one commit:"
    )
    for phase in (TURN, FOUR):
        own, least = found["own_ms"]["on"][phase], found["own_ms"]["trivial"][phase]
        print(
            f"  {phase:13} median {own['median']:6.1f} ms beside {least['median']:6.1f} ms, "
            f"ratio {own['median'] / least['median']:.2f}; "
            f"99th percentile {own['p99']:6.1f} beside {least['p99']:6.1f}; of {own['count']}"
        )
    print(f"answered `later`: {found['later_count']} of the measured messages")
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"Synapse {version('matrix-synapse')}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints; writes JSON where asked to."""
    parser = argparse.ArgumentParser(prog="python -m bench gate", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="rilon-bench-") as folder:
        Path(folder).chmod(0o711)
        found = asyncio.run(measure(Path(folder) / "state", chosen.rounds))
    show(found)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
