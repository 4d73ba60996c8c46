"""`rilon bulletin`, as an analyst types it: from a blank file to what readers will see."""

from __future__ import annotations

from io import BytesIO, StringIO
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from rilon.application.bulletin_values import No, State
from rilon.cli import main
from rilon.commands import bulletin_steps
from rilon.commands.bulletin_told import fate_told, no, waiting_told, withdrawal_told
from rilon.domain.verdicts import Code
from rilon.storage.bulletin_listing import Waiting
from rilon.storage.bulletin_rooms import Fate
from tests.policy_scene import NETWORK
from tests.unit.test_bulletin_reading import HEAD


def picture(path: Path, comment: str = "") -> None:
    told = PngInfo()
    if comment:
        told.add_text("Author", comment)
    data = BytesIO()
    Image.new("RGB", (4, 4)).save(data, "PNG", pnginfo=told)
    path.write_bytes(data.getvalue())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "oct.md"
    made.write_text(f"{HEAD}Fewer boats.\n\n![boats by week](weeks.png)\n", encoding="utf-8")
    picture(tmp_path / "weeks.png")
    return made


def test_a_new_bulletin_reads_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "new.md"
    assert main(["bulletin", "new", str(file)]) == 0
    written = file.read_text()
    assert main(["bulletin", "preview", str(file)]) == 0
    assert "1 message for mps" in capsys.readouterr().out
    assert main(["bulletin", "new", str(file)]) == 1
    assert "there already" in capsys.readouterr().err
    assert file.read_text() == written


