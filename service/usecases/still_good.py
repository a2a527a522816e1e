"""What people are about to approve must hold by the lists and rules of now (SECURITY.md 1.2, 7.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.domain.errors import ProblemCode, ServiceError
from service.domain.repositories import Database
from service.usecases.reverify_decisions import RejudgeDecisions


@dataclass(frozen=True, slots=True)
class RequireStillGood:
    """Asked before each approval.

    Decisions in force are judged anew after every change; a case that nobody decided yet is none of them, and its
    chip may have been judged hours ago. Without this, two people could approve a passport whose signer was revoked
    since, and its result could be used before the next look.
    """

    database: Database
    rejudge: RejudgeDecisions

    def __call__(self, verification_id: str, now: datetime) -> None:
        """Judge the evidence again if the trust store in use, or the policy, is another one than the judgement's.

        Raises:
            ServiceError: `trust_withdrawn`: by them it would not be what people see; `not_ready`: the trust store in
                use cannot be opened.
        """
        with self.database.reading() as work:
            decided = work.judgements.latest(verification_id)
        if decided is None or (decided.trust_store, decided.verdict.policy_digest) == self.rejudge.basis():
            return
        if self.rejudge.judged(verification_id, now).in_force is not True:
            raise ServiceError(ProblemCode.TRUST_WITHDRAWN)
