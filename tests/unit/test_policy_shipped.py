"""The shipped network: its cases hold, its schemas are in step, people are where they belong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rilon.commands import policy as commands
from rilon.domain.markings import Tlp
from rilon.domain.officers import Role
from rilon.domain.parties import parties
from rilon.domain.rooms import RoomKind
from rilon.policy.cases import Case, run_case
from rilon.policy.load import json_schemas
from tests.policy_scene import NETWORK, POLICIES, shipped

STATES = ("aus", "bgd", "idn", "mys", "tha", "tls")
POLICY = shipped()


@pytest.mark.parametrize("case", POLICY.cases, ids=lambda case: case.entry.name)
def test_a_case_is_decided_as_expected(case: Case) -> None:
    assert run_case(case, POLICY.network) is None


def test_the_schemas_for_editors_are_in_step() -> None:
    written = {path.name: path.read_text("utf-8") for path in (POLICIES / "schema").iterdir()}
    assert written == json_schemas()
    for text in written.values():
        assert json.loads(text)["additionalProperties"] is False


def test_every_state_has_two_secondees_and_two_focal_points() -> None:
    for state in STATES:
        for name in ("secondee1", "secondee2", "focal1", "focal2"):
            assert NETWORK.officers[f"{state}.{name}"].party == state.upper()
    rso = {"rso.analyst1", "rso.analyst2", "rso.coordinator1", "rso.auditor1"}
    assert len(NETWORK.officers) == 6 * 4 + len(rso) + 1
    assert rso <= set(NETWORK.officers)
    assert NETWORK.officers["idn.chair1"].roles == {Role.CHAIR}


def test_the_rooms_have_the_names_and_ceilings_of_the_design() -> None:
    group_rooms = {key: room.name for key, room in NETWORK.rooms.items() if room.group}
    assert group_rooms == {
        "mps": "MPS · Maritime people smuggling",
        "mps-floor": "Floor · MPS",
        "mps-bulletins": "Bulletins · MPS",
        "mps-coordination": "Coordination · MPS",
        "mps-analysis": "Analysis · MPS",
        "mps-aus-idn": "AUS+IDN · MPS",
        "mps-desk-aus": "Australia desk · MPS",
        "mps-desk-bgd": "Bangladesh desk · MPS",
        "mps-desk-idn": "Indonesia desk · MPS",
        "mps-desk-mys": "Malaysia desk · MPS",
        "mps-desk-tha": "Thailand desk · MPS",
        "mps-desk-tls": "Timor-Leste desk · MPS",
    }
    every = parties("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO")
    assert NETWORK.rooms["mps-floor"].ceiling == every
    assert NETWORK.rooms["mps-aus-idn"].ceiling == parties("AUS", "IDN")
    assert NETWORK.rooms["mps-desk-idn"].ceiling == parties("IDN")
    assert NETWORK.rooms["mps-analysis"].ceiling == parties("RSO")
    assert {room.default.tlp for room in NETWORK.rooms.values()} == {Tlp.AMBER, Tlp.GREEN}


def test_each_officer_has_a_direct_room_of_their_own() -> None:
    direct = {key: room for key, room in NETWORK.rooms.items() if room.kind is RoomKind.DIRECT}
    assert len(direct) == len(NETWORK.officers)
    for name, officer in NETWORK.officers.items():
        assert NETWORK.members(f"direct-{name}") == {name}
        assert direct[f"direct-{name}"].ceiling == {officer.party}


def test_members_are_of_the_ceiling_in_every_room() -> None:
    for key, room in NETWORK.rooms.items():
        assert NETWORK.members(key)
        assert {NETWORK.officers[name].party for name in NETWORK.members(key)} <= room.ceiling


def test_people_are_where_they_belong() -> None:
    members = NETWORK.members
    assert members("mps") == set(NETWORK.officers)
    assert members("mps-floor") == set(NETWORK.officers) - {"rso.auditor1"}
    assert members("mps-bulletins") == set(NETWORK.officers)
    assert members("mps-analysis") == {"rso.analyst1", "rso.analyst2", "rso.coordinator1"}
    assert members("mps-desk-tls") == {
        f"tls.{n}" for n in ("secondee1", "secondee2", "focal1", "focal2")
    }
    assert "idn.chair1" in members("mps-aus-idn")
    focal = {f"{state}.focal{n}" for state in STATES for n in (1, 2)}
    assert members("mps-coordination") == focal | {"idn.chair1", "rso.coordinator1"}
    assert members("nowhere") == frozenset()


def test_a_topic_says_who_reads_and_what_is_unmarked_and_that_the_steward_reads() -> None:
    assert NETWORK.rooms["mps-floor"].topic == (
        "All parties exchange here. Parties: AUS, BGD, IDN, MYS, THA, TLS, RSO. "
        "Without a marking: TLP:AMBER. The steward reads every message."
    )
    for room in NETWORK.rooms.values():
        assert "The steward reads every message" in room.topic


def test_the_colours_are_those_of_tlp() -> None:
    colours = {tlp: style.colour for tlp, style in NETWORK.labels.items()}
    assert colours == {
        Tlp.RED: "#FF2B2B",
        Tlp.AMBER: "#FFC000",
        Tlp.AMBER_STRICT: "#FFC000",
        Tlp.GREEN: "#33FF00",
        Tlp.CLEAR: "#FFFFFF",
    }


def test_the_check_passes_on_the_shipped_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.check(POLICIES) == 0
    said = capsys.readouterr().out
    assert "29 officers" in said
    assert f"{len(POLICY.cases)} of {len(POLICY.cases)} cases decided as expected." in said


def test_the_check_names_a_case_that_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(POLICIES, tmp_path / "p")
    file = tmp_path / "p" / "cases" / "floor.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("code: red_not_open", "code: expired", 1), "utf-8")
    line = text[: text.index("name: the floor doesn't open to RED")].count("\n") + 1
    assert commands.check(tmp_path / "p") == 1
    said = capsys.readouterr().out
    assert f"cases/floor.yaml:{line}: the floor doesn't open to RED: " in said
    assert "expected refuse expired, got refuse red_not_open" in said


def test_the_check_compares_markings_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(POLICIES, tmp_path / "p")
    file = tmp_path / "p" / "cases" / "floor.yaml"
    text = file.read_text("utf-8").replace("marking: TLP:AMBER H1", "marking: TLP:AMBER", 1)
    file.write_text(text, "utf-8")
    assert commands.check(tmp_path / "p") == 1
    assert "expected TLP:AMBER //, got TLP:AMBER H1 //" in capsys.readouterr().out


def test_the_check_prints_mistakes_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.check(tmp_path) == 1
    assert f"{tmp_path}/roster.yaml:1: the file is missing; add it" in capsys.readouterr().out


def test_schemas_are_written_into_the_folder(tmp_path: Path) -> None:
    assert commands.schema(tmp_path) == 0
    assert {path.name for path in (tmp_path / "schema").iterdir()} == set(json_schemas())
