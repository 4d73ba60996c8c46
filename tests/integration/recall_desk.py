"""Messages that were said, recalls of them, and what is known afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from rilon.application.copies import FoundCopies
from rilon.application.recall import Recalling
from rilon.domain.entries import Entry, EntryKind
from rilon.domain.markings import Marking, Tlp
from rilon.domain.parties import parties
from rilon.ledger.leaf import parse
from rilon.storage.copies import CopyStore
from rilon.storage.ledger import ledger_outbox
from rilon.storage.recalls import RecallStore
from rilon.storage.rooms import PolicyStore
from rilon.storage.tables import verdict
from tests.integration.steward_desk import (
    FLOOR,
    NOW,
    OFFICER,
    OTHER,
    STEWARD,
    Desk,
    deliver,
    fresh,
    outbox,
)
from tests.policy_scene import NETWORK

RECALLED, TIGHTENED = EntryKind.MESSAGE_RECALLED, EntryKind.MARKING_TIGHTENED
COLLEAGUE = OFFICER.replace("focal1", "secondee1")
CEILING = NETWORK.rooms[FLOOR].ceiling
GREEN = Marking(Tlp.GREEN, CEILING, parties("AUS"))
TODAY = NOW.date().isoformat()


class Inside:
    """Who was in the room at each event; everybody knows the same unless a test says else."""

    def __init__(self, *people: str, unknown: bool = False) -> None:
        self.people = None if unknown else [*people, STEWARD]
        self.meanwhile: Any = None

    async def members_at(self, room_id: str, event_id: str) -> Sequence[str] | None:
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return self.people


def recalling(
    desk: Desk,
    inside: Inside | None = None,
    now: datetime = NOW,
    network: Any = None,
) -> Recalling:
    async def in_force() -> Any:
        return network

    return Recalling(
        RecallStore(desk.engine, outbox),
        inside or Inside(OFFICER, COLLEAGUE, OTHER),
        PolicyStore(desk.engine),
        PolicyStore(desk.engine).in_force if network is None else in_force,
        STEWARD,
        lambda: now,
        lambda: b"s" * 16,
        FoundCopies(
            CopyStore(desk.engine, outbox),
            RecallStore(desk.engine, outbox),
            PolicyStore(desk.engine),
            STEWARD,
        ),
    )


def request(target: str, by: str = OFFICER, **more: str) -> dict[str, str]:
    """The payload of a `recall` effect; a recall unless it states a marking."""
    cause = "tightened" if "stated" in more else "recalled"
    return {"asked": f"$ask-{target[1:]}", "target": target, "by": by, "day": TODAY,
            "cause": cause, **more}  # fmt: skip


async def said(
    desk: Desk,
    *,
    sender: str = OFFICER,
    marking: Marking = GREEN,
    relations: tuple[tuple[str, str], ...] = (),
    delivered: bool = True,
    at: datetime = NOW,
) -> tuple[bytes, str]:
    """A message as the gate records it, delivered."""
    identity, event_id = fresh()
    judged = desk.judged(
        identity, event_id, sender=sender, marking=marking, relations=relations, decided_at=at
    )
    await desk.record(judged)
    if delivered:
        await deliver(desk, identity, event_id)
    return identity, event_id


async def redacted(desk: Desk) -> set[str]:
    return {row.payload["event_id"] for row in await desk.effects("redact")}


async def says(desk: Desk, name: str) -> list[dict[str, Any]]:
    return [row.payload for row in await desk.effects("say") if row.payload["text"] == name]


async def answer_to(desk: Desk, target: str) -> dict[str, str]:
    rows = await desk.effects("say")
    found = [row.payload for row in rows if row.once == f"answer-$ask-{target[1:]}"]
    assert len(found) == 1, found
    return dict(found[0]["parameters"])


async def entries(desk: Desk, identity: bytes, *kinds: EntryKind) -> list[Entry]:
    async with desk.engine.connect() as connection:
        leaves = (await connection.execute(select(ledger_outbox.c.leaf))).scalars().all()
    found = [parse(bytes(leaf)).entry for leaf in leaves]
    return [one for one in found if one.correlation == identity.hex() and one.kind in kinds]


async def stored(desk: Desk, identity: bytes) -> Any:
    async with desk.engine.connect() as connection:
        query = select(verdict).where(verdict.c.identity == identity)
        return (await connection.execute(query)).one()
