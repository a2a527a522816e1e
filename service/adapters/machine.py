"""What the operating system says of the place where data lies."""

from __future__ import annotations

import shutil
from pathlib import Path

from service.domain.condition import DiskSpace


def disk_space(folder: Path) -> DiskSpace | None:
    """Room on the file system of `folder`; None where it cannot be asked."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return DiskSpace(usage.free, usage.total)
