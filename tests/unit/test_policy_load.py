"""Mistakes in policy files: each is found, at its line, with the mend, and all at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from rilon.adapters.policy_files import load_folder
from rilon.policy import load as load_module
from rilon.policy.load import Policy, load
from rilon.policy.mistakes import Mistake, Mistakes
from rilon.policy.yaml_tree import read_tree
from tests.policy_scene import POLICIES, shipped_files

WITH_CASES = shipped_files()
SHIPPED = {
    name: content
    for name, content in WITH_CASES.items()
    if not name.startswith("cases/") or name == "cases/terms.yaml"
}


@pytest.fixture(autouse=True, scope="module")
def _trees_are_read_once() -> Iterator[None]:
    """The files that a test leaves alone needn't be parsed again; parsing is the slow part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "read_tree", lru_cache(maxsize=256)(read_tree))
        yield


def mistakes_of(files: dict[str, bytes]) -> tuple[Mistake, ...]:
    found = load(files)
    assert isinstance(found, Mistakes), "nothing was found"
    return found.items


def edited(file: str, old: str, new: str) -> tuple[dict[str, bytes], int]:
    """The shipped files with one edit, and the line of the edit."""
    text = SHIPPED[file].decode()
    assert old in text, f"{old!r} isn't in {file}"
    line = text[: text.index(old)].count("\n") + 1
    return {**SHIPPED, file: text.replace(old, new, 1).encode()}, line


