"""A bulletin's file and the pictures beside it, read for the commands."""

from __future__ import annotations

from pathlib import Path

from rilon.adapters.plain_pictures import is_plain
from rilon.application.bulletin_values import Picture, Pictures
from rilon.bootstrap.operations import CantOperate
from rilon.bulletins.blocks import Picture as PictureBlock
from rilon.bulletins.reading import Bulletin
from rilon.domain.files import FileType
from rilon.domain.officers import Officer, Role
from rilon.policy.mistakes import Mistake, Mistakes, nearest, quoted
from rilon.policy.network import Network

_KINDS = {".png": FileType.PNG, ".jpg": FileType.JPEG, ".jpeg": FileType.JPEG}
MOST_PICTURE = 10_000_000


def content_of(file: Path) -> bytes:
    """What the file says. Raises CantOperate."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise CantOperate(f"{file} can't be read: {error.strerror}") from None


def written(path: Path, text: str) -> None:
    """Writes a page. Raises CantOperate."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CantOperate(f"{path} can't be written: {error.strerror}") from None


def analyst(name: str | None, network: Network) -> Officer:
    """The analyst of that name; without one, the first of the roster. Raises CantOperate."""
    analysts = {one.name: one for one in network.officers.values() if Role.ANALYST in one.roles}
    if name is None and analysts:
        return analysts[min(analysts)]
    if name not in analysts:
        raise CantOperate(f"{quoted(name or '')} is no analyst; {nearest(name or '', analysts)}")
    return analysts[name]


def for_the_page(pictures: Pictures) -> dict[str, tuple[str, bytes]]:
    """The pictures as the page takes them."""
    return {name: (one.type.value, one.data) for name, one in pictures.items()}


def pictures_beside(file: Path, bulletin: Bulletin) -> Pictures | Mistakes:
    """The pictures that stand beside the file, or what is wrong with them."""
    found: dict[str, Picture] = {}
    wrong: list[Mistake] = []
    for block in bulletin.blocks:
        if isinstance(block, PictureBlock):
            kind = _KINDS[Path(block.file).suffix.lower()]
            data = _bytes_of(file.parent / block.file)
            if mend := _unfit(data, kind):
                wrong.append(Mistake(file.name, block.line, 1, *mend))
            found[block.file] = Picture(kind, data or b"")
    return Mistakes(tuple(wrong)) if wrong else found


def drawings_beside(file: Path, bulletin: Bulletin) -> dict[str, bytes]:
    """The same pictures as SVG, where one stands beside them: for the page."""
    found = {}
    for block in bulletin.blocks:
        if isinstance(block, PictureBlock):
            data = _bytes_of((file.parent / block.file).with_suffix(".svg"))
            if data is not None and len(data) <= MOST_PICTURE:
                found[block.file] = data
    return found


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
