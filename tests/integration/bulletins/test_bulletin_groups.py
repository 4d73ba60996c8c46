"""A bulletin for two groups of different states: each room by its own parties and sources."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rilon.application.bulletin_values import Version
from rilon.domain.verdicts import Code, Refuse, Verdict
from rilon.policy.load import Policy, load
from rilon.policy.network import Network
from tests.integration.bulletins.bulletins_desk import (
    FLOOR,
    ONE,
    ROOM,
    TABLES,
    BulletinScene,
    written,
)
from tests.integration.desk import emptied
from tests.policy_scene import shipped_files

OTHER = "tip-bulletins"
THREE = ("AUS", "IDN", "MYS")


def two_groups() -> Network:
    """The shipped policy with a second group, of three of its six states."""
    files = shipped_files()
    group = files["groups/mps.yaml"].decode()
    for before, after in (
        ("key: mps", "key: tip"),
        ("short: MPS", "short: TIP"),
        ("theme: Maritime people smuggling", "theme: Trafficking in persons"),
        ("states: [AUS, BGD, IDN, MYS, THA, TLS]", f"states: [{', '.join(THREE)}]"),
    ):
        assert before in group
        group = group.replace(before, after)
    files["groups/tip.yaml"] = group.encode()
    officers = []
    for officer in files["roster.yaml"].decode().split("\n  - name: "):
        mine = any(f"party: {party}\n" in officer for party in (*THREE, "RSO"))
        officers.append(officer.replace("[mps]", "[mps, tip]") if mine else officer)
    files["roster.yaml"] = "\n  - name: ".join(officers).encode()
    policy = load({name: text for name, text in files.items() if not name.startswith("cases")})
    assert isinstance(policy, Policy), policy
    return policy.network


@pytest.fixture
async def both(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[BulletinScene]:
    """On empty tables."""
    async with emptied(postgres_dsn, TABLES) as engine:
        made = BulletinScene(engine, two_groups(), tmp_path)
        await made.prepare()
        await made.govern({OTHER: f"!{OTHER}", "tip-analysis": "!tip-analysis"})
        yield made


def for_both(text: str, *sources: str, marking: str = "TLP:AMBER") -> bytes:
    """A bulletin's file for the two groups."""
    return written(text, *sources, marking=marking).replace(b"[mps]", b"[mps, tip]")


async def test_it_is_posted_in_the_room_of_each_group(both: BulletinScene) -> None:
    """Acknowledged in each by its own parties, and withdrawn in both."""
    number = await both.published(for_both("Lanterns were seen on both shores of the strait."))
    for room in (ROOM, OTHER):
        (posted,) = both.in_bulletins(room)
        assert "Lanterns were seen" in posted["body"]
    await both.taps("idn.focal1", OTHER, both.event(OTHER, "Lanterns were seen"), "✅")
    rows = await both.run("SELECT room_key, party FROM bulletin_ack")
    assert [(row.room_key, row.party) for row in rows] == [(OTHER, "IDN")]
    assert isinstance(await both.bulletins.withdraw(number, both.officer(ONE), "wrong"), Version)
    await both.perform()
    for room in (ROOM, OTHER):
        assert "was withdrawn" in both.in_bulletins(room)[-1]["body"]


async def test_a_source_that_fits_one_group_alone_is_named_with_the_other(
    both: BulletinScene,
) -> None:
    """What six states read in one group may go to three of them, and not the other way round."""
    said = await both.says(
        "idn.secondee1", FLOOR, "TLP:AMBER // Pearl divers report strangers on the eastern jetty."
    )
    other = await both.says(
        "idn.secondee1", "tip-floor", "TLP:AMBER // Coral huts are let to strangers by the month."
    )
    (wrong,) = await both.refused(written("What divers saw.", other))
    assert wrong == (
        f"bulletin:7: the source `{other}` (TLP:AMBER REL AUS,IDN,MYS,RSO) can't be told in "
        "Bulletins · MPS; ask IDN to release it, or take it out, and what rests on it"
    )
    (wrong,) = await both.refused(for_both("What divers saw.", other))
    assert "can't be told in Bulletins · MPS" in wrong
    await both.published(for_both("What divers saw.", said))
    assert len(both.in_bulletins(OTHER)) == 1


async def test_where_one_room_refuses_the_other_keeps_it(
    both: BulletinScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is on record which; a correction reaches the one where it stands."""
    arrives = both.arrives

    async def kept_out(room_id: str, *rest: Any) -> Verdict:
        if room_id == f"!{OTHER}":
            return Refuse(Code.RULE_FAILED, "test")
        return await arrives(room_id, *rest)

    monkeypatch.setattr(both, "arrives", kept_out)
    number = await both.published(for_both("Beacons were out along the coral bank."))
    assert len(both.in_bulletins(ROOM)) == 1
    assert both.in_bulletins(OTHER) == []
    refused = await both.run("SELECT room_key FROM posting WHERE state = 'refused'")
    assert {row.room_key for row in refused} == {OTHER}
    monkeypatch.undo()
    await both.published(for_both("Beacons are lit again along the bank."), number=number)
    assert "are lit again" in both.in_bulletins(ROOM)[-1]["m.new_content"]["body"]
    (posted,) = both.in_bulletins(OTHER)
    assert "are lit again" in posted["body"]