GROUP = "groups/mps.yaml"
CASES = [
    # What a document may say by itself
    ("network.yaml", "steward: steward", "stewart: steward", "`stewart` isn't known", "`steward`"),
    ("network.yaml", "version: 1", "version: one", "must be a whole number", "without quotes"),
    ("network.yaml", "version: 1", 'version: "1"', "must be a whole number", "without quotes"),
    ("network.yaml", "version: 1", "version: 0", "`0` is out of bounds", "at least 1"),
    ("network.yaml", "opens_to_red: true", "opens_to_red: yes", "yes or no", "`true` or `false`"),
    ("network.yaml", "{readers}", "{reader}", "unknown placeholder `reader`", "{readers}"),
    ("network.yaml", "{readers}", "all", "doesn't say `{readers}`", "{readers}"),
    ("network.yaml", "{marking}", "{marking", "doesn't close", "{readers}"),
    ("network.yaml", "{marking}", "{marking.x}", "unknown placeholder", "{readers}"),
    ("network.yaml", "{marking}", "{marking!r:>99}", "plain names", "{readers}"),
    ("network.yaml", "The steward reads", "Someone reads", "doesn't say that the steward", ""),
    ("markings.yaml", "rank: 20", "rank: 10", "rank 10 is taken by `ORCON`", "which is free"),
    ("markings.yaml", "aliases: [H2]", "aliases: [H1]", "`H1` is already declared", "rename"),
    ("markings.yaml", "aliases: [H2]", "aliases: [REL]", "`REL` begins a marking", "another"),
    ("markings.yaml", "effect: consent", "effect: concent", "`concent` isn't known", "`consent`"),
    ("markings.yaml", "effect: consent", "effect: protect", "built-in caveat", "`handling`"),
    ("markings.yaml", "effect: expiry", "effect: handling", "has a fixed effect", "`expiry`"),
    ("markings.yaml", "join: chain", "join: union", "`PD` can't join so", "`chain`"),
    ("markings.yaml", '"TLP:RED"', '"TLP:AMBER"', "`TLP:AMBER` again", "`TLP:RED`"),
    ("markings.yaml", '"TLP:RED"', '"TLP:BLACK"', "`TLP:BLACK` isn't known", "`TLP:"),
    ("parties.yaml", "code: MYS", "code: IDN", "`IDN` is there twice", "keep one"),
    ("parties.yaml", "Asia/Dhaka", "Asia/Dhakka", "isn't an IANA time zone", "Asia/Jakarta"),
    ("parties.yaml", "code: MYS", "code: my", "`my` isn't written", "match"),
    # Groups and rooms
    (GROUP, "BGD, IDN, MYS", "BGX, IDN, MYS", "`BGX` isn't in parties.yaml", "`BGD`"),
    (GROUP, "BGD, IDN, MYS", "RSO, IDN, MYS", "in every group by itself", "take it out"),
    (GROUP, "states: [AUS", "states: [AUS, AUS", "named `mps-desk-aus`", "another key"),
    (GROUP, "chair: IDN", "chair: NZL", "`NZL` is no state of the group", "use one of"),
    (GROUP, "chair: IDN", "chair: TLS", "no officer of `TLS` has the role", "roster.yaml"),
    (GROUP, "until: 2028-12-31", "until: 2025-12-31", "before it begins", "correct the days"),
    (GROUP, "until: 2028-12-31", "until: 2028-13-31", "no day", "2026-12-31"),
    (GROUP, "until: 2028-12-31", "until: 2028", "must be a day", "2026-12-31"),
    (GROUP, "default: TLP:AMBER\n", "default: TLP:ORANGE\n", "`TLP:ORANGE` can't be read", "TLP"),
    (GROUP, "default: TLP:AMBER\n", "default: ORCON\n", "can't be read", "TLP:AMBER"),
    (GROUP, "default: TLP:AMBER\n", "default: REL AUS\n", "no TLP label", "TLP:AMBER"),
    (GROUP, "default: TLP:AMBER\n", "default: TLP:AMBER // x\n", "can't be read", "TLP:AMBER"),
    (GROUP, "default: TLP:GREEN", "default: TLP:RED", "doesn't open to RED", "TLP:AMBER"),
    (GROUP, "default: TLP:GREEN", "default: TLP:GREEN GRADE A1", "belong to an item", "TLP"),
    (GROUP, "default: TLP:GREEN", "default: TLP:GREEN EXP 2027-01-01", "marking", "TLP"),
    (GROUP, "default: TLP:GREEN", "default: TLP:GREEN REL AUS", "(BGD, IDN, MYS, THA", "TLP"),
    (GROUP, "default: TLP:GREEN", "default: TLP:GREEN PROTECT BGD", "keep out parties", "TLP"),
    (GROUP, "[RSO]", "[RSX]", "`RSX` isn't in parties.yaml", "`RSO`"),
    (GROUP, "[RSO]", "[]", "the ceiling is empty", "name its parties"),
    (GROUP, "posters: [analyst]", "posters: []", "nobody on the roster could post", "role"),
    (GROUP, "posters: [analyst]", "posters: [analist]", "`analist` isn't known", "`analyst`"),
    (GROUP, "analyst, coordinator]\n  bull", "coordinator]\n    posters: [analyst]\n  bull",
     "`analyst` may post but is no member", "`members`"),
    (GROUP, "ceiling: [AUS, IDN]", "ceiling: [AUS]", "too short", "at least 2"),
    (GROUP, "ceiling: [AUS, IDN]", "ceiling: AUS", "must be a list", "[one, two]"),
    (GROUP, "key: aus-idn", "key: floor", "two rooms would be named `mps-floor`", "another"),
    (GROUP, "key: mps", "key: mpx", "isn't the file's name", "`mps`"),
    (GROUP, "  floor:\n", "  flor:\n", "`flor` isn't known", "`floor`"),
    # The roster
    ("roster.yaml", "name: aus.secondee2", "name: aus.secondee1", "there twice", "rename"),
    ("roster.yaml", "name: aus.secondee2", "name: idn.secondee9", "begin with the party",
     "`aus.secondee9`"),
    ("roster.yaml", "party: BGD", "party: BGX", "`BGX` isn't in parties.yaml", "`BGD`"),
    ("roster.yaml", "[secondee]", "[secundee]", "`secundee` isn't known", "`secondee`"),
    ("roster.yaml", "[secondee]", "[auditor]", "`auditor` is the RSO's", "role of a state"),
    ("roster.yaml", "[secondee]", "[chair]", "the chair of `mps` is IDN", "take the role out"),
    ("roster.yaml", "[mps]", "[msp]", "there is no group `msp`", "`mps`"),
    ("roster.yaml", "2028-12-31", "2025-12-31", "before it begins", "correct the days"),
    ("roster.yaml", "Secondee 1 · AUS", '"Secondee 1\\nTLP:CLEAR"',
     "as `display_name` must be", "match"),
    ("network.yaml", "steward: steward", "steward: aus.focal1", "has this name", "rename"),
    # Clients and cases
    ("clients.yaml", "admitted: []",
     "admitted: [{event_type: m.room.message, path: [x], holds: boolean, values: [a], why: x}]",
     "values don't go with `boolean`", "one_of"),
    ("cases/terms.yaml", "expect: refuse\n    code: outside_term", "expect: refuse",
     "a refusal has a code", "add"),
    ("cases/terms.yaml", "    expect: accept",
     "    answers: {officer: idn.focal9}\n    expect: accept", "no officer `idn.focal9`",
     "idn.focal"),
    ("clients.yaml", "admitted: []",
     "admitted: [{event_type: m.room.message, path: [x], holds: one_of, why: x}]",
     "no value is admitted", "list the values"),
    ("cases/terms.yaml", "officer: idn.focal1", "officer: idn.focl1", "`idn.focl1`",
     "`idn.focal1`"),
    ("cases/terms.yaml", "room: mps-floor", "room: mps-flor", "`mps-flor`", "`mps-floor`"),
    ("cases/terms.yaml", "code: outside_term", "code: outside", "doesn't go here",
     "`outside_term`"),
    ("cases/terms.yaml", "    marking: TLP:AMBER\n", "    marking: TLP:AMBR\n", "no marking",
     "TLP:AMBER"),
    # YAML itself
    ("roster.yaml", "    party: AUS", "\tparty: AUS", "a tab stands here", "indent with spaces"),
    ("network.yaml", "version: 1", "version: 1\nversion: 2", "already on line 5", "keep one"),
    ("network.yaml", "steward: steward", "steward: &a steward", "anchors and aliases", "write it"),
    ("network.yaml", "steward: steward", "steward: !!str steward", "tags", "take the tag out"),
    ("network.yaml", "steward: steward", "? [a]\n: b", "a key must be a word", "key: value"),
    ("network.yaml", "name: RILON", 'name: "\\ud800"', "half a character", "character itself"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "problem", "mend"), CASES)
