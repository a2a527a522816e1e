"""List what somebody opened, so that a phone that lost its place finds it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.domain.identity import Principal
from service.domain.lifecycle import as_of
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.verification import Verification

#: Far more than one person has open at once.
MAX_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class ListVerifications:
    """`GET /v1/verifications?mine`. Deadlines that have passed are seen, though not written down here.

    Protected cases stand in no list, whoever asks (RULES.md section 1): who has the role knows the id from the order.
    """

    database: Database
    clock: Clock

    def __call__(self, who: Principal) -> Sequence[Verification]:
        now = self.clock.now()
        with self.database.reading() as work:
            found = work.verifications.opened_by(who.organisation, who.id, MAX_LISTED)
        return [as_of(verification, now) for verification in found if verification.exists_for(who)]
