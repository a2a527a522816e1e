"""Erase what is due of some verifications, in one transaction, and write down all that has to be told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from service.domain.audit import Action, entry
from service.domain.freeze import standing
from service.domain.lifecycle import Course, Happening, happen, itself
from service.domain.purge import Erasure, PurgeLog, PurgeRecord, erased_mark
from service.domain.repositories import Work
from service.domain.retention import Due, RetentionClass, Term
from service.domain.verification import NextStep, Verification
from service.usecases.recording import record

#: How often something was erased, by organisation and class.
Counts = Counter[tuple[str, RetentionClass]]


@dataclass(frozen=True, slots=True)
class Erasing:
    """One transaction of a purge, at `now`, run by `run_by`. `pictures_only`: whatever else is due waits."""

    work: Work
    log: PurgeLog
    run_by: str
    now: datetime
    pictures_only: bool = False

    def __call__(self, verification_ids: Sequence[str]) -> Counts:
        """Erase what is due of these, unless it is frozen."""
        erasures: list[Erasure] = []
        counts: Counter[tuple[str, RetentionClass, Term]] = Counter()
        for verification_id in verification_ids:
            verification, due = self._due(verification_id)
            living = self.work.purges.keys(verification_id)
            for retention, term in self._erase(verification, due, living).items():
                erasures.append(Erasure(erased_mark(verification_id), living[retention]))
                counts[verification.organisation, retention, term] += 1
        totals: Counts = Counter()
        # in one order, so that two who count the same records wait for each other and never in a ring
        for (organisation, retention, term), count in sorted(counts.items(), key=_by_name):
            self._count(organisation, retention, term, count)
            totals[organisation, retention] += count
        if erasures:
            # Before the commit: an erasure that the log does not know would be undone by a restore. One that the log
            # knows and that is not committed was due as well, and is made soon.
            self.log.append(erasures, self.now)
        return totals

    def _due(self, verification_id: str) -> tuple[Verification, Due]:
        # first of all: whoever freezes it or moves it on waits for this transaction, or this one sees what they did
        self.work.freezes.hold(verification_id)
        verification = self.work.verifications.get(verification_id)
        if standing(verification, self.work.freezes.of(verification_id)) is not None:
            return verification, Due({})
        due = self.work.schedules.of(verification.organisation).due(verification, self.now)
        if self.pictures_only:
            due = Due({name: term for name, term in due.classes.items() if name is RetentionClass.PORTRAIT})
        return verification, due

    def _erase(
        self, verification: Verification, due: Due, living: Collection[RetentionClass]
    ) -> dict[RetentionClass, Term]:
        """The classes that something was kept of until now."""
        erased = {retention: term for retention, term in due.classes.items() if retention in living}
        # At the end every class, used or not: a request that is under way leaves nothing behind.
        for retention in due.classes if due.whole else erased:
            self.work.vault.erase(verification.id, retention)
        details = {name: value for retention, term in due.classes.items() for name, value in _told(retention, term)}
        system = itself(verification.organisation)
        if due.whole:
            course = Course(Happening.PURGED, NextStep.STOP, verification.reason)
            record(self.work, happen(verification, course, system, self.now, details=details))
            self.work.traces.forget(verification.id)
            self.work.subject_marks.forget(verification.id)
        elif erased:
            self.work.audit.write(entry(system, self.now, Action.ERASED, verification.id, details))
        return erased

    def _count(self, organisation: str, retention: RetentionClass, term: Term, count: int) -> None:
        day = self.now.astimezone(UTC).date()
        self.work.purges.count(
            PurgeRecord(organisation, day, retention, term.rule, term.decision, term.decided_on, self.run_by, count)
        )


def _told(retention: RetentionClass, term: Term) -> tuple[tuple[str, str], ...]:
    return (retention.value, term.rule.value), (f"{retention.value}_decision", term.decision)


def _by_name(counted: tuple[tuple[str, RetentionClass, Term], int]) -> tuple[str, ...]:
    (organisation, retention, term), _ = counted
    return organisation, retention.value, term.rule.value, term.decision
