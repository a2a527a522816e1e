"""What chips sent, what the machine and people found, and the results made of it, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import cbor2
from sqlalchemy import Connection, Row, Select, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from mrtd.evidence import IssuedChallenge, ProofOrigin
from mrtd.inspection.verdict import (
    Authenticity,
    ChipGenuine,
    DocumentValid,
    MrzMatchesChip,
    Outcome,
    Verdict,
)
from service.adapters.db import tables
from service.adapters.db.chip_files import by_class, chip_of, live_of
from service.adapters.db.sealed import SealedColumns, from_octets, to_octets
from service.domain.challenge import MAX_AGE
from service.domain.errors import ProblemCode, ServiceError
from service.domain.holder import Names
from service.domain.judgement import ChipProof, Judgement
from service.domain.repositories import StoredEvidence
from service.domain.result import ResultRecord
from service.domain.retention import RetentionClass
from service.domain.review import Decision, Face, Inspection, Review
from service.domain.vault import ErasedError, Place, Vault

_CLAIMED: Final = SealedColumns(tables.evidence, RetentionClass.HOLDER)


@dataclass(frozen=True, slots=True)
class EvidenceRows:
    """Answers `service.domain.repositories.EvidenceStore`. The files of each class are one sealed blob."""

    connection: Connection
    vault: Vault

    def add(self, verification_id: str, evidence: StoredEvidence) -> None:
        chip = evidence.evidence
        values = {
            "challenge_id": self._challenge_id(verification_id, evidence.challenge),
            "skipped": chip.skipped,
            "received_at": evidence.received_at,
        }
        sealed = {"claimed": to_octets(dict(chip.claimed))}
        row_id = _CLAIMED.insert(self.connection, self.vault, verification_id, values, sealed)
        for retention, content in by_class(chip, evidence.live).items():
            self.vault.store(_files(verification_id, retention, row_id), cbor2.dumps(content, canonical=True))

    def latest(self, verification_id: str) -> StoredEvidence | None:
        row = self.connection.execute(_latest(tables.evidence, verification_id)).one_or_none()
        if row is None:
            return None
        erased: set[RetentionClass] = set()
        content: dict[str, bytes] = {}
        claimed: dict[str, str] = {}
        for retention in RetentionClass:
            try:
                blob = self.vault.fetch(_files(verification_id, retention, row.id))
                content |= {} if blob is None else cbor2.loads(blob)
            except ErasedError:
                erased.add(retention)
        if RetentionClass.HOLDER not in erased:
            claimed = from_octets(_CLAIMED.open(self.vault, row, "claimed"))
        challenge = self._challenge(row.challenge_id, row.received_at)
        chip = chip_of(content, row.skipped, claimed)
        return StoredEvidence(chip, row.received_at, challenge, frozenset(erased), live_of(content))

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


_JUDGED: Final = SealedColumns(tables.judgements, RetentionClass.HOLDER)


@dataclass(frozen=True, slots=True)
class JudgementRows:
    """Answers `service.domain.repositories.Judgements`. The verdict is codes alone, and outlives the report."""

    connection: Connection
    vault: Vault

    def add(self, verification_id: str, judgement: Judgement) -> None:
        values = {
            "at": judgement.at,
            "verdict": judgement.verdict.to_json(),
            "trust_store": judgement.trust_store,
            "chip_proof": judgement.chip_proof,
            "proof_origin": judgement.proof_origin,
            "retry_helps": judgement.retry_helps,
            "reason": judgement.reason,
        }
        sealed = {
            "report": judgement.report,
            "report_sha256": judgement.report_sha256.encode(),
            "evidence_digests": to_octets(dict(judgement.evidence_digests)),
        }
        _JUDGED.insert(self.connection, self.vault, verification_id, values, sealed)

    def latest(self, verification_id: str) -> Judgement | None:
        row = self.connection.execute(_latest(tables.judgements, verification_id)).one_or_none()
        if row is None:
            return None
        try:
            report = _JUDGED.open(self.vault, row, "report")
            report_sha256 = _JUDGED.open(self.vault, row, "report_sha256").decode()
            evidence_digests = from_octets(_JUDGED.open(self.vault, row, "evidence_digests"))
        except ErasedError:
            return None
        return Judgement(
            at=row.at,
            report=report,
            report_sha256=report_sha256,
            verdict=_verdict(row.verdict),
            trust_store=row.trust_store,
            evidence_digests=evidence_digests,
            chip_proof=ChipProof(row.chip_proof),
            proof_origin=ProofOrigin(row.proof_origin),
            retry_helps=row.retry_helps,
            reason=row.reason,
        )

    def verdict(self, verification_id: str) -> Verdict | None:
        row = self.connection.execute(_latest(tables.judgements, verification_id)).one_or_none()
        return None if row is None else _verdict(row.verdict)


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


_REVIEWS: Final = SealedColumns(tables.reviews, RetentionClass.HOLDER)


@dataclass(frozen=True, slots=True)
class ReviewRows:
    """Answers `service.domain.repositories.Reviews`."""

    connection: Connection
    vault: Vault

    def add(self, verification_id: str, review: Review) -> None:
        values = {
            "reviewer": review.reviewer,
            "decision": review.decision,
            "inspection": asdict(review.inspection),
            "face": asdict(review.face),
            "decision_hash": review.decision_hash,
            "at": review.at,
            "session": review.session,
            "device": review.device,
            "signed_in_at": review.signed_in_at,
            "elsewhere": review.elsewhere,
            "remote": review.remote,
        }
        name = review.printed_name
        sealed = {
            "reason": None if review.reason is None else review.reason.encode(),
            "printed_name": None if name is None else to_octets([name.family_name, name.given_name]),
        }
        try:
            _REVIEWS.insert(self.connection, self.vault, verification_id, values, sealed)
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
                self._reason(row),
                row.decision_hash,
                row.at,
                self._printed_name(row),
                row.session,
                row.device,
                row.signed_in_at,
                bool(row.elsewhere),
                bool(row.remote),
            )
            for row in self.connection.execute(query)
        ]

    def _printed_name(self, row: Row[Any]) -> Names | None:
        if row.printed_name is None:
            return None
        try:
            return Names(*from_octets(_REVIEWS.open(self.vault, row, "printed_name")))
        except ErasedError:
            return None

    def _reason(self, row: Row[Any]) -> str | None:
        if row.reason is None:
            return None
        try:
            return _REVIEWS.open(self.vault, row, "reason").decode()
        except ErasedError:
            return None


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
            .values(
                consumed_by_order=result.consumed_by_order,
                consumed_at=result.consumed_at,
                consumed_request=result.consumed_request,
            )
        )
        if self.connection.execute(statement).rowcount != 1:
            raise ServiceError(ProblemCode.CONFLICT)


def _result(row: Row[Any]) -> ResultRecord:
    return ResultRecord(**row._mapping)


def _latest(table: Table, verification_id: str) -> Select[*tuple[Any, ...]]:
    return select(table).where(table.c.verification_id == verification_id).order_by(table.c.id.desc()).limit(1)


def _files(verification_id: str, retention: RetentionClass, row_id: int) -> Place:
    return Place(verification_id, retention, tables.evidence.name, "files", str(row_id))
