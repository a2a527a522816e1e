"""Delete codes and pairings that ended; the audit trail has what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from service.domain.ports import Clock
from service.domain.repositories import Database

#: Longer than any of them lives; so long a pairing that is asked about late is told from one that never was.
_KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ForgetCodes:
    """A part of the nightly job."""

    database: Database
    clock: Clock

    def __call__(self) -> None:
        """Delete enrolment codes, pairings, sign-in codes and hand-overs that ended a day ago or longer."""
        before = self.clock.now() - _KEPT
        with self.database.changing() as work:
            work.enrolments.forget_before(before)
            work.pairings.forget_before(before)
            work.sign_in_codes.forget_before(before)
            work.hand_overs.forget_before(before)
