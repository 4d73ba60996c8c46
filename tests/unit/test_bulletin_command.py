"""`rilon bulletin`, as an analyst types it: from a blank file to what readers will see."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from rilon.cli import main
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
