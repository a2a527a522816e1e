"""Keys of a year each, wrapped by the master key: beside the epoch keys, never in the database."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final

import cbor2
import structlog

from service.adapters.blobs import ObjectChangedError, ObjectExistsError, ObjectMissingError, Objects
from service.adapters.vault.sealing import context
from service.domain.ports import Randomness
from service.domain.vault import KeyProvider, UnreadableError, WrappedKey

log: Final = structlog.get_logger("passkoll.keys")

#: RFC 2104 §3: as long as the output of the hash.
KEY_BYTES: Final = 32
_FORMAT: Final = 1
#: What lies there between the overwriting and the removal of a key; a crash may leave it.
_DESTROYED: Final = b""


class YearlyKeys:
    """The keys of one folder; an object is `{folder}/{year}`.

    The numbers of documents are few enough to be tried one after the other by whoever has a key, so the keys are as
    far from the database as those of the vault, and each is destroyed when nothing needs it.
    """

    def __init__(self, folder: str, objects: Objects, provider: KeyProvider, randomness: Randomness) -> None:
        self._folder: Final = folder
        self._objects: Final = objects
        self._provider: Final = provider
        self._randomness: Final = randomness
        self._known: Final[dict[int, bytes]] = {}
        self._lock: Final = threading.Lock()

    def made(self, year: int) -> bytes:
        """The key of a year, made if nobody did yet; of two who make it together both get the same."""
        found = self.key(year)
        if found is not None:
            return found
        wrapped = self._provider.wrap(self._randomness.octets(KEY_BYTES), self._bound_to(year))
        with contextlib.suppress(ObjectExistsError):
            self._objects.create(self._object(year), _living(wrapped))
        # read again: what counts is what lies there
        made = self.key(year)
        if made is None:
            raise UnreadableError
        return made

    def key(self, year: int) -> bytes | None:
        """The key of a year; None if nobody made it, or it was destroyed."""
        with self._lock:
            known = self._known.get(year)
        if known is not None:
            return known
        try:
            stored = self._objects.read(self._object(year))
        except ObjectMissingError:
            return None
        if stored.data == _DESTROYED:
            return None
        key = self._provider.unwrap(_content(stored.data), self._bound_to(year))
        with self._lock:
            self._known[year] = key
        return key

    def years(self) -> list[int]:
        """The years that have a key, in order."""
        parts = (name.partition("/") for name, _ in self._objects.listing())
        return sorted(int(year) for folder, _, year in parts if folder == self._folder and year.isdecimal())

    def destroy(self, wanted: Callable[[int], bool]) -> int:
        """Destroy the keys of the years that `wanted` says; how many."""
        old = [year for year in self.years() if wanted(year)]
        for year in old:
            self._overwrite(year)
            self._objects.delete(self._object(year))
        with self._lock:
            for year in [known for known in self._known if wanted(known)]:
                del self._known[year]
        return len(old)

    def rewrap(self) -> int:
        """Wrap every key by the newest master key; how many were not. Idempotent: a part of it may be done."""
        newest = self._provider.versions()[-1]
        return sum(self._rewrap(year, newest) for year in self.years())

    def _rewrap(self, year: int, newest: str) -> bool:
        while True:
            try:
                stored = self._objects.read(self._object(year))
            except ObjectMissingError:
                return False
            if stored.data == _DESTROYED:
                return False
            wrapped = _content(stored.data)
            if wrapped.master == newest:
                return False
            key = self._provider.unwrap(wrapped, self._bound_to(year))
            again = _living(self._provider.wrap(key, self._bound_to(year)))
            try:
                self._objects.replace(self._object(year), again, stored.tag, overwrite=True)
            except ObjectChangedError:
                # somebody destroyed or wrapped it meanwhile; look again, and never bring a destroyed one back
                continue
            return True

    def _overwrite(self, year: int) -> None:
        """Over the old octets first, where the store gives a way to."""
        while True:
            try:
                stored = self._objects.read(self._object(year))
                self._objects.replace(self._object(year), _DESTROYED, stored.tag, overwrite=True)
            except ObjectMissingError:
                return
            except ObjectChangedError:
                # it was wrapped anew meanwhile: those octets are to go too
                continue
            return

    def _object(self, year: int) -> str:
        return f"{self._folder}/{year:04}"

    def _bound_to(self, year: int) -> bytes:
        return context(self._folder, str(year))


def _living(wrapped: WrappedKey) -> bytes:
    return cbor2.dumps({"format": _FORMAT, "master": wrapped.master, "key": wrapped.data}, canonical=True)


def _content(data: bytes) -> WrappedKey:
    try:
        content: Any = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError):
        content = None
    match content:
        case {"format": 1, "master": str() as master, "key": bytes() as key}:
            return WrappedKey(master, key)
    log.error("the key of a year is damaged")
    raise UnreadableError
