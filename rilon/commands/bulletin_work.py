"""The steps of an analyst at a shell, once the network is reached: taken, waited for, told.

What a step may do is decided by `Bulletins`; what is posted by the gate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rilon.application.bulletin_checks import rooms_of
from rilon.application.bulletin_ports import Drafted
from rilon.application.bulletin_values import No, Pictures, State, Version
from rilon.bootstrap.bulletins import Shell
from rilon.bootstrap.operations import CantOperate, until
from rilon.bulletins.blocks import Picture as PictureBlock
from rilon.bulletins.page import page
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.bulletins.sources import PREFIX
from rilon.bulletins.written import messages
from rilon.commands.bulletin_files import (
    analyst,
    content_of,
    for_the_page,
    pictures_beside,
    written,
)
from rilon.commands.bulletin_told import (
    RULE,
    after_a_refusal,
    fate_told,
    mistakes_told,
    no,
    place_told,
    state_told,
    waiting_told,
    withdrawal_told,
)
from rilon.domain import marking_text
from rilon.domain.officers import Officer
from rilon.domain.request_numbers import read_number
from rilon.policy.mistakes import Mistakes, printable

WITHIN_S = 120.0
"""So long a command waits for what the steward does."""


async def submitted(
    shell: Shell, file: Path, by: str, leave_out: bool, of: str | None = None
) -> int:
    """Drafts and submits what the file says: a new bulletin, or another version of one."""
    author = await officer_at(shell, by)
    number = None if of is None else _number(of, by)
    content = content_of(file)
    read = await looked_at(shell, file, content, author, leave_out)
    if isinstance(read, Mistakes):
        return mistakes_told(read.items)
    _, pictures = read
    made = await shell.bulletins.draft(
        content, pictures, author, number=number, leave_out=leave_out
    )
    if isinstance(made, Mistakes):
        return mistakes_told(_in_file(made, file).items)
    if isinstance(made, No):
        raise CantOperate(no(made, number or "", by))
    number = made.version.number
    done = await shell.bulletins.submit(number, author)
    if isinstance(done, Mistakes):
        # Something it rests on was taken back in between: nothing is left that waits.
        await shell.bulletins.discard(number, author)
        return mistakes_told(_in_file(done, file).items)
    if isinstance(done, No):
        raise CantOperate(no(done, number, by))
    print(f"{number} is submitted{_left(made)}. Now another analyst approves it:")
    print(f"rilon bulletin approve {number} --by …")
    return 0


async def approved(
    shell: Shell, typed: str, by: str, html: Path | None, agrees: Callable[[], bool]
) -> int:
    """Shows what is approved, and approves exactly that if `agrees` says so."""
    officer = await officer_at(shell, by)
    number = _number(typed, by)
    version = await shell.store.latest(number)
    refused = _unapprovable(version, officer)
    if version is None or refused is not None:
        raise CantOperate(no(refused or No.UNKNOWN, number, by))
    pictures = await _pictures_of(shell, version, officer)
    read = await shell.bulletins.checked(
        version.content, pictures, officer, leave_out=version.leave_out
    )
    if isinstance(read, Mistakes):
        return _not_any_more(number, read)
    _show(version, read)
    if html is not None:
        written(html, page(read, for_the_page(pictures)))
        print(f"The page, with its pictures: {html}")
    if not agrees():
        print(f"{number} isn't approved.")
        return 1
    done = await shell.bulletins.approve(number, officer, revision=version.revision)
    if isinstance(done, Mistakes):
        return _not_any_more(number, done)
    if isinstance(done, No):
        raise CantOperate(no(done, number, by))
    print(f"{number} is approved. Now an analyst publishes it:")
    print(f"rilon bulletin publish {number} --by …")
    return 0


async def published(shell: Shell, typed: str, by: str, within_s: float = WITHIN_S) -> int:
    """Publishes, and waits until it stands in its rooms or was refused there."""
    officer = await officer_at(shell, by)
    number = _number(typed, by)
    begun = await shell.bulletins.publish(number, officer)
    if isinstance(begun, Mistakes):
        return _not_any_more(number, begun)
    if isinstance(begun, No):
        raise CantOperate(no(begun, number, by))

    async def settled() -> bool:
        latest = await shell.store.latest(number)
        return latest is None or latest.state is not State.PUBLISHING

    if not await until(settled, within_s):
        raise CantOperate(_unfinished(number))
    rooms = rooms_of(begun.groups, shell.network)
    fates = [await shell.rooms.fate("bulletin", number, begun.revision, one.key) for one in rooms]
    for room, fate in zip(rooms, fates, strict=True):
        print(fate_told(number, room, fate))
    if all(fate.complete for fate in fates):
        return 0
    print(after_a_refusal(number))
    return 1


async def withdrawn(shell: Shell, typed: str, by: str, why: str, within_s: float = WITHIN_S) -> int:
    """Withdraws, and waits until its readers see that."""
    officer = await officer_at(shell, by)
    number = _number(typed, by)
    before = await shell.rooms.places(number)
    done = await shell.bulletins.withdraw(number, officer, why)
    if isinstance(done, No):
        raise CantOperate(no(done, number, by))
    rooms = tuple(one.room for one in before)

    async def settled() -> bool:
        return not await shell.listing.under_way(number, rooms)

    if not await until(settled, within_s):
        raise CantOperate(_unfinished(number))
    fates = [await shell.rooms.fate("withdrawal", number, done.published, one) for one in rooms]
    for key, fate in zip(rooms, fates, strict=True):
        room = shell.network.rooms.get(key)
        print(withdrawal_told(number, room.name if room else key, fate))
    return 0 if all(fate.complete for fate in fates) else 1


async def standing(shell: Shell, typed: str | None) -> int:
    """What waits for whom; or of one bulletin where it stands, and which parties acknowledged."""
    if typed is None:
        every = await shell.listing.waiting()
        for one in every:
            print(waiting_told(one))
        if not every:
            print("No bulletin waits for anybody.")
        return 0
    number = _number(typed, "")
    version = await shell.store.latest(number)
    if version is None:
        raise CantOperate(no(No.UNKNOWN, number, ""))
    print(state_told(version))
    for place in () if version.withdrawn else await shell.rooms.places(number):
        room = shell.network.rooms.get(place.room)
        for line in () if room is None else place_told(place, room):
            print(line)
    return 0


# --- what they share -----------------------------------------------------------------------------


async def officer_at(shell: Shell, name: str) -> Officer:
    """The analyst of that name, who may take steps today. Raises CantOperate.

    ATTACK: a step in the name of somebody who has left, or whose devices were shut out.
    """
    officer = analyst(name, shell.network)
    if not officer.within_term(shell.now().date()):
        raise CantOperate(f"the term of {name} doesn't include today: let another analyst do it")
    if f"@{name}:{shell.server}" not in await shell.officers.admitted():
        raise CantOperate(f"{name} isn't admitted to the network now: let another analyst do it")
    return officer


async def looked_at(
    shell: Shell, file: Path, content: bytes, author: Officer, leave_out: bool
) -> tuple[Bulletin, Pictures] | Mistakes:
    """What the file says and the pictures beside it, with its sources looked at; or its mistakes,
    under its own name."""
    read = read_bulletin(
        file.name, content, author, shell.network, shell.now(), leave_out=leave_out
    )
    if isinstance(read, Mistakes):
        return read
    pictures = pictures_beside(file, read)
    if isinstance(pictures, Mistakes):
        return pictures
    found = await shell.bulletins.checked(content, pictures, author, leave_out=leave_out)
    return _in_file(found, file) if isinstance(found, Mistakes) else (found, pictures)


def _in_file(mistakes: Mistakes, file: Path) -> Mistakes:
    return Mistakes(tuple(replace(one, file=file.name) for one in mistakes.items))


def _left(made: Drafted) -> str:
    count = len(made.bulletin.left)
    return f", without {count} of its parts that are marked above the whole" if count else ""


def _number(typed: str, by: str) -> str:
    number = read_number(typed, (PREFIX,))
    if number is None:
        raise CantOperate(no(No.UNKNOWN, typed, by))
    return number


def _unapprovable(version: Version | None, by: Officer) -> No | None:
    if version is None:
        return No.UNKNOWN
    if version.withdrawn:
        return No.WITHDRAWN
    if version.state is not State.SUBMITTED:
        return No.NOT_WAITING
    return No.OWN if version.author == by.name else None


async def _pictures_of(shell: Shell, version: Version, reader: Officer) -> Pictures:
    """The pictures of a version, by the names that its text gives them."""
    read = read_bulletin(
        version.number,
        version.content,
        reader,
        shell.network,
        shell.now(),
        leave_out=version.leave_out,
    )
    blocks = () if isinstance(read, Mistakes) else read.blocks
    names = {one.file for one in blocks if isinstance(one, PictureBlock)}
    found = {
        name: await shell.store.picture(version.number, version.revision, name) for name in names
    }
    return {name: one for name, one in found.items() if one is not None}


def _show(version: Version, read: Bulletin) -> None:
    """All that is approved."""
    for message in messages(read):
        print(message.plain)
        print(RULE)
    print(f"Bulletin: {version.number}, version {version.revision}")
    print(f"Marking:  {marking_text.write(read.marking)}")
    print(f"Groups:   {', '.join(read.head.groups)}")
    sources = [printable(one.citation.name) for one in read.cited]
    print(f"Sources:  {', '.join(sources) or 'none'}")
    for one in read.left:
        print(f"Left out: the part of line {one.line}, marked {printable(one.marking)}")
    if version.published:
        print("It is a correction: readers see it in place of what stands there.")


def _not_any_more(number: str, mistakes: Mistakes) -> int:
    """A version that was right when it was submitted: a source was taken back, or a day passed."""
    code = mistakes_told(tuple(replace(one, file=number) for one in mistakes.items))
    print(after_a_refusal(number))
    return code


def _unfinished(number: str) -> str:
    return (
        f"the steward hasn't finished with {number} yet and goes on by itself: "
        f"see `rilon bulletin status {number}`"
    )
