"""`rilon explain`: the verdict, the rule, and the very lines of policy that it rests on."""

from __future__ import annotations

import io
import re
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from rilon.application.simulate import Answered, simulate
from rilon.cli import main
from rilon.domain.markings import Tlp
from rilon.domain.verdicts import Accept, Refuse
from rilon.policy import grounds as of_grounds
from rilon.policy.grounds import Ground, grounds, rule_in_words
from rilon.policy.load import Policy, load
from tests.policy_scene import NETWORK, NOW, POLICIES, shipped, shipped_files, written

POLICY = shipped()
CALLING = "call +62 812 3456 7890"


def resting_on(officer: str, room: str, text: str, **more: Any) -> tuple[str, list[str]]:
    """The rule that spoke, and the lines of policy it rests on as they stand in the files."""
    sender, place = NETWORK.officers[officer], NETWORK.rooms[room]
    verdict = simulate(text, sender, place, NETWORK, NOW, **more).verdict
    found = grounds(verdict, sender, place, POLICY)
    return verdict.rule, [_line(ground) for ground in found]


def _line(ground: Ground) -> str:
    return (POLICIES / ground.file).read_text("utf-8").splitlines()[ground.line - 1].strip()


MPS_STATES = "states: [AUS, BGD, IDN, MYS, THA, TLS]   # the RSO is in every group"
FLOOR_ROLES = "members: [secondee, focal_point, chair, analyst, coordinator]"


@pytest.mark.parametrize(
    ("officer", "room", "text", "rule", "lines"),
    [
        ("aus.focal1", "mps-floor", "REL AUS,IDN // x", "rule3.rel", [MPS_STATES]),
        ("aus.focal1", "mps-aus-idn", "REL AUS,MYS // x", "rule3.rel", ["ceiling: [AUS, IDN]"]),
        ("aus.focal1", "mps-floor", "TLP:RED // x", "rule4.red",
         ["floor:", '- {label: "TLP:RED", colour: "#FF2B2B", sign: "🔴"}']),
        ("aus.focal1", "mps-bulletins", "x", "rule2.posters", ["bulletins:"]),
        ("rso.analyst1", "mps-bulletins", "x", "rule2.posters", ["bulletins:"]),
        ("rso.auditor1", "mps-bulletins", "x", "rule2.posters",
         ["bulletins:", "roles: [auditor]"]),
        ("aus.focal1", "mps-floor", "TLP:ORANGE // x", "rule3.reads",
         ["labels:", "caveats:", "parties:"]),
        ("aus.focal1", "mps-floor", "TLP:AMBER EXP 2020-01-01 // x", "rule3.expiry",
         ["- code: EXP"]),
        ("aus.focal1", "mps-floor", "TLP:AMBER PROTECT BGD // x", "rule3.protect",
         ["- code: PROTECT", MPS_STATES]),
        ("bgd.focal1", "mps-desk-bgd", "TLP:AMBER PROTECT BGD // x", "rule3.protect",
         ["- code: PROTECT", MPS_STATES]),
        ("aus.focal1", "direct-aus.focal1", "TLP:AMBER PROTECT AUS // x", "rule3.protect",
         ["- code: PROTECT", "party: AUS"]),
        ("aus.focal1", "mps-floor", CALLING, "rule6.undeclared", ["- code: PD", "- code: NOPD"]),
        ("aus.focal1", "mps-floor", f"TLP:AMBER NOPD // {CALLING}", "rule6.contradiction",
         ["- code: PD", "- code: NOPD"]),
        ("rso.auditor1", "mps-floor", "x", "rule2.in_room",
         ["- name: rso.auditor1", FLOOR_ROLES, MPS_STATES]),
        ("mys.focal1", "mps-aus-idn", "x", "rule2.in_room",
         ["- name: mys.focal1", "members: [secondee, focal_point, chair]", "ceiling: [AUS, IDN]"]),
        ("mys.focal1", "direct-idn.focal1", "x", "rule2.in_room",
         ["- name: mys.focal1", "- name: mys.focal1", "party: MYS"]),
        ("aus.focal1", "mps", "x", "rule1.type", ["key: mps"]),
        ("aus.focal1", "mps-floor", "see mxc://x/y", "rule1.shape", ["admitted: []"]),
        ("idn.focal1", "mps-desk-idn", "TLP:RED // x", "accept",
         ["- name: idn.focal1", "members: [secondee, focal_point, chair]", MPS_STATES,
          "opens_to_red: true"]),
        ("aus.focal1", "mps-floor", "x", "accept",
         ["- name: aus.focal1", FLOOR_ROLES, MPS_STATES, "default: TLP:AMBER"]),
        ("mys.focal1", "direct-mys.focal1", "x", "accept",
         ["- name: mys.focal1", "- name: mys.focal1", "party: MYS", "default: TLP:AMBER"]),
        ("aus.focal1", "mps-floor", "TLP:GREEN // x", "accept",
         ["- name: aus.focal1", FLOOR_ROLES, MPS_STATES]),
    ],
)  # fmt: skip
def test_a_verdict_names_the_lines_it_rests_on(
    officer: str, room: str, text: str, rule: str, lines: list[str]
) -> None:
    assert resting_on(officer, room, text) == (rule, lines)


