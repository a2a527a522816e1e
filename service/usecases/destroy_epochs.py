"""Destroy the keys of epochs that are over and wrap nothing any more (SECURITY.md 7.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.vault import Epoch, EpochKeys

#: After its end an epoch may still get a data key, from a transaction that began before or a clock that is behind.
GRACE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DestroyEpochs:
    """Part of the nightly purge, after erasure: from then on no older copy of the database opens what was erased.

    A verification whose keys are frozen keeps nothing alive that it should not: `Vault.keep` moves its data key to
    the current epoch.
    """

    database: Database
    epochs: EpochKeys
    clock: Clock

    def __call__(self) -> Sequence[Epoch]:
        """The epochs that were destroyed now."""
        now = self.clock.now()
        over = [epoch for epoch in self.epochs.living() if epoch.ends_at + GRACE <= now]
        with self.database.reading() as work:
            in_use = work.vault.in_use()
        unused = [epoch for epoch in over if epoch not in in_use]
        for epoch in unused:
            self.epochs.destroy(epoch)
        return unused
