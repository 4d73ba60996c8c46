"""Screening on a real PostgreSQL: one verdict for each message, whatever asks and how often."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import vodozemac
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bots.steward.keyring import Keyring
from rilon.adapters.policy_files import load_folder
from rilon.application.asked import Asked
from rilon.application.ports import Unsure
from rilon.application.record import policy_entry
from rilon.application.screen import Screening
from rilon.bootstrap.parts import outbox_of, quotation_of
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.ledger.keys import SignerKey
from rilon.ledger.leaf import parse
from rilon.policy.load import Policy
from rilon.policy.network import Network
from rilon.storage.decisions import Decisions
from rilon.storage.effects import Effects
from rilon.storage.rooms import PolicyStore
from rilon.storage.sessions import SessionStore
from rilon.wire.envelope import read_envelope
from tests.integration.no_files import NoFiles

SERVER = "rilon.localhost"
ROOM, DEVICE, CURVE = "!floor", "DEVICEAUS1", "A" * 43
AUS, IDN = f"@aus.secondee1:{SERVER}", f"@idn.secondee1:{SERVER}"


class InstantKeyring(Keyring):
    """The real keyring, for which nothing is ever on its way."""

    async def catch_up(self) -> None:
        """Everything is known already."""


class Scene:
    """A policy in force, a room, an officer with a signed device and a shared session."""

    def __init__(self, engine: AsyncEngine, network: Network) -> None:
        self.engine = engine
        self.network = network
        self.outbox = outbox_of(SignerKey("steward", secrets.token_bytes(32)))
        self.pickle_key = secrets.token_bytes(32)
        self.session = vodozemac.GroupSession()
        keyring = InstantKeyring(SessionStore(engine), self.pickle_key)
        self.screening = Screening(
            Decisions(engine, self.outbox),
            PolicyStore(engine),
            keyring,
            NoFiles(),
            Effects(engine),
            f"@steward:{SERVER}",
            lambda: datetime.now(UTC),
            lambda: secrets.token_bytes(16),
            quotation_of(secrets.token_hex(32)),
        )

    async def put_in_force(self, network: Network) -> None:
        entry = policy_entry(network, datetime.now(UTC), secrets.token_bytes(16), "steward")
        await PolicyStore(self.engine).put_in_force(network, entry, [], self.outbox)

    async def prepare(self) -> None:
        await self.put_in_force(self.network)
        await self.run("INSERT INTO governed_room VALUES ('mps-floor', :room)", room=ROOM)
        for user in (AUS, IDN):
            name = user[1:].partition(":")[0]
            await self.run(
                "INSERT INTO officer_state (user_id, name, state) "
                "VALUES (:user, :name, 'admitted')",
                user=user,
                name=name,
            )
        await self.run(
            "INSERT INTO device VALUES (:user, :device, :curve, 'ed', true)",
            user=AUS,
            device=DEVICE,
            curve=CURVE,
        )
        inbound = vodozemac.InboundGroupSession(self.session.session_key)
        await self.run(
            "INSERT INTO megolm_session VALUES (:room, :session, :user, :curve, 'ed', :pickle)",
            room=ROOM,
            session=self.session.session_id,
            user=AUS,
            curve=CURVE,
            pickle=inbound.pickle(self.pickle_key),
        )

    async def run(self, statement: str, **values: Any) -> list[Any]:
        async with self.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    def said(self, body: str, **more: Any) -> dict[str, Any]:
        """The wire content of a message of Australia's officer."""
        payload = {
            "type": "m.room.message",
            "room_id": ROOM,
            "content": {"msgtype": "m.text", "body": body, **more},
        }
        return {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": self.session.encrypt(json.dumps(payload).encode()).to_base64(),
            "session_id": self.session.session_id,
            "sender_key": CURVE,
            "device_id": DEVICE,
        }

    async def ask(
        self,
        content: dict[str, Any],
        event_id: str | None = None,
        sender: str = AUS,
        transaction: str | None = None,
    ) -> Verdict:
        event = {
            "event_id": event_id or f"${secrets.token_hex(12)}",
            "room_id": ROOM,
            "type": "m.room.encrypted",
            "sender": sender,
            "origin_server_ts": 1_795_305_153_108,
            "content": content,
        }
        return await self.screening.screen(Asked(read_envelope(event), DEVICE, transaction))

    async def entries(self) -> list[tuple[str, str]]:
        """Kind and correlation of every entry in the outbox, in no order."""
        rows = await self.run("SELECT leaf FROM ledger_outbox")
        entries = [parse(bytes(row.leaf)).entry for row in rows]
        return [(entry.kind.value, entry.correlation) for entry in entries]


