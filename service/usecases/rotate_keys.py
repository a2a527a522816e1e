"""Change the master key, and look at its versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.audit import Action, AuditEntry
from service.domain.jobs import MASTER_KEY, Job, JobKind, LeasedJob
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.vault import Epoch, EpochKeys, KeyProvider, Rewrapped


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

    Data keys and what they seal stay as they are: what the master key wraps itself is wrapped anew.

    Attributes:
        wrapped: whoever has keys that the master key wraps. Once the job is done an old version serves nobody.
    """

    keys: KeyProvider
    wrapped: Sequence[Rewrapped]
    database: Database
    clock: Clock
    organisation: str

    def __call__(self, actor: str) -> tuple[str, int]:
        """Make a new version and wrap by it what the one before wrapped; its name, and how many keys there were."""
        now = self.clock.now()
        with self.database.changing() as work:
            version = self.keys.rotate()
            details = {"version": version}
            work.audit.write(AuditEntry(now, actor, self.organisation, Action.MASTER_KEY_ROTATED, None, details))
            # whatever ends this process now, a worker wraps the rest
            work.jobs.enqueue(Job(JobKind.ROTATE_KEYS, MASTER_KEY, now, key=MASTER_KEY))
        return version, self._rewrap()

    def do(self, _job: LeasedJob) -> None:
        """Wrap by the newest version what is not. Idempotent; what was interrupted is gone on with."""
        self._rewrap()

    def _rewrap(self) -> int:
        return sum(keys.rewrap() for keys in self.wrapped)
