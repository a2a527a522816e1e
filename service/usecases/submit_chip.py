"""Take what a phone read from a chip, judge it, and say where the case goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mrtd.evidence import EAC_PROTECTED, ChipEvidence, IssuedChallenge
from service.domain.audit import Action, entry
from service.domain.challenge import MAX_AGE, Challenge, answered_by
from service.domain.identity import Principal
from service.domain.judgement import Judgement, after_judgement
from service.domain.ports import Clock
from service.domain.repositories import Database, StoredEvidence
from service.domain.verification import State, Verification
from service.usecases.judging import Judging


@dataclass(frozen=True, slots=True, repr=False)
class ChipJudged:
    """Where the case stands, and what was found."""

    verification: Verification
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class SubmitChip:
    """`POST /v1/verifications/{id}/chip`."""

    database: Database
    clock: Clock
    judging: Judging
    chip_proof_required: bool

    def __call__(self, who: Principal, verification_id: str, evidence: ChipEvidence) -> ChipJudged:
        now = self.clock.now()
        with self.database.reading() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.MRZ_CAPTURED)
            captures = work.captures.of(verification_id)
            challenges = work.challenges.of(verification_id)
        answered = _answered(evidence, challenges)
        stored = StoredEvidence(evidence, now, _expected(evidence, answered, challenges, now))
        # Judged outside the transaction: no lock is held meanwhile, and `save` notices whatever changed.
        judgement = self.judging.judge_stored(stored, captures[-1], now)
        with self.database.changing() as work:
            verification = work.verifications.save(
                after_judgement(verification, judgement, chip_proof_required=self.chip_proof_required)
            )
            if answered is not None:
                work.challenges.mark_answered(answered, now)
            work.evidence.add(verification_id, replace(stored, evidence=_without_biometrics(evidence)))
            work.judgements.add(verification_id, judgement)
            details = {
                "outcome": judgement.verdict.outcome.value,
                "reason": judgement.reason,
                "state": verification.state.value,
                "report_sha256": judgement.report_sha256,
            }
            work.audit.write(entry(who, now, Action.CHIP_JUDGED, verification_id, details))
        return ChipJudged(verification, judgement)


def _answered(evidence: ChipEvidence, challenges: Sequence[Challenge]) -> Challenge | None:
    if evidence.active_authentication is None:
        return None
    return answered_by(challenges, evidence.active_authentication.challenge)


def _expected(
    evidence: ChipEvidence, answered: Challenge | None, challenges: Sequence[Challenge], now: datetime
) -> IssuedChallenge | None:
    """Our own challenge: the one that was answered, else the latest, so that a stranger's answer is named as such."""
    expected = answered or (challenges[-1] if challenges else None)
    if expected is None or evidence.active_authentication is None:
        return None
    return IssuedChallenge(expected.value, expected.issued_at, now, int(MAX_AGE.total_seconds()))


def _without_biometrics(evidence: ChipEvidence) -> ChipEvidence:
    """Fingers and irises were hashed and reported; from here on they do not exist (CHECKS.md rule 4)."""
    return replace(evidence, files={name: data for name, data in evidence.files.items() if name not in EAC_PROTECTED})