def test_the_page_holds_its_pictures(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = file.with_suffix(".html")
    assert main(["bulletin", "preview", str(file), "--html", str(page)]) == 0
    assert "[boats by week: weeks.png]" in capsys.readouterr().out
    assert 'src="data:image/png;base64,' in page.read_text()


def test_a_mistake_is_told_and_no_page_written(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(file.read_text().replace("trends", "trend"))
    page = file.with_suffix(".html")
    assert main(["bulletin", "preview", str(file), "--html", str(page)]) == 1
    assert "oct.md:3: " in capsys.readouterr().out
    assert not page.exists()


def test_a_picture_that_is_missing_or_tells_who_made_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beside = file.parent / "weeks.png"
    picture(beside, "an analyst")
    assert main(["bulletin", "preview", str(file)]) == 1
    assert "oct.md:10: the picture isn't what its name says" in capsys.readouterr().out
    beside.unlink()
    assert main(["bulletin", "preview", str(file)]) == 1
    assert "the picture isn't there" in capsys.readouterr().out


def test_parts_above_the_whole_are_left_out_when_asked(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{HEAD}one\n\nTLP:RED // for few\n")
    assert main(["bulletin", "preview", str(file)]) == 1
    assert "--leave-out" in capsys.readouterr().out
    assert main(["bulletin", "preview", str(file), "--leave-out"]) == 0
    said = capsys.readouterr().out
    assert "for few" not in said
    assert "Left out: the part of line 10, marked TLP:RED //" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--by", "aus.focal1"], "is no analyst"),
        (["--policies", "/nowhere"], "nowhere"),
    ],
)
def test_what_cant_be_done_says_why(
    file: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bulletin", "preview", str(file), *arguments]) == 1
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bulletin", "preview", str(tmp_path / "none.md")]) == 1
    assert "can't be read" in capsys.readouterr().err


# --- steps ------------------------------------------------------------------------------------


def test_a_preview_says_that_no_source_was_looked_at(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no network runs, and where nobody is named whose sources they are."""
    for more in ([], ["--by", "rso.analyst1"]):
        assert main(["bulletin", "preview", str(file), "--dir", str(file.parent), *more]) == 0
        assert "whether its sources allow it wasn't looked at" in capsys.readouterr().out


@pytest.mark.parametrize(
    "step",
    [
        ["submit", "{file}", "--by", "rso.analyst1"],
        ["correct", "BUL-7K3F-4", "{file}", "--by", "rso.analyst1"],
        ["approve", "BUL-7K3F-4", "--by", "rso.analyst1", "--yes"],
        ["publish", "BUL-7K3F-4", "--by", "rso.analyst1"],
        ["withdraw", "BUL-7K3F-4", "--by", "rso.analyst1", "--why", "a reason"],
        ["status"],
    ],
)
def test_a_step_without_a_network_says_how_to_start_one(
    step: list[str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under the name that the command has, whatever its modules are called."""
    words = [word.format(file=file) for word in step]
    assert main(["bulletin", *words, "--dir", str(file.parent / "none")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("rilon bulletin: no network was ever up in ")
    assert "`rilon up`" in said


@pytest.mark.parametrize("step", ["submit", "correct", "approve", "publish", "withdraw"])
def test_nobody_takes_a_step_without_a_name(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A step is always somebody's."""
    with pytest.raises(SystemExit):
        main(["bulletin", step, "BUL-7K3F-4"])
    assert "--by" in capsys.readouterr().err


def test_the_help_has_every_step_in_the_order_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    """From a blank file to a withdrawal."""
    with pytest.raises(SystemExit):
        main(["bulletin", "--help"])
    told = capsys.readouterr().out.split("positional")[0]
    steps = ("new", "preview", "submit", "approve", "publish", "status", "correct", "withdraw")
    places = [told.index(f"\n  {step} ") for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize(("typed", "agreed"), [("y\n", True), ("YES\n", True), ("\n", False)])
def test_only_a_yes_approves(
    typed: str, agreed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Anything else is a no, and so is nothing."""
    terminal = StringIO(typed)
    monkeypatch.setattr("sys.stdin", terminal)
    assert not bulletin_steps._asked()
    assert "--yes" in capsys.readouterr().out
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    assert bulletin_steps._asked() is agreed
    assert "Approve? [y/N]" in capsys.readouterr().out


@pytest.mark.parametrize("why", list(No))
def test_every_no_says_what_to_do(why: No) -> None:
    """None is a code, and what somebody typed can't steer a terminal."""
    said = no(why, "BUL\x1b[2J", "rso.analyst1\x07")
    assert len(said.split()) > 6
    assert said.isprintable()


@pytest.mark.parametrize("state", [one for one in State if one.waits])
def test_what_waits_says_for_whom(state: State) -> None:
    """And for which groups; a version of what stands already is a correction."""
    told = waiting_told(Waiting("BUL-7K3F-4", 2, state, ("mps",), 1))
    assert told.startswith("BUL-7K3F-4  correction for mps: ")
    assert "waits" in told
    assert "bulletin for" in waiting_told(Waiting("BUL-7K3F-4", 1, state, ("mps",), 0))


@pytest.mark.parametrize("code", [None, "a_code_of_later", *(code.value for code in Code)])
def test_a_refusal_is_told_for_every_code_of_the_gate(code: str | None) -> None:
    """With the room; who publishes isn't taken for the one who was refused."""
    room = NETWORK.rooms["mps-bulletins"]
    fate = Fate(complete=False, code=code, new=(), first=None)
    said = fate_told("BUL-7K3F-4", room, fate)
    assert room.name in said or code == "room_not_governed"
    assert "you are" not in said.lower()
    assert code is None or said.endswith(f"({code}).")
    assert "tell the coordinator" in withdrawal_told("BUL-7K3F-4", room.key, fate)
    assert "stands in" in fate_told("BUL-7K3F-4", room, Fate(True, None, ("$e",), "$e"))


def test_the_page_shows_the_drawing_that_stands_beside_a_picture(file: Path) -> None:
    """As the source of an image: what is in it can't run, and fetches nothing."""
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    file.with_name("weeks.svg").write_bytes(drawing)
    page = file.with_suffix(".html")
    assert main(["bulletin", "preview", str(file), "--html", str(page)]) == 0
    shown = page.read_text()
    assert 'src="data:image/svg+xml;base64,' in shown
    assert "image/png" not in shown
    assert "<script" not in shown
    assert "<svg" not in shown
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in shown
