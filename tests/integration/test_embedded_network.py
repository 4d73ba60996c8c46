"""The embedded network on real servers: it starts, survives, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from rilon.adapters.registration import register
from rilon.embedded.identity import may
from rilon.embedded.layout import PROJECT, Layout
from rilon.embedded.network import BASE, Network, environment, running_at
from rilon.embedded.services import CHILD, begun_at, recorded_children
from rilon.embedded.synapse import REGISTRATION_SECRET

STORAGE = frozenset({"postgres", "redis"})


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state folder for these tests, under a folder that only its owner can pass."""
    above = tmp_path_factory.mktemp("closed")
    above.chmod(0o700)
    return above / "state"


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rilon.cli", *arguments]


@contextmanager
def _rilon_up(
    state: Path,
    prefix: tuple[str, ...] = (),
    parts: frozenset[str] = STORAGE,
    limit_s: float = 60.0,
) -> Iterator[subprocess.Popen[str]]:
    """`rilon up` as a process of its own session, until it has said that it is up."""
    process = subprocess.Popen(
        [*prefix, *_command("up", "--dir", str(state), "--only", ",".join(parts))],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        start_new_session=True,
    )
    assert process.stdout is not None
    said = []
    begun = time.monotonic()
    for line in process.stdout:
        said.append(line)
        if line.startswith("The network is up"):
            break
        assert time.monotonic() - begun < limit_s, said
    else:
        pytest.fail("".join(said))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)
        process.stdout.close()


def _wait_for(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def _children(state: Path) -> dict[str, tuple[int, str | None]]:
    return {name: (pid, begun_at(pid)) for name, pid in recorded_children(Layout.at(state)).items()}


def _alive(child: tuple[int, str | None]) -> bool:
    return begun_at(child[0]) == child[1]


def test_a_killed_parent_leaves_no_child_behind(state: Path) -> None:
    with _rilon_up(state, parts=BASE) as process:
        children = _children(state)
        assert set(children) == BASE
        os.kill(process.pid, signal.SIGKILL)
        _wait_for(lambda: not any(_alive(child) for child in children.values()))


def test_a_network_that_was_killed_starts_again_with_its_state(state: Path) -> None:
    layout = Layout.at(state)
    assert layout.description.exists(), "the killed network couldn't tidy up"
    with _rilon_up(state, parts=BASE):
        described = json.loads(layout.description.read_text())
        assert asyncio.run(_account_is_there(layout, described["homeserver"]))


async def _account_is_there(layout: Layout, homeserver: str) -> bool:
    secret = layout.secret(REGISTRATION_SECRET)
    async with aiohttp.ClientSession() as http:
        return not await register(http, homeserver, secret, "steward", "another-password-entirely")


def test_ctrl_c_on_the_terminal_ends_everything_in_order(state: Path) -> None:
    with _rilon_up(state) as process:
        children = _children(state)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stdout is not None
        assert "starting it again" not in process.stdout.read()
    assert not any(_alive(child) for child in children.values())
    assert not Layout.at(state).description.exists()


def test_a_second_start_in_the_same_folder_is_refused_and_down_ends_the_first(state: Path) -> None:
    with _rilon_up(state) as process:
        children = _children(state)
        second = _run("up", "--dir", str(state), "--only", "postgres")
        assert second.returncode == 1
        assert "already runs" in second.stderr
        assert all(_alive(child) for child in children.values())
        assert _run("status", "--dir", str(state)).returncode == 0
        ended = _run("down", "--dir", str(state))
        assert "has ended" in ended.stdout
        assert process.wait(1) == 0
    assert not any(_alive(child) for child in children.values())
    assert running_at(Layout.at(state)) is None
    assert "was not running" in _run("down", "--dir", str(state)).stdout


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )


async def test_every_server_that_is_killed_comes_back(state: Path) -> None:
    said: list[str] = []
    network = Network(state, say=said.append, parts=BASE)
    await network.start()
    try:
        before = network.processes
        for name in BASE:
            network.kill(name)
        for name in BASE:
            await network.wait_ready(name, 20)
        after = network.processes
        assert set(after) == BASE
        assert not set(before.values()) & set(after.values())
        assert "PostgreSQL ended (signal 9); starting it again" in said
    finally:
        await network.stop()