BULLETIN = Answered(NETWORK.officers["rso.analyst2"], written(Tlp.GREEN))


@pytest.mark.parametrize(
    ("officer", "text", "rule", "lines"),
    [
        ("rso.analyst1", "TLP:GREEN PD // x", "rule6.bulletins",
         ["bulletins:", "- code: PD", "- code: NOPD"]),
        ("aus.focal1", "x", "accept",
         ["- name: aus.focal1",
          "members: [secondee, focal_point, chair, analyst, coordinator, auditor]",
          "bulletins:", MPS_STATES, "default: TLP:GREEN"]),
        ("rso.auditor1", "x", "rule2.posters", ["bulletins:", "roles: [auditor]"]),
    ],
)  # fmt: skip
def test_what_answers_a_bulletin_is_in_its_thread(
    officer: str, text: str, rule: str, lines: list[str]
) -> None:
    assert resting_on(officer, "mps-bulletins", text, answered=BULLETIN) == (rule, lines)


def test_a_room_with_posters_names_their_line() -> None:
    files = {path: text for path, text in shipped_files().items() if "cases/" not in path}
    group = files["groups/mps.yaml"]
    files["groups/mps.yaml"] = group.replace(b"  floor:\n", b"  floor:\n    posters: [analyst]\n")
    policy = load(files)
    assert isinstance(policy, Policy), policy
    network = policy.network
    for name, rule in (("aus.focal1", "rule2.posters"), ("rso.analyst1", "accept")):
        sender, room = network.officers[name], network.rooms["mps-floor"]
        verdict = simulate("x", sender, room, network, NOW).verdict
        assert verdict.rule == rule
        found = [
            files[one.file].decode().splitlines()[one.line - 1].strip()
            for one in grounds(verdict, sender, room, policy)
        ]
        assert "posters: [analyst]" in found
        assert ("roles: [focal_point]" in found) == (name == "aus.focal1")


def test_a_term_that_is_over_names_both_terms() -> None:
    sender, room = NETWORK.officers["idn.chair1"], NETWORK.rooms["mps-floor"]
    late = NOW.replace(year=2028)
    verdict = simulate("x", sender, room, NETWORK, late).verdict
    found = grounds(verdict, sender, room, POLICY)
    assert [_line(ground) for ground in found] == [
        "term: {from: 2026-01-01, until: 2027-12-31}",
        "term: {from: 2026-01-01, until: 2028-12-31}",
    ]


def test_a_term_in_a_direct_room_is_the_officers_alone() -> None:
    sender, room = NETWORK.officers["idn.chair1"], NETWORK.rooms["direct-idn.chair1"]
    verdict = simulate("x", sender, room, NETWORK, NOW.replace(year=2028)).verdict
    assert [_line(ground) for ground in grounds(verdict, sender, room, POLICY)] == [
        "term: {from: 2026-01-01, until: 2027-12-31}"
    ]


