"""Personal data on a real PostgreSQL: the gate judges, the sync delivers, the worker's clock looks,
and the steward takes out what stood for as long as policy keeps it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bots.steward.recalls import RecallDeeds
from rilon.adapters.homeserver import Homeserver
from rilon.application.keeping import ends_of_personal_data
from rilon.application.ports import DueEffect
from rilon.application.record import policy_entry
from rilon.bootstrap.worker import sweep_expired
from rilon.domain.entries import EntryKind, Subject
from rilon.policy.network import Network
from rilon.storage.personal_data import over_in_rooms
from rilon.storage.rooms import PolicyStore, RoomStore
from tests.integration.desk import JUDGED, emptied
from tests.integration.passages_desk import (
    AUS,
    AUS_DESK,
    FLOOR,
    IDN,
    Withdrawing,
    accepted,
)
from tests.policy_scene import NETWORK

TERM = NETWORK.personal_data_kept[FLOOR]
PERSON = (
    "The driver of the white van answers on +60 12 345 6789 and waits at the bus station with a "
    "red umbrella until the last coach from the border has come in."
)
QUIET = "Nothing moved along the southern road this week, says the ranger who lives beside it."


class Keeping(Withdrawing):
    """The stage of recalls, with the worker's clock."""

    def __init__(self, *made: Any) -> None:
        super().__init__(*made)
        self.performed: set[int] = set()

    async def sweep(self) -> int:
        """The worker looks, and the steward does what it wrote; how many messages went."""
        await sweep_expired(self.engine, self.at)
        rows = await self.run(
            "SELECT id, kind, subject, payload, wire, attempts FROM effect "
            "WHERE kind = 'end_personal_data' ORDER BY id"
        )
        deeds = RecallDeeds(
            self.recalling(), Homeserver("http://127.0.0.1:9", "@steward:x"), self.now
        )
        count = 0
        for row in rows:
            if row.id not in self.performed:
                done = await deeds.by_kind()["end_personal_data"](DueEffect(*row))
                count += int(done["recalled"])
                self.performed.add(row.id)
        return count

    async def fingerprints(self) -> list[str]:
        rows = await self.run("SELECT room_key FROM passage_source ORDER BY id")
        return [row.room_key for row in rows]

    async def over(self, network: Network) -> list[str]:
        """The rooms in which something would be over under that policy."""
        rooms = await RoomStore(self.engine).all()
        return sorted(
            await over_in_rooms(self.engine, ends_of_personal_data(network, rooms, self.at))
        )

    async def put(self, network: Network) -> None:
        entry = policy_entry(network, self.at, b"s" * 16, "steward")
        await PolicyStore(self.engine).put_in_force(network, entry, [], self.outbox)

    async def reply(self, name: str, body: str, root: str) -> str:
        accepted(await self.say(name, FLOOR, body, root=root))
        return str(self.last_event_id)


@pytest.fixture
async def stage(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Keeping]:
    async with emptied(postgres_dsn, f"{JUDGED}, relation, expiry, personal_data") as engine:
        made = Keeping(engine, tmp_path)
        await made.prepare()
        yield made


# --- the term ------------------------------------------------------------------------------------


async def test_personal_data_goes_after_its_term_and_all_else_stays(stage: Keeping) -> None:
    person = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    quiet = await stage.told(AUS, FLOOR, f"TLP:AMBER NOPD // {QUIET}")
    plain = await stage.told(AUS, FLOOR, "TLP:AMBER // the tide turns at six")
    said = stage.at
    stage.at = said + TERM - timedelta(minutes=1)
    assert await stage.sweep() == 0
    assert len(await stage.fingerprints()) == 2
    stage.at = said + TERM + timedelta(minutes=1)
    assert await stage.sweep() == 1
    assert await stage.redacted() == {person}
    assert not {quiet, plain} & await stage.redacted()
    assert len(await stage.fingerprints()) == 1
    (entry,) = await stage.entries(person, EntryKind.MESSAGE_RECALLED)
    fields = dict(entry.subject)
    assert fields[Subject.STEP] == "personal_data"
    assert Subject.USER_ID not in fields
    assert fields[Subject.RECEIVED_BY].startswith("AUS:")
    (notice,) = await stage.says("notice_personal_data")
    assert notice["to"] == FLOOR
    assert notice["parameters"] == {"parties": "IDN", "count": "1"}
    assert await stage.says("notice_expired") == []


