"""The status list of Android's attestation certificates, as an operator imported it (never fetched by a request).

The published file (`https://android.googleapis.com/attestation/status`) names every certificate whose status is not
normal, and no date. How old it is, the modification time of the imported file says.
"""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from service.domain.errors import ConfigurationError

#: The published list has some thousand entries of below 100 octets.
MAX_STATUS_LIST: Final = 32 * 1024 * 1024
MAX_ENTRIES: Final = 500_000
#: How far ahead of the service the clock of the machine that imported the list may be.
AHEAD: Final = timedelta(hours=1)

_SERIAL: Final = re.compile(r"[0-9a-fA-F]{1,128}")


class BadStatusListError(Exception):
    """The file is no status list."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """The serial numbers that are named, and the time that the list is of."""

    named: frozenset[str] = field(repr=False)
    imported_at: datetime

    def names(self, serial: int) -> bool:
        """Whether a certificate is revoked or suspended.

        The schema has serial numbers in hexadecimal; older entries of the list read as decimal. Either counts.
        """
        return f"{serial:x}" in self.named or str(serial) in self.named

    def is_fresh(self, at: datetime, limit: timedelta) -> bool:
        """Whether it is no older than `limit`; one from the future is of nobody knows when."""
        return -AHEAD <= at - self.imported_at <= limit


def parse_status_list(data: bytes, imported_at: datetime) -> StatusList:
    """Read the published JSON. Every named certificate counts, whatever is said of it.

    Raises:
        BadStatusListError: no such list. An entry that cannot be understood spoils all of it.
    """
    if len(data) > MAX_STATUS_LIST:
        raise BadStatusListError
    try:
        tree = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise BadStatusListError from None
    entries = tree.get("entries") if isinstance(tree, dict) else None
    if not isinstance(entries, dict) or len(entries) > MAX_ENTRIES:
        raise BadStatusListError
    if not all(_SERIAL.fullmatch(serial) and isinstance(entry, dict) for serial, entry in entries.items()):
        raise BadStatusListError
    return StatusList(frozenset(serial.lower().lstrip("0") or "0" for serial in entries), imported_at)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a key twice")
    return tree


class StatusListFile:
    """The list in a file that an operator replaces while the service runs; None where there is no usable one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._list: StatusList | None = None

    def check(self) -> None:
        """Say at start what would refuse every phone later.

        Raises:
            ConfigurationError: the file is not there, or no status list.
        """
        if self._path is not None and self.current() is None:
            raise ConfigurationError("the status list of attestations cannot be read; see docs/attestation.md")

    def current(self) -> StatusList | None:
        """The list as the file has it now; read again only after it changed."""
        if self._path is None:
            return None
        with self._lock:
            try:
                with self._path.open("rb") as file:
                    about = os.fstat(file.fileno())
                    seen = (about.st_mtime_ns, about.st_size, about.st_ino)
                    if seen != self._seen:
                        self._list = None
                        self._seen = seen
                        imported_at = datetime.fromtimestamp(about.st_mtime, UTC)
                        self._list = parse_status_list(file.read(MAX_STATUS_LIST + 1), imported_at)
            except BadStatusListError:
                self._list = None
            except OSError:
                self._list = self._seen = None
            return self._list
