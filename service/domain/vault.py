"""What is kept of a person is kept sealed, and forgotten by destroying keys (SECURITY.md 7.9, RULES.md section 5).

    master key   in a file, a token or a key service (`KeyProvider`); it wraps epoch keys, and a few keys beside them
    epoch key    one for each retention class and day or month, wrapped by the master key, kept outside the database
    data key     one for each verification and retention class, wrapped by an epoch key, a row of the database
    sealed       AES-256-GCM under a data key, bound to its place: what is moved elsewhere does not open

A copy of the database opens nothing without the epoch keys, and an old copy opens nothing of a destroyed epoch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from service.domain.errors import ProblemCode, ServiceError
from service.domain.retention import RetentionClass

#: AES-256.
KEY_BYTES: Final = 32
#: Seconds after which a caller may ask again when keys or blobs are out of reach.
RETRY_AFTER_S: Final = 5


class UnreadableError(ServiceError):
    """What is stored does not open: it was changed, moved or lost, or belongs to other keys. Nothing rests on it."""

    def __init__(self) -> None:
        super().__init__(ProblemCode.RECORD_UNREADABLE)


class MissingBlobError(UnreadableError):
    """A blob that a row names is not there: it was lost, or erased since the row was read."""


class ErasedError(ServiceError):
    """What is asked for was erased: its key exists no more."""

    def __init__(self) -> None:
        super().__init__(ProblemCode.ERASED)


class StorageUnavailableError(ServiceError):
    """The keys or the blobs cannot be reached now; nothing was written, and nothing is decided."""

    def __init__(self) -> None:
        super().__init__(ProblemCode.NOT_READY, retry_after_s=RETRY_AFTER_S)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something sealed stands; it opens nowhere else. `row` is the primary key of the row, as text."""

    verification_id: str
    retention: RetentionClass
    table: str
    column: str
    row: str


@dataclass(frozen=True, slots=True, order=True)
class Epoch:
    """A stretch of time whose data keys of one class can be destroyed together.

    `name` is its day (`2026-11-24`) for photos and portraits and its month (`2026-11`) for the rest, in UTC. What a
    frozen verification keeps has an epoch of its own, named by the day of the freeze (`2026-11-24.0f3c2a91`).
    """

    retention: RetentionClass
    name: str

    @classmethod
    def at(cls, retention: RetentionClass, moment: datetime) -> Epoch:
        """The epoch that `moment` (aware) lies in."""
        daily = retention is RetentionClass.PORTRAIT
        return cls(retention, moment.astimezone(UTC).strftime("%Y-%m-%d" if daily else "%Y-%m"))

    @classmethod
    def frozen(cls, retention: RetentionClass, verification_id: str, moment: datetime) -> Epoch:
        """The epoch that a verification is moved to when it is frozen: backups made after that open it again."""
        own = hashlib.sha256(verification_id.encode()).hexdigest()[:8]
        return cls(retention, f"{moment.astimezone(UTC):%Y-%m-%d}.{own}")

    @property
    def is_frozen(self) -> bool:
        """Whether it belongs to a frozen verification."""
        return "." in self.name

    @property
    def ends_at(self) -> datetime:
        """The first moment after it (aware, UTC).

        Raises:
            ValueError: it has no name of an epoch.
        """
        if self.is_frozen or self.retention is RetentionClass.PORTRAIT:
            day = self.name.partition(".")[0]
            return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
        first = datetime.strptime(self.name, "%Y-%m").replace(tzinfo=UTC)
        # The first of the month after: no month has 32 days, and every one has more than 3.
        return (first + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True, slots=True, repr=False)
class WrappedKey:
    """A key under a version of the master key."""

    master: str
    data: bytes


class KeyProvider(Protocol):
    """Holds the master key, in versions; the newest one wraps. No version leaves it.

    Whatever is wrapped here is also one of `Rewrapped`, and a rotation of the master key knows it.

    Every method raises StorageUnavailableError when the provider cannot be reached.
    """

    def wrap(self, secret: bytes, context: bytes) -> WrappedKey:
        """A key, or another short secret, under the newest version and bound to `context`."""
        ...

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """The secret again; UnreadableError if it was changed, has another context, or its version is unknown."""
        ...

    def versions(self) -> Sequence[str]:
        """The names of the versions, the newest last."""
        ...

    def rotate(self) -> str:
        """Make a new version; its name."""
        ...


class Rewrapped(Protocol):
    """Keys that the master key wraps, whatever they are for."""

    def rewrap(self) -> int:
        """Wrap every one by the newest master key; how many were not. What is done already is left alone."""
        ...


class EpochKeys(Protocol):
    """The keys that wrap data keys. They are kept apart from the database and from its backups."""

    def living(self) -> Sequence[Epoch]:
        """Those that were used and are not destroyed, in order."""
        ...

    def destroy(self, epoch: Epoch) -> None:
        """Overwrite and remove the key of `epoch`, once and for all; what it wrapped opens no more. Idempotent."""
        ...

    def rewrap(self) -> int:
        """Wrap every epoch key by the newest master key; how many were not."""
        ...


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob that exists. `age`: since it was written, by the clock of the store."""

    name: str
    age: timedelta


class BlobStore(Protocol):
    """Sealed octets under random names. Every method raises StorageUnavailableError when it cannot be reached."""

    def put(self, name: str, sealed: bytes) -> None:
        """Write a new blob; when this returns, it survives a crash of the machine."""
        ...

    def get(self, name: str) -> bytes:
        """What was put; UnreadableError if there is no such blob."""
        ...

    def delete(self, name: str) -> None:
        """Remove it; no error if it is gone."""
        ...

    def listing(self) -> Sequence[StoredBlob]:
        """Every blob there is."""
        ...


class Vault(Protocol):
    """Seals and opens what one transaction writes and reads, and erases.

    `open` and `fetch` raise ErasedError for what was erased, and UnreadableError for what does not open. Nothing is
    ever returned that was not sealed for exactly this place.
    """

    def seal(self, place: Place, plain: bytes) -> bytes:
        """What a column keeps. ErasedError if the class was erased: what is forgotten is not begun anew."""
        ...

    def open(self, place: Place, sealed: bytes) -> bytes:
        """What was sealed for `place`."""
        ...

    def store(self, place: Place, plain: bytes) -> None:
        """Seal into a blob, durable before the transaction can commit; at most one blob a place."""
        ...

    def fetch(self, place: Place) -> bytes | None:
        """What was stored at `place`; None if nothing was."""
        ...

    def discard(self, place: Place) -> None:
        """Name the blob at `place` for deletion after the commit: another one takes its part. Idempotent."""
        ...

    def erased(self, verification_id: str) -> frozenset[RetentionClass]:
        """The classes whose keys exist no more."""
        ...

    def erase(self, verification_id: str, retention: RetentionClass) -> None:
        """Destroy the data key and name the blobs for deletion after the commit. Idempotent."""
        ...

    def keep(self, verification_id: str, retention: RetentionClass) -> None:
        """Wrap the data key by the key of an epoch of its own, so that it outlives the one it was made in.

        For what a suspected fraud freezes. No-op for a class that was never used or was erased.
        """
        ...

    def in_use(self) -> frozenset[Epoch]:
        """The epochs that still wrap a data key."""
        ...

    def blob_names(self) -> frozenset[str]:
        """Every blob that a row names."""
        ...
