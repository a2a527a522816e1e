"""Epoch keys as objects of a store of their own, which no backup of the database holds."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import cbor2
import structlog

from service.adapters.blobs import ObjectChangedError, ObjectExistsError, ObjectMissingError, Objects, Stored
from service.adapters.people_keys import PeopleKeys
from service.adapters.vault.sealing import context
from service.domain.ports import Randomness
from service.domain.retention import RetentionClass
from service.domain.vault import KEY_BYTES, Epoch, ErasedError, KeyProvider, UnreadableError, WrappedKey

log: Final = structlog.get_logger("passkoll.keys")

#: Unwrapped keys that one process remembers, and for how long: a destroyed epoch is forgotten everywhere after that.
MAX_REMEMBERED: Final = 64
MAX_AGE_S: Final = 300.0
#: Of an object in the store.
_FORMAT: Final = 1


class StoredEpochKeys:
    """Answers `service.domain.vault.EpochKeys`, and gives the vault its keys.

    An object is `{class}/{name}` and holds the wrapped key, or a mark that it was destroyed. The mark stays for ever:
    a destroyed epoch is told from a lost one, and is never begun again.
    """

    def __init__(self, objects: Objects, provider: KeyProvider, randomness: Randomness) -> None:
        self._objects: Final = objects
        self._provider: Final = provider
        self._randomness: Final = randomness
        #: The key of what is kept of the staff lies in the same store.
        self.people: Final = PeopleKeys(objects, provider, randomness)
        self._remembered: Final[OrderedDict[Epoch, tuple[bytes, float]]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def key(self, epoch: Epoch) -> bytes:
        """The key of an epoch.

        Raises:
            ErasedError: it was destroyed.
            UnreadableError: it is lost, changed, or wrapped by a master key that is not here.
            StorageUnavailableError: it cannot be reached.
        """
        remembered = self._recall(epoch)
        if remembered is not None:
            return remembered
        try:
            stored = self._objects.read(_object(epoch))
        except ObjectMissingError:
            log.error("the key of an epoch is missing")
            raise UnreadableError from None
        return self._remember(epoch, self._unwrap(epoch, stored))

    def key_to_wrap_with(self, epoch: Epoch) -> bytes:
        """The key of an epoch, made if nobody did yet; of two who make it together both get the same.

        Raises:
            As `key`.
        """
        remembered = self._recall(epoch)
        if remembered is not None:
            return remembered
        key = self._randomness.octets(KEY_BYTES)
        try:
            # Looked for first: the master key may live in a slow device.
            return self._remember(epoch, self._unwrap(epoch, self._objects.read(_object(epoch))))
        except ObjectMissingError:
            pass
        try:
            self._objects.create(_object(epoch), _living(self._provider.wrap(key, _bound_to(epoch))))
        except ObjectExistsError:
            return self.key(epoch)
        return self._remember(epoch, key)

    def is_destroyed(self, epoch: Epoch) -> bool:
        """Whether the key was destroyed, which is not the same as lost."""
        try:
            self.key(epoch)
        except ErasedError:
            return True
        return False

    def living(self) -> Sequence[Epoch]:
        return sorted(epoch for epoch in self._epochs() if self._wrapped(epoch) is not None)

    def is_empty(self) -> bool:
        """Whether no epoch was ever used: only then may a new master key begin."""
        return not self._objects.listing()

    def destroy(self, epoch: Epoch) -> None:
        with self._lock:
            self._remembered.pop(epoch, None)
        while True:
            try:
                stored = self._objects.read(_object(epoch))
                if _content(stored) is not None:
                    self._objects.replace(_object(epoch), _destroyed(), stored.tag, overwrite=True)
            except ObjectMissingError:
                # never used, and from now on it cannot be
                try:
                    self._objects.create(_object(epoch), _destroyed())
                except ObjectExistsError:
                    continue
            except ObjectChangedError:
                continue
            break
        with self._lock:
            self._remembered.pop(epoch, None)

    def rewrap(self) -> int:
        newest = self._provider.versions()[-1]
        return sum(self._rewrap(epoch, newest) for epoch in self._epochs()) + self.people.rewrap()

    def _rewrap(self, epoch: Epoch, newest: str) -> bool:
        while True:
            stored = self._objects.read(_object(epoch))
            wrapped = _content(stored)
            if wrapped is None or wrapped.master == newest:
                return False
            key = self._provider.unwrap(wrapped, _bound_to(epoch))
            again = self._provider.wrap(key, _bound_to(epoch))
            try:
                self._objects.replace(_object(epoch), _living(again), stored.tag, overwrite=True)
            except ObjectChangedError:
                # somebody destroyed or wrapped it meanwhile; look again, and never write over a destroyed one
                continue
            return True

    def _epochs(self) -> list[Epoch]:
        found = []
        for name, _ in self._objects.listing():
            retention, _, epoch = name.partition("/")
            if retention in frozenset(RetentionClass):
                found.append(Epoch(RetentionClass(retention), epoch))
        return sorted(found)

    def _wrapped(self, epoch: Epoch) -> WrappedKey | None:
        try:
            return _content(self._objects.read(_object(epoch)))
        except ObjectMissingError:
            return None

    def _unwrap(self, epoch: Epoch, stored: Stored) -> bytes:
        wrapped = _content(stored)
        if wrapped is None:
            raise ErasedError
        return self._provider.unwrap(wrapped, _bound_to(epoch))

    def _recall(self, epoch: Epoch) -> bytes | None:
        with self._lock:
            key, since = self._remembered.get(epoch, (None, 0.0))
            if key is not None and time.monotonic() - since > MAX_AGE_S:
                del self._remembered[epoch]
                return None
            return key

    def _remember(self, epoch: Epoch, key: bytes) -> bytes:
        with self._lock:
            self._remembered[epoch] = (key, time.monotonic())
            while len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        return key


def _object(epoch: Epoch) -> str:
    return f"{epoch.retention.value}/{epoch.name}"


def _bound_to(epoch: Epoch) -> bytes:
    return context("epoch", epoch.retention.value, epoch.name)


def _living(wrapped: WrappedKey) -> bytes:
    return cbor2.dumps({"format": _FORMAT, "master": wrapped.master, "key": wrapped.data}, canonical=True)


def _destroyed() -> bytes:
    return cbor2.dumps({"format": _FORMAT, "destroyed": True}, canonical=True)


def _content(stored: Stored) -> WrappedKey | None:
    """The wrapped key of an object, or None if it was destroyed."""
    try:
        content: Any = cbor2.loads(stored.data)
    except (cbor2.CBORDecodeError, ValueError):
        content = None
    match content:
        case {"format": 1, "destroyed": True}:
            return None
        case {"format": 1, "master": str() as master, "key": bytes() as data}:
            return WrappedKey(master, data)
    log.error("the key of an epoch is damaged")
    raise UnreadableError
