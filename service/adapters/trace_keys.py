"""The keys of traces: one a year, wrapped by the master key, beside the epoch keys and never in the database."""

from __future__ import annotations

import contextlib
import hmac
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import cbor2
import structlog

from service.adapters.blobs import ObjectExistsError, ObjectMissingError, Objects, open_objects
from service.adapters.db.vault import Safe
from service.adapters.vault.sealing import context
from service.domain.duplicates import Trace
from service.domain.errors import ConfigurationError
from service.domain.ports import Randomness
from service.domain.vault import KeyProvider, UnreadableError, WrappedKey
from service.settings import Settings

log: Final = structlog.get_logger("passkoll.keys")

#: Traces are kept no longer than this, so the keys of this year and of the last one find all of them.
LONGEST_KEPT: Final = timedelta(days=365)
#: RFC 2104 §3: as long as the output of the hash.
KEY_BYTES: Final = 32
_FOLDER: Final = "traces"
_FORMAT: Final = 1


class YearlyTraceKeys:
    """Answers `service.domain.duplicates.TraceKeys`.

    An object is `traces/{year}`. Document numbers are few enough to be tried one after the other by whoever has the
    key, so the keys are as far from the database as those of the vault, and an old one is destroyed.
    """

    def __init__(self, objects: Objects, provider: KeyProvider, randomness: Randomness) -> None:
        self._objects: Final = objects
        self._provider: Final = provider
        self._randomness: Final = randomness
        self._known: Final[dict[int, bytes]] = {}
        self._lock: Final = threading.Lock()

    def digests(self, trace: Trace, at: datetime) -> tuple[str, ...]:
        year = at.astimezone(UTC).year
        keys = (self._made(year), self._key(year - 1))
        return tuple(hmac.new(key, trace.octets, "sha256").hexdigest() for key in keys if key is not None)

    def forget_old(self, at: datetime) -> int:
        last = at.astimezone(UTC).year - 1
        old = [name for name, _ in self._objects.listing() if _is_before(name, last)]
        for name in old:
            stored = self._objects.read(name)
            # over the old octets first, where the store gives a way to
            self._objects.replace(name, b"", stored.tag, overwrite=True)
            self._objects.delete(name)
        with self._lock:
            for year in [known for known in self._known if known < last]:
                del self._known[year]
        return len(old)

    def _made(self, year: int) -> bytes:
        """The key of a year, made if nobody did yet; of two who make it together both get the same."""
        found = self._key(year)
        if found is not None:
            return found
        wrapped = self._provider.wrap(self._randomness.octets(KEY_BYTES), _bound_to(year))
        content = {"format": _FORMAT, "master": wrapped.master, "key": wrapped.data}
        with contextlib.suppress(ObjectExistsError):
            self._objects.create(_object(year), cbor2.dumps(content, canonical=True))
        # read again: what counts is what lies there
        made = self._key(year)
        if made is None:
            raise UnreadableError
        return made

    def _key(self, year: int) -> bytes | None:
        with self._lock:
            known = self._known.get(year)
        if known is not None:
            return known
        try:
            stored = self._objects.read(_object(year))
        except ObjectMissingError:
            return None
        key = self._provider.unwrap(_content(stored.data), _bound_to(year))
        with self._lock:
            self._known[year] = key
        return key


def open_trace_keys(settings: Settings, safe: Safe) -> YearlyTraceKeys:
    """The keys where the settings keep those of the epochs, wrapped by the same master key.

    Raises:
        ConfigurationError: the store cannot be used.
    """
    try:
        objects = open_objects(settings.epochs or settings.data_dir / "keys" / "epochs")
    except (ValueError, OSError):
        raise ConfigurationError("no store has the address of PASSKOLL_EPOCHS") from None
    return YearlyTraceKeys(objects, safe.provider, safe.randomness)


def _object(year: int) -> str:
    return f"{_FOLDER}/{year:04}"


def _is_before(name: str, year: int) -> bool:
    folder, _, written = name.partition("/")
    return folder == _FOLDER and written.isdecimal() and int(written) < year


def _bound_to(year: int) -> bytes:
    return context("traces", str(year))


def _content(data: bytes) -> WrappedKey:
    try:
        content: Any = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError):
        content = None
    match content:
        case {"format": 1, "master": str() as master, "key": bytes() as key}:
            return WrappedKey(master, key)
    log.error("the key of traces is damaged")
    raise UnreadableError
