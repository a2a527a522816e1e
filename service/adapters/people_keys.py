"""The key of what is kept of the staff: wrapped by the master key, beside the epoch keys, never in the database.

People who work here are known for as long as they have an account, so their key is one that does not end with a day
or a month. Two keys are made from it (RFC 5869): one seals, the other makes the digests that people are found by.
"""

from __future__ import annotations

import contextlib
import hmac
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

import cbor2
import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from service.adapters.blobs import ObjectChangedError, ObjectExistsError, ObjectMissingError, Objects
from service.adapters.vault.sealing import context, open_sealed, seal
from service.domain.ports import Randomness
from service.domain.vault import KEY_BYTES, KeyProvider, UnreadableError, WrappedKey

log: Final = structlog.get_logger("passkoll.keys")

#: The folder of the key in the store of the epoch keys.
FOLDER: Final = "people"
#: As for the keys of epochs.
MAX_AGE_S: Final = 300.0
_OBJECT: Final = f"{FOLDER}/1"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class PeopleCipher:
    """Seals columns of the tables of people, and makes the digests that somebody is looked up by."""

    sealing: bytes
    indexing: bytes
    randomness: Randomness

    def seal(self, table: str, column: str, row: str, plain: bytes) -> bytes:
        """What a column keeps: it opens in this place alone."""
        return seal(self.sealing, plain, context("people", table, column, row), self.randomness)

    def open(self, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """What was sealed for this place.

        Raises:
            UnreadableError: it does not open.
        """
        try:
            return open_sealed(self.sealing, sealed, context("people", table, column, row))
        except UnreadableError:
            log.error("something sealed of a person does not open")
            raise

    def index(self, purpose: str, text: str) -> bytes:
        """A keyed digest (HMAC-SHA-256): the same for the same text, and of no use without the key."""
        return hmac.digest(self.indexing, context("people", purpose, text), "sha256")


class PeopleKeys:
    """The key, read when it is needed and forgotten after a while."""

    def __init__(self, objects: Objects, provider: KeyProvider, randomness: Randomness) -> None:
        self._objects: Final = objects
        self._provider: Final = provider
        self._randomness: Final = randomness
        self._known: tuple[PeopleCipher, float] | None = None
        self._lock: Final = threading.Lock()

    def cipher(self, *, may_begin: bool = False) -> PeopleCipher:
        """What seals and opens. `may_begin`: nothing was ever sealed with a key of people, so one may be made.

        Raises:
            UnreadableError: there is no key, it was changed, or it is wrapped by a master key that is not here.
            StorageUnavailableError: it cannot be reached.
        """
        with self._lock:
            if self._known is not None and time.monotonic() - self._known[1] < MAX_AGE_S:
                return self._known[0]
        try:
            root = self._root()
        except ObjectMissingError:
            if not may_begin:
                log.error("the key of people is missing")
                raise UnreadableError from None
            root = self._made()
        cipher = PeopleCipher(_derived(root, b"seal"), _derived(root, b"index"), self._randomness)
        with self._lock:
            self._known = cipher, time.monotonic()
        return cipher

    def rewrap(self) -> int:
        """Wrap the key by the newest master key; how many were not: one, or none."""
        newest = self._provider.versions()[-1]
        while True:
            try:
                stored = self._objects.read(_OBJECT)
            except ObjectMissingError:
                return 0
            wrapped = _content(stored.data)
            if wrapped.master == newest:
                return 0
            again = self._provider.wrap(self._provider.unwrap(wrapped, _BOUND_TO), _BOUND_TO)
            try:
                self._objects.replace(_OBJECT, _stored(again), stored.tag, overwrite=True)
            except ObjectChangedError:
                continue
            return 1

    def _root(self) -> bytes:
        return self._provider.unwrap(_content(self._objects.read(_OBJECT).data), _BOUND_TO)

    def _made(self) -> bytes:
        """A new one; of two who make it together both get the same."""
        wrapped = self._provider.wrap(self._randomness.octets(KEY_BYTES), _BOUND_TO)
        with contextlib.suppress(ObjectExistsError):
            self._objects.create(_OBJECT, _stored(wrapped))
        # read again: what counts is what lies there
        return self._root()


_BOUND_TO: Final = context("people", "1")


def _derived(root: bytes, use: bytes) -> bytes:
    return HKDFExpand(SHA256(), KEY_BYTES, b"passkoll people " + use).derive(root)


def _stored(wrapped: WrappedKey) -> bytes:
    return cbor2.dumps({"format": _FORMAT, "master": wrapped.master, "key": wrapped.data}, canonical=True)


def _content(data: bytes) -> WrappedKey:
    try:
        content: Any = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError):
        content = None
    match content:
        case {"format": 1, "master": str() as master, "key": bytes() as key}:
            return WrappedKey(master, key)
    log.error("the key of people is damaged")
    raise UnreadableError
