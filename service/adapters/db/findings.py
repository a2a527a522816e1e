"""What chips sent, what the machine and people found, and the results made of it, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from mrtd.evidence import (
    EAC_PROTECTED,
    ActiveAuthenticationResponse,
    ChipEvidence,
    ElementaryFile,
    IssuedChallenge,
    ProofOrigin,
)
from mrtd.inspection.verdict import (
    Authenticity,
    ChipGenuine,
    DocumentValid,
    MrzMatchesChip,
    Outcome,
    Verdict,
)
from service.adapters.db import tables
from service.domain.challenge import MAX_AGE
from service.domain.errors import ProblemCode, ServiceError
from service.domain.judgement import ChipProof, Judgement
from service.domain.repositories import StoredEvidence
from service.domain.result import ResultRecord
from service.domain.review import Decision, Face, Inspection, Review


@dataclass(frozen=True, slots=True)
class EvidenceRows:
    """Answers `service.domain.repositories.EvidenceStore`."""

    connection: Connection

    def add(self, verification_id: str, evidence: StoredEvidence) -> None:
        chip = evidence.evidence
        response = chip.active_authentication
        (evidence_id,) = self.connection.execute(
            insert(tables.evidence)
            .values(
                verification_id=verification_id,
                challenge_id=self._challenge_id(verification_id, evidence.challenge),
                aa_challenge=None if response is None else response.challenge,
                aa_response=None if response is None else response.response,
                skipped=chip.skipped,
                claimed=dict(chip.claimed),
                received_at=evidence.received_at,
            )
            .returning(tables.evidence.c.id)
        ).one()
        files = [
            {"evidence_id": evidence_id, "name": name.value, "data": data}
            for name, data in chip.files.items()
            # Fingers and irises are never stored, whoever calls (CHECKS.md rule 4).
            if name not in EAC_PROTECTED
        ]
        if files:
            self.connection.execute(insert(tables.evidence_files), files)

    def latest(self, verification_id: str) -> StoredEvidence | None:
        row = self.connection.execute(_latest(tables.evidence, verification_id)).one_or_none()
        if row is None:
            return None
        files = tables.evidence_files
        stored = self.connection.execute(select(files).where(files.c.evidence_id == row.id))
        chip = ChipEvidence(
            {ElementaryFile(file.name): file.data for file in stored},
            None if row.aa_response is None else ActiveAuthenticationResponse(row.aa_challenge, row.aa_response),
            row.skipped,
            row.claimed,
        )
        return StoredEvidence(chip, row.received_at, self._challenge(row.challenge_id, row.received_at))

    def _challenge_id(self, verification_id: str, challenge: IssuedChallenge | None) -> str | None:
        if challenge is None:
            return None
        table = tables.challenges
        query = select(table.c.id).where(
            table.c.verification_id == verification_id, table.c.value == challenge.challenge
        )
        return str(self.connection.execute(query).scalar_one())

    def _challenge(self, challenge_id: str | None, answered_at: datetime) -> IssuedChallenge | None:
        if challenge_id is None:
            return None
        table = tables.challenges
        row = self.connection.execute(select(table).where(table.c.id == challenge_id)).one()
        return IssuedChallenge(row.value, row.issued_at, answered_at, int(MAX_AGE.total_seconds()))


@dataclass(frozen=True, slots=True)
class JudgementRows:
    """Answers `service.domain.repositories.Judgements`."""

    connection: Connection

    def add(self, verification_id: str, judgement: Judgement) -> None:
        self.connection.execute(
            insert(tables.judgements).values(
                verification_id=verification_id,
                at=judgement.at,
                report=judgement.report,
                report_sha256=judgement.report_sha256,
                verdict=judgement.verdict.to_json(),
                trust_store=judgement.trust_store,
                evidence_digests=dict(judgement.evidence_digests),
                chip_proof=judgement.chip_proof,
                proof_origin=judgement.proof_origin,
                retry_helps=judgement.retry_helps,
                reason=judgement.reason,
            )
        )

    def latest(self, verification_id: str) -> Judgement | None:
        row = self.connection.execute(_latest(tables.judgements, verification_id)).one_or_none()
        if row is None:
            return None
        return Judgement(
            at=row.at,
            report=row.report,
            report_sha256=row.report_sha256,
            verdict=_verdict(row.verdict),
            trust_store=row.trust_store,
            evidence_digests=row.evidence_digests,
            chip_proof=ChipProof(row.chip_proof),
            proof_origin=ProofOrigin(row.proof_origin),
            retry_helps=row.retry_helps,
            reason=row.reason,
        )


def _verdict(stored: Mapping[str, Any]) -> Verdict:
    """The inverse of `Verdict.to_json`."""
    return Verdict(
        outcome=Outcome(stored["outcome"]),
        authenticity=Authenticity(stored["authenticity"]),
        chip_genuine=ChipGenuine(stored["chip_genuine"]),
        document_valid=DocumentValid(stored["document_valid"]),
        mrz_matches_chip=MrzMatchesChip(stored["mrz_matches_chip"]),
        attention=tuple(stored["attention"]),
        refused_by=tuple(stored["refused_by"]),
        policy=stored["policy"],
        policy_digest=stored["policy_digest"],
    )


@dataclass(frozen=True, slots=True)
class ReviewRows:
    """Answers `service.domain.repositories.Reviews`."""

    connection: Connection

    def add(self, verification_id: str, review: Review) -> None:
        statement = insert(tables.reviews).values(
            verification_id=verification_id,
            reviewer=review.reviewer,
            decision=review.decision,
            inspection=asdict(review.inspection),
            face=asdict(review.face),
            reason=review.reason,
            decision_hash=review.decision_hash,
            at=review.at,
        )
        try:
            self.connection.execute(statement)
        except IntegrityError:
            # The last line of defence: one person counts once, whatever happens at the same time.
            raise ServiceError(ProblemCode.SAME_REVIEWER) from None

    def of(self, verification_id: str) -> Sequence[Review]:
        table = tables.reviews
        query = select(table).where(table.c.verification_id == verification_id).order_by(table.c.id)
        return [
            Review(
                row.reviewer,
                Decision(row.decision),
                Inspection(**row.inspection),
                Face(**row.face),
                row.reason,
                row.decision_hash,
                row.at,
            )
            for row in self.connection.execute(query)
        ]


@dataclass(frozen=True, slots=True)
class ResultRows:
    """Answers `service.domain.repositories.Results`."""

    connection: Connection

    def add(self, result: ResultRecord) -> None:
        self.connection.execute(insert(tables.results).values(asdict(result)))

    def of(self, verification_id: str) -> ResultRecord | None:
        query = select(tables.results).where(tables.results.c.verification_id == verification_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _result(row)

    def get(self, jti: str) -> ResultRecord:
        query = select(tables.results).where(tables.results.c.jti == jti)
        row = self.connection.execute(query).one_or_none()
        if row is None:
            raise ServiceError(ProblemCode.NOT_FOUND)
        return _result(row)

    def mark_consumed(self, result: ResultRecord) -> None:
        table = tables.results
        statement = (
            update(table)
            .where(table.c.jti == result.jti, table.c.consumed_at.is_(None))
            .values(consumed_by_order=result.consumed_by_order, consumed_at=result.consumed_at)
        )
        if self.connection.execute(statement).rowcount != 1:
            raise ServiceError(ProblemCode.CONFLICT)


def _result(row: Row[Any]) -> ResultRecord:
    return ResultRecord(**row._mapping)


def _latest(table: Table, verification_id: str) -> Select[*tuple[Any, ...]]:
    return select(table).where(table.c.verification_id == verification_id).order_by(table.c.id.desc()).limit(1)
