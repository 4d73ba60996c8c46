"""An analyst at a shell: from a file to its readers, and what each "no" says to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from rilon.bootstrap.bulletins import Shell
from rilon.bootstrap.operations import CantOperate, until
from rilon.commands import bulletin_work as work
from rilon.domain.entries import EntryKind, Subject
from tests.integration.bulletins.bulletins_desk import (
    ONE,
    ROOM,
    TWO,
    BulletinScene,
    chart,
    written,
)

Printed = pytest.CaptureFixture[str]
UNHEARD = "there is no bulletin"


def a_file(folder: Path, content: bytes) -> Path:
    path = folder / "week.md"
    path.write_bytes(content)
    return path


async def submitted(
    shell: Shell, file: Path, printed: Printed, by: str = ONE, of: str | None = None
) -> str:
    """The number that `submit` or `correct` printed."""
    printed.readouterr()
    assert await work.submitted(shell, file, by, False, of) == 0
    return printed.readouterr().out.split()[0]


async def waited(scene: BulletinScene, command: Awaitable[int]) -> int:
    """The exit code of a command that waits for the steward, which works meanwhile."""
    running = asyncio.ensure_future(command)

    async def over() -> bool:
        await scene.perform()
        return running.done()

    assert await until(over, 60)
    return await running


async def on_shelf(scene: BulletinScene, shell: Shell, file: Path, printed: Printed) -> str:
    """The number of a bulletin that was published by commands alone."""
    number = await submitted(shell, file, printed)
    assert await work.approved(shell, number, TWO, None, lambda: True) == 0
    assert await waited(scene, work.published(shell, number, ONE)) == 0
    return number


async def test_a_file_goes_from_its_author_to_its_readers_by_commands_alone(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """Each command says what comes next; the ledger says that each step was taken in a shell."""
    text = "Four boats turned back at the cape.\n\n![Boats by day: four](days.png)"
    file = a_file(tmp_path, written(text))
    (tmp_path / "days.png").write_bytes(chart().data)
    number = await submitted(shell, file, capsys)
    assert await work.approved(shell, number.lower(), TWO, None, lambda: True) == 0
    shown = capsys.readouterr().out
    assert "Four boats turned back" in shown
    assert "Marking:  TLP:AMBER //" in shown
    assert "Groups:   mps" in shown
    assert "Sources:  none" in shown
    assert f"rilon bulletin publish {number}" in shown
    assert await waited(scene, work.published(shell, number, ONE)) == 0
    assert f"{number} stands in " in capsys.readouterr().out
    message, picture = scene.in_bulletins()
    assert "Four boats turned back" in message["body"]
    assert scene.read(picture) == chart().data
    steps = [dict(one.subject) for one in await scene.ledger() if one.kind is EntryKind.BULLETIN]
    assert [(one[Subject.STEP], one.get(Subject.VIA)) for one in steps] == [
        ("drafted", "shell"),
        ("submitted", "shell"),
        ("approved", "shell"),
        ("publishing", "shell"),
        ("published", None),
    ]


async def test_a_step_in_a_room_says_so_in_the_ledger(scene: BulletinScene) -> None:
    """What a signed device said is worth more, and is told apart; the steward's own is neither."""
    await scene.approved(written("Nothing was seen along the whole strait."))
    await scene.bulletins.draft(written(), {}, None)
    entries = [one for one in await scene.ledger() if one.kind is EntryKind.BULLETIN]
    assert [dict(one.subject).get(Subject.VIA) for one in entries] == ["room"] * 3 + [None]


