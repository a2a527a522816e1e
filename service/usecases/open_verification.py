"""Open a verification: one passport before one counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from service.domain import ids
from service.domain.duplicates import FailureLimits
from service.domain.identity import Principal
from service.domain.lifecycle import open_verification
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database
from service.domain.verification import Kind, RetryReason, Verification
from service.usecases.answer_once import Once
from service.usecases.recording import tell


@dataclass(frozen=True, slots=True)
class OpenVerification:
    """`POST /v1/verifications`. `review_time`: how long two people have to decide when the chip was judged."""

    database: Database
    clock: Clock
    randomness: Randomness
    review_time: timedelta
    limits: FailureLimits

    def __call__(
        self,
        who: Principal,
        kind: Kind,
        order_reference: str | None,
        retry_reason: RetryReason | None,
        once: Once[Verification],
    ) -> Verification:
        now = self.clock.now()
        verification_id = ids.verification_id(self.randomness.octets(ids.ID_BYTES))
        with self.database.changing() as work:
            since = now - self.limits.window
            failed = work.traces.failures(who.organisation, who.id, since, self.limits.refused)
            self.limits.require_another(failed, now)
            earlier = (
                [] if order_reference is None else work.verifications.for_order(who.organisation, order_reference)
            )
            opened = open_verification(
                verification_id,
                who,
                kind,
                order_reference,
                now,
                review_time=self.review_time,
                earlier=earlier,
                retry_reason=retry_reason,
            )
            work.verifications.add(opened.verification)
            tell(work, opened)
            once.remember(work, verification_id, opened.verification)
        return opened.verification
