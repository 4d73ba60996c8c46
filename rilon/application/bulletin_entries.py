"""What the ledger keeps of a bulletin: each step, who took it, and for which version."""

from __future__ import annotations

from datetime import UTC, datetime

from rilon.application.bulletin_values import Version, Via
from rilon.application.record import COMPONENT
from rilon.domain.entries import Entry, EntryKind, Subject, subject
from rilon.domain.parties import RSO, Parties, Party
from rilon.policy.network import Network

TOLD = frozenset({"published", "withdrawn"})
"""Steps that readers see; before them it is the RSO's alone."""


def bulletin_entry(
    version: Version,
    step: str,
    by: str | None,
    network: Network,
    now: datetime,
    salt: bytes,
    via: Via | None = None,
) -> Entry:
    """The entry of one step. `via` is where an officer took it, None for the steward's own."""
    parties: Parties = frozenset({RSO})
    if step in TOLD:
        for group in version.groups:
            parties |= network.groups[group].parties if group in network.groups else frozenset()
    return Entry(
        kind=EntryKind.BULLETIN,
        time=now.astimezone(UTC),
        component=COMPONENT,
        correlation=version.number,
        salt=salt,
        group=version.groups[0] if len(version.groups) == 1 else None,
        parties=parties,
        subject=subject(
            {
                Subject.STEP: step,
                Subject.OFFICER: by,
                Subject.REFERENCE: f"{version.number}.{version.revision}",
                Subject.VIA: via.value if via else None,
            }
        ),
    )


def acknowledged_entry(number: str, room: str, party: Party, now: datetime, salt: bytes) -> Entry:
    """The entry of a party's first acknowledgement. No person is in it."""
    return Entry(
        kind=EntryKind.BULLETIN,
        time=now.astimezone(UTC),
        component=COMPONENT,
        correlation=number,
        salt=salt,
        room=room,
        parties=frozenset({RSO, party}),
        subject=subject({Subject.STEP: "acknowledged", Subject.REFERENCE: number}),
    )