async def test_mistakes_are_told_under_the_name_of_the_authors_file(
    shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """Of the text, of a source and of a picture alike; nothing is stored."""
    file = a_file(tmp_path, written("A word.", "$nobody-knows-this"))
    assert await work.submitted(shell, file, ONE, False) == 1
    told = capsys.readouterr().out
    assert told.startswith("week.md:7: the source `$nobody-knows-this` isn't known; ")
    file.write_bytes(written("![a chart](days.png)"))
    assert await work.submitted(shell, file, ONE, False) == 1
    assert "week.md:10: the picture isn't there; put it" in capsys.readouterr().out
    file.write_bytes(written(marking="TLP:PINK"))
    assert await work.submitted(shell, file, ONE, False) == 1
    assert capsys.readouterr().out.startswith("week.md:6: ")
    assert await shell.listing.waiting() == ()


async def test_what_is_no_number_is_answered_like_a_number_that_nobody_has(
    shell: Shell, tmp_path: Path
) -> None:
    """Whoever guesses learns nothing, by any command."""
    file = a_file(tmp_path, written())
    said = set()
    for typed in ("BUL-7K3F-4", "BUL-AAAA-A", "MPS-7K3F-4", "\x1b[2J"):
        for command in (
            work.standing(shell, typed),
            work.published(shell, typed, ONE),
            work.withdrawn(shell, typed, ONE, "a reason"),
            work.approved(shell, typed, TWO, None, lambda: True),
            work.submitted(shell, file, ONE, False, of=typed),
        ):
            with pytest.raises(CantOperate, match=UNHEARD) as told:
                await command
            assert "\x1b" not in str(told.value)
            said.add(str(told.value).partition(":")[2])
    assert len(said) == 1


async def test_nobody_approves_their_own_at_a_shell(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """The author is told that another analyst does it, before anything is asked."""
    number = await submitted(shell, a_file(tmp_path, written()), capsys)
    with pytest.raises(CantOperate, match="another analyst approves it"):
        await work.approved(shell, number, ONE, None, lambda: pytest.fail("asked"))
    with pytest.raises(CantOperate, match="isn't approved"):
        await work.published(shell, number, ONE)
    assert await scene.state(number) == "submitted"


async def test_who_declines_or_cannot_answer_approves_nothing(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """It goes on waiting."""
    number = await submitted(shell, a_file(tmp_path, written()), capsys)
    assert await work.approved(shell, number, TWO, None, lambda: False) == 1
    assert f"{number} isn't approved." in capsys.readouterr().out
    assert await scene.state(number) == "submitted"


async def test_a_version_put_in_its_place_while_somebody_reads_is_not_approved(
    scene: BulletinScene,
    shell: Shell,
    tmp_path: Path,
    capsys: Printed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is approved is what was shown, and nothing that came after."""
    number = await submitted(shell, a_file(tmp_path, written("Harmless at first sight.")), capsys)
    approve = shell.bulletins.approve

    async def later(*arguments: Any, **named: Any) -> Any:
        file = a_file(tmp_path, written("Swapped while somebody read the first."))
        await work.submitted(shell, file, ONE, False, of=number)
        return await approve(*arguments, **named)

    monkeypatch.setattr(shell.bulletins, "approve", later)
    with pytest.raises(CantOperate, match="another version has taken its place"):
        await work.approved(shell, number, TWO, None, lambda: True)
    assert await scene.state(number) == "submitted"


@pytest.mark.parametrize("name", ["idn.focal1", "nobody", ""])
async def test_only_analysts_are_named(shell: Shell, tmp_path: Path, name: str) -> None:
    """The nearest name that would do is offered."""
    with pytest.raises(CantOperate, match=r"is no analyst; (use one of|did you mean)"):
        await work.submitted(shell, a_file(tmp_path, written()), name, False)


async def test_an_analyst_who_was_shut_out_takes_no_step(
    scene: BulletinScene, shell: Shell, tmp_path: Path
) -> None:
    """Nobody goes on in the name of who was removed, or whose devices are lost."""
    await scene.run("UPDATE officer_state SET state = 'removed' WHERE name = :name", name=ONE)
    with pytest.raises(CantOperate, match="isn't admitted"):
        await work.submitted(shell, a_file(tmp_path, written()), ONE, False)


async def test_a_correction_and_a_withdrawal_are_seen_by_readers(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """The correction takes the same steps; what stands stays until then."""
    number = await on_shelf(scene, shell, a_file(tmp_path, written()), capsys)
    file = a_file(tmp_path, written("More boats, as it turned out."))
    assert await submitted(shell, file, capsys, of=number) == number
    await work.standing(shell, None)
    assert f"{number}  correction for mps: waits for approval" in capsys.readouterr().out
    assert await work.approved(shell, number, TWO, None, lambda: True) == 0
    assert "It is a correction" in capsys.readouterr().out
    assert await waited(scene, work.published(shell, number, TWO)) == 0
    assert await waited(scene, work.withdrawn(shell, number, ONE, "counted twice")) == 0
    assert (
        f"{number} is withdrawn in Bulletins · MPS: its readers see that" in capsys.readouterr().out
    )
    bodies = [content["body"] for content in scene.in_bulletins()]
    assert len(bodies) == 3
    assert "its authors took it back" in bodies[-1]
    assert await work.standing(shell, number) == 0
    assert capsys.readouterr().out.startswith(f"{number}: withdrawn")
    with pytest.raises(CantOperate, match="is withdrawn: write a new one"):
        await work.submitted(shell, file, ONE, False, of=number)


async def test_a_withdrawal_needs_a_reason_and_something_that_stands(
    shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """Both are said with what to do."""
    number = await submitted(shell, a_file(tmp_path, written()), capsys)
    with pytest.raises(CantOperate, match="give a reason"):
        await work.withdrawn(shell, number, ONE, " \n ")
    with pytest.raises(CantOperate, match="stands in no room"):
        await work.withdrawn(shell, number, ONE, "a mistake")


async def test_status_counts_parties_and_names_nobody(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """Which parties have acknowledged, which not; no officer, and nothing that it says."""
    number = await on_shelf(scene, shell, a_file(tmp_path, written()), capsys)
    await scene.taps("idn.focal1", ROOM, scene.event(ROOM, "Fewer boats"), "✅")
    capsys.readouterr()
    assert await work.standing(shell, number) == 0
    told = capsys.readouterr().out
    assert "acknowledged: IDN\n" in told
    assert "not yet:      AUS, BGD, MYS, THA, TLS\n" in told
    assert "analyst" not in told.replace("another analyst", "").replace("an analyst", "")
    assert "focal" not in told
    assert "boats" not in told
    assert await work.standing(shell, None) == 0
    assert "No bulletin waits" in capsys.readouterr().out


async def test_a_refusal_in_the_room_is_told_with_what_to_do(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """The approver is shut out between the approval and the posting: the gate lets nothing in."""
    number = await submitted(shell, a_file(tmp_path, written()), capsys)
    assert await work.approved(shell, number, TWO, None, lambda: True) == 0
    await scene.run("UPDATE officer_state SET state = 'stopped' WHERE name = :name", name=TWO)
    capsys.readouterr()
    assert await waited(scene, work.published(shell, number, ONE)) == 1
    told = capsys.readouterr().out
    assert "let another analyst approve" in told
    assert "(not_admitted)" in told
    assert f"rilon bulletin correct {number} FILE" in told
    assert scene.in_bulletins() == []
    await work.standing(shell, None)
    assert "the gate let it into none of its rooms" in capsys.readouterr().out


async def test_a_steward_that_does_not_answer_is_said_so(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """The command ends after its time; the steward goes on once it is back."""
    number = await submitted(shell, a_file(tmp_path, written()), capsys)
    assert await work.approved(shell, number, TWO, None, lambda: True) == 0
    with pytest.raises(CantOperate, match=f"hasn't finished with {number}"):
        await work.published(shell, number, ONE, within_s=0)
    with pytest.raises(CantOperate, match="is being posted right now"):
        await work.withdrawn(shell, number, ONE, "a mistake")
    await scene.perform()
    assert await scene.state(number) == "published"


async def test_a_text_cannot_steer_the_terminal_of_who_approves(
    shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """Letters that a terminal obeys never get into a bulletin."""
    file = a_file(tmp_path, written("before\n\n```\nhid\x1b[2Jden\n```"))
    assert await work.submitted(shell, file, ONE, False) == 1
    assert "\x1b" not in capsys.readouterr().out


async def test_parts_marked_above_the_whole_are_left_out_and_both_analysts_are_told(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """Without asking for it the file has a mistake; who approves sees what was left out."""
    file = a_file(tmp_path, written("For everybody here.\n\nTLP:RED // for very few eyes"))
    assert await work.submitted(shell, file, ONE, False) == 1
    assert "--leave-out" in capsys.readouterr().out
    assert await work.submitted(shell, file, ONE, True) == 0
    said = capsys.readouterr().out
    assert "without 1 of its parts" in said
    assert await work.approved(shell, said.split()[0], TWO, None, lambda: True) == 0
    shown = capsys.readouterr().out
    assert "Left out: the part of line 12, marked TLP:RED //" in shown
    assert "very few eyes" not in shown


async def test_a_source_taken_back_after_the_approval_keeps_it_from_being_posted(
    scene: BulletinScene, shell: Shell, tmp_path: Path, capsys: Printed
) -> None:
    """Whoever approves, and whoever publishes, is told which; both with what to do."""
    said = await scene.types("idn.focal1", "mps-floor", "Two hulls without names near the reef.")
    file = a_file(tmp_path, written("What the week showed.", said))
    first, second = await submitted(shell, file, capsys), await submitted(shell, file, capsys)
    page = tmp_path / "page.html"
    assert await work.approved(shell, first, TWO, page, lambda: True) == 0
    assert f"Sources:  {said}" in capsys.readouterr().out
    assert "What the week showed." in page.read_text()
    await scene.recalled(said, "idn.focal1")
    for number, step in (
        (first, work.published(shell, first, ONE)),
        (second, work.approved(shell, second, TWO, None, lambda: pytest.fail("asked"))),
    ):
        assert await step == 1
        told = capsys.readouterr().out
        assert f"{number}:7: the source `{said}` was taken back; take it out" in told
        assert f"rilon bulletin correct {number} FILE" in told
    assert await work.submitted(shell, file, ONE, False) == 1
    assert scene.in_bulletins() == []
