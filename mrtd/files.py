"""The only door of `mrtd` to the file system: dumps, trust and policies by path.

Everything behind the door works on bytes. Paths are the operator's, contents are anybody's: numbers and sizes are
bounded, and no error names more than the last part of a path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from mrtd import dump, dump_body
from mrtd.errors import LimitExceededError, MalformedError, MrtdError
from mrtd.evidence import ChipEvidence
from mrtd.inspection.policy import POLICIES, Policy, from_json
from mrtd.pki import store_file
from mrtd.pki.sources import Source, read_source
from mrtd.pki.trust_store import Realm, TrustStore

#: Files of all trust paths together, and inside one zip. The whole ICAO PKD as single files is about 40 000.
MAX_TRUST_FILES: Final = 50_000
#: Bytes of all trust paths together, after unpacking. The ICAO PKD is about 150 MB as LDIF.
MAX_TRUST_SIZE: Final = 512 * 1024 * 1024
#: A policy file has some hundred lines.
MAX_POLICY_SIZE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """What trust paths hold.

    `skipped` names the files of folders and archives that are no trust material, `unreadable` those that look like it
    and cannot be read. `stores` are store files, which only `load_trust` opens.
    """

    sources: tuple[Source, ...]
    skipped: tuple[str, ...]
    unreadable: tuple[str, ...]
    stores: tuple[bytes, ...] = ()


def load_dump(path: Path | str) -> ChipEvidence:
    """Read a dump: a file of any format of `mrtd.dump.loads`, or a folder of elementary files.

    Raises:
        MalformedError: `unreadable`, or as `mrtd.dump.loads`.
        MrtdError: as `mrtd.dump.loads`.
    """
    path = Path(path)
    if not _is_folder(path):
        return dump.loads(_read(path, dump.MAX_DUMP_SIZE), path.name)
    return dump.from_files(_folder_entries(path))


def read_sources(*paths: Path | str) -> SourceFiles:
    """Read trust material: files, folders (recursively) and zips of them, in the order of their names.

    A path that was named must be trust material; inside folders and archives everything else is skipped and told.

    Raises:
        MalformedError: `unreadable`, or a named file that is no trust material (`unknown_format`).
        LimitExceededError: more than `MAX_TRUST_FILES` files or `MAX_TRUST_SIZE` bytes.
        MrtdError: as `mrtd.pki.sources.read_source`, of a named file.
    """
    reader = _SourceReader()
    for path in map(Path, paths):
        if _is_folder(path):
            for file in _walk(path):
                reader.read(file, named=False)
        else:
            reader.read(path, named=True)
    return reader.found()


def sources_in(data: bytes, name: str) -> SourceFiles:
    """Read trust material that came as one file, zip or not.

    Raises:
        MrtdError: as `read_sources` of a file that was named.
    """
    reader = _SourceReader()
    reader.content(data, name, named=True)
    return reader.found()


def load_trust(*paths: Path | str, realm: Realm = Realm.PRODUCTION, at: datetime | None = None) -> TrustStore:
    """The trust store of what the paths hold (API.md section 4: the paths are the operator's pin).

    A single store file is opened as the administered store that it is: then its own provenance holds.

    Args:
        paths: files, folders and zips; or one store file (`mrtd.pki.store_file`), or a folder that holds just one.
        realm: the realm that the store must be of.
        at: as for `TrustStore.from_sources`.

    Raises:
        MalformedError: `other_realm`; `store_file_beside_others`; or as `mrtd.pki.store_file.read`.
        MrtdError: as `read_sources`.
    """
    found = read_sources(*paths)
    if not found.stores:
        return TrustStore.from_sources(found.sources, realm, at=at)
    if len(found.stores) > 1 or found.sources:
        raise MalformedError("store_file_beside_others", detail="a store file stands alone")
    store = store_file.read(found.stores[0])
    if store.realm is not realm:
        raise MalformedError("other_realm", detail=f"the store is of the {store.realm.value} realm")
    return store


def load_policy(name_or_path: Path | str) -> Policy:
    """A shipped policy by its name, else a policy file (JSON).

    Raises:
        MalformedError: `unreadable`, or no policy.
        DuplicateError: a key twice.
    """
    shipped = POLICIES.get(str(name_or_path))
    if shipped is not None:
        return shipped
    path = Path(name_or_path)
    return from_json(dump_body.read_json(_read(path, MAX_POLICY_SIZE)))


class _SourceReader:
    """Collects sources; counts files and bytes across all paths."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.skipped: list[str] = []
        self.unreadable: list[str] = []
        self.stores: list[bytes] = []
        self._files = 0
        self._left = MAX_TRUST_SIZE

    def read(self, path: Path, *, named: bool) -> None:
        """One file; if it was `named`, its errors are errors."""
        self.content(_read(path, self._left), path.name, named=named)

    def content(self, data: bytes, name: str, *, named: bool) -> None:
        """The content of one file."""
        if data.startswith(b"PK"):
            self._count(b"")
            for member, content in self._unzip(name, data, named=named):
                self._add(content, f"{name}:{member}", named=False)
        else:
            self._add(data, name, named=named)

    def found(self) -> SourceFiles:
        """What was collected."""
        return SourceFiles(tuple(self.sources), tuple(self.skipped), tuple(self.unreadable), tuple(self.stores))

    def _unzip(self, name: str, data: bytes, *, named: bool) -> Iterator[tuple[str, bytes]]:
        limits = dump.ZipLimits(entries=MAX_TRUST_FILES, total=self._left)
        try:
            yield from dump.zip_entries(data, wanted=lambda _name: True, limits=limits)
        except MrtdError:
            if named:
                raise
            self.unreadable.append(name)

    def _add(self, data: bytes, name: str, *, named: bool) -> None:
        self._count(data)
        if store_file.is_store_file(data):
            self.stores.append(data)
            return
        try:
            source = read_source(data, name)
        except MrtdError:
            if named:
                raise
            self.unreadable.append(name)
            return
        if source is not None:
            self.sources.append(source)
        elif named:
            raise MalformedError("unknown_format", name)
        else:
            self.skipped.append(name)

    def _count(self, data: bytes) -> None:
        self._files += 1
        self._left -= len(data)
        if self._files > MAX_TRUST_FILES or self._left < 0:
            raise LimitExceededError("too_much_trust_material", detail=f"at file {self._files}")


def _folder_entries(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names relative to the folder; what no dump holds is not even opened."""
    left = dump.MAX_DUMP_SIZE
    for file in _walk(folder):
        name = file.relative_to(folder).as_posix()
        data = _read(file, left) if dump.is_wanted(name) else b""
        left -= len(data)
        yield name, data


def _walk(folder: Path) -> Iterator[Path]:
    """The regular files below a folder in the order of their names; links to folders are not followed."""

    def give_up(_error: OSError) -> None:
        raise MalformedError("unreadable", folder.name)

    for parent, folders, names in os.walk(folder, onerror=give_up):
        folders.sort()
        for name in sorted(names):
            file = Path(parent, name)
            if _is_regular(file):
                yield file


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        raise MalformedError("unreadable", path.name) from None


def _is_regular(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        raise MalformedError("unreadable", path.name) from None


def _read(path: Path, limit: int) -> bytes:
    """The bytes of one regular file; a device or a pipe could go on without end."""
    if not _is_regular(path):
        raise MalformedError("unreadable", path.name)
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError):
        raise MalformedError("unreadable", path.name) from None
    if len(data) > limit:
        raise LimitExceededError("file_too_large", path.name, f"more than {limit} bytes")
    return data
