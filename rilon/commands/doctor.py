"""`rilon doctor`: examines the network that runs in a state folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import asyncpg

from rilon.adapters.doctor import Finding, Kind, Person, Target, examine
from rilon.adapters.doctor_behaviour import BEHAVIOUR
from rilon.adapters.doctor_settings import checks_of_settings, read_settings
from rilon.adapters.registration import register
from rilon.embedded.foreground import say
from rilon.embedded.layout import Layout
from rilon.embedded.network import PORTS
from rilon.embedded.ports import HOST
from rilon.embedded.postgres import SUPERUSER, Postgres
from rilon.embedded.services import NotStarted
from rilon.embedded.settings import account_secret
from rilon.embedded.synapse import GATE_SECRET, HARDENED, REGISTRATION_SECRET

DOCTOR = "doctor"
"""The local part of the account as which the doctor tries what people must not be able to do."""

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
    keys, rate = await _in_store(Postgres(layout, ports[PORTS[0]]), steward)
    target = Target(
        homeserver=described["homeserver"],
        server_name=described["server_name"],
        steward=steward,
        person=Person(DOCTOR, password),
        gate=f"http://{HOST}:{ports['gate']}",
        gate_secret=layout.secret(GATE_SECRET),
        settings=read_settings((hardened, layout.config / "homeserver.yaml")),
        fallback_keys=keys,
        steward_rate=rate,
    )
    return await examine(target, (*BEHAVIOUR, *checks_of_settings()))


async def _in_store(postgres: Postgres, steward: str) -> tuple[int | None, dict[str, int] | None]:
    """How many fallback keys the steward has, and its own message rate, as Synapse stores them."""
    try:
        connection = await postgres.connect(SUPERUSER, "synapse")
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None, None
    try:
        keys = await connection.fetchval(
            "SELECT count(*) FROM e2e_fallback_keys_json WHERE user_id = $1", steward
        )
        rate = await connection.fetchrow(
            "SELECT messages_per_second, burst_count FROM ratelimit_override WHERE user_id = $1",
            steward,
        )
    finally:
        await connection.close()
    return keys, dict(rate) if rate else None