async def test_a_stale_lock_of_the_database_with_a_foreign_process_in_it_is_removed(
    state: Path,
) -> None:
    stale = state / "data" / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1\n1\n\n127.0.0.1\n")
    network = Network(state, say=lambda line: None, parts=frozenset({"postgres"}))
    await network.start()
    await network.stop()


async def test_a_port_taken_meanwhile_is_replaced_and_everything_follows(state: Path) -> None:
    ports = json.loads((state / "data" / "ports.json").read_text())
    blocker = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", ports["postgres"])
    async with blocker:
        network = Network(state, say=lambda line: None, parts=STORAGE)
        await network.start()
        await network.stop()
    assert network.ports["postgres"] != ports["postgres"]
    assert network.ports["synapse"] == ports["synapse"]


async def test_passwords_are_needed_even_on_this_machine(state: Path) -> None:
    network = Network(state, say=lambda line: None, parts=frozenset({"postgres", "redis"}))
    await network.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", network.ports["redis"])
        writer.write(b"PING\r\n")
        assert (await reader.readline()).startswith(b"-NOAUTH")
        writer.close()
        await writer.wait_closed()
        postgres = network.postgres()
        postgres.layout.keep_secret("postgres.synapse", "wrong")
        with pytest.raises(Exception, match="password authentication failed"):
            await postgres.connect("synapse", "synapse")
    finally:
        await network.stop()


def test_the_state_folder_keeps_its_secrets_to_its_owner(state: Path) -> None:
    for folder in ("secrets", "logs", "config", "run"):
        assert stat.S_IMODE((state / folder).stat().st_mode) == 0o700
    for path in (state / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(state.parent.stat().st_mode) == 0o700, "a folder above was changed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts children under another user id")
@pytest.mark.parametrize(("keep", "reached"), [(["--keep=dac_read_search"], True), ([], False)])
def test_a_child_under_another_user_id_reaches_a_closed_folder_by_its_capability_alone(
    tmp_path: Path, keep: list[str], reached: bool
) -> None:
    tmp_path.chmod(0o700)
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    nobody = pwd.getpwnam("nobody")
    # `test -x` asks access(2), as PostgreSQL's programs do before they start each other.
    looks = ["/bin/sh", "-c", f"test -x {program} && test $(id -u) = {nobody.pw_uid}"]
    command = [sys.executable, "-I", "-S", str(CHILD), f"--parent={os.getpid()}"]
    command += [f"--user={nobody.pw_uid}", f"--group={nobody.pw_gid}", *keep, "--", *looks]
    assert (subprocess.run(command, check=False).returncode == 0) is reached


def test_a_child_whose_parent_has_died_already_does_not_start(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    command = [sys.executable, "-I", "-S", str(CHILD), "--parent=1", "--", "/bin/touch", str(trace)]
    assert subprocess.run(command, check=False).returncode == 1
    assert not trace.exists()


def test_an_ordinary_user_can_run_it_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    if os.geteuid() != 0:
        return  # then every other test here has shown it
    nobody = pwd.getpwnam("nobody")
    needed = [Path(sys.executable).resolve(), PROJECT / "rilon" / "cli.py", Path(sys.prefix)]
    above = {parent for path in needed for parent in path.parents}
    if not all(may(path, nobody.pw_uid, nobody.pw_gid, stat.S_IXOTH) for path in above):
        pytest.skip("an ordinary user can't reach this checkout or its Python")
    home = Path("/var/tmp") / f"rilon-test-{os.getpid()}"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    prefix = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    try:
        # HOME stays the superuser's, which this user may not read.
        with _rilon_up(home / "state", prefix, BASE | {"audit", "worker"}) as process:
            children = _children(home / "state")
            process.terminate()
            assert process.wait(30) == 0
        assert not any(_alive(child) for child in children.values())
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=True)
