"""Hand over the signed identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mrtd.evidence import ElementaryFile
from service.domain import ids
from service.domain.claims import Basis, Json, claims
from service.domain.errors import ServiceError
from service.domain.holder import Holder
from service.domain.identity import Principal
from service.domain.issuing import require_issuable
from service.domain.judgement import Judgement
from service.domain.lifecycle import Course, Happening, happen, staying
from service.domain.names import confirmed_print
from service.domain.ports import Clock, Randomness, Signer
from service.domain.repositories import Database, StoredEvidence, Work
from service.domain.result import LIFETIME, TOKEN_TYPES, HandedResult, Issuer, ResultRecord
from service.domain.reverification import require_in_force
from service.domain.review import Review
from service.domain.vault import ErasedError
from service.domain.verification import NextStep, State
from service.usecases.reading_holder import holder_of
from service.usecases.recording import record, tell, touched
from service.usecases.result_audience import audience_of, require_recipient
from service.usecases.show_order import require_wanted
from service.usecases.two_people import require_reviewers


@dataclass(frozen=True, slots=True)
class FetchResult:
    """`GET /v1/verifications/{id}/result`. The first fetch makes the result; each one signs it afresh.

    A signature may take its time in a token, so none is made inside a transaction: first the result exists, then it
    is signed, then its handing over is written down, unless it was revoked or ran out meanwhile. Nothing that was
    signed leaves without the last step.
    """

    database: Database
    clock: Clock
    randomness: Randomness
    signer: Signer
    issuer: Issuer

    def __call__(self, who: Principal, verification_id: str) -> str:
        signed_at = touched(self.database, self.clock, who, verification_id)
        with self.database.reading() as work:
            require_recipient(work, who, work.verifications.get(verification_id), self.issuer.aud)
        issued = self._issued(who, verification_id, signed_at)
        with self.database.reading() as work:
            payload = self._payload(work, issued, signed_at)
        token = self.signer.sign(payload, TOKEN_TYPES[self.issuer.realm])
        details = {"txn": issued.txn, "kid": self.signer.key_of(token)}
        now = touched(self.database, self.clock, who, verification_id)
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            # told, not saved: two fetches at the same time change nothing of each other
            tell(
                work, happen(verification, staying(verification, Happening.RESULT_FETCHED), who, now, details=details)
            )
            # what an authority relied on, as it got it; the last one stands for all: they differ in their times alone
            work.handed_results.keep(verification_id, HandedResult(token, now, signed_at + LIFETIME))
        return token

    def _issued(self, who: Principal, verification_id: str, now: datetime) -> ResultRecord:
        """The result that exists, or a new one, if it may exist."""
        existing = self._existing(verification_id)
        if existing is not None:
            return existing
        try:
            return self._issue(who, verification_id, now)
        except ServiceError:
            # of two fetches at the same time one makes the result, and the other one hands it over as well
            existing = self._existing(verification_id)
            if existing is None:
                raise
            return existing

    def _existing(self, verification_id: str) -> ResultRecord | None:
        with self.database.reading() as work:
            return work.results.of(verification_id)

    def _issue(self, who: Principal, verification_id: str, now: datetime) -> ResultRecord:
        jti, txn = (ids.result_id(self.randomness.octets(ids.ID_BYTES)) for _ in range(2))
        issued = ResultRecord(jti, txn, verification_id, now)
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            course = Course(Happening.RESULT_ISSUED, NextStep.FETCH_RESULT)
            moved = happen(verification, course, who, now, details={"txn": txn})
            # what cannot be said is not issued
            said = self._payload(work, issued, now)
            record(work, moved)
            work.results.add(issued)
            # kept as evidence: it outlives what describes the person
            work.issued_claims.add(verification_id, said)
        return issued

    def _payload(self, work: Work, issued: ResultRecord, now: datetime) -> Json:
        verification = work.verifications.get(issued.verification_id)
        verification.require(State.APPROVED, State.RESULT_ISSUED, State.CONSUMED)
        require_in_force(work.reverifications.standing(verification.id))
        require_wanted(work, verification)
        judgement = work.judgements.latest(verification.id)
        stored = work.evidence.latest(verification.id)
        if judgement is None or stored is None or ElementaryFile.DG1 not in stored.evidence.files:
            # approved once, so it was there
            raise ErasedError
        reviews, status = work.reviews.of(verification.id), work.status_lookups.of(verification.id)
        require_issuable(judgement, reviews, self.issuer.policy, status, work.findings.of(verification.id))
        require_reviewers(work, verification.id, judgement, reviews)
        basis = Basis(verification, issued, judgement, reviews, _holder(stored, judgement, reviews), status)
        issuer = replace(self.issuer, aud=audience_of(work, verification, self.issuer.aud))
        return claims(issuer, basis, now)


def _holder(stored: StoredEvidence, judgement: Judgement, reviews: Sequence[Review]) -> Holder:
    """Who the chip says the person is, and the name on the page if all reviewers wrote the same (SECURITY.md 7.8)."""
    holder = holder_of(stored, judgement)
    return replace(holder, confirmed=confirmed_print(holder.printed, [review.printed_name for review in reviews]))
