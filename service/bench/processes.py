"""What a process has cost so far, as the system counts it (proc(5)); nothing where the system does not say."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_PEAK: Final = re.compile(r"^VmHWM:\s+([0-9]+) kB$", re.MULTILINE)
_NANOSECONDS: Final = 1e9
#: Fields of /proc/PID/stat behind the name in brackets: user and system time, then those of children that have ended.
_OWN: Final = slice(11, 13)
_CHILDREN: Final = slice(13, 15)


def peak_kib(process: int) -> int | None:
    """The largest resident memory, KiB."""
    text = _read(f"/proc/{process}/status")
    found = None if text is None else _PEAK.search(text)
    return None if found is None else int(found[1])


def cpu_seconds(process: int) -> float | None:
    """Time on a processor: of all threads, and of programs that the process started and that have ended."""
    text = _read(f"/proc/{process}/stat")
    if text is None:
        return None
    fields, tick = text.rpartition(")")[2].split(), os.sysconf("SC_CLK_TCK")
    own, children = (sum(map(int, fields[which])) / tick for which in (_OWN, _CHILDREN))
    # Threads that live are known to the nanosecond; ticks of 10 ms know those that have ended too. A process that
    # has gone meanwhile has no threads.
    threads = [_read(str(file)) for file in Path(f"/proc/{process}/task").glob("*/schedstat")]
    return children + max(own, sum(int(thread.split()[0]) for thread in threads if thread) / _NANOSECONDS)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text("ascii", "replace")
    except OSError:
        return None
