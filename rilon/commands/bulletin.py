"""`rilon bulletin new` and `rilon bulletin preview`: from a blank file to what readers will see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rilon.adapters.plain_pictures import is_plain
from rilon.bootstrap.operations import CantOperate
from rilon.bulletins.blocks import Picture
from rilon.bulletins.page import page
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.bulletins.written import messages
from rilon.domain.files import FileType
from rilon.domain.officers import Officer, Role
from rilon.embedded.provision import read_policy
from rilon.policy.mistakes import Mistake, Mistakes, nearest, printable, quoted
from rilon.policy.network import Network

_KINDS = {".png": FileType.PNG, ".jpg": FileType.JPEG, ".jpeg": FileType.JPEG}
MOST_PICTURE = 10_000_000

_NEW = """---
title: What this bulletin is about
kind: trends                # trends, insight, analysis, alert
period: {{from: {first}, until: {last}}}
groups: [{group}]
marking: TLP:AMBER
languages: [en]
sources: []                 # what it rests on: requests, reports, earlier bulletins
---

What changed, in two sentences.

## What we saw

- One thing in a line.

| Route | This period | Before |
| :-- | --: | --: |
| North | 4 | 3 |

## What it may mean

Say how sure you are, and why.
"""


def new(file: Path, policies: Path | None) -> int:
    """Writes a bulletin to fill in; never over a file that is there."""
    network = read_policy(policies)
    last = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    first = last.replace(day=1)
    text = _NEW.format(first=first.isoformat(), last=last.isoformat(), group=min(network.groups))
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise CantOperate(f"{file} is there already; give another name") from None
    except OSError as error:
        raise CantOperate(f"{file} can't be written: {error.strerror}") from None
    print(f"{file} is written. Fill it in, then: rilon bulletin preview {file}")
    return 0


def preview(
    file: Path, html: Path | None, by: str | None, leave_out: bool, policies: Path | None
) -> int:
    """Prints what would be posted, message by message; or every mistake, with line and mend.

    `html` is where the page is written. `leave_out`: without the paragraphs that are marked above
    the whole. Nothing is posted, and no source is looked at.
    """
    network = read_policy(policies)
    author, now = _author(by, network), datetime.now(UTC)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CantOperate(f"{file} can't be read: {error.strerror}") from None
    read = read_bulletin(file.name, content, author, network, now, leave_out=leave_out)
    if isinstance(read, Mistakes):
        return _told(read.items)
    pictures = _pictures(file, read)
    if isinstance(pictures, Mistakes):
        return _told(pictures.items)
    found = messages(read)
    for message in found:
        print(message.plain)
        print("-" * 72)
    for one in read.left:
        print(f"Left out: the part of line {one.line}, marked {printable(one.marking)}")
    rooms = ", ".join(read.head.groups)
    many = "1 message" if len(found) == 1 else f"{len(found)} messages"
    print(f"{many} for {rooms}. Nothing was posted; whether its sources allow it wasn't looked at.")
    if html is not None:
        try:
            html.write_text(page(read, pictures), encoding="utf-8")
        except OSError as error:
            raise CantOperate(f"{html} can't be written: {error.strerror}") from None
        print(f"The page: {html}")
    return 0


def _told(mistakes: tuple[Mistake, ...]) -> int:
    for mistake in mistakes:
        print(mistake)
    many = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    print(f"{many}. Mend them, and look again.")
    return 1


def _author(name: str | None, network: Network) -> Officer:
    analysts = {one.name: one for one in network.officers.values() if Role.ANALYST in one.roles}
    if name is None and analysts:
        return analysts[min(analysts)]
    if name not in analysts:
        raise CantOperate(f"{quoted(name or '')} is no analyst; {nearest(name or '', analysts)}")
    return analysts[name]


def _pictures(file: Path, bulletin: Bulletin) -> dict[str, tuple[str, bytes]] | Mistakes:
    """The pictures that stand beside the file, or what is wrong with them."""
    found: dict[str, tuple[str, bytes]] = {}
    wrong: list[Mistake] = []
    for block in bulletin.blocks:
        if isinstance(block, Picture):
            kind, data = (
                _KINDS[Path(block.file).suffix.lower()],
                _bytes_of(file.parent / block.file),
            )
            if mend := _unfit(data, kind):
                wrong.append(Mistake(file.name, block.line, 1, *mend))
            found[block.file] = (kind.value, data or b"")
    return Mistakes(tuple(wrong)) if wrong else found


def _bytes_of(path: Path) -> bytes | None:
    try:
        with path.open("rb") as opened:
            return opened.read(MOST_PICTURE + 1)
    except OSError:
        return None


def _unfit(data: bytes | None, kind: FileType) -> tuple[str, str] | None:
    """What is wrong with a picture, and how to mend it."""
    if data is None:
        return "the picture isn't there", "put it into the same folder"
    if len(data) > MOST_PICTURE:
        return "the picture is larger than 10 MB", "make it smaller"
    if not is_plain(data, kind):
        return (
            "the picture isn't what its name says, or holds more than is seen (where, by whom)",
            "save it anew as PNG, without its data",
        )
    return None
