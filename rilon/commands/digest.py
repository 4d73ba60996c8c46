"""`rilon digest draft`: the digest of a group's week or month as a bulletin's file, with pictures.

Nothing is posted: an analyst looks at it, changes it, and publishes it as any bulletin.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rilon.adapters.charts import draw
from rilon.application.digests import drafted
from rilon.application.record import COMPONENT
from rilon.bootstrap.operations import CantOperate
from rilon.bootstrap.parts import engine, outbox_of, signer_of
from rilon.bootstrap.report_talk import report_store
from rilon.config import secret
from rilon.digests.drafting import Digest, TooMany
from rilon.digests.due import DueDigest, is_over, key_of, last_over
from rilon.domain.periods import Every, Period, read_period
from rilon.embedded.layout import Layout
from rilon.embedded.provision import settings_of
from rilon.policy.mistakes import nearest, quoted
from rilon.policy.network import Network
from rilon.storage.request_counts import request_counts
from rilon.storage.rooms import PolicyStore


def draft(state: Path, group: str | None, every: str, period: str | None, out: Path) -> int:
    """Writes the digest of a period that is over (without one, of the last) into a folder."""
    now = datetime.now(UTC)
    due, found = asyncio.run(_draft(Layout.at(state), group, Every(every), period, now))
    file = _write(due, found, out)
    left_out = f"{found.left_out} reports weren't" if found.left_out != 1 else "1 report wasn't"
    print(f"{file} is written, with {len(found.pictures)} pictures beside it.")
    print(f"For you alone: {left_out} counted, since not every reader may have them.")
    print(f"Look at it: rilon bulletin preview {file}")
    return 0


def due_of(
    network: Network, group: str | None, every: Every, written: str | None, now: datetime
) -> DueDigest:
    """The digest that is asked for; raises `CantOperate` with what to write instead."""
    chosen = group or min(network.groups, default="")
    if chosen not in network.groups:
        raise CantOperate(f"there is no group {quoted(chosen)}; {nearest(chosen, network.groups)}")
    rule = network.groups[chosen].bulletins.digest(every)
    if rule is None:
        raise CantOperate(
            f"{chosen} has no digest of every {every.value}: add it under `bulletins: digests:` "
            f"in policies/groups/{chosen}.yaml"
        )
    period = _period(network, every, written, now)
    return DueDigest(key_of(chosen, period), chosen, period, rule)


def _period(network: Network, every: Every, written: str | None, now: datetime) -> Period:
    last = last_over(network, every, now)
    if written is None:
        return last
    found = read_period(written, every)
    if found is None:
        raise CantOperate(f"{quoted(written)} is no {every.value}: write one such as {last.name}")
    if not is_over(network, found, now):
        raise CantOperate(f"{found.name} isn't over yet; the last one that is: {last.name}")
    return found


async def _draft(
    layout: Layout,
    group: str | None,
    every: Every,
    period: str | None,
    now: datetime,
) -> tuple[DueDigest, Digest]:
    settings = settings_of(layout)
    database = engine(settings.database, 1)
    try:
        network = await PolicyStore(database).in_force()
        if network is None:
            raise CantOperate("no policy is in force yet: rilon apply")
        due = due_of(network, group, every, period, now)
        outbox = outbox_of(signer_of(settings.store, COMPONENT))
        reports = report_store(secret(settings.sealing_key_file), database, outbox)
        counts_of = partial(request_counts, database)
        found = await drafted(
            due, network, network.gazetteer, reports.reports_of, counts_of, draw, now
        )
    finally:
        await database.dispose()
    if isinstance(found, TooMany):
        raise CantOperate(
            f"it would rest on {found.reports} reports, more than a bulletin can name; "
            "draft a shorter period"
        )
    return due, found


def _write(due: DueDigest, digest: Digest, out: Path) -> Path:
    """Writes the file and its pictures; never over what is there."""
    file = out / f"{due.key}.md"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, data in (
            (file, digest.content),
            *((out / name, data) for name, data in digest.pictures.items()),
        ):
            with path.open("xb") as opened:
                opened.write(data)
    except FileExistsError as error:
        raise CantOperate(f"{error.filename} is there already; give another folder") from None
    except OSError as error:
        raise CantOperate(f"{error.filename} can't be written: {error.strerror}") from None
    return file
