"""What was published is found at the shell and taken out of the network, as a party may have it."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from rilon.bootstrap.bulletins import Shell
from rilon.bootstrap.operations import CantOperate
from rilon.commands.bulletin_archive import exported, searched
from rilon.domain.entries import EntryKind
from rilon.domain.parties import Party
from tests.integration.bulletins.bulletins_desk import ONE, TWO, BulletinScene, chart, written
from tests.integration.taking_back import asked

IDN = Party("IDN")
TEXT = "เรือประมงสองลำ left the eastern mangroves.\n\n![Boats by day](weeks.png)"


async def test_a_pdf_has_the_marking_on_its_page_and_the_ledger_knows_of_it(
    scene: BulletinScene, shell: Shell, tmp_path: Path
) -> None:
    """For whom, and which; nothing of what it says."""
    number = await scene.published(written(TEXT), pictures={"weeks.png": chart()})
    file = tmp_path / "week.pdf"
    assert await exported(shell, number, IDN, file, None) == 0
    with pymupdf.open(file) as read:  # type: ignore[no-untyped-call]
        shown = read[0].get_text()
    assert shown.count("TLP:AMBER") >= 2
    assert number in shown
    (entry,) = [one for one in await scene.ledger() if one.kind is EntryKind.EXPORT]
    assert (entry.correlation, IDN in entry.parties) == (number, True)


async def test_markdown_has_the_marking_and_is_never_written_over_what_is_there(
    scene: BulletinScene, shell: Shell, tmp_path: Path
) -> None:
    """First and last, as in the room."""
    number = await scene.published(written("Boats left the eastern mangroves."))
    file = tmp_path / "week.md"
    assert await exported(shell, number, IDN, None, file) == 0
    said = file.read_text("utf-8")
    assert "eastern mangroves" in said
    assert said.count("TLP:AMBER //\n") == 2
    with pytest.raises(CantOperate, match="is there already"):
        await exported(shell, number, IDN, None, file)


async def test_what_a_party_may_not_have_is_answered_like_what_does_not_exist(
    scene: BulletinScene, shell: Shell, tmp_path: Path
) -> None:
    """ATTACK: a draft, a withdrawn one, one that was tightened away, a number that never was."""
    draft = (await scene.drafted(written("Of mangroves, a draft."))).version.number
    gone = await scene.published(written("Of mangroves, withdrawn later."))
    await scene.bulletins.withdraw(gone, scene.officer(ONE), "wrong")
    await scene.perform()
    kept = await scene.published(written("Of mangroves, tightened later."))
    event = scene.event("mps-bulletins", "Of mangroves, tightened later")
    await scene.recalling.ask(asked(event, TWO, scene.at, stated="TLP:AMBER PROTECT IDN //"))
    file = tmp_path / "week.pdf"
    for number in (draft, gone, kept, "BUL-0000-0", "nothing"):
        with pytest.raises(CantOperate, match="there is no bulletin"):
            await exported(shell, number, IDN, file, None)
    assert not file.exists()


async def test_a_search_at_the_shell_finds_what_that_officer_would(
    scene: BulletinScene, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """Number and title; a mistake is told with what to type."""
    number = await scene.published(written("Boats left the eastern mangroves.", title="A week"))
    assert await searched(shell, "mangrove", "idn.focal1", 1) == 0
    assert capsys.readouterr().out == f"{number}  A week\n1 bulletin.\n"
    with pytest.raises(CantOperate, match="is no officer"):
        await searched(shell, "mangrove", "idn.nobody", 1)
    with pytest.raises(CantOperate, match="I can't read the day"):
        await searched(shell, "boats from:yesterday", "idn.focal1", 1)
