"""`rilon doctor`: examines the network that runs in a state folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import aiohttp
import asyncpg

from rilon.adapters.doctor import Finding, Kind, Person, Target, examine
from rilon.adapters.doctor_behaviour import BEHAVIOUR
from rilon.adapters.doctor_proxy import AT_THE_PROXY
from rilon.adapters.doctor_rooms import AS_MADE, IN_ROOMS, Standing, StandingRoom
from rilon.adapters.doctor_settings import checks_of_settings, read_settings
from rilon.adapters.registration import register
from rilon.bootstrap.operations import CantOperate, operating
from rilon.config import SettingsError
from rilon.embedded.foreground import say
from rilon.embedded.layout import Layout
from rilon.embedded.network import PORTS
from rilon.embedded.ports import HOST
from rilon.embedded.postgres import SUPERUSER, Postgres
from rilon.embedded.provision import settings_of
from rilon.embedded.services import NotStarted, started_at
from rilon.embedded.settings import account_secret
from rilon.embedded.synapse import GATE_SECRET, HARDENED, REGISTRATION_SECRET

DOCTOR = "doctor"
"""The local part of the account as which the doctor tries what people must not be able to do."""

_ROOMS = """
    SELECT r.room_id, r.creator, r.is_public, s.encryption, s.join_rules, s.history_visibility,
           s.guest_access, s.is_federatable
      FROM rooms r LEFT JOIN room_stats_state s USING (room_id)
     WHERE EXISTS (SELECT FROM room_memberships m JOIN current_state_events c USING (event_id)
                    WHERE c.room_id = r.room_id AND m.membership = 'join')
"""
_SHOWN_TO_INVITED = """
    SELECT DISTINCT shown ->> 'type' AS type
      FROM room_memberships m JOIN event_json j USING (event_id),
           jsonb_array_elements(j.json::jsonb -> 'unsigned' -> 'invite_room_state') AS shown
     WHERE m.membership = 'invite'
"""

HEADINGS = {
    Kind.SHORTFALL: "To mend",
    Kind.PROXY: "Open until the reverse proxy closes it",
    Kind.ADVICE: "Worth doing on a real network",
}


def doctor(state: Path) -> int:
    """Says every finding. Returns 1 if there is a shortfall."""
    findings = asyncio.run(findings_at(Layout.at(state)))
    for kind, heading in HEADINGS.items():
        found = [finding for finding in findings if finding.kind is kind]
        if found:
            say(f"{heading}:")
        for finding in found:
            say(f"  {finding.code}: {finding.problem}")
            say(f"      mend: {finding.mend}")
    shortfalls = sum(finding.kind is Kind.SHORTFALL for finding in findings)
    say(f"{shortfalls or 'No'} shortfall{'' if shortfalls == 1 else 's'}.")
    return 1 if shortfalls else 0


async def findings_at(layout: Layout, hardened: Path = HARDENED) -> Sequence[Finding]:
    """Examines the network of a state folder. Raises `NotStarted` if none is up."""
    if not layout.description.exists():
        raise NotStarted(f"no network is up in {layout.root}: start it with `rilon up`")
    described = json.loads(layout.description.read_text())
    password = layout.secret(account_secret(DOCTOR))
    async with aiohttp.ClientSession() as http:
        secret = layout.secret(REGISTRATION_SECRET)
        await register(http, described["homeserver"], secret, DOCTOR, password)
    ports = json.loads((layout.data / "ports.json").read_text())
    steward = str(described["steward"])
    files = (hardened, layout.config / "homeserver.yaml")
    keys, rate, standing = await _in_store(Postgres(layout, ports[PORTS[0]]), steward)
    if standing is not None:
        standing = replace(standing, stale=_newer_than_the_server(layout, files))
    target = Target(
        homeserver=described["homeserver"],
        server_name=described["server_name"],
        steward=steward,
        person=Person(DOCTOR, password),
        gate=f"http://{HOST}:{ports['gate']}",
        gate_secret=layout.secret(GATE_SECRET),
        settings=read_settings(files),
        fallback_keys=keys,
        steward_rate=rate,
        steward_token=await _steward_token(layout),
        standing=standing,
    )
    return await examine(target, (*BEHAVIOUR, *IN_ROOMS, *AT_THE_PROXY, *checks_of_settings()))


async def _steward_token(layout: Layout) -> str | None:
    """The running steward's session, with which the doctor tries what not even that may do."""
    try:
        async with operating(settings_of(layout)) as operations:
            return operations.homeserver.token
    except (CantOperate, SettingsError, OSError):
        return None


def _newer_than_the_server(layout: Layout, files: Sequence[Path]) -> tuple[str, ...]:
    """The files that were written after the homeserver began; all of them if nobody can tell."""
    begun = started_at(layout, "synapse")
    return tuple(path.name for path in files if begun is None or path.stat().st_mtime > begun)


async def _in_store(
    postgres: Postgres, steward: str
) -> tuple[int | None, dict[str, int] | None, Standing | None]:
    """The steward's fallback keys and own message rate, and what stands, as Synapse stores them."""
    try:
        connection = await postgres.connect(SUPERUSER, "synapse")
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None, None, None
    try:
        keys = await connection.fetchval(
            "SELECT count(*) FROM e2e_fallback_keys_json WHERE user_id = $1", steward
        )
        rate = await connection.fetchrow(
            "SELECT messages_per_second, burst_count FROM ratelimit_override WHERE user_id = $1",
            steward,
        )
        rooms = await connection.fetch(_ROOMS)
        shown = await connection.fetch(_SHOWN_TO_INVITED)
    finally:
        await connection.close()
    standing = Standing(
        [
            StandingRoom(row["room_id"], row["creator"], {key: row[key] for key in AS_MADE})
            for row in rooms
        ],
        frozenset(row["type"] for row in shown),
    )
    return keys, dict(rate) if rate else None, standing
