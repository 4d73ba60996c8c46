"""Starts one child process so that it can't outlive the network that started it.

Run as a script of the standard library alone (`python -I -S child.py OPTIONS -- COMMAND`). It
takes another user id where asked, binds its end to its parent's, and then becomes the command.
What to start, and as whom, is decided by `rilon.embedded.postgres` and its siblings.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
SECBIT_KEEP_CAPS = 1 << 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
"""From linux/prctl.h, linux/securebits.h and linux/capability.h."""

CAPABILITIES = {"dac_override": 1, "dac_read_search": 2}


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *arguments: int) -> None:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    if libc.prctl(option, *(ctypes.c_ulong(value) for value in padded)) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def become(uid: int, gid: int, keep: str | None) -> None:
    """Takes another user and group id, with at most one capability kept across exec."""
    if keep is not None:
        _prctl(PR_SET_KEEPCAPS, 1)
        # access(2), by which PostgreSQL's programs look for each other, minds a kept capability
        # only with this bit (credentials are overridden there; see fs/open.c).
        _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if keep is None:
        return
    bit = 1 << CAPABILITIES[keep]
    # The second pair is for capabilities above 31, of which we keep none.
    sets = (_Sets * 2)(_Sets(bit, bit, bit), _Sets(0, 0, 0))
    header = _Header(CAPABILITY_VERSION_3, 0)
    if libc.capset(ctypes.byref(header), sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAPABILITIES[keep])


def end_with(parent: int, number: int) -> None:
    """Asks the kernel for signal `number` when the parent dies, also by SIGKILL.

    INVARIANT: after the last change of credentials, since each one clears the request. The
    parent may have died before the request: then this process has another parent by now.
    """
    _prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        sys.exit(1)


def main() -> None:
    options = argparse.ArgumentParser(prog="child")
    options.add_argument("--parent", type=int, required=True)
    options.add_argument("--signal", default="SIGTERM")
    options.add_argument("--user", type=int)
    options.add_argument("--group", type=int)
    options.add_argument("--keep", choices=sorted(CAPABILITIES))
    options.add_argument("--directory")
    options.add_argument("command", nargs="+")
    chosen = options.parse_args()
    # A session of its own: Ctrl-C on the terminal reaches the network, which ends its
    # children in order, and not the children first.
    os.setsid()
    os.umask(0o077)
    if chosen.user is not None:
        become(chosen.user, chosen.group, chosen.keep)
    if chosen.directory is not None:
        os.chdir(chosen.directory)
    end_with(chosen.parent, signal.Signals[chosen.signal])
    os.execv(chosen.command[0], chosen.command)  # noqa: S606


if __name__ == "__main__":
    main()
