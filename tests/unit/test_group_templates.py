"""Templates of groups, and `rilon group new`: what is written leaves the policy right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rilon.adapters.policy_files import load_folder
from rilon.cli import main
from rilon.commands import policy as commands
from rilon.domain.officers import Role
from rilon.domain.parties import parties
from rilon.policy.documents import GroupFile, TemplateFile
from rilon.policy.load import Policy, load
from rilon.policy.mistakes import Mistakes
from tests.policy_scene import POLICIES, shipped_files

TEMPLATES = sorted(path.stem for path in (POLICIES / "templates").glob("*.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def group_new(folder: Path, name: str, template: str, *more: str, chair: str = "IDN") -> int:
    asked = ["--template", template, "--parties", "AUS,IDN,THA", "--chair", chair]
    term = ["--from", "2027-01-01", "--until", "2028-12-31", "--policies", str(folder)]
    return main(["group", "new", name, *asked, *term, *more])


def network_of(folder: Path) -> Policy:
    policy = load_folder(folder)
    assert isinstance(policy, Policy), policy
    return policy


def texts(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_three_later_groups_have_a_template() -> None:
    assert TEMPLATES == ["investigation", "prevention", "technology"]


def test_a_template_may_say_nothing_that_a_group_cannot() -> None:
    assert set(TemplateFile.model_fields) <= set(GroupFile.model_fields)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_group_from_a_template_leaves_the_policy_right(folder: Path, template: str) -> None:
    assert group_new(folder, template, template) == 0
    assert commands.check(folder) == 0
    network = network_of(folder).network
    group = network.groups[template]
    assert (group.states, group.chair) == (parties("AUS", "IDN", "THA"), "IDN")
    assert (str(group.begins), str(group.ends)) == ("2027-01-01", "2028-12-31")
    rooms = {key for key in network.rooms if network.rooms[key].group == template}
    assert {f"{template}-floor", f"{template}-desk-tha", f"{template}-analysis"} <= rooms
    assert f"{template}-desk-mys" not in rooms
    assert network.rooms[f"{template}-floor"].ceiling == parties("AUS", "IDN", "THA", "RSO")


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_room_of_a_new_group_has_somebody_who_may_post(folder: Path, template: str) -> None:
    assert group_new(folder, template, template, "--roster", "secondee,focal_point") == 0
    network = network_of(folder).network
    for key, room in network.rooms.items():
        if room.group == template:
            people = [network.officers[name] for name in network.members(key)]
            assert people
            assert not room.posters or any(room.posters & one.roles for one in people)


def test_the_groups_of_the_templates_stand_side_by_side(folder: Path) -> None:
    for template in TEMPLATES:
        assert group_new(folder, template, template) == 0
    assert commands.check(folder) == 0
    assert {"mps", *TEMPLATES} == set(network_of(folder).network.groups)


def test_new_officers_are_named_by_role_and_counted_on(folder: Path) -> None:
    assert group_new(folder, "tech", "technology", "--roster", "secondee", chair="THA") == 0
    officers = network_of(folder).network.officers
    assert officers["tha.chair1"].roles == {Role.CHAIR}
    assert officers["aus.secondee3"].groups == {"tech"}
    assert str(officers["aus.secondee3"].term_until) == "2028-12-31"
    assert officers["rso.analyst1"].groups == {"mps", "tech"}
    assert officers["aus.secondee1"].groups == {"mps"}


def test_an_officer_of_the_roster_may_chair(folder: Path) -> None:
    before = network_of(folder).network.officers
    assert group_new(folder, "tech", "technology", "--chair-officer", "idn.chair1") == 0
    officers = network_of(folder).network.officers
    assert set(officers) == set(before)
    assert officers["idn.chair1"].groups == {"mps", "tech"}


def test_the_comments_of_template_and_roster_are_kept(folder: Path) -> None:
    assert group_new(folder, "tech", "technology") == 0
    assert "often a person's" in (folder / "groups/tech.yaml").read_text()
    assert "Officers, named by role" in (folder / "roster.yaml").read_text()


def test_the_own_name_of_a_group_is_taken_as_it_is(folder: Path) -> None:
    theme = "It's: a {theme} # with signs"
    assert group_new(folder, "tech", "technology", "--theme", theme, "--short", "IT") == 0
    network = network_of(folder).network
    assert network.groups["tech"].theme == theme
    assert network.rooms["tech-floor"].name == "Floor · IT"


@pytest.mark.parametrize(
    ("name", "template", "more", "said"),
    [
        ("mps", "technology", (), "there is a group mps already"),
        ("tech", "technolgy", (), "did you mean `technology`?"),
        ("../tech", "technology", (), "nothing was written"),
        ("Tech", "technology", (), "nothing was written"),
        ("tech", "technology", ("--short", "MPS"), "called MPS already"),
        ("tech", "technology", ("--short", "no good"), "nothing was written"),
        ("tech", "technology", ("--parties", "AUS,XYZ"), "XYZ isn't in parties.yaml"),
        ("tech", "technology", ("--parties", "AUS,THA"), "the chair IDN isn't one"),
        ("tech", "technology", ("--parties", "IDN"), "nothing was written"),
        ("tech", "technology", ("--parties", "IDN,AUS,IDN"), "named twice"),
        ("tech", "technology", ("--until", "2026-01-01"), "ends before it begins"),
        ("tech", "technology", ("--roster", "spy"), "there is no role spy"),
        ("tech", "technology", ("--roster", "analyst"), "role of the RSO"),
        ("tech", "technology", ("--roster", "chair"), "one chair"),
        ("tech", "technology", ("--chair-officer", "idn.focal1"), "isn't an officer of IDN"),
        ("tech", "technology", ("--chair-officer", "aus.chair9"), "isn't an officer of IDN"),
        ("direct", "technology", (), "nothing was written"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    folder: Path,
    name: str,
    template: str,
    more: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = texts(folder)
    assert group_new(folder, name, template, *more) == 1
    assert said in capsys.readouterr().err
    assert texts(folder) == before


def test_a_group_that_was_made_is_not_made_again(folder: Path) -> None:
    assert group_new(folder, "tech", "technology") == 0
    before = texts(folder)
    assert group_new(folder, "tech", "technology") == 1
    assert texts(folder) == before


def test_a_roster_that_cannot_be_edited_safely_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = folder / "roster.yaml"
    whole = roster.read_text()
    at = whole.index("name: rso.analyst1")
    roster.write_text(whole[:at] + whole[at:].replace("[mps]", "\n      - mps", 1))
    assert commands.check(folder) == 0
    assert group_new(folder, "tech", "technology") == 1
    assert "on one line first" in capsys.readouterr().err
    assert not (folder / "groups/tech.yaml").exists()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"default: TLP:GREEN\nretention", b"default: TLP:LILAC\nretention", "can't be read"),
        (b"posters: [analyst]", b"posters: [secondee]\n    ceiling: [RSO]", "nobody on the roster"),
        (b"opens_to_red: true", b"opens_to_red: maybe", ""),
        (b"idle_days: 60", b"idle_days: 0", ""),
        (b"default: TLP:AMBER\n    idle", b"default: TLP:AMBER REL AUS\n    idle", "keep out"),
        (b"short: PREV", b"key: prevention\nshort: PREV", "isn't known"),
    ],
)
def test_the_check_finds_what_is_wrong_with_a_template(
    old: bytes, new: bytes, problem: str
) -> None:
    files = shipped_files()
    file = "templates/prevention.yaml"
    assert old in files[file]
    found = load({**files, file: files[file].replace(old, new, 1)})
    assert isinstance(found, Mistakes)
    assert {one.file for one in found.items} == {file}
    assert problem in found.items[0].problem
    assert found.items[0].line > 1
