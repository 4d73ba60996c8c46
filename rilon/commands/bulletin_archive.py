"""`rilon bulletin search|export`: what was published, found and taken out of the network.

Both are for somebody: what an officer, or a party, may not read isn't found and isn't exported.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

from rilon.adapters.pdf import NoPdf, pdf_of
from rilon.application.record import COMPONENT
from rilon.archive.blind import Reader, ask
from rilon.archive.query import Unsearchable, read_query
from rilon.archive.why_not import why_not
from rilon.bootstrap.bulletins import Shell
from rilon.bootstrap.operations import CantOperate
from rilon.bulletins.markdown_export import markdown_of
from rilon.bulletins.print_form import Issue
from rilon.bulletins.reading import Bulletin, read_bulletin, title_of
from rilon.bulletins.sources import PREFIX
from rilon.commands.bulletin_steps import shell_of
from rilon.domain.entries import Entry, EntryKind, Subject, subject
from rilon.domain.officers import Role
from rilon.domain.parties import RSO, Party
from rilon.domain.request_numbers import read_number
from rilon.domain.rooms import RoomKind
from rilon.embedded.layout import Layout
from rilon.policy.mistakes import Mistakes, nearest, printable, quoted
from rilon.policy.network import Network
from rilon.storage.archive import find, readable_since
from rilon.storage.outboxes import write_out
from rilon.texts.translator import translator

_NO_PDF = {
    NoPdf.DOES_NOT_FIT: "something in it is wider than a page; divide the table or the word",
    NoPdf.TOO_LONG: "it is too long for one PDF; make several bulletins of it",
    NoPdf.PICTURES: "a picture is missing, can't be read, or they are too large together",
    NoPdf.FAILED: "it took too long; try again",
}


def search(state: Path, words: list[str], by: str, page: int) -> int:
    """Prints what an officer would find with these words."""
    return _run(state, lambda shell: searched(shell, " ".join(words), by, page))


def export(state: Path, number: str, party: str, pdf: Path | None, markdown: Path | None) -> int:
    """Writes a bulletin to a new file, as a party may have it."""
    if (pdf is None) == (markdown is None):
        raise CantOperate("say which file to write: --pdf FILE or --markdown FILE")
    return _run(state, lambda shell: exported(shell, number, Party(party), pdf, markdown))


async def searched(shell: Shell, typed: str, by: str, page: int) -> int:
    """The same, once the network is reached."""
    officer = shell.network.officers.get(by)
    if officer is None:
        raise CantOperate(f"{quoted(by)} is no officer; {nearest(by, shell.network.officers)}")
    asked = read_query(typed)
    if isinstance(asked, Unsearchable):
        raise CantOperate(why_not(translator("en"), asked).plain)
    rooms = frozenset(one for one in _rooms_of(shell.network) if by in shell.network.members(one))
    reader = Reader(officer.party, rooms, Role.ANALYST in officer.roles)
    blind = ask(asked, reader, shell.network, shell.archive)
    async with shell.engine.connect() as connection:
        found = await find(connection, blind, shell.now(), page)
    for number in found.numbers:
        version = await shell.store.published(number)
        title = None if version is None else title_of(version.content)
        print(f"{number}  {printable(title or '')}")
    pages = f", page {found.page} of {found.pages}" if found.pages > 1 else ""
    many = "1 bulletin" if found.count == 1 else f"{found.count} bulletins"
    print(f"{many}{pages}.")
    return 0


async def exported(
    shell: Shell, number: str, party: Party, pdf: Path | None, markdown: Path | None
) -> int:
    """The same, once the network is reached."""
    if party not in shell.network.parties:
        known = nearest(party, shell.network.parties)
        raise CantOperate(f"{quoted(party)} is no party; {known}")
    read = await _readable(shell, number, party)
    if read is None:
        raise CantOperate(
            f"there is no bulletin {quoted(number)} that {party} may have; look for it with "
            "`rilon bulletin search`"
        )
    bulletin, issue, pictures = read
    if markdown is not None:
        data = markdown_of(bulletin).encode()
    else:
        made = await pdf_of(bulletin, issue, pictures)
        if isinstance(made, NoPdf):
            raise CantOperate(f"there is no PDF of {issue.number}: {_NO_PDF[made]}")
        data = made
    # Before the file: what left the network is on record even if this dies.
    async with shell.engine.begin() as connection:
        await write_out(connection, shell.outbox, [_entry(shell, issue)])
    file = markdown or pdf or Path()
    _write(file, data)
    print(f"{file} is written, as {party} may have it. Its marking goes with it.")
    return 0


def _run(state: Path, work: Callable[[Shell], Awaitable[int]]) -> int:
    async def run() -> int:
        async with shell_of(Layout.at(state)) as shell:
            return await work(shell)

    return asyncio.run(run())


async def _readable(
    shell: Shell, number: str, party: Party
) -> tuple[Bulletin, Issue, dict[str, bytes]] | None:
    known = read_number(number, (PREFIX,))
    version = None if known is None else await shell.store.published(known)
    if known is None or version is None or version.author is None:
        return None
    network, now = shell.network, shell.now()
    rooms = frozenset(key for key in _rooms_of(network) if party in network.rooms[key].ceiling)
    async with shell.engine.connect() as connection:
        since = await readable_since(connection, known, Reader(party, rooms), now)
    author = network.officers.get(version.author)
    if since is None or author is None:
        return None
    read = read_bulletin("", version.content, author, network, now, leave_out=version.leave_out)
    if isinstance(read, Mistakes):
        return None
    pictures = await shell.store.pictures(known, version.revision)
    given = {name: one.data for name, one in pictures.items()}
    return read, Issue(known, since, party, now.date()), given


def _rooms_of(network: Network) -> list[str]:
    return [key for key, one in network.rooms.items() if one.kind is RoomKind.BULLETINS]


def _entry(shell: Shell, issue: Issue) -> Entry:
    """The entry of an export: which bulletin, for which party."""
    return Entry(
        kind=EntryKind.EXPORT,
        time=shell.now(),
        component=COMPONENT,
        correlation=issue.number,
        salt=secrets.token_bytes(16),
        parties=frozenset({issue.party, RSO}),
        subject=subject({Subject.STEP: "bulletin", Subject.REFERENCE: issue.number}),
    )


def _write(file: Path, data: bytes) -> None:
    """Never over a file that is there."""
    try:
        with file.open("xb") as opened:
            opened.write(data)
    except FileExistsError:
        raise CantOperate(f"{file} is there already; give another name") from None
    except OSError as error:
        raise CantOperate(f"{file} can't be written: {error.strerror}") from None