@pytest_asyncio.fixture(loop_scope="session")
async def scene(postgres_dsn: str) -> AsyncIterator[Scene]:
    engine = create_async_engine(make_url(postgres_dsn).set(drivername="postgresql+asyncpg"))
    policy = load_folder(Path(__file__).parents[2] / "policies")
    assert isinstance(policy, Policy)
    made = Scene(engine, policy.network)
    await made.run(
        "TRUNCATE attempt, verdict, effect, megolm_session, device, officer_state, governed_room, "
        "policy_version, inbox, ledger_outbox, recent_words, passage_source, "
        "passage RESTART IDENTITY CASCADE"
    )
    await made.prepare()
    yield made
    await engine.dispose()


def is_refused(verdict: Verdict, code: Code) -> bool:
    return isinstance(verdict, Refuse) and verdict.code is code


async def test_a_message_that_fits_has_one_verdict_one_attempt_and_one_entry(scene: Scene) -> None:
    assert isinstance(await scene.ask(scene.said("TLP:GREEN // boat"), "$one"), Accept)
    (verdict,) = await scene.run("SELECT * FROM verdict")
    assert (verdict.accepted, verdict.attempts, verdict.message_index) == (True, 1, 0)
    (attempt,) = await scene.run("SELECT * FROM attempt")
    assert (attempt.event_id, attempt.identity) == ("$one", verdict.identity)
    mine = [kind for kind, about in await scene.entries() if about == verdict.identity.hex()]
    assert mine == ["message_accepted"]


async def test_a_resend_under_other_event_ids_gets_the_recorded_verdict_and_no_second_entry(
    scene: Scene,
) -> None:
    wire = scene.said("REL AUS,IDN // boat")
    answers = [await scene.ask(wire, f"$try{number}") for number in range(3)]
    assert all(is_refused(answer, Code.REL_EXCLUDES_ROOM) for answer in answers)
    (verdict,) = await scene.run("SELECT * FROM verdict")
    assert verdict.attempts == 3
    assert len(await scene.run("SELECT * FROM attempt")) == 3
    refusals = [kind for kind, _ in await scene.entries() if kind == "message_refused"]
    assert len(refusals) == 1
    cards = await scene.run("SELECT kind FROM effect ORDER BY id")
    assert [card.kind for card in cards] == ["card", "card_retried", "card_retried"]


async def test_the_same_message_asked_by_many_at_once_gets_one_verdict(scene: Scene) -> None:
    wire = scene.said("TLP:GREEN // boat")
    answers = await asyncio.gather(*(scene.ask(wire, f"$at-once{n}") for n in range(8)))
    assert all(isinstance(answer, Accept) for answer in answers)
    assert len(await scene.run("SELECT * FROM verdict")) == 1
    assert [kind for kind, _ in await scene.entries()].count("message_accepted") == 1


async def test_a_delivered_message_is_a_replay_under_any_other_event(scene: Scene) -> None:
    wire = scene.said("TLP:GREEN // boat")
    await scene.ask(wire, "$stands")
    await scene.run("UPDATE verdict SET delivered_event_id = '$stands', delivered_at = now()")
    assert is_refused(await scene.ask(wire, "$again"), Code.REPLAYED)


async def test_another_message_at_a_used_index_is_a_replay(scene: Scene) -> None:
    wire = scene.said("TLP:GREEN // boat")
    await scene.ask(wire)
    with_relation = {**wire, "m.relates_to": {"m.in_reply_to": {"event_id": "$" + "x" * 43}}}
    assert is_refused(await scene.ask(with_relation), Code.REPLAYED)


async def test_another_officers_session_is_never_ones_own(scene: Scene) -> None:
    await scene.run(
        "INSERT INTO device VALUES (:user, :device, :curve, 'ed', true)",
        user=IDN,
        device=DEVICE,
        curve="B" * 43,
    )
    verdict = await scene.ask(scene.said("TLP:GREEN // boat"), sender=IDN)
    assert isinstance(verdict, Refuse)
    assert verdict.code in (Code.DEVICE_NOT_SIGNED, Code.SHAPE_NOT_ALLOWED)


async def test_a_ciphertext_without_its_key_is_refused_as_unreadable(scene: Scene) -> None:
    await scene.run("DELETE FROM megolm_session")
    assert is_refused(await scene.ask(scene.said("TLP:GREEN // boat")), Code.UNREADABLE)


async def test_an_unsigned_device_is_refused(scene: Scene) -> None:
    await scene.run("UPDATE device SET signed = false")
    assert is_refused(await scene.ask(scene.said("TLP:GREEN // boat")), Code.DEVICE_NOT_SIGNED)


