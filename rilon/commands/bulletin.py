"""`rilon bulletin new` and `rilon bulletin preview`: from a blank file to what readers will see."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rilon.application.bulletin_values import Pictures
from rilon.bootstrap.operations import CantOperate
from rilon.bulletins.page import page
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.bulletins.written import messages
from rilon.commands.bulletin_files import (
    analyst,
    content_of,
    drawings_beside,
    for_the_page,
    pictures_beside,
    written,
)
from rilon.commands.bulletin_steps import shell_of
from rilon.commands.bulletin_told import RULE, mistakes_told
from rilon.commands.bulletin_work import looked_at, officer_at
from rilon.embedded.layout import Layout
from rilon.embedded.network import running_at
from rilon.embedded.provision import read_policy
from rilon.policy.mistakes import Mistakes, printable

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
    state: Path,
    file: Path,
    html: Path | None,
    by: str | None,
    leave_out: bool,
    policies: Path | None,
) -> int:
    """Prints what would be posted, message by message; or every mistake, with line and mend.

    `html` is where the page is written. `leave_out`: without the paragraphs that are marked above
    the whole. On a network that runs the sources are looked at for the author, `by`. Nothing is
    posted or stored.
    """
    content, layout = content_of(file), Layout.at(state)
    looks = by is not None and policies is None and running_at(layout) is not None
    if by is not None and looks:
        read = asyncio.run(_with_sources(layout, file, content, by, leave_out))
    else:
        read = _alone(file, content, by, leave_out, policies)
    if isinstance(read, Mistakes):
        return mistakes_told(read.items)
    bulletin, pictures = read
    _show(bulletin, looks)
    if html is not None:
        written(html, page(bulletin, for_the_page(pictures), drawings_beside(file, bulletin)))
        print(f"The page: {html}")
    return 0


def _alone(
    file: Path, content: bytes, by: str | None, leave_out: bool, policies: Path | None
) -> tuple[Bulletin, Pictures] | Mistakes:
    """The bulletin by a policy folder, and its pictures."""
    network = read_policy(policies)
    author, now = analyst(by, network), datetime.now(UTC)
    read = read_bulletin(file.name, content, author, network, now, leave_out=leave_out)
    if isinstance(read, Mistakes):
        return read
    pictures = pictures_beside(file, read)
    return pictures if isinstance(pictures, Mistakes) else (read, pictures)


async def _with_sources(
    layout: Layout, file: Path, content: bytes, by: str, leave_out: bool
) -> tuple[Bulletin, Pictures] | Mistakes:
    """The same on the running network, by the policy in force."""
    async with shell_of(layout) as shell:
        return await looked_at(shell, file, content, await officer_at(shell, by), leave_out)


def _show(read: Bulletin, looked: bool) -> None:
    found = messages(read)
    for message in found:
        print(message.plain)
        print(RULE)
    for one in read.left:
        print(f"Left out: the part of line {one.line}, marked {printable(one.marking)}")
    rooms = ", ".join(read.head.groups)
    many = "1 message" if len(found) == 1 else f"{len(found)} messages"
    sources = (
        "its sources allow it"
        if looked
        else "whether its sources allow it wasn't looked at (that takes a network that runs, "
        "and --by)"
    )
    print(f"{many} for {rooms}. Nothing was posted; {sources}.")
