"""What the ledger keeps of a change of the rota that a party's lead told the steward."""

from __future__ import annotations

from datetime import UTC, datetime

from rilon.application.record import COMPONENT
from rilon.domain.entries import Entry, EntryKind, Subject, subject
from rilon.policy.duty_changes import DutyChange


def duty_entry(change: DutyChange, event_id: str, salt: bytes) -> Entry:
    """The entry: who said it, of whom, for which time. It is that party's own; `event_id` is the
    message that told it."""
    return Entry(
        kind=EntryKind.DUTY,
        time=change.made_at.astimezone(UTC),
        component=COMPONENT,
        correlation=event_id,
        salt=salt,
        parties=frozenset({change.party}),
        subject=subject(
            {
                Subject.STEP: change.kind.value,
                Subject.OFFICER: change.made_by,
                Subject.OFFICERS: ",".join(change.officers) or None,
                Subject.DEPUTY: change.deputy,
                Subject.BEGINS: _moment(change.begins),
                Subject.ENDS: _moment(change.ends),
                Subject.EVENT_ID: event_id,
            }
        ),
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
