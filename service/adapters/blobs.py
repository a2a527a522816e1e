"""Octets by name, durable: a folder of this machine, or whatever store obstore knows by its URL."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import obstore
import structlog
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import LocalStore, ObjectStore, from_url

from service.domain.vault import MissingBlobError, StorageUnavailableError, StoredBlob
from service.log import named

log: Final = structlog.get_logger("passkoll.storage")

#: Where a file is written before it gets its name; what lies here after a crash was never acknowledged.
_STAGING: Final = ".staging"
_LOCK: Final = ".lock"


class ObjectExistsError(Exception):
    """Somebody else made it first."""


class ObjectMissingError(Exception):
    """There is no such object."""


class ObjectChangedError(Exception):
    """Somebody else replaced it since it was read."""


@dataclass(frozen=True, slots=True, repr=False)
class Stored:
    """What an object holds, and a tag that another content does not have."""

    data: bytes
    tag: str


class Objects(Protocol):
    """Small objects. Every method raises StorageUnavailableError when the store cannot be reached or is full."""

    def create(self, name: str, data: bytes) -> None:
        """Make it, whole and durable, or raise ObjectExistsError."""
        ...

    def read(self, name: str) -> Stored:
        """ObjectMissingError if there is none."""
        ...

    def replace(self, name: str, data: bytes, tag: str, *, overwrite: bool = False) -> None:
        """Put `data` in the place of the content that `tag` names; ObjectChangedError if it is another one now.

        `overwrite`: where the store gives a way to, destroy the octets of the old content as well.
        """
        ...

    def delete(self, name: str) -> None:
        """No error if there is none."""
        ...

    def listing(self) -> Sequence[tuple[str, datetime]]:
        """Names and the times of writing, by the clock of the store."""
        ...


def open_objects(where: str | Path) -> Objects:
    """The store at a folder or a URL (`s3://bucket/prefix`, `gs://`, `az://`, `memory://`).

    Access keys come from the environment, in the names that the provider gives them (AWS_ACCESS_KEY_ID ...).

    Raises:
        ValueError: no store has such a URL.
    """
    if isinstance(where, Path) or "://" not in where:
        return LocalObjects(Path(where))
    if where.startswith("file://"):
        return LocalObjects(Path(where.removeprefix("file://")))
    try:
        # from_url gives each of its overloads its own class; all of them are ObjectStore
        return RemoteObjects(from_url(where))
    except BaseError as error:
        raise ValueError("no store has this address") from error


class RemoteObjects:
    """Answers `Objects` over a store that is durable when it acknowledges."""

    def __init__(self, store: ObjectStore) -> None:
        self._store: Final = store

    def create(self, name: str, data: bytes) -> None:
        with _reachable():
            try:
                obstore.put(self._store, name, data, mode="create")
            except AlreadyExistsError:
                raise ObjectExistsError from None

    def read(self, name: str) -> Stored:
        return _read(self._store, name)

    def replace(self, name: str, data: bytes, tag: str, *, overwrite: bool = False) -> None:
        with _reachable():
            try:
                obstore.put(self._store, name, data, mode={"e_tag": tag})
            except (PreconditionError, FileNotFoundError):
                raise ObjectChangedError from None

    def delete(self, name: str) -> None:
        with _reachable(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def listing(self) -> Sequence[tuple[str, datetime]]:
        return _listing(self._store)


class LocalObjects:
    """Answers `Objects` over a folder that only its owner reads.

    obstore renames, but does not sync (ENGINEERING.md "Data and jobs"): here the file is on the disk before it has
    its name, and the folder that holds the name after that.
    """

    def __init__(self, folder: Path) -> None:
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        self._folder: Final = folder
        self._store: Final = LocalStore(folder)

    def create(self, name: str, data: bytes) -> None:
        with _reachable():
            staged = self._stage(data)
            try:
                obstore.rename(self._store, staged, name, overwrite=False)
            except AlreadyExistsError:
                obstore.delete(self._store, staged)
                raise ObjectExistsError from None
            self._sync_folders(name)

    def read(self, name: str) -> Stored:
        stored = _read(self._store, name)
        # a file of this machine has no tag of its own that a second within a tick would change
        return Stored(stored.data, hashlib.sha256(stored.data).hexdigest())

    def replace(self, name: str, data: bytes, tag: str, *, overwrite: bool = False) -> None:
        with _reachable(), self._alone():
            try:
                if self.read(name).tag != tag:
                    raise ObjectChangedError
            except ObjectMissingError:
                raise ObjectChangedError from None
            with open(self._folder / name, "r+b") as old:
                obstore.rename(self._store, self._stage(data), name)
                self._sync_folders(name)
                if overwrite:
                    _overwrite(old.fileno())

    def delete(self, name: str) -> None:
        with _reachable(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, name)
            self._sync_folders(name)

    def listing(self) -> Sequence[tuple[str, datetime]]:
        return [(name, at) for name, at in _listing(self._store) if name != _LOCK]

    def _stage(self, data: bytes) -> str:
        staged = f"{_STAGING}/{secrets.token_hex(16)}"
        obstore.put(self._store, staged, data)
        path = self._folder / staged
        path.chmod(0o600)
        _sync(path)
        return staged

    def _sync_folders(self, name: str) -> None:
        """The folders from the object up to ours: a new one has to be in its parent too."""
        folder = (self._folder / name).parent
        while folder != self._folder:
            _sync(folder)
            folder = folder.parent
        _sync(self._folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else on this machine replaces anything here meanwhile; a process that dies lets go."""
        with open(self._folder / _LOCK, "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Blobs:
    """Answers `service.domain.vault.BlobStore`."""

    def __init__(self, objects: Objects) -> None:
        self._objects: Final = objects

    def put(self, name: str, sealed: bytes) -> None:
        try:
            self._objects.create(name, sealed)
        except ObjectExistsError:
            # 128 random bits met again: the generator is broken, and nothing may be written over
            raise StorageUnavailableError from None

    def get(self, name: str) -> bytes:
        try:
            return self._objects.read(name).data
        except ObjectMissingError:
            raise MissingBlobError from None

    def delete(self, name: str) -> None:
        self._objects.delete(name)

    def listing(self) -> Sequence[StoredBlob]:
        """Ages by the clock of the store: ours may have been set while a request was under way."""
        probe = f"probe-{secrets.token_hex(16)}"
        self._objects.create(probe, b"")
        try:
            found = dict(self._objects.listing())
        finally:
            self._objects.delete(probe)
        now = found.pop(probe, None)
        if now is None:
            raise StorageUnavailableError
        return [StoredBlob(name, now - at) for name, at in found.items()]


def _read(store: ObjectStore, name: str) -> Stored:
    with _reachable():
        try:
            found = obstore.get(store, name)
        except FileNotFoundError:
            raise ObjectMissingError from None
        return Stored(bytes(found.bytes()), found.meta["e_tag"] or "")


def _listing(store: ObjectStore) -> list[tuple[str, datetime]]:
    with _reachable():
        return [(found["path"], found["last_modified"]) for batch in obstore.list(store) for found in batch]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    """Zeros over a file that has no name any more."""
    os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
    os.fsync(descriptor)


@contextmanager
def _reachable() -> Iterator[None]:
    """Whatever a store says of itself becomes one error without its words, which hold addresses."""
    try:
        yield
    except (BaseError, OSError) as error:
        log.error("a store cannot be reached", **named(error))
        raise StorageUnavailableError from None
