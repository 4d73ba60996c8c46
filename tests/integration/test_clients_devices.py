"""Devices and identities of the two client libraries, against a stock Synapse."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from rilon.embedded.officer_client import OfficerClient, SignInError
from tests.e2e.js_client import JsClient, JsError, ensure_js_packages, node
from tests.integration.clients_desk import (
    Homeserver,
    Officers,
    event_id,
    room_of,
)

Json = dict[str, Any]


@pytest.fixture
async def officers(stock_synapse: Homeserver, tmp_path: Path) -> AsyncIterator[Officers]:
    stock_synapse.order()
    async with AsyncExitStack() as ends:
        yield Officers(stock_synapse, tmp_path, ends)


async def test_nio_officer_taken_up_again_misses_nothing_of_a_long_absence(
    officers: Officers,
) -> None:
    away, stays = await officers.nio(folder="kept"), await officers.nio()
    room_id = await room_of(stays, away)
    event_id(await stays.send_text(room_id, "text 0"))
    await away.wait_for_text(room_id, "text 0")
    user_id, device_id = away.user_id, away.device_id
    await away.close()
    count = 130  # More than one sync shows of a room.
    for n in range(1, count):
        event_id(await stays.send_text(room_id, f"text {n}"))

    back = await officers.nio(user_id, folder="kept")
    assert back.device_id == device_id
    await back.wait_for_text(room_id, f"text {count - 1}")
    assert back.texts(room_id) == tuple(f"text {n}" for n in range(1, count))


async def test_a_second_client_takes_an_identity_only_when_told_to(officers: Officers) -> None:
    first = await officers.nio()
    with pytest.raises(SignInError, match="identity"):
        await officers.nio(first.user_id)
    second = await officers.nio(first.user_id, replace_identity=True)
    assert await second.signed_devices(first.user_id) == {second.device_id}


async def test_a_wrong_password_is_no_sign_in(officers: Officers, tmp_path: Path) -> None:
    user_id = await officers.homeserver.register("nio")
    with pytest.raises(SignInError, match="M_FORBIDDEN"):
        await OfficerClient.sign_in(officers.homeserver.url, user_id, "wrong", tmp_path / "wrong")
    with pytest.raises(JsError) as error:
        await JsClient.sign_in(officers.homeserver.url, user_id, "wrong")
    assert (error.value.status, error.value.errcode) == (403, "M_FORBIDDEN")


async def test_an_officer_never_sends_clear_text_into_a_room_that_is_not_encrypted(
    officers: Officers,
) -> None:
    nio = await officers.nio()
    made = await nio.request("POST", "/_matrix/client/v3/createRoom", {})
    room_id = made.text("room_id")
    await nio.wait_for(lambda: room_id in nio.joined)
    with pytest.raises(ValueError, match="encrypted"):
        await nio.send_text(room_id, "never in clear")


async def test_a_client_whose_session_was_ended_says_so(officers: Officers) -> None:
    nio = await officers.nio()
    await nio.request("POST", "/_matrix/client/v3/logout/all", {})
    with pytest.raises(SignInError, match="ended"):
        await nio.wait_for(lambda: None)
    assert nio.signed_out


async def test_the_driver_ends_with_its_parent(stock_synapse: Homeserver) -> None:
    del stock_synapse
    folder = ensure_js_packages()
    command = [node()[0], str(folder / "driver.mjs")]
    program = f"import subprocess\nsubprocess.Popen({command!r}, stdin=subprocess.PIPE)\ninput()"
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    assert b"ready" in await parent.stdout.readline()
    parent.kill()
    async with asyncio.timeout(10):
        assert await parent.stdout.read() == b""  # The driver held the other end.
        await parent.wait()
