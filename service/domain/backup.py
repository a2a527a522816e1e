"""A copy of an installation that can be put back, and why one cannot."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

SCHEMA: Final = "passkoll/backup/1"
MANIFEST: Final = "manifest.json"
BLOBS: Final = "blobs"

_BLOB: Final = re.compile(r"blobs/[0-9a-f]{32}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class BackupProblem(StrEnum):
    """Why a backup cannot be made or put back."""

    NOT_EMPTY = "folder_not_empty"
    BLOB_MISSING = "blob_missing"
    TOOL_MISSING = "tool_missing"
    TOOL_FAILED = "tool_failed"
    UNREADABLE = "backup_unreadable"
    DAMAGED = "backup_damaged"
    OTHER_REALM = "other_realm"
    OTHER_ENGINE = "other_engine"
    NEWER_SCHEMA = "newer_schema"
    SERVICE_RUNNING = "service_running"
    TARGET_NOT_EMPTY = "target_not_empty"
    KEYS_MISSING = "keys_missing"
    KEYS_DIFFER = "keys_differ"
    KEYS_UNREADABLE = "keys_unreadable"
    LOG_UNREADABLE = "purge_log_unreadable"


class BackupError(Exception):
    """A backup cannot be made or put back; `code` says why, `detail` names a file, a tool or an epoch."""

    def __init__(self, code: BackupProblem, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(": ".join(part for part in (code.value, detail) if part))


@dataclass(frozen=True, slots=True)
class FileDigest:
    """SHA-256, hexadecimal, and the number of octets."""

    sha256: str
    octets: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. Written last: a folder without one is no backup.

    `made_at`: RFC 3339, UTC. `revision`: of the schema. `epochs`: `class/name` of the keys that are needed to open
    what is in it; none of them is in it. `absent`: blobs that were erased while the backup was made.
    """

    made_at: str
    software: str
    realm: str
    engine: str
    revision: str
    epochs: tuple[str, ...]
    database: str
    absent: tuple[str, ...] = ()
    files: Mapping[str, FileDigest] = field(default_factory=dict)

    def to_octets(self) -> bytes:
        """JSON, for people too."""
        content = {"schema": SCHEMA, **asdict(self), "files": {n: asdict(f) for n, f in sorted(self.files.items())}}
        return json.dumps(content, indent=2).encode() + b"\n"

    @classmethod
    def read(cls, octets: bytes) -> Manifest:
        """What `to_octets` wrote.

        Raises:
            BackupError: `backup_unreadable`: it is something else. No name in it leads out of the folder.
        """
        try:
            content: dict[str, Any] = json.loads(octets)
            if content.pop("schema") != SCHEMA:
                raise ValueError
            files = {str(n): FileDigest(str(f["sha256"]), int(f["octets"])) for n, f in content.pop("files").items()}
            epochs, absent = (tuple(map(str, content.pop(name))) for name in ("epochs", "absent"))
            texts = {name: str(value) for name, value in content.items()}
            manifest = cls(epochs=epochs, absent=absent, files=MappingProxyType(files), **texts)
            if not all(map(manifest._is_ours, files)) or manifest.database not in files:
                raise ValueError
        except (ValueError, LookupError, TypeError, AttributeError):
            raise BackupError(BackupProblem.UNREADABLE, MANIFEST) from None
        return manifest

    def _is_ours(self, name: str) -> bool:
        known = name in ("database.sqlite3", "database.pgdump") or _BLOB.fullmatch(name) is not None
        return known and _DIGEST.fullmatch(self.files[name].sha256) is not None

    @property
    def blobs(self) -> frozenset[str]:
        """The names of the blobs in it."""
        return frozenset(name.removeprefix(f"{BLOBS}/") for name in self.files if name != self.database)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    `erased_again`: classes of verifications that the log of erasures names, and that the backup still had. `lost`:
    epochs of pictures whose keys exist nowhere any more, so that they count as erased.
    """

    manifest: Manifest
    erased_again: int
    lost: tuple[str, ...]
