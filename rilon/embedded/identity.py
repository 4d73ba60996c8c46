"""As whom PostgreSQL runs, which refuses to be root.

An ordinary user runs it as itself. Root runs it under another user id; where that id can't
pass the folders above (a checkout under `/root`), the child keeps one capability for it, and
no folder's mode is changed.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

USERS = ("postgres", "nobody")
"""Tried in this order: `initdb` wants an id that has a name."""

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


class NoIdentity(Exception):
    """There is no user under whose id PostgreSQL could run here. The message names the mend."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user and group id, and the capability a child keeps under them, if it needs one."""

    uid: int
    gid: int
    keep: str | None = None


def may(path: Path, uid: int, gid: int, bit: int) -> bool:
    """Whether the modes grant the bit (`stat.S_IXOTH`, `stat.S_IROTH`) on exactly this path."""
    found = path.stat()
    shift = 6 if found.st_uid == uid else 3 if found.st_gid == gid else 0
    return bool(found.st_mode & (bit << shift))


def needed_capability(
    uid: int, gid: int, programs: Iterable[Path], folders: Iterable[Path]
) -> int | None:
    """The least capability with which that id can run the programs and reach the folders."""
    programs = [path.resolve() for path in programs]
    if not all(may(path, uid, gid, stat.S_IXOTH) for path in programs):
        return CAP_DAC_OVERRIDE
    above = {parent for path in (*programs, *folders) for parent in path.resolve().parents}
    readable = all(may(path, uid, gid, stat.S_IROTH) for path in programs)
    passable = all(may(path, uid, gid, stat.S_IXOTH) for path in above)
    return None if readable and passable else CAP_DAC_READ_SEARCH


def held_capabilities() -> int:
    """The capabilities this process may use, as the kernel's bit mask (`CapPrm`)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def capability_to_keep(needed: int | None, held: int) -> str | None:
    """The capability's name for the launcher. Containers often hold only the wider one."""
    if needed is None:
        return None
    if needed == CAP_DAC_READ_SEARCH and held & 1 << CAP_DAC_READ_SEARCH:
        return "dac_read_search"
    if held & 1 << CAP_DAC_OVERRIDE:
        return "dac_override"
    raise NoIdentity(
        "PostgreSQL can't run as root, and another user can't reach the state folder or the "
        "packages: put both where every user may pass, or start as an ordinary user"
    )


def database_identity(data: Path, programs: Iterable[Path]) -> Identity | None:
    """As whom to run PostgreSQL on that data folder; `None` is as ourselves.

    A folder that is there already keeps its owner. Raises `NoIdentity`.
    """
    if os.geteuid() != 0:
        return None
    uid, gid = _user_of(data)
    needed = needed_capability(uid, gid, programs, (data,))
    return Identity(uid, gid, capability_to_keep(needed, held_capabilities()))


def _user_of(data: Path) -> tuple[int, int]:
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return user.pw_uid, user.pw_gid
    raise NoIdentity(f"PostgreSQL can't run as root: make a user named {USERS[0]}")
