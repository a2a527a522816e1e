"""What the machine found, as the case keeps it, and where the case goes from there (SECURITY.md 1.3 to 1.5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.evidence import ElementaryFile, ProofOrigin
from mrtd.inspection.check import CheckResult, CheckStatus, Effect
from mrtd.inspection.policy import Policy
from mrtd.inspection.reason import Reason
from mrtd.inspection.report import InspectionReport
from mrtd.inspection.verdict import (
    CHIP_PROOFS,
    Authenticity,
    ChipGenuine,
    DocumentValid,
    MrzMatchesChip,
    Outcome,
    Verdict,
    judge,
)
from service.domain.lifecycle import Course, Happening
from service.domain.verification import CaseReason, NextStep


class ChipProof(StrEnum):
    """The protocol that showed that the chip is no clone."""

    AA = "aa"
    CA = "ca"
    CAM = "cam"
    NONE = "none"


_PROOFS: Final[Mapping[ChipProof, tuple[str, ...]]] = MappingProxyType(
    dict(zip((ChipProof.AA, ChipProof.CA, ChipProof.CAM), CHIP_PROOFS, strict=True))
)


@dataclass(frozen=True, slots=True, repr=False)
class Judgement:
    """A report with the verdict of one policy, and the part of them that decisions rest on.

    `report` is the canonical JSON of the report (RFC 8785); `evidence_digests` are the SHA-256 of each elementary
    file and of the chip's answer, hexadecimal. `retry_helps`: something that the verdict needs was not sent, could
    not be looked at or came too late, so that the same chip may pass when it is read again. `reason` is the one to
    tell a person first.
    """

    at: datetime
    report: bytes
    report_sha256: str
    verdict: Verdict
    trust_store: str
    evidence_digests: Mapping[str, str]
    chip_proof: ChipProof
    proof_origin: ProofOrigin
    retry_helps: bool
    reason: str | None

    @property
    def issuing_state(self) -> str | None:
        """The MRZ code of the state that the report names."""
        state = json.loads(self.report).get("issuing_state")
        return None if state is None else str(state)

    def passed(self, check_id: str) -> bool:
        """Whether the report holds the check, and each of its results PASSED."""
        statuses = {check["status"] for check in json.loads(self.report)["checks"] if check["id"] == check_id}
        return statuses == {CheckStatus.PASSED.value}


def judgement_of(report: InspectionReport, policy: Policy, evidence_digests: Mapping[str, str]) -> Judgement:
    """What `policy` makes of `report`, with what decisions rest on."""
    verdict = judge(report, policy)
    proof = chip_proof(report, verdict)
    return Judgement(
        at=report.at,
        report=report.canonical(),
        report_sha256=report.sha256,
        verdict=verdict,
        trust_store=report.trust_store,
        evidence_digests=MappingProxyType(dict(evidence_digests)),
        chip_proof=proof,
        proof_origin=ProofOrigin.CLAIMED if proof is ChipProof.NONE else report.proof_origin,
        retry_helps=_retry_helps(report, verdict, policy),
        reason=leading_reason(report, verdict, policy),
    )


def chip_proof(report: InspectionReport, verdict: Verdict) -> ChipProof:
    """The proof that a genuine chip rests on."""
    if verdict.chip_genuine is not ChipGenuine.YES:
        return ChipProof.NONE

    def passed(check_id: str) -> bool:
        results = list(report.results(check_id))
        return bool(results) and all(result.status is CheckStatus.PASSED for result in results)

    return next((proof for proof, checks in _PROOFS.items() if all(map(passed, checks))), ChipProof.NONE)


def leading_reason(report: InspectionReport, verdict: Verdict, policy: Policy) -> str | None:
    """The one reason to tell a person first, or None when nothing stands in the way of the two reviews."""
    for blames in _BLAMES:
        for result in report.checks:
            if result.reason is not None and blames(result, report, verdict, policy):
                return result.reason.value
    return None


_Blames = Callable[[CheckResult, InspectionReport, Verdict, Policy], bool]


def _refused(result: CheckResult, report: InspectionReport, verdict: Verdict, policy: Policy) -> bool:
    return result.id in verdict.refused_by and result.status is not CheckStatus.NOT_APPLICABLE


def _expired(result: CheckResult, report: InspectionReport, verdict: Verdict, policy: Policy) -> bool:
    return result.id == "cross.expiry" and verdict.document_valid is not DocumentValid.YES


def _clone(result: CheckResult, report: InspectionReport, verdict: Verdict, policy: Policy) -> bool:
    return _is_proof(result) and result.status is CheckStatus.FAILED


def _other_page(result: CheckResult, report: InspectionReport, verdict: Verdict, policy: Policy) -> bool:
    return result.id == "cross.mrz_dg1" and verdict.mrz_matches_chip is not MrzMatchesChip.YES


def _undecided(result: CheckResult, report: InspectionReport, verdict: Verdict, policy: Policy) -> bool:
    mandatory = policy.effect(result, report) in (Effect.MANDATORY, Effect.REFUSED)
    return (
        verdict.authenticity is Authenticity.INCONCLUSIVE
        and mandatory
        and result.status in (CheckStatus.INDETERMINATE, CheckStatus.NOT_PERFORMED, CheckStatus.ABORTED)
        and result.reason not in (Reason.EARLIER_STEP, Reason.PA_NOT_PASSED)
    )


def _clone_detection_open(result: CheckResult, report: InspectionReport, verdict: Verdict, policy: Policy) -> bool:
    if verdict.chip_genuine is ChipGenuine.NOT_SUPPORTED:
        return _is_proof(result) and result.status is CheckStatus.NOT_APPLICABLE
    undecided = (CheckStatus.INDETERMINATE, CheckStatus.NOT_PERFORMED, CheckStatus.ABORTED)
    return (
        _is_proof(result)
        and verdict.chip_genuine is ChipGenuine.UNDETERMINED
        and result.status in undecided
        and result.reason is not Reason.EARLIER_STEP
    )


def _key_unusable(result: CheckResult, report: InspectionReport, verdict: Verdict, policy: Policy) -> bool:
    """Why the proof could not even be tried: its key or its hash stands in a file that cannot be used."""
    key_file = result.id == "lds.parse" and result.subject in (ElementaryFile.DG14, ElementaryFile.DG15)
    return (
        verdict.chip_genuine is ChipGenuine.UNDETERMINED
        and (key_file or result.id == "aa.algorithm_declared")
        and result.status in (CheckStatus.FAILED, CheckStatus.INDETERMINATE)
    )


def _is_proof(result: CheckResult) -> bool:
    return any(result.id in checks for checks in CHIP_PROOFS)


def _retry_helps(report: InspectionReport, verdict: Verdict, policy: Policy) -> bool:
    """Whether a mandatory check had nothing to look at, or the chip answered too late; a missing CSCA is neither."""

    def had_nothing(result: CheckResult) -> bool:
        return (
            verdict.authenticity is Authenticity.INCONCLUSIVE
            and policy.effect(result, report) in (Effect.MANDATORY, Effect.REFUSED)
            and result.status in (CheckStatus.NOT_PERFORMED, CheckStatus.ABORTED)
            and result.reason in (Reason.NO_EVIDENCE, Reason.NOT_SENT, Reason.CHECK_ERROR)
        )

    def too_late(result: CheckResult) -> bool:
        return result.reason is Reason.CHALLENGE_EXPIRED and verdict.chip_genuine is ChipGenuine.UNDETERMINED

    return any(had_nothing(result) or too_late(result) for result in report.checks)


#: Tried in this order: what refuses, then what stayed open.
_BLAMES: Final[tuple[_Blames, ...]] = (
    _refused,
    _clone,
    _expired,
    _other_page,
    _undecided,
    _clone_detection_open,
    _key_unusable,
)


def after_judgement(judgement: Judgement, *, chip_proof_required: bool, answers_left: int) -> Course:
    """Where the case goes when a chip was judged.

    What a new reading can still settle keeps the case open, as long as an answer of the chip would still be judged;
    what people may never lift ends in `stop`, so that nobody reviews in vain.
    """
    verdict, reason = judgement.verdict, judgement.reason
    if verdict.outcome is Outcome.REFUSED:
        return Course(Happening.CHIP_REFUSED, NextStep.STOP, reason)
    if judgement.retry_helps:
        return _read_again(NextStep.RETRY_CHIP, reason, answers_left)
    if verdict.authenticity is Authenticity.AUTHENTIC and verdict.document_valid is DocumentValid.YES:
        if verdict.mrz_matches_chip is MrzMatchesChip.UNDETERMINED:
            return Course(Happening.CHIP_LEFT_OPEN, NextStep.CONFIRM_MRZ, reason)
        if verdict.chip_genuine is ChipGenuine.UNDETERMINED:
            return _read_again(NextStep.READ_CHIP_LIVE, reason, answers_left)
    if level3_obstacles(verdict, chip_proof_required=chip_proof_required):
        return Course(Happening.CHIP_CHECKED, NextStep.STOP, reason)
    return Course(Happening.CHIP_CHECKED, NextStep.WAIT_REVIEW_1)


def _read_again(how: NextStep, reason: str | None, answers_left: int) -> Course:
    """The same chip once more; where no answer of it would be judged, the verification leads nowhere."""
    if answers_left == 0:
        return Course(Happening.CHIP_LEFT_OPEN, NextStep.STOP, CaseReason.CHIP_ATTEMPTS_USED)
    return Course(Happening.CHIP_LEFT_OPEN, how, reason)


def level3_obstacles(verdict: Verdict, *, chip_proof_required: bool) -> tuple[str, ...]:
    """What keeps a verdict from trust level 3, whatever people say (SECURITY.md 1.5); empty if nothing does.

    `chip_proof_required` is False where the issuing policy accepts a chip that supports no proof, after a physical
    inspection by both reviewers.
    """
    genuine = {ChipGenuine.YES} if chip_proof_required else {ChipGenuine.YES, ChipGenuine.NOT_SUPPORTED}
    held = {
        "authenticity": verdict.authenticity is Authenticity.AUTHENTIC,
        "document_valid": verdict.document_valid is DocumentValid.YES,
        "mrz_matches_chip": verdict.mrz_matches_chip is MrzMatchesChip.YES,
        "chip_genuine": verdict.chip_genuine in genuine,
        "outcome": verdict.outcome is not Outcome.REFUSED,
    }
    return tuple(name for name, holds in held.items() if not holds)