def test_a_mistake_is_named_with_its_file_line_and_mend(
    file: str, old: str, new: str, problem: str, mend: str
) -> None:
    files, line = edited(file, old, new)
    found = mistakes_of(files)
    there = [one for one in found if one.file == file and problem in one.problem]
    assert there, [str(one) for one in found]
    assert any(mend in one.mend for one in there), [str(one) for one in there]
    # A repeated key or a folded value is reported a line or two after the edit begins.
    assert any(line <= one.line <= line + 2 for one in there), (line, there)


def test_a_missing_key_is_reported_where_it_belongs() -> None:
    files, _ = edited(GROUP, "    members: [analyst, coordinator]\n", "")
    (found,) = mistakes_of(files)
    text = SHIPPED[GROUP].decode().split("\n")
    assert text[found.line - 1].strip() == "analysis:"
    assert "`members` is missing in `analysis`" in found.problem


def test_a_network_without_the_rso_is_a_mistake() -> None:
    files, _ = edited("parties.yaml", "code: RSO", "code: RSX")
    assert any(one.problem == "the RSO isn't there" for one in mistakes_of(files))


def test_a_group_that_does_not_read_is_told_once_and_not_for_every_officer() -> None:
    files, _ = edited(GROUP, "retention_days: 180\n", "")
    (found,) = mistakes_of(files)
    assert (found.file, found.line) == (GROUP, 3)
    assert found.problem == "the key `retention_days` is missing"
    assert found.mend == "add `retention_days:`"


def with_party(files: dict[str, bytes], code: str) -> dict[str, bytes]:
    entry = f"  - {{code: {code}, name: X, zone: UTC, languages: [en]}}\n"
    return {**files, "parties.yaml": files["parties.yaml"] + entry.encode()}


def test_a_party_of_the_network_that_is_not_of_the_group_is_kept_out() -> None:
    files, line = edited(GROUP, "ceiling: [AUS, IDN]", "ceiling: [AUS, NZL]")
    (found,) = mistakes_of(with_party(files, "NZL"))
    assert (found.line, found.problem) == (line, "the party `NZL` isn't in the group")
    files, line = edited(
        "roster.yaml", "name: aus.focal2\n    party: AUS", "name: nzl.focal2\n    party: NZL"
    )
    files["duty.yaml"] = b"duty: []\n"
    (found,) = mistakes_of(with_party(files, "NZL"))
    assert found.problem == "NZL isn't in the group `mps`"


