"""A bulletin's file -> the bulletin, or every mistake in it with its line and its mend.

The file is Markdown behind a head in YAML, between two lines of `---`. What it may say, and where,
is decided by the same rules as any message: its text is judged for the bulletins room of each of
its groups.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from rilon.bulletins.blocks import Block, texts_of
from rilon.bulletins.head import Head
from rilon.bulletins.markdown import read_markdown
from rilon.bulletins.mends import explained, told
from rilon.bulletins.sources import FORMS, Citation, read_citation
from rilon.domain import marking_text
from rilon.domain.acts import Post, Unclear
from rilon.domain.letters import has_invisible
from rilon.domain.markings import WrittenMarking
from rilon.domain.officers import Officer
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Refuse
from rilon.policy.evaluate import judge_shown
from rilon.policy.mistakes import Mistake, Mistakes, nearest, quoted
from rilon.policy.network import Network
from rilon.policy.question import Question, Standing
from rilon.policy.yaml_tree import Tree, read_tree

MOST_BYTES = 200_000
MOST_BLOCK = 6_000
"""Characters of one block. A message holds both forms of it."""
FENCE = "---"
_SHOWN = "\u200c\u200d\ufe0f"
"""Invisible, but part of the spelling of Bengali words and of emoji."""
_UNSEEN = (
    "a character stands here that readers don't see, or that turns their reading",
    "write the line again by hand",
)


@dataclass(frozen=True, slots=True)
class Stricter:
    """A paragraph whose marking is above the whole's: where it stands, and how it is marked."""

    line: int
    marking: str


@dataclass(frozen=True, slots=True)
class Cited:
    """One line of `sources`: what it names, and where it stands in the file."""

    citation: Citation
    line: int


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A bulletin as it may be shown: its head, the marking of the whole, its blocks, and what it
    cites; `left` are the paragraphs that were left out of it."""

    head: Head
    marking: WrittenMarking
    blocks: tuple[Block, ...]
    cited: tuple[Cited, ...] = ()
    left: tuple[Stricter, ...] = ()


def read_bulletin(
    file: str,
    content: bytes,
    author: Officer,
    network: Network,
    now: datetime,
    *,
    leave_out: bool = False,
) -> Bulletin | Mistakes:
    """The bulletin, or its mistakes. `author` is who writes it; `now` decides what has expired.
    With `leave_out` it comes without the paragraphs that are marked above the whole.

    Never raises, whatever the bytes.
    """
    apart = _apart(file, content)
    if isinstance(apart, Mistake):
        return Mistakes((apart,))
    above, below, first_line = apart
    tree, head, found = _head(file, above)
    read = read_markdown(below, first_line)
    mistakes = [*found, *(Mistake(file, one.line, 1, one.problem, one.mend) for one in read.wrong)]
    if head is None or tree is None:
        return Mistakes(tuple(sorted(mistakes)))
    marking = _marking(head, tree, network, now)
    if isinstance(marking, Mistake):
        return Mistakes(tuple(sorted([*mistakes, marking])))
    stricter = tuple(_stricter(marking, read.blocks, network, now))
    cited, unread = _cited(head, tree, network)
    mistakes += unread
    bulletin = Bulletin(head, marking, read.blocks, cited)
    if leave_out:
        lines = {one.line for one in stricter}
        kept = tuple(block for block in read.blocks if block.line not in lines)
        bulletin = Bulletin(head, marking, kept, cited, stricter)
    else:
        mistakes += (_above_the_whole(file, one) for one in stricter)
    mistakes += _unknown_groups(head, tree, network)
    mistakes += _unfit(file, bulletin, tree, author, network, now)
    return Mistakes(tuple(sorted(set(mistakes)))) if mistakes else bulletin


def title_of(content: bytes) -> str | None:
    """The title that a bulletin's file has; None where it has none that can be read."""
    apart = _apart("", content)
    if isinstance(apart, Mistake):
        return None
    _, head, _ = _head("", apart[0])
    return None if head is None else head.title


def bulletins_room(group: str, network: Network) -> Room | None:
    """Where bulletins of a group are posted."""
    rooms = (one for one in network.rooms.values() if one.kind is RoomKind.BULLETINS)
    return next((one for one in rooms if one.group == group), None)


# --- the head ------------------------------------------------------------------------------------