@pytest.mark.parametrize(
    ("said", "over"),
    [
        (datetime(2027, 1, 31, 23, 30, tzinfo=UTC), datetime(2027, 3, 2, 23, 30, tzinfo=UTC)),
        (datetime(2028, 1, 31, 23, 30, tzinfo=UTC), datetime(2028, 3, 1, 23, 30, tzinfo=UTC)),
        (datetime(2026, 12, 1, 0, 0, tzinfo=UTC), datetime(2026, 12, 31, 0, 0, tzinfo=UTC)),
    ],
)
async def test_thirty_days_are_thirty_days_at_the_end_of_any_month(
    stage: Keeping, said: datetime, over: datetime
) -> None:
    assert timedelta(days=30) == TERM
    stage.at = said - timedelta(seconds=1)
    person = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    assert stage.at == said
    stage.at = over
    assert await stage.sweep() == 0
    stage.at = over + timedelta(seconds=1)
    assert await stage.sweep() == 1
    assert await stage.redacted() == {person}


async def test_files_are_deleted_and_once_whatever_is_killed_in_between(stage: Keeping) -> None:
    person = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    await stage.run(
        "INSERT INTO relation SELECT identity, 'file', 'x.test/portrait' FROM verdict "
        "WHERE delivered_event_id = :event",
        event=person,
    )
    stage.at += TERM + timedelta(minutes=1)
    # The worker is killed after the write, and does it again; so does the one beside it.
    await asyncio.gather(*(sweep_expired(stage.engine, stage.at) for _ in range(3)))
    before = stage.at - TERM
    # The steward is killed before the fingerprints are forgotten, and performs it again.
    recalling = stage.recalling()
    contents = recalling._contents
    recalling._contents = Killed(contents)
    with pytest.raises(ConnectionError):
        await recalling.end_personal_data(f"!{FLOOR}", before)
    assert await stage.fingerprints() == [FLOOR]
    assert await stage.sweep() == 0
    assert await stage.fingerprints() == []
    assert await stage.sweep() == 0
    effects = await stage.run("SELECT kind, payload FROM effect ORDER BY id")
    kinds = [row.kind for row in effects]
    assert kinds.count("end_personal_data") == 1
    assert kinds.count("redact") == 1
    deleted = [row.payload["media"] for row in effects if row.kind == "delete_file"]
    assert deleted == ["portrait"]
    assert len(await stage.says("notice_personal_data")) == 1
    assert len(await stage.entries(person, EntryKind.MESSAGE_RECALLED)) == 1


class Killed:
    """The record of contents, until the very last step."""

    def __init__(self, contents: Any) -> None:
        self._contents = contents

    def __getattr__(self, name: str) -> Any:
        return getattr(self._contents, name)

    async def forget_personal_data(self, room_id: str, before: datetime) -> None:
        raise ConnectionError


async def test_what_was_never_delivered_comes_due_when_it_is(stage: Keeping) -> None:
    event = await stage.event(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    accepted(await stage.ask(event))
    stage.at += TERM + timedelta(minutes=1)
    assert await stage.sweep() == 0
    await stage.deliver(event)
    assert await stage.sweep() == 1
    assert await stage.redacted() == {event["event_id"]}


# --- what makes it personal ----------------------------------------------------------------------


async def test_an_edit_that_adds_personal_data_starts_no_new_term(stage: Keeping) -> None:
    """ATTACK: personal data kept for months in a message that is edited again and again."""
    first = await stage.told(IDN, FLOOR, "TLP:AMBER // the driver was seen at the station")
    said = stage.at
    stage.at = said + timedelta(days=20)
    edit = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}", edits=first)
    stage.at = said + timedelta(days=29)
    again = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON} Again today.", edits=first)
    assert await stage.sweep() == 0
    stage.at = said + TERM + timedelta(minutes=1)
    assert await stage.sweep() == 1
    assert await stage.redacted() == {first, edit, again}
    assert await stage.sweep() == 0
    assert await stage.fingerprints() == []


async def test_a_tightening_that_adds_personal_data_counts_from_the_delivery(
    stage: Keeping,
) -> None:
    early = await stage.told(IDN, FLOOR, f"TLP:AMBER // {QUIET}")
    said = stage.at
    stage.at = said + timedelta(days=10)
    await stage.recall(early, IDN, stated="TLP:AMBER PD //")
    assert early not in await stage.redacted()
    stage.at = said + TERM - timedelta(minutes=1)
    assert await stage.sweep() == 0
    stage.at = said + TERM + timedelta(minutes=1)
    assert await stage.sweep() == 1
    assert await stage.redacted() == {early}


