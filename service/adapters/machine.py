"""What the operating system says of the place where data lies."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from service.domain.audit import Details
from service.domain.condition import DiskSpace

#: Where Linux keeps the account that somebody signed in to this machine with; `su` and `sudo` leave it as it is.
_LOGIN_UID: Final = Path("/proc/self/loginuid")
#: What stands there of a process that nobody signed in for.
_NOBODY: Final = 2**32 - 1


def disk_space(folder: Path) -> DiskSpace | None:
    """Room on the file system of `folder`; None where it cannot be asked."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return DiskSpace(usage.free, usage.total)


def shell_account(login_uid: Path = _LOGIN_UID) -> Details:
    """Which accounts of the operating system are behind a command, as numbers, for the audit trail.

    A command says who acts (`--as`), and cannot prove it. These are what the kernel knows: `shell_uid`, the account
    that the command runs under, and `login_uid`, the one that somebody signed in to the machine with, None where
    nobody did or no such thing is kept.
    """
    uid = os.getuid() if hasattr(os, "getuid") else None
    return {"shell_uid": uid, "login_uid": _written_uid(login_uid)}


def _written_uid(path: Path) -> int | None:
    try:
        written = path.read_text("ascii").strip()
    except (OSError, UnicodeError):
        return None
    return int(written) if written.isdigit() and int(written) != _NOBODY else None
