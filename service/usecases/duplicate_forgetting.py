"""Delete traces whose time is over, and the keys that made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from service.domain.duplicates import TraceKeys
from service.domain.ports import Clock
from service.domain.repositories import Database


@dataclass(frozen=True, slots=True)
class ForgetTraces:
    """Done every night. `kept`: how long a trace is kept."""

    database: Database
    clock: Clock
    keys: TraceKeys
    kept: timedelta

    def __call__(self) -> None:
        now = self.clock.now()
        with self.database.changing() as work:
            work.traces.forget_before(now - self.kept)
        self.keys.forget_old(now)
