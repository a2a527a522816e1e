"""Record what an organisation decided about retention, and show where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from service.domain.audit import Action, AuditEntry
from service.domain.ports import Clock
from service.domain.purge import PurgeRecord
from service.domain.repositories import Database
from service.domain.retention import (
    RetentionError,
    RetentionProblem,
    RetentionRule,
    Schedule,
    Term,
    require_reviewable,
)


@dataclass(frozen=True, slots=True)
class RetentionShown:
    """The schedule of an organisation, how many cases are frozen, and when everything was last looked through."""

    organisation: str
    schedule: Schedule
    frozen: int
    last_run: datetime | None


@dataclass(frozen=True, slots=True)
class RetentionSchedule:
    """`passkoll retention show|set|records`. `review_time`: for how long two people may need the pictures."""

    database: Database
    clock: Clock
    review_time: timedelta

    def show(self, organisation: str) -> RetentionShown:
        """Where it stands."""
        with self.database.reading() as work:
            return RetentionShown(
                organisation,
                work.schedules.of(organisation),
                len(work.freezes.frozen()),
                work.purges.last_run(),
            )

    def set(
        self, who: str, organisation: str, rule: RetentionRule, period: timedelta, decision: str, decided_on: date
    ) -> Term:
        """Record a decision; it counts from now on, for what is kept already too.

        Raises:
            RetentionError: the period is beyond the limits, or the decision is of no day or has no reference.
        """
        now = self.clock.now()
        if decided_on > now.date():
            raise RetentionError(RetentionProblem.DECIDED_IN_FUTURE)
        term = Term(rule, period, decision, decided_on, who, now)
        require_reviewable(term, self.review_time)
        hours = int(period / timedelta(hours=1))
        details = {"rule": rule.value, "hours": hours, "decision": decision, "decided_on": decided_on.isoformat()}
        with self.database.changing() as work:
            work.schedules.add(organisation, term)
            work.audit.write(AuditEntry(now, who, organisation, Action.RETENTION_SET, None, details))
        return term

    def records(self) -> Sequence[PurgeRecord]:
        """What was erased, by day."""
        with self.database.reading() as work:
            return work.purges.records()
