"""Hand over the signed identity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.lds import dg1, dg11
from service.domain import ids
from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.holder import Holder, Names, three_letter_state
from service.domain.identity import Principal
from service.domain.issuing import require_issuable
from service.domain.judgement import Judgement
from service.domain.ports import Clock, Randomness, Signer
from service.domain.repositories import Database, StoredEvidence, Work
from service.domain.result import TOKEN_TYPES, Issuer, ResultRecord, claims
from service.domain.verification import NextStep, State, Verification
from service.usecases.judging import stockholm_day


@dataclass(frozen=True, slots=True)
class FetchResult:
    """`GET /v1/verifications/{id}/result`. The first fetch makes the result; each one signs it afresh."""

    database: Database
    clock: Clock
    randomness: Randomness
    signer: Signer
    issuer: Issuer

    def __call__(self, who: Principal, verification_id: str) -> str:
        now = self.clock.now()
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.APPROVED, State.RESULT_ISSUED, State.CONSUMED)
            judgement = work.judgements.latest(verification_id)
            stored = work.evidence.latest(verification_id)
            reviews = work.reviews.of(verification_id)
            if judgement is None or stored is None:
                raise ServiceError(ProblemCode.NOT_APPROVABLE, state=verification.state.value)
            require_issuable(judgement, reviews, self.issuer.policy)
            record = self._record(work, who, verification, now)
            payload = claims(self.issuer, verification, record, judgement, reviews, _holder(stored, judgement), now)
            work.audit.write(entry(who, now, Action.RESULT_FETCHED, verification_id, {"txn": record.txn}))
            return self.signer.sign(payload, TOKEN_TYPES[self.issuer.realm])

    def _record(self, work: Work, who: Principal, verification: Verification, now: datetime) -> ResultRecord:
        existing = work.results.of(verification.id)
        if existing is not None:
            return existing
        jti, txn = (ids.result_id(self.randomness.octets(ids.ID_BYTES)) for _ in range(2))
        record = ResultRecord(jti, txn, verification.id, now)
        # Saved first: of two fetches at the same time one makes the result, the other tries again.
        work.verifications.save(verification.move(State.RESULT_ISSUED, NextStep.FETCH_RESULT, now))
        work.results.add(record)
        work.audit.write(entry(who, now, Action.RESULT_ISSUED, verification.id, {"txn": txn}))
        return record


def _holder(stored: StoredEvidence, judgement: Judgement) -> Holder:
    """The person of DG1 and DG11, whose hashes the judgement found in the security object.

    DG11 may only spell what DG1 says: without a passed comparison the name of the MRZ stands (RULES.md section 4).
    """
    files = stored.evidence.files
    fields = dg1.parse(files[ElementaryFile.DG1], today=stockholm_day(judgement.at)).document.fields
    printed = Names(fields.primary_identifier, fields.secondary_identifier)
    return Holder(
        printed=printed,
        native=_native_names(printed, files.get(ElementaryFile.DG11)) if judgement.passed("cross.dg11_dg1") else None,
        date_of_birth=fields.date_of_birth,
        nationality=three_letter_state(fields.nationality),
        document_number=fields.document_number,
        date_of_expiry=fields.date_of_expiry,
        document_code=fields.document_code,
        issuing_state=three_letter_state(fields.issuing_state),
    )


def _native_names(printed: Names, additional_details: bytes | None) -> Names | None:
    """The spelling of EF.DG11, or None: without one that can be read, the MRZ's stands for it."""
    if additional_details is None:
        return None
    try:
        return printed.respelt(dg11.parse(additional_details).full_name or "")
    except MrtdError:
        return None