async def test_what_is_called_personal_after_the_term_goes_at_once(stage: Keeping) -> None:
    late = await stage.told(IDN, FLOOR, f"TLP:AMBER // {QUIET}")
    stage.at += TERM + timedelta(days=3)
    assert await stage.sweep() == 0
    await stage.recall(late, IDN, stated="TLP:AMBER PD //")
    assert await stage.sweep() == 1
    assert await stage.redacted() == {late}


async def test_an_answer_to_personal_data_goes_with_it(stage: Keeping) -> None:
    """The join of two terms is the earlier."""
    root = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    said = stage.at
    stage.at = said + timedelta(days=29)
    answer = await stage.reply(AUS, "seen here too, and it is the same umbrella", root)
    stage.at += timedelta(hours=1)
    deeper = await stage.reply(IDN, "then we look at the same coach, it seems", answer)
    own = await stage.told(AUS, FLOOR, f"TLP:AMBER // {QUIET}")
    stage.at = said + TERM + timedelta(minutes=1)
    assert await stage.sweep() == 3
    assert await stage.redacted() == {root, answer, deeper}
    assert (await stage.marking(own)).recalled_at is None
    (notice,) = await stage.says("notice_personal_data")
    assert notice["parameters"] == {"parties": "AUS, IDN", "count": "3"}


async def test_an_answer_after_it_went_counts_from_itself(stage: Keeping) -> None:
    root = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    stage.at += TERM + timedelta(minutes=1)
    assert await stage.sweep() == 1
    answer = await stage.reply(AUS, "too late for me, what did it say about the coach?", root)
    assert await stage.sweep() == 0
    stage.at += TERM + timedelta(minutes=1)
    assert await stage.sweep() == 1
    assert answer in await stage.redacted()


# --- copies and fingerprints ---------------------------------------------------------------------


async def test_copies_go_along_wherever_they_stand_and_words_of_ones_own_stay(
    stage: Keeping,
) -> None:
    person = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    said = stage.at
    stage.at = said + timedelta(days=25)
    copy = await stage.told(AUS, AUS_DESK, f"TLP:AMBER PD // FYI {PERSON.upper()}")
    report = await stage.told(
        AUS,
        AUS_DESK,
        "TLP:AMBER PD // Report of the week. Our own patrol counted nine coaches and spoke with "
        f"both guards, who had noticed somebody: '{PERSON[:75]}'. We asked the company for its "
        "lists of passengers, and shall have them by Thursday at noon, says the manager there.",
    )
    stage.at = said + TERM + timedelta(minutes=1)
    await stage.sweep()
    assert await stage.redacted() == {person, copy}
    assert (await stage.marking(report)).recalled_at is None
    assert FLOOR not in await stage.fingerprints()
    stage.at = said + timedelta(days=25) + TERM + timedelta(minutes=1)
    assert await stage.sweep() == 1
    assert report in await stage.redacted()
    assert await stage.fingerprints() == []


async def test_a_copy_in_the_same_room_that_is_due_too_goes_under_one_notice(
    stage: Keeping,
) -> None:
    person = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    copy = await stage.told(AUS, FLOOR, f"TLP:AMBER PD // {PERSON}")
    stage.at += TERM + timedelta(minutes=1)
    assert await stage.sweep() == 2
    assert await stage.redacted() == {person, copy}
    (notice,) = await stage.says("notice_personal_data")
    assert notice["parameters"]["count"] == "2"
    assert await stage.says("notice_copy_recalled") == []


async def test_what_was_recalled_before_leaves_no_fingerprints_behind_either(
    stage: Keeping,
) -> None:
    person = await stage.told(IDN, FLOOR, f"TLP:AMBER PD // {PERSON}")
    await stage.recall(person, IDN)
    stage.at += TERM - timedelta(minutes=1)
    assert await stage.sweep() == 0
    assert await stage.fingerprints() == [FLOOR]
    stage.at += timedelta(minutes=2)
    assert await stage.sweep() == 0
    assert await stage.fingerprints() == []
    assert await stage.run("SELECT * FROM personal_data") == []
    assert await stage.says("notice_personal_data") == []
