"""Change the master key, and look at its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.domain.audit import Action, AuditEntry
from service.domain.jobs import Job, JobKind, LeasedJob
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.vault import Epoch, EpochKeys, KeyProvider

#: There is one master key, so one job at a time.
_SUBJECT: Final = "master"


@dataclass(frozen=True, slots=True)
class KeysShown:
    """The versions of the master key, the newest last, and the epochs that can be opened. No key is in here."""

    versions: tuple[str, ...]
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class ShowKeys:
    """`passkoll keys list`."""

    keys: KeyProvider
    epochs: EpochKeys

    def __call__(self) -> KeysShown:
        return KeysShown(tuple(self.keys.versions()), tuple(self.epochs.living()))


@dataclass(frozen=True, slots=True)
class RotateKeys:
    """`passkoll keys rotate`, and the job that ends what a crash interrupted. `organisation`: whose audit has it.

    Data keys and what they seal stay as they are: only the epoch keys are wrapped anew.
    """

    keys: KeyProvider
    epochs: EpochKeys
    database: Database
    clock: Clock
    organisation: str

    def __call__(self, actor: str) -> tuple[str, int]:
        """Make a new version and wrap all epoch keys by it; its name, and how many there were."""
        now = self.clock.now()
        with self.database.changing() as work:
            version = self.keys.rotate()
            details = {"version": version}
            work.audit.write(AuditEntry(now, actor, self.organisation, Action.MASTER_KEY_ROTATED, None, details))
            # whatever ends this process now, a worker wraps the rest
            work.jobs.enqueue(Job(JobKind.ROTATE_KEYS, _SUBJECT, now, key=_SUBJECT))
        return version, self.epochs.rewrap()

    def do(self, _job: LeasedJob) -> None:
        """Wrap by the newest version what is not. Idempotent."""
        self.epochs.rewrap()