def test_two_compartments_of_the_same_parties_are_one_too_many() -> None:
    text = SHIPPED[GROUP].decode()
    first = text[text.index("  - key: aus-idn") :]
    again = text + first.replace("aus-idn", "idn-aus").replace("[AUS, IDN]", "[IDN, AUS]")
    (found,) = mistakes_of({**SHIPPED, GROUP: again.encode()})
    assert found.problem == "another compartment has the same parties"


def test_the_name_of_direct_rooms_is_taken() -> None:
    roster = SHIPPED["roster.yaml"].replace(b"[mps]", b"[direct]")
    group = SHIPPED[GROUP].replace(b"key: mps", b"key: direct")
    files = {name: content for name, content in SHIPPED.items() if name != GROUP}
    found = mistakes_of({**files, "groups/direct.yaml": group, "roster.yaml": roster})
    assert {one.problem for one in found} == {"`direct` begins the direct rooms"}


def test_all_mistakes_are_told_at_once_in_order() -> None:
    files, _ = edited("roster.yaml", "party: BGD", "party: BGX")
    files = {**files, "parties.yaml": SHIPPED["parties.yaml"].replace(b"code: MYS", b"code: IDN")}
    found = mistakes_of(files)
    assert {one.file for one in found} >= {"roster.yaml", "parties.yaml", GROUP}
    assert list(found) == sorted(found)


def test_mistakes_of_shape_in_two_files_are_both_told() -> None:
    files, _ = edited("roster.yaml", "agency: Police", "agancy: Police")
    files["network.yaml"] = SHIPPED["network.yaml"].replace(b"version: 1", b"version: x")
    found = mistakes_of(files)
    assert {one.file for one in found} == {"roster.yaml", "network.yaml"}


def test_a_missing_file_is_a_mistake() -> None:
    for file in SHIPPED:
        if "/" not in file and file not in load_module.OPTIONAL_FILES:
            left = {name: content for name, content in SHIPPED.items() if name != file}
            assert Mistake(file, 1, 1, "the file is missing", "add it") in mistakes_of(left)


def test_a_network_without_groups_is_a_mistake() -> None:
    left = {name: content for name, content in SHIPPED.items() if not name.startswith("groups")}
    assert any(one.problem == "there is no group" for one in mistakes_of(left))


@pytest.mark.parametrize("name", ["rooster.yaml", "groups/mps.yml", "cases/more/x.yaml"])
def test_a_file_that_means_nothing_is_a_mistake(name: str) -> None:
    (found,) = mistakes_of({**SHIPPED, name: b"a: 1\n"})
    assert found.file == name


def test_text_that_is_not_utf_8_is_named_with_its_line() -> None:
    (found, *_) = mistakes_of({**SHIPPED, "network.yaml": b"name: x\n# \xff\n"})
    assert (found.file, found.line) == ("network.yaml", 2)
    assert found.mend == "save the file as UTF-8"


def test_aliases_cannot_unfold() -> None:
    bomb = b"a: &a [x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 122)
    )
    assert any("anchors" in one.problem for one in mistakes_of({**SHIPPED, "network.yaml": bomb}))


@pytest.mark.parametrize(
    "content", [b"[" * 50_000, b"- " * 50_000, b"{a: " * 50_000, b"x" * 2_000_000]
)
def test_a_file_made_to_exhaust_the_reader_is_a_mistake(content: bytes) -> None:
    assert mistakes_of({**SHIPPED, "network.yaml": content})


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"word", b"- a\n", b"null"])
def test_a_file_that_is_no_mapping_is_a_mistake(content: bytes) -> None:
    (found, *_) = mistakes_of({**SHIPPED, "network.yaml": content})
    assert "isn't a mapping" in found.problem


def test_two_documents_in_a_file_are_a_mistake() -> None:
    content = SHIPPED["network.yaml"] + b"---\n" + SHIPPED["network.yaml"]
    assert any(
        "second document" in one.problem
        for one in mistakes_of({**SHIPPED, "network.yaml": content})
    )


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    found = load_folder(tmp_path / "nowhere")
    assert isinstance(found, Mistakes)


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "network.yaml").mkdir()
    found = load_folder(tmp_path)
    assert isinstance(found, Mistakes)
    assert "can't be read" in found.items[0].problem


def test_the_shipped_folder_has_no_mistake() -> None:
    assert isinstance(load_folder(POLICIES), Policy)
