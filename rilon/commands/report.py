"""`rilon report list` and `rilon report export`: what officers filed, for the RSO's analysts."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rilon.application.record import COMPONENT
from rilon.bootstrap.operations import CantOperate
from rilon.bootstrap.parts import engine, outbox_of, signer_of
from rilon.bootstrap.report_talk import report_store
from rilon.config import secret
from rilon.domain.entries import Entry, EntryKind, Subject, subject
from rilon.domain.marking_text import write_effective
from rilon.domain.reports import Report
from rilon.embedded.layout import Layout
from rilon.embedded.provision import settings_of
from rilon.policy.mistakes import printable
from rilon.policy.network import Group, Network
from rilon.reports.shown import summary
from rilon.reports.table import as_csv
from rilon.storage.rooms import PolicyStore
from rilon.texts.translator import translator

_LONGEST = timedelta(days=731)


def list_(state: Path, group: str | None, since: date | None, until: date | None) -> int:
    """Prints one line for each report: its marking first."""
    reports, network = _reports(state, group, since, until, exported=False)
    for line in listed(reports, network):
        print(line)
    return 0


def export(
    state: Path, file: Path, group: str | None, since: date | None, until: date | None
) -> int:
    """Writes the reports to a new file that only its owner may read; the ledger says so."""
    if file.exists():
        raise CantOperate(f"{file} is there already; give another name")
    reports, network = _reports(state, group, since, until, exported=True)
    try:
        # Byte order mark: without it spreadsheets take the letters of four languages for others.
        content = ("\ufeff" + as_csv(reports, network.gazetteer)).encode()
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as written:
            written.write(content)
    except OSError as error:
        raise CantOperate(f"{file} can't be written: {error.strerror}") from None
    print(f"{len(reports)} reports are in {file}")
    return 0


def listed(reports: Sequence[Report], network: Network) -> list[str]:
    """The lines of a list."""
    t = translator("en")
    return [
        printable(
            f"{write_effective(one.marking)} {one.number} {one.party}"
            f" {summary(t, one.said, network.gazetteer).plain}"
        )
        for one in reports
    ] or ["there are no reports of these days"]


def _reports(
    state: Path, group: str | None, since: date | None, until: date | None, *, exported: bool
) -> tuple[tuple[Report, ...], Network]:
    today = datetime.now(UTC).date()
    first, last = since or today - _LONGEST, until or today + timedelta(days=1)
    if last < first:
        raise CantOperate(f"{last} is before {first}: swap the days")
    return asyncio.run(_read(Layout.at(state), group, first, last, exported=exported))


async def _read(
    layout: Layout, group: str | None, first: date, last: date, *, exported: bool
) -> tuple[tuple[Report, ...], Network]:
    settings = settings_of(layout)
    database = engine(settings.database, 1)
    try:
        network = await PolicyStore(database).in_force()
        if network is None:
            raise CantOperate("no policy is in force yet: rilon apply")
        chosen = group or min(network.groups, default="")
        if chosen not in network.groups:
            raise CantOperate(f"there is no group {chosen!r}: {', '.join(sorted(network.groups))}")
        outbox = outbox_of(signer_of(settings.store, COMPONENT))
        store = report_store(secret(settings.sealing_key_file), database, outbox)
        reports = await store.reports_of(chosen, first, last)
        if exported:
            # Before the file: what left the network is on record even if this dies.
            await store.record(exported_entry(network.groups[chosen], first, last))
        return reports, network
    finally:
        await database.dispose()


def exported_entry(group: Group, first: date, last: date) -> Entry:
    """The entry of an export, for every party of the group: which days; nothing of the reports."""
    return Entry(
        kind=EntryKind.EXPORT,
        time=datetime.now(UTC),
        component=COMPONENT,
        correlation=f"reports-{group.key}-{first}-{last}",
        salt=secrets.token_bytes(16),
        group=group.key,
        parties=group.parties,
        subject=subject({Subject.STEP: "reports", Subject.REFERENCE: f"{first}_{last}"}),
    )
