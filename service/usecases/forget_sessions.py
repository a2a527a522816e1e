"""Delete sign-ins and sessions that are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from service.domain.ports import Clock
from service.domain.repositories import Database

#: A session that ended is looked at by tokens that were made of it: they are all over after this.
KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ForgetSessions:
    """Once a night. What happened stays in the audit trail."""

    database: Database
    clock: Clock

    def __call__(self) -> None:
        """Delete what ended a day ago."""
        before = self.clock.now() - KEPT
        with self.database.changing() as work:
            work.sign_ins.forget_before(before)
            work.sessions.forget_before(before)
