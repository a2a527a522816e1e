"""Judge decisions in force anew when the trust store in use, a CRL in it or the policy has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection import InspectionReport, judge
from service.domain.audit import Action, Details, entry
from service.domain.jobs import LeasedJob
from service.domain.judgement import Judgement
from service.domain.lifecycle import itself
from service.domain.mrz_capture import MrzCapture
from service.domain.ports import Clock
from service.domain.repositories import Database, StoredEvidence, Work
from service.domain.reverification import (
    IN_FORCE,
    Change,
    Rejudged,
    Round,
    StandingReason,
    compared,
    completed,
    first_standing,
    from_what_is_left,
    rejudge_job,
    report_json,
    standing_after,
    told,
)
from service.domain.vault import UnreadableError
from service.usecases.judging import Judging

#: Decisions of one transaction: each takes some hundredths of a second, and no lock is held while they are judged.
BATCH: Final = 50
#: Batches of one job: far below its lease.
MAX_BATCHES: Final = 40


@dataclass(frozen=True, slots=True)
class RejudgeDecisions:
    """The job that looks, every hour and at once after an activation, whether decisions have to be judged anew.

    Which decisions are left is read from what was judged, so a job that was killed is gone on with where it stopped,
    and one that is done twice does nothing the second time. `organisation`: whose trail names a round.
    """

    database: Database
    clock: Clock
    judging: Judging
    organisation: str
    batch: int = BATCH

    def do(self, _job: LeasedJob) -> None:
        """As a handler of jobs."""
        self()

    def __call__(self) -> None:
        """Begin a round if one is due, and go on with it.

        Raises:
            ServiceError: `not_ready`: the trust store, the keys or the files cannot be reached now.
        """
        for _ in range(MAX_BATCHES):
            # asked for each batch: from an activation on nothing more is judged by the store before it
            current = self._round()
            with self.database.reading() as work:
                waiting = work.reverifications.waiting(current.id, self.batch)
            if not waiting:
                self._finish(current)
                return
            self._judge_batch(current, waiting)
        with self.database.changing() as work:
            work.jobs.enqueue(rejudge_job(self.clock.now()))

    def basis(self) -> tuple[str, str]:
        """What is judged by now: the digests of the trust store in use and of the policy.

        Raises:
            ServiceError: `not_ready`: the trust store cannot be opened.
        """
        return self.judging.trust.current().digest, self.judging.policy.digest

    def _round(self) -> Round:
        basis = self.basis()
        with self.database.reading() as work:
            last = work.reverifications.last_round()
        if last is not None and (last.trust_store, last.policy_digest) == basis:
            return last
        with self.database.changing() as work:
            return work.reverifications.begin(*basis, self.clock.now())

    def _judge_batch(self, current: Round, waiting: Sequence[str]) -> None:
        now = self.clock.now()
        # Judged outside the transaction; what changed meanwhile is seen under the lock.
        judged = [(verification_id, self.judged(verification_id, now)) for verification_id in waiting]
        with self.database.changing() as work:
            changes = (self._settle(work, current, *one, now) for one in judged)
            work.reverifications.count(current.id, Counter(change for change in changes if change is not None))

    def _settle(
        self, work: Work, current: Round, verification_id: str, rejudged: Rejudged, now: datetime
    ) -> Change | None:
        """Write one judgement down; None where another worker did, or people ended the decision."""
        work.reverifications.hold(verification_id)
        verification = work.verifications.get(verification_id)
        if verification.state not in IN_FORCE or work.reverifications.is_judged(verification_id, current.id):
            return None
        before = work.reverifications.standing(verification_id) or first_standing(verification)
        after, change = standing_after(before, rejudged, now)
        work.reverifications.stand(verification_id, current.id, after)
        if after != before:
            work.reverifications.record(verification_id, current.id, now, rejudged, after)
        written, event = told(verification, change, after, rejudged, now)
        if written is not None:
            work.audit.write(written)
        if event is not None:
            work.events.emit(event)
        return change

    def judged(self, verification_id: str, now: datetime) -> Rejudged:
        """What the evidence of a verification is worth by the basis of now; nothing is written."""
        try:
            with self.database.reading() as work:
                stored = work.evidence.latest(verification_id)
                captures = work.captures.of(verification_id)
                decided = work.judgements.latest(verification_id)
        except UnreadableError:
            return self._nothing(StandingReason.EVIDENCE_UNREADABLE)
        if stored is None or ElementaryFile.SOD not in stored.evidence.files:
            return self._nothing(StandingReason.EVIDENCE_ERASED)
        if decided is None or not captures or ElementaryFile.DG1 not in stored.evidence.files:
            return from_what_is_left(self.judging.report(stored.evidence, None, now))
        reports = [self._again(stored, captures[-1], decided, at) for at in (decided.at, now)]
        verdicts = [judge(report, self.judging.policy) for report in reports]
        return compared(decided.verdict, reports, verdicts, self.judging.policy)

    def _again(
        self, stored: StoredEvidence, capture: MrzCapture, decided: Judgement, at: datetime
    ) -> InspectionReport:
        report = self.judging.report_stored(stored, capture, at)
        return completed(report, report_json(decided.report)) if stored.erased else report

    def _nothing(self, reason: StandingReason) -> Rejudged:
        return Rejudged(None, False, (reason.value,), self.judging.trust.current().digest)

    def _finish(self, current: Round) -> None:
        now = self.clock.now()
        if current.finished_at is not None:
            return
        with self.database.changing() as work:
            finished = work.reverifications.finish(current.id, now)
            if finished is None or not any(finished.counts.values()):
                return
            counts = {change.value: count for change, count in finished.counts.items()}
            details: Details = {"trust_store": finished.trust_store, "policy": finished.policy_digest, **counts}
            work.audit.write(entry(itself(self.organisation), now, Action.DECISIONS_REJUDGED, None, details))


@dataclass(frozen=True, slots=True)
class CountDecisions:
    """How many decisions an activation makes the service judge anew."""

    database: Database

    def __call__(self) -> int:
        with self.database.reading() as work:
            return work.reverifications.decisions()
