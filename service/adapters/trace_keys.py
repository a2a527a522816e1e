"""The keys of traces and of marks: one a year, wrapped by the master key, and never in the database."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from service.adapters.blobs import Objects, open_objects
from service.adapters.db.vault import Safe
from service.adapters.yearly_keys import YearlyKeys
from service.domain.duplicates import Trace
from service.domain.errors import ConfigurationError
from service.domain.ports import Randomness
from service.domain.subjects import Subject, SubjectMark
from service.domain.vault import KeyProvider
from service.settings import Settings

#: Traces are kept no longer than this, so the keys of this year and of the last one find all of them.
LONGEST_KEPT: Final = timedelta(days=365)
TRACES_FOLDER: Final = "traces"
#: Of these there are copies in backups: without them nobody finds what is kept of a person.
SUBJECTS_FOLDER: Final = "subjects"
LIMITS_FOLDER: Final = "limits"


class YearlyTraceKeys:
    """Answers `service.domain.duplicates.TraceKeys`. An object is `traces/{year}`."""

    def __init__(self, objects: Objects, provider: KeyProvider, randomness: Randomness) -> None:
        self._keys: Final = YearlyKeys(TRACES_FOLDER, objects, provider, randomness)

    def digests(self, trace: Trace, at: datetime) -> tuple[str, ...]:
        year = at.astimezone(UTC).year
        keys = (self._keys.made(year), self._keys.key(year - 1))
        return tuple(_digest(key, trace.octets) for key in keys if key is not None)

    def forget_old(self, at: datetime) -> int:
        last = at.astimezone(UTC).year - 1
        return self._keys.destroy(lambda year: year < last)

    def rewrap(self) -> int:
        """As `service.domain.vault.Rewrapped`."""
        return self._keys.rewrap()


class YearlySubjectKeys:
    """Answers `service.domain.subjects.SubjectKeys`. An object is `subjects/{year}`."""

    def __init__(self, objects: Objects, provider: KeyProvider, randomness: Randomness) -> None:
        self._keys: Final = YearlyKeys(SUBJECTS_FOLDER, objects, provider, randomness)

    def mark(self, subject: Subject, at: datetime) -> SubjectMark:
        year = at.astimezone(UTC).year
        return SubjectMark(year, _digest(self._keys.made(year), subject.octets))

    def marks(self, subject: Subject) -> Sequence[SubjectMark]:
        keys = ((year, self._keys.key(year)) for year in self._keys.years())
        return [SubjectMark(year, _digest(key, subject.octets)) for year, key in keys if key is not None]

    def forget(self, in_use: Collection[int], at: datetime) -> int:
        # a mark of the old year may be under way at midnight
        last = at.astimezone(UTC).year - 1
        return self._keys.destroy(lambda year: year < last and year not in in_use)

    def rewrap(self) -> int:
        """As `service.domain.vault.Rewrapped`."""
        return self._keys.rewrap()


def open_trace_keys(settings: Settings, safe: Safe) -> YearlyTraceKeys:
    """The keys where the settings keep those of the epochs, wrapped by the same master key.

    Raises:
        ConfigurationError: the store cannot be used.
    """
    return YearlyTraceKeys(_objects(settings), safe.provider, safe.randomness)


def open_subject_keys(settings: Settings, safe: Safe) -> YearlySubjectKeys:
    """The same for the marks of subjects; raises as `open_trace_keys`."""
    return YearlySubjectKeys(_objects(settings), safe.provider, safe.randomness)


def open_limit_keys(settings: Settings, safe: Safe) -> YearlyKeys:
    """The keys that callers are counted by; raises as `open_trace_keys`. An object is `limits/{year}`."""
    return YearlyKeys(LIMITS_FOLDER, _objects(settings), safe.provider, safe.randomness)


def _objects(settings: Settings) -> Objects:
    try:
        return open_objects(settings.epochs or settings.data_dir / "keys" / "epochs")
    except (ValueError, OSError):
        raise ConfigurationError("no store has the address of PASSKOLL_EPOCHS") from None


def _digest(key: bytes, octets: bytes) -> str:
    return hmac.new(key, octets, "sha256").hexdigest()