def _apart(file: str, content: bytes) -> tuple[bytes, str, int] | Mistake:
    """The head's bytes with its lines where they are in the file, the text, and its first line."""
    if len(content) > MOST_BYTES:
        problem = f"the file is larger than {MOST_BYTES // 1000} kB"
        return Mistake(file, 1, 1, problem, "make several bulletins of it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Mistake(file, line, 1, "this isn't UTF-8 text", "save the file as UTF-8")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ends = [at for at, line in enumerate(lines) if line.rstrip() == FENCE][:2]
    if len(ends) < 2 or ends[0] != 0:
        mend = "begin with a line of `---`, then `title: …` and the rest, then `---` again"
        return Mistake(file, 1, 1, "the head is missing", mend)
    above = "\n".join(["", *lines[1 : ends[1]]])
    return above.encode(), "\n".join(lines[ends[1] + 1 :]), ends[1] + 2


def _head(file: str, above: bytes) -> tuple[Tree | None, Head | None, tuple[Mistake, ...]]:
    tree = read_tree(file, above)
    if not isinstance(tree, Tree):
        return None, None, tree
    if not isinstance(tree.value, dict):
        wrong = tree.mistake((), "the head isn't a list of `key: value`", "begin with `title: …`")
        return tree, None, (wrong,)
    try:
        return tree, Head.model_validate_json(json.dumps(tree.value)), ()
    except ValidationError as error:
        return tree, None, tuple(explained(tree, one) for one in error.errors())


def _marking(head: Head, tree: Tree, network: Network, now: datetime) -> WrittenMarking | Mistake:
    today = now.astimezone(UTC).date()
    written = head.marking.removesuffix(marking_text.END).strip()
    found = marking_text.read(f"{written} {marking_text.END}", network.vocabulary, today)
    if isinstance(found, WrittenMarking):
        return found
    offered = found.nearest if isinstance(found, Unclear) else None
    mend = f"did you mean `{offered}`?" if offered else "write one like `TLP:AMBER`"
    return tree.mistake(("marking",), f"{quoted(head.marking)} is no marking", mend)


def _unknown_groups(head: Head, tree: Tree, network: Network) -> Iterator[Mistake]:
    for at, group in enumerate(head.groups):
        if bulletins_room(group, network) is None:
            problem = f"the group {quoted(group)} isn't known"
            yield tree.mistake(("groups", at), problem, nearest(group, network.groups))


def _cited(
    head: Head, tree: Tree, network: Network
) -> tuple[tuple[Cited, ...], tuple[Mistake, ...]]:
    """What is cited, each once, and the lines that name nothing."""
    found: dict[Citation, int] = {}
    wrong = []
    for at, text in enumerate(head.sources):
        citation = read_citation(text, network.groups)
        if citation is None:
            problem = f"{quoted(text)} names no source"
            wrong.append(tree.mistake(("sources", at), problem, f"write {FORMS}"))
        else:
            found.setdefault(citation, tree.spot(("sources", at))[0])
    return tuple(Cited(one, line) for one, line in found.items()), tuple(wrong)


# --- the text ------------------------------------------------------------------------------------


def _unfit(
    file: str, bulletin: Bulletin, tree: Tree, author: Officer, network: Network, now: datetime
) -> Iterator[Mistake]:
    """What of it readers may not have, or couldn't read as it is meant."""
    if _has_unseen(bulletin.head.title):
        yield tree.mistake(("title",), *_UNSEEN)
    if not bulletin.blocks:
        yield tree.mistake((), "there is no text", "write it below the head")
    texts = list(texts_of(bulletin.blocks))
    for line, text in texts:
        if len(text) > MOST_BLOCK:
            problem = f"this is longer than {MOST_BLOCK} characters"
            yield Mistake(file, line, 1, problem, "divide it by empty lines")
        if _has_unseen(text):
            yield Mistake(file, line, 1, *_UNSEEN)
    for group in bulletin.head.groups:
        room = bulletins_room(group, network)
        if room is not None:
            yield from _refused(file, bulletin, texts, tree, author, room, network, now)


def _has_unseen(text: str) -> bool:
    shown = text.translate(dict.fromkeys(map(ord, _SHOWN + "\n")))
    return has_invisible(unicodedata.normalize("NFC", shown))


def _refused(
    file: str,
    bulletin: Bulletin,
    texts: list[tuple[int, str]],
    tree: Tree,
    author: Officer,
    room: Room,
    network: Network,
    now: datetime,
) -> Iterator[Mistake]:
    """What the rules say of it in that room: of the marking alone, then of each text."""
    whole = _judged("", bulletin.marking, author, room, network, now)
    if whole is not None:
        yield tree.mistake(("marking",), *told(whole, room))
        return
    for line, text in texts:
        refused = _judged(text, bulletin.marking, author, room, network, now)
        if refused is not None:
            yield Mistake(file, line, 1, *told(refused, room))


def _judged(
    text: str, marking: WrittenMarking, author: Officer, room: Room, network: Network, now: datetime
) -> Refuse | None:
    standing = Standing(author, admitted=True, device_signed=True)
    act = Post(text, marking)
    question = Question(
        act=act, room=room, standing=standing, sender_id=f"@{author.name}:x", related={}, now=now
    )
    verdict = judge_shown(question, network)
    return verdict if isinstance(verdict, Refuse) else None


def _stricter(
    whole: WrittenMarking, blocks: tuple[Block, ...], network: Network, now: datetime
) -> Iterator[Stricter]:
    """Parts whose own marking is above the whole's, or can't be told."""
    today = now.astimezone(UTC).date()
    for block in blocks:
        for _, text in texts_of((block,)):
            found = marking_text.read(text, network.vocabulary, today)
            if isinstance(found, Unclear):
                yield Stricter(block.line, found.found or "unclear")
            elif found is not None and whole.join(found) != whole:
                yield Stricter(block.line, marking_text.write(found))


def _above_the_whole(file: str, one: Stricter) -> Mistake:
    problem = f"this part is marked {quoted(one.marking)}, above the whole"
    mend = "mark the whole so, or take it out (`--leave-out` shows the bulletin without it)"
    return Mistake(file, one.line, 1, problem, mend)
