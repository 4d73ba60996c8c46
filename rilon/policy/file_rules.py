"""Rules on the files of a post: which may enter at all, and whether they are what is said."""

from __future__ import annotations

from dataclasses import dataclass, field

from rilon.domain.acts import Attachment, Post
from rilon.domain.files import ENDINGS, FileFacts, FileType, Finding
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Code, Refuse, refuse

UNSEEN = "rule1.file_unseen"
"""The rule that refuses a post whose files nobody has opened yet."""

_FOUND = {
    Finding.OTHER_TYPE: Code.FILE_NOT_AS_SAID,
    Finding.BESIDES: Code.FILE_NOT_AS_SAID,
    Finding.POSITION: Code.FILE_HAS_POSITION,
    Finding.UNREADABLE: Code.FILE_UNREADABLE,
    Finding.TOO_LARGE: Code.FILE_TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class FileRules:
    """Which files may enter. `largest` in bytes. Without types, none."""

    largest: int = 0
    types: frozenset[FileType] = field(default_factory=frozenset)


def judge_files(
    post: Post, facts: tuple[FileFacts, ...] | None, rules: FileRules, room: Room
) -> Refuse | None:
    """A refusal, or None for a post without files and for files that may enter.

    `facts` are those of the post's files in their order; None before anyone has opened them.
    INVARIANT: no file enters that wasn't opened.
    """
    name = room.name.partition(" · ")[0]
    megabytes = {"size": str(rules.largest // 1_000_000)}
    for file in post.files:
        kind = _kind(file)
        if kind is None or kind not in rules.types:
            named = {"types": ", ".join(sorted(_short(one) for one in rules.types))}
            return refuse(Code.FILE_NOT_ALLOWED, "rule1.file_type", room=name, **named)
        if not _as_named(file, kind):
            return refuse(Code.FILE_NOT_AS_SAID, "rule1.file_name", room=name)
        if file.size is not None and file.size > rules.largest:
            return refuse(Code.FILE_TOO_LARGE, "rule1.file_size", room=name, **megabytes)
    if not post.files:
        return None
    if facts is None or len(facts) != len(post.files):
        return refuse(Code.FILE_UNREADABLE, UNSEEN, room=name)
    for file, found in zip(post.files, facts, strict=True):
        code = None if found.finding is Finding.CLEAN else _FOUND[found.finding]
        if code is None and file.size is not None and file.size != found.size:
            code = Code.FILE_NOT_AS_SAID
        if code is None and found.size > rules.largest:
            code = Code.FILE_TOO_LARGE
        if code is not None:
            more = megabytes if code is Code.FILE_TOO_LARGE else {}
            return refuse(code, "rule1.file_content", room=name, **more)
    return None


def _kind(file: Attachment) -> FileType | None:
    try:
        kind = FileType(file.mimetype)
    except ValueError:
        return None
    # Clients show `m.image` as a picture, and a preview always.
    shown = file.shown_as == "m.file" or (file.shown_as == "m.image" and kind.is_picture)
    return kind if shown else None


def _as_named(file: Attachment, kind: FileType) -> bool:
    is_preview = not file.name
    return is_preview or file.name.rpartition(".")[2].casefold() in ENDINGS[kind]


def _short(kind: FileType) -> str:
    return kind.name