def test_a_room_that_asks_for_a_declaration_names_its_line() -> None:
    files = {path: content.replace(b"needs_declaration: false", b"needs_declaration: true")
             for path, content in shipped_files().items()}  # fmt: skip
    policy = load(files)
    assert isinstance(policy, Policy), policy
    sender, room = (
        policy.network.officers["rso.analyst1"],
        policy.network.rooms["mps-bulletins"],
    )
    verdict = simulate("x", sender, room, policy.network, NOW, BULLETIN).verdict
    assert verdict.rule == "rule6.declaration"
    first = grounds(verdict, sender, room, policy)[0]
    assert b"needs_declaration: true" in files[first.file].splitlines()[first.line - 1]


def test_what_is_answered_narrows_the_text() -> None:
    answered = Answered(NETWORK.officers["aus.focal1"], written(Tlp.AMBER, "AUS IDN"))
    sender, room = NETWORK.officers["idn.focal1"], NETWORK.rooms["mps-aus-idn"]
    simulated = simulate("siap", sender, room, NETWORK, NOW, answered)
    assert isinstance(simulated.verdict, Accept)
    assert simulated.verdict.effective is not None
    assert simulated.verdict.effective.explicit_rel
    wider = simulate("TLP:GREEN // siap", sender, room, NETWORK, NOW, answered).verdict
    assert isinstance(wider, Refuse)
    assert (wider.rule, grounds(wider, sender, room, POLICY)) == ("rule3.width", ())


def test_every_rule_that_rests_on_policy_is_one_that_can_speak() -> None:
    source = "".join(
        (Path(of_grounds.__file__).parent / name).read_text("utf-8")
        for name in ("evaluate.py", "marking_rules.py")
    )
    spoken = set(re.findall(r'"(rule\d\.[a-z_]+)"', source))
    assert set(of_grounds._RESTS_ON) <= spoken
    for rule in spoken:
        assert rule_in_words(rule).startswith(f"rule {rule[4]}, ")


# --- the command -----------------------------------------------------------------------------


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", "--policies", str(POLICIES), *arguments]) == 0
    return capsys.readouterr().out


def test_the_command_says_verdict_rule_line_and_card(capsys: pytest.CaptureFixture[str]) -> None:
    told = explained(capsys, "--day", "2026-06-01", "idn.focal1", "mps-floor", "REL AUS,IDN // x")
    assert told.startswith("idn.focal1 in mps-floor (Floor · MPS), 2026-06-01\n")
    assert "Refused: rel_excludes_room, by rule 3" in told
    assert f"{POLICIES}/groups/mps.yaml:6: the room's ceiling is every state" in told
    assert "  It may go to AUS+IDN: write it there." in told
    assert "Not consulted: what was delivered before." in told


def test_the_command_reads_the_text_where_no_list_of_processes_shows_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("tlp: amber vessel left\n"))
    told = explained(capsys, "aus.focal1", "mps-floor")
    assert "Delivered." in told
    assert "It would carry: TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO //" in told
    assert "vessel left" not in told


def test_the_command_takes_what_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--answers", "TLP:AMBER ORCON //", "--by", "mys.focal1", "aus.focal1")
    assert "ORCON" in explained(capsys, *arguments, "mps-floor", "thank you")
    wider = explained(capsys, *arguments, "mps-floor", "TLP:GREEN // thank you")
    assert "marking_too_wide" in wider
    assert "No line of policy decides this." in wider


def test_the_command_needs_no_network(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(tmp_path)
    assert "Delivered." in explained(capsys, "aus.focal1", "mps-floor", "hello")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("idn.focl1", "mps-floor", "x"), "no officer `idn.focl1`: did you mean `idn.focal1`?"),
        (("idn.focal1", "mps-flor", "x"), "no room `mps-flor`: did you mean `mps-floor`?"),
        (("--answers", "TLP:ORANGE", "idn.focal1", "mps-floor", "x"), "is no marking"),
    ],
)
def test_a_name_that_isnt_there_is_told_in_one_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--policies", str(POLICIES), *arguments]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_a_broken_policy_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(POLICIES, tmp_path / "p")
    file = tmp_path / "p" / "network.yaml"
    file.write_text(file.read_text("utf-8").replace("version: 1", "version: none"), "utf-8")
    assert main(["explain", "--policies", str(tmp_path / "p"), "idn.focal1", "mps-floor", "x"]) == 1
    assert "p/network.yaml:5: " in capsys.readouterr().err