async def test_a_room_that_nobody_governs_takes_nothing(scene: Scene) -> None:
    await scene.run("DELETE FROM governed_room")
    assert is_refused(await scene.ask(scene.said("TLP:GREEN // boat")), Code.ROOM_NOT_GOVERNED)


async def test_a_removed_officer_is_refused_as_soon_as_the_removal_is_committed(
    scene: Scene,
) -> None:
    wire = scene.said("TLP:GREEN // boat")
    async with scene.engine.connect() as holder:
        # A verdict is open in the room; the removal commits; the next message waits its turn.
        await holder.execute(
            text("SELECT 1 FROM governed_room WHERE room_id = :room FOR UPDATE"), {"room": ROOM}
        )
        asked = asyncio.create_task(scene.ask(wire))
        done, _ = await asyncio.wait({asked}, timeout=0.3)
        assert not done
        await scene.run("UPDATE officer_state SET state = 'removed'")
        await holder.rollback()
    assert is_refused(await asked, Code.NOT_ADMITTED)


async def test_what_was_accepted_from_an_officer_who_is_removed_now_is_not_accepted_again(
    scene: Scene,
) -> None:
    """ATTACK: accepted, kept back from the room, and sent again once one is removed."""
    wire = scene.said("TLP:GREEN // boat")
    assert isinstance(await scene.ask(wire), Accept)
    await scene.run("UPDATE officer_state SET state = 'removed' WHERE user_id = :user", user=AUS)
    assert is_refused(await scene.ask(wire, "$again"), Code.NOT_ADMITTED)


async def test_a_changed_policy_judges_a_message_anew_that_was_not_delivered(scene: Scene) -> None:
    wire = scene.said("TLP:GREEN // boat")
    assert isinstance(await scene.ask(wire), Accept)
    await scene.run("UPDATE device SET signed = false")
    assert isinstance(await scene.ask(wire), Accept)
    await scene.run(
        "INSERT INTO policy_version (version, digest, document) "
        "SELECT '2', 'other', document FROM policy_version"
    )
    assert is_refused(await scene.ask(wire), Code.DEVICE_NOT_SIGNED)
    assert len(await scene.run("SELECT * FROM verdict")) == 1


async def test_the_stewards_name_alone_opens_nothing(scene: Scene) -> None:
    verdict = await scene.ask(scene.said("TLP:GREEN // boat"), sender=f"@steward:{SERVER}")
    assert is_refused(verdict, Code.STEWARD_ONLY)


async def test_what_an_edit_put_under_a_stricter_marking_is_not_answered_under_the_old_one(
    scene: Scene,
) -> None:
    first, edit = "$" + "a" * 43, "$" + "b" * 43
    assert isinstance(await scene.ask(scene.said("TLP:GREEN // boat"), first), Accept)
    await scene.run(f"UPDATE verdict SET delivered_event_id = '{first}', delivered_at = now()")
    relation = {"rel_type": "m.replace", "event_id": first}
    new = {"msgtype": "m.text", "body": "TLP:AMBER ORCON // boat"}
    more = {"m.new_content": new, "m.relates_to": relation}
    edited = scene.said("* TLP:AMBER ORCON // boat", **more) | {"m.relates_to": relation}
    assert isinstance(await scene.ask(edited, edit), Accept)
    answered = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
    low = await scene.ask(scene.said("TLP:GREEN // yes", **answered) | answered)
    assert is_refused(low, Code.MARKING_TOO_WIDE)
    unmarked = await scene.ask(scene.said("yes", **answered) | answered)
    assert isinstance(unmarked, Accept)
    new = {"msgtype": "m.text", "body": "TLP:GREEN // boat"}
    lowered = {"m.new_content": new, "m.relates_to": relation}
    again = scene.said("* TLP:GREEN // boat", **lowered) | {"m.relates_to": relation}
    assert is_refused(await scene.ask(again), Code.MARKING_TOO_WIDE)


async def test_without_a_policy_in_force_nothing_is_decided(scene: Scene) -> None:
    await scene.run("TRUNCATE policy_version CASCADE")
    with pytest.raises(Unsure):
        await scene.ask(scene.said("TLP:GREEN // boat"))


async def test_no_word_of_a_refused_text_is_in_any_table(scene: Scene) -> None:
    await scene.ask(scene.said("REL AUS,IDN // zebracorn at the jetty"))
    for table in ("verdict", "attempt", "effect", "ledger_outbox", "inbox"):
        for row in await scene.run(f"SELECT * FROM {table}"):
            shown = " ".join(
                value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                for value in row
            )
            assert "zebracorn" not in shown
