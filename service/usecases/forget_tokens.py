"""Delete what time has made an end of: access tokens, and the ids of proofs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from service.domain.live import MAX_SESSION_S
from service.domain.ports import Clock
from service.domain.repositories import Database


@dataclass(frozen=True, slots=True)
class ForgetTokens:
    """What is deleted would be refused anyway, so it needs no entry in the audit trail.

    A live reading may outlive the token that it began with; that the row is gone means that it was revoked.
    """

    database: Database
    clock: Clock

    def __call__(self) -> None:
        """Delete it."""
        now = self.clock.now()
        with self.database.changing() as work:
            work.access_tokens.forget(now - timedelta(seconds=MAX_SESSION_S))
            work.used_ids.forget(now)
