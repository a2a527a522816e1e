"""Delete blobs that no row names: what a crash left behind before its transaction, or after an erasure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from service.domain.repositories import Database
from service.domain.vault import BlobStore

#: No transaction lives so long: what is younger may be of one that has not committed yet.
ORPHAN_AGE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SweepBlobs:
    """Part of the nightly purge."""

    database: Database
    blobs: BlobStore

    def __call__(self, older_than: timedelta = ORPHAN_AGE) -> int:
        """How many were deleted."""
        # Listed before the rows are read: whatever was committed by then is named by a row that is read after.
        found = [blob.name for blob in self.blobs.listing() if blob.age > older_than]
        with self.database.reading() as work:
            named = work.vault.blob_names()
        orphans = [name for name in found if name not in named]
        for name in orphans:
            self.blobs.delete(name)
        return len(orphans)
