"""The archive on a real PostgreSQL: what is found, and that what a reader may not see changes
nothing of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rilon.archive.blind import ArchiveKey, Reader, ask, blinded
from rilon.archive.query import Search, read_query
from rilon.archive.terms import terms_of
from rilon.bulletins.blocks import Paragraph, Words
from rilon.bulletins.head import Head, Kind
from rilon.bulletins.reading import Bulletin
from rilon.domain.markings import Marking, Tlp, WrittenMarking
from rilon.domain.parties import Parties, Party, parties
from rilon.storage.archive import A_PAGE, Found, find, put, put_place, remove, withdraw_from
from tests.integration.desk import emptied
from tests.policy_scene import NETWORK

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = ArchiveKey(b"k" * 32)
MINE, OTHERS = "mps-bulletins", "mps-floor"
READER = Reader(Party("IDN"), frozenset({MINE}))
ALL = parties("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO")


def bulletin(title: str, words: str, kind: Kind = Kind.TRENDS) -> Bulletin:
    document = {
        "title": title,
        "kind": kind.value,
        "period": {"from": "2026-10-01", "until": "2026-10-31"},
        "groups": ["mps"],
        "marking": "TLP:AMBER",
    }
    blocks = tuple(
        Paragraph(at, (Words(one),)) for at, one in enumerate(words.split("\n"), start=8)
    )
    return Bulletin(
        Head.model_validate_json(json.dumps(document)), WrittenMarking(Tlp.AMBER), blocks
    )


@dataclass
class Archive:
    """What was published, and what is found in it."""

    engine: AsyncEngine

    async def publish(
        self,
        number: str,
        title: str,
        words: str,
        *rooms: str,
        kind: Kind = Kind.TRENDS,
        posted_at: datetime = NOW,
        rel: Parties = ALL,
        protect: Parties = frozenset(),
        expires: date | None = None,
    ) -> None:
        marking = Marking(Tlp.AMBER, rel, parties("RSO"), protect=protect, expires=expires)
        rooms = rooms or (MINE,)
        terms = blinded(terms_of(bulletin(title, words, kind)), rooms, KEY)
        async with self.engine.begin() as connection:
            await put(connection, number, terms)
            for room in rooms:
                await put_place(connection, number, room, marking, posted_at)

    async def find(
        self, typed: str, reader: Reader = READER, page: int = 1, *, withdrawn: bool = False
    ) -> Found:
        search = read_query(typed)
        assert isinstance(search, Search), search
        asked = ask(search, reader, NETWORK, KEY, withdrawn=withdrawn)
        async with self.engine.connect() as connection:
            return await find(connection, asked, NOW, page)

    async def numbers(self, typed: str, reader: Reader = READER) -> list[str]:
        return list((await self.find(typed, reader)).numbers)

    async def within(self, act: str) -> None:
        async with self.engine.begin() as connection:
            if act == "remove":
                await remove(connection, "BUL-1")
            else:
                await withdraw_from(connection, "BUL-1", MINE)


@pytest.fixture
async def archive(postgres_dsn: str) -> AsyncIterator[Archive]:
    async with emptied(postgres_dsn, "bulletin_place, bulletin_term") as engine:
        yield Archive(engine)


ONE = "Boats left the northern pier for Andaman. The vessel Sea Star, IMO 9074729, led 14 boats."


@pytest.mark.parametrize(
    "typed",
    [
        "boat",
        "BOATS andaman",
        '"northern pier"',
        '"Sea Star"',
        "IMO9074729",
        "9074729",
        "pier -wooden",
        "Аndaman",  # with a Cyrillic letter
        "kind:trends pier",
        "kind:trends",
        "group:mps boats",
        "from:2026-11 until:2026-11-22",
        "routes",
        "boats -car",
    ],
)
async def test_it_is_found(archive: Archive, typed: str) -> None:
    await archive.publish("BUL-1", "Route north", ONE)
    assert await archive.numbers(typed) == ["BUL-1"]


@pytest.mark.parametrize(
    "typed",
    [
        "boats wooden",
        '"pier northern"',
        '"boats pier"',
        "boats -pier",
        "kind:alert boats",
        "until:2026-11-21",
        "from:2026-11-23",
        "group:nowhere boats",
        "-pier kind:trends",
        "-pier from:2026",
    ],
)
async def test_it_is_not_found(archive: Archive, typed: str) -> None:
    await archive.publish("BUL-1", "Route north", ONE)
    assert await archive.find(typed) == Found((), 0, 1)


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("ขบวนการลักลอบขนคนเข้าเมืองในทะเลอันดามัน", "ลักลอบ"),
        ("ขบวนการลักลอบขนคนเข้าเมืองในทะเลอันดามัน", "ขนคนเข้าเมือง"),
        ("ขบวนการลักลอบขนคนเข้าเมืองในทะเลอันดามัน", '"ทะเลอันดามัน"'),
        ("ขบวนการลักลอบขนคนเข้าเมืองในทะเลอันดามัน", "อันดามัน"),
        ("พบเรือ ๓ ลำ", "เรือ 3"),
        ("দুটি নৌকাগুলোর খবর", "নৌকা"),
        ("জাহাজের পথ", "জাহাজে"),
        ("Penyelundupan manusia dengan kapal-kapal kecil", "menyelundupkan kapal"),
        ("dengan kapal", "kapal-kapal"),
        ("As embarcações saíram de Díli", "embarcacao dili"),
        ("Ró ida la'o hosi Atauro", "la’o ro"),
    ],
)
async def test_it_is_found_in_six_languages_and_in_tetum(
    archive: Archive, said: str, typed: str
) -> None:
    await archive.publish("BUL-1", "Route north", said)
    assert await archive.numbers(typed) == ["BUL-1"]


async def test_what_says_more_of_it_comes_first_and_then_the_newer(archive: Archive) -> None:
    await archive.publish("BUL-1", "Route north", "A boat.", posted_at=NOW - timedelta(days=1))
    await archive.publish("BUL-2", "Route north", "A boat.")
    await archive.publish("BUL-3", "Route north", "A boat and a boat.", posted_at=NOW)
    await archive.publish("BUL-4", "A boat", "Nothing.", posted_at=NOW - timedelta(days=9))
    assert await archive.numbers("boats") == ["BUL-4", "BUL-3", "BUL-2", "BUL-1"]


async def test_a_new_text_takes_the_place_of_the_old_one(archive: Archive) -> None:
    await archive.publish("BUL-1", "Route north", "A boat.")
    await archive.publish("BUL-1", "Route north", "A car.", posted_at=NOW + timedelta(days=3))
    assert await archive.numbers("boat") == []
    assert await archive.numbers("car until:2026-11-22") == ["BUL-1"]
    await archive.within("remove")
    assert await archive.numbers("car") == []
    async with archive.engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1 FROM bulletin_term"))).all() == []


# --- what the reader may not see -----------------------------------------------------------------

WAYS = [
    ("hit", "boat", 1),
    ("two words", "boats andaman", 1),
    ("phrase", '"northern pier"', 1),
    ("exclusion", "boats -wooden", 1),
    ("exclusion alone", "-wooden kind:trends", 1),
    ("kind", "kind:trends", 1),
    ("both kinds", "kind:alert kind:trends boats", 1),
    ("days", "from:2026-11-01 until:2026-12", 1),
    ("group", "group:mps boats", 1),
    ("another group", "group:nowhere boats", 1),
    ("Thai", "เรือ", 1),
    ("second page", "pier", 2),
    ("a page that there is not", "pier", 3),
    ("nothing of mine", "wooden", 1),
]


@pytest.mark.parametrize(("typed", "page"), [one[1:] for one in WAYS], ids=[one[0] for one in WAYS])
@pytest.mark.parametrize("why", ["room", "rel", "protect", "withdrawn", "expired"])
async def test_what_a_reader_may_not_see_changes_no_byte_of_the_answer(
    archive: Archive, typed: str, page: int, why: str
) -> None:
    """ATTACK: learning of a bulletin by a hit, a count, an order, or a page that moves."""
    for at in range(A_PAGE + 3):
        day = NOW - timedelta(days=at % 5)
        await archive.publish(f"BUL-{at:02d}", "Route north", f"{ONE} เรือ", posted_at=day)
    before = await archive.find(typed, page=page)
    hidden = f"{ONE} " * 3 + "wooden เรือ"
    for number in ("BUL-00A", "BUL-05A", "BUL-ZZ"):
        changes: dict[str, dict[str, Any]] = {
            "room": {},
            "rel": {"rel": parties("RSO", "THA")},
            "protect": {"protect": parties("IDN")},
            "withdrawn": {},
            "expired": {"expires": NOW.date() - timedelta(days=1)},
        }
        room = OTHERS if why == "room" else MINE
        await archive.publish(number, "Boats at the northern pier", hidden, room, **changes[why])
        if why == "withdrawn":
            async with archive.engine.begin() as connection:
                await withdraw_from(connection, number, room)
    assert await archive.find(typed, page=page) == before


async def test_an_earlier_day_in_a_room_of_others_changes_no_order(archive: Archive) -> None:
    """ATTACK: the order tells that a bulletin stood elsewhere before."""
    await archive.publish("BUL-1", "Route north", "A boat.", posted_at=NOW - timedelta(hours=1))
    await archive.publish("BUL-2", "Route north", "A boat.")
    before = await archive.find("boat")
    marking = Marking(Tlp.AMBER, ALL, parties("RSO"))
    async with archive.engine.begin() as connection:
        await put_place(connection, "BUL-2", OTHERS, marking, NOW - timedelta(days=90))
    assert await archive.find("boat") == before
    assert await archive.numbers("boat from:2026-11-22") == ["BUL-2", "BUL-1"]


async def test_only_the_rows_of_a_reader_s_rooms_are_looked_at(archive: Archive) -> None:
    """ATTACK: the time of an answer tells how much of a word others have."""
    await archive.publish("BUL-1", "Route north", "A boat.", OTHERS)
    search = read_query("boat -car kind:trends")
    assert isinstance(search, Search)
    numbers = {one.number for one in ask(search, READER, NETWORK, KEY).asked}
    async with archive.engine.connect() as connection:
        stored = set((await connection.execute(text("SELECT hash FROM bulletin_term"))).scalars())
    assert stored
    assert not numbers & stored


async def test_who_is_in_no_room_finds_nothing(archive: Archive) -> None:
    await archive.publish("BUL-1", "Route north", ONE)
    nobody = replace(READER, rooms=frozenset())
    for typed in ("boats", "kind:trends", "from:2026", "-wooden kind:trends"):
        assert await archive.find(typed, nobody) == Found((), 0, 1)


async def test_a_marking_that_can_not_be_read_is_not_readable(archive: Archive) -> None:
    """A fault: a row without REL or PROTECT is nobody's."""
    await archive.publish("BUL-1", "Route north", ONE)
    for field in ("rel", "protect"):
        async with archive.engine.connect() as connection:
            await _without(connection, field)
            search = read_query("boats")
            assert isinstance(search, Search)
            found = await find(connection, ask(search, READER, NETWORK, KEY), NOW)
            assert found.count == 0


async def _without(connection: AsyncConnection, field: str) -> None:
    query = text("UPDATE bulletin_place SET marking = marking - CAST(:field AS text)")
    await connection.execute(query, {"field": field})


async def test_withdrawn_ones_are_for_analysts_who_ask(archive: Archive) -> None:
    await archive.publish("BUL-1", "Route north", ONE)
    await archive.within("withdraw")
    analyst = replace(READER, analyst=True)
    assert (await archive.find("boats", analyst)).numbers == ()
    assert (await archive.find("boats", READER, withdrawn=True)).numbers == ()
    assert (await archive.find("boats", analyst, withdrawn=True)).numbers == ("BUL-1",)


async def test_no_table_holds_a_word(archive: Archive) -> None:
    await archive.publish("BUL-1", "Route north", ONE)
    async with archive.engine.connect() as connection:
        for table in ("bulletin_term", "bulletin_place"):
            rows = (await connection.execute(text(f"SELECT {table}::text FROM {table}"))).scalars()
            assert not any(word in row for row in rows for word in ("boat", "trends", "Route"))
