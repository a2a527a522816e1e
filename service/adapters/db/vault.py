"""The vault of one transaction: data keys are rows of it, and blobs are durable before it commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.db.engine import for_reading
from service.adapters.db.vault_tables import blobs, data_keys
from service.adapters.vault.epochs import StoredEpochKeys
from service.adapters.vault.sealing import context, open_sealed, seal
from service.domain.ports import Clock, Randomness
from service.domain.retention import RetentionClass
from service.domain.vault import (
    KEY_BYTES,
    BlobStore,
    Epoch,
    ErasedError,
    KeyProvider,
    MissingBlobError,
    Place,
    StorageUnavailableError,
    UnreadableError,
)

log: Final = structlog.get_logger("passkoll.vault")

#: Octets of the name of a blob: it says nothing and cannot be guessed.
_NAME_BYTES: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class Safe:
    """What vaults are made of: keys, blobs, a clock for epochs."""

    provider: KeyProvider
    epochs: StoredEpochKeys
    blobs: BlobStore
    clock: Clock
    randomness: Randomness


@dataclass(frozen=True, slots=True, repr=False)
class _DataKey:
    key: bytes
    version: str


@dataclass(slots=True, repr=False)
class SqlVault:
    """Answers `service.domain.vault.Vault`. Unwrapped data keys live as long as the transaction, and no longer.

    A database that was opened without keys has no `safe`: there nothing opens.
    """

    connection: Connection
    safe: Safe | None
    #: Blobs that are to be deleted when the transaction is durable.
    discarded: list[str] = field(default_factory=list)
    _keys: dict[tuple[str, RetentionClass], _DataKey] = field(default_factory=dict)

    def seal(self, place: Place, plain: bytes) -> bytes:
        key = self._key(place) or self._new_key(place)
        return seal(key.key, plain, _bound_to(place, key.version), self._safe.randomness)

    def open(self, place: Place, sealed: bytes) -> bytes:
        return self._open(place, self._key(place), sealed)

    def store(self, place: Place, plain: bytes) -> None:
        sealed = self.seal(place, plain)
        name = self._safe.randomness.octets(_NAME_BYTES).hex()
        self._safe.blobs.put(name, sealed)
        self.connection.execute(insert(blobs).values(name=name, **_address(place)))

    def discard(self, place: Place) -> None:
        gone = self.connection.execute(delete(blobs).where(_at(place)).returning(blobs.c.name))
        self.discarded.extend(gone.scalars())

    def fetch(self, place: Place) -> bytes | None:
        # The key first: it says what was erased, and the blob of that is gone.
        key = self._key(place)
        name = self.connection.execute(select(blobs.c.name).where(_at(place))).scalar_one_or_none()
        if name is None:
            return None
        try:
            sealed = self._safe.blobs.get(name)
        except MissingBlobError:
            if self._is_erased_by_now(place):
                raise ErasedError from None
            log.error("a blob that a row names is missing")
            raise
        return self._open(place, key, sealed)

    def _is_erased_by_now(self, place: Place) -> bool:
        """Whether the key was taken away since this transaction began: it still sees the row of the blob."""
        newest = select(data_keys.c.wrapped).where(_is(place.verification_id, place.retention))
        with for_reading(self.connection.engine).connect() as another:
            row = another.execute(newest).one_or_none()
        return row is not None and row.wrapped is None

    def erased(self, verification_id: str) -> frozenset[RetentionClass]:
        query = select(data_keys).where(data_keys.c.verification_id == verification_id)
        return frozenset(
            RetentionClass(row.retention)
            for row in self.connection.execute(query)
            if row.wrapped is None or self._safe.epochs.is_destroyed(_epoch(row))
        )

    def erase(self, verification_id: str, retention: RetentionClass) -> None:
        self._keys.pop((verification_id, retention), None)
        now = self._safe.clock.now()
        epoch = Epoch.at(retention, now).name
        self._insert_key(verification_id, retention, {"version": epoch, "epoch": epoch, "erased_at": now})
        self.connection.execute(
            update(data_keys)
            .where(_is(verification_id, retention), data_keys.c.wrapped.is_not(None))
            .values(wrapped=None, erased_at=now)
        )
        named = and_(blobs.c.verification_id == verification_id, blobs.c.retention == retention)
        gone = self.connection.execute(delete(blobs).where(named).returning(blobs.c.name))
        self.discarded.extend(gone.scalars())

    def keep(self, verification_id: str, retention: RetentionClass) -> None:
        row = self._row(verification_id, retention)
        now = Epoch.frozen(retention, verification_id, self._safe.clock.now())
        if row is None or row.wrapped is None or _epoch(row).is_frozen:
            return
        try:
            wrapped = self._wrap(verification_id, self._unwrap(row), now, row.version)
        except ErasedError:
            return
        self.connection.execute(
            update(data_keys)
            .where(_is(verification_id, retention), data_keys.c.wrapped.is_not(None))
            .values(epoch=now.name, wrapped=wrapped)
        )

    def in_use(self) -> frozenset[Epoch]:
        query = select(data_keys.c.retention, data_keys.c.epoch).where(data_keys.c.wrapped.is_not(None)).distinct()
        return frozenset(_epoch(row) for row in self.connection.execute(query))

    def blob_names(self) -> frozenset[str]:
        return frozenset(self.connection.execute(select(blobs.c.name)).scalars())

    def delete_discarded(self) -> None:
        """Delete the blobs of what was erased; what cannot be reached now is left to the sweep of orphans."""
        for name in self.discarded:
            try:
                self._safe.blobs.delete(name)
            except StorageUnavailableError:
                log.warning("a blob that was erased is left to the sweep")

    @property
    def _safe(self) -> Safe:
        if self.safe is None:
            raise StorageUnavailableError
        return self.safe

    def _key(self, place: Place) -> _DataKey | None:
        """The data key of a place, None if there is none; ErasedError if it was erased."""
        known = self._keys.get((place.verification_id, place.retention))
        if known is not None:
            return known
        row = self._row(place.verification_id, place.retention)
        if row is None:
            return None
        if row.wrapped is None:
            raise ErasedError
        return self._remember(place, _DataKey(self._unwrap(row), row.version))

    def _open(self, place: Place, key: _DataKey | None, sealed: bytes) -> bytes:
        if key is None:
            # whoever sealed it made a key in the same transaction: somebody took it away
            log.error("something sealed has no key")
            raise UnreadableError
        try:
            return open_sealed(key.key, sealed, _bound_to(place, key.version))
        except UnreadableError:
            log.error("something sealed does not open")
            raise

    def _new_key(self, place: Place) -> _DataKey:
        """A data key of the current epoch, or the one that another transaction made at the same time."""
        epoch = Epoch.at(place.retention, self._safe.clock.now())
        key = self._safe.randomness.octets(KEY_BYTES)
        wrapped = self._wrap(place.verification_id, key, epoch, epoch.name)
        values = {"version": epoch.name, "epoch": epoch.name, "wrapped": wrapped}
        self._insert_key(place.verification_id, place.retention, values)
        made = self._key(place)
        if made is None:
            raise UnreadableError
        return made

    def _remember(self, place: Place, key: _DataKey) -> _DataKey:
        self._keys[place.verification_id, place.retention] = key
        return key

    def _insert_key(self, verification_id: str, retention: RetentionClass, values: Mapping[str, object]) -> None:
        """Insert the row unless there is one; waits for a transaction that inserts the same."""
        insert_or_leave = postgresql.insert if self.connection.dialect.name == "postgresql" else sqlite.insert
        row = {"verification_id": verification_id, "retention": retention, **values}
        self.connection.execute(insert_or_leave(data_keys).values(row).on_conflict_do_nothing())

    def _row(self, verification_id: str, retention: RetentionClass) -> Row[*tuple[Any, ...]] | None:
        return self.connection.execute(select(data_keys).where(_is(verification_id, retention))).one_or_none()

    def _wrap(self, verification_id: str, key: bytes, epoch: Epoch, version: str) -> bytes:
        bound_to = _key_context(verification_id, epoch, version)
        return seal(self._safe.epochs.key_to_wrap_with(epoch), key, bound_to, self._safe.randomness)

    def _unwrap(self, row: Row[*tuple[Any, ...]]) -> bytes:
        epoch = _epoch(row)
        bound_to = _key_context(row.verification_id, epoch, row.version)
        try:
            return open_sealed(self._safe.epochs.key(epoch), row.wrapped, bound_to)
        except UnreadableError:
            log.error("a data key does not open")
            raise


def _is(verification_id: str, retention: RetentionClass) -> ColumnElement[bool]:
    return and_(data_keys.c.verification_id == verification_id, data_keys.c.retention == retention)


def _address(place: Place) -> dict[str, str]:
    """A place as columns of the table of blobs."""
    return {
        "verification_id": place.verification_id,
        "retention": place.retention.value,
        "of_table": place.table,
        "of_column": place.column,
        "of_row": place.row,
    }


def _at(place: Place) -> ColumnElement[bool]:
    return and_(*(blobs.c[column] == value for column, value in _address(place).items()))


def _epoch(row: Row[*tuple[Any, ...]]) -> Epoch:
    return Epoch(RetentionClass(row.retention), row.epoch)


def _key_context(verification_id: str, epoch: Epoch, version: str) -> bytes:
    return context("data key", verification_id, epoch.retention.value, epoch.name, version)


def _bound_to(place: Place, version: str) -> bytes:
    retention = place.retention.value
    return context("sealed", place.verification_id, retention, version, place.table, place.column, place.row)
