"""Verdicts and judgements for tests of the domain."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from mrtd.evidence import ProofOrigin
from mrtd.inspection.verdict import Authenticity, ChipGenuine, DocumentValid, MrzMatchesChip, Outcome, Verdict
from service.domain.deadlines import RESULT_TIME, REVIEW_TIME, capture_until, review_until
from service.domain.judgement import ChipProof, Judgement
from service.domain.review import Decision, Face, Inspection, Review, decision_hash
from service.domain.verification import Kind, NextStep, State, Verification

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ORGANISATION = "Specimen organisation"
HAS_RESULT_TIME = (State.APPROVED, State.RESULT_ISSUED, State.CONSUMED, State.REVOKED)

GOOD = Verdict(
    outcome=Outcome.VERIFIED,
    authenticity=Authenticity.AUTHENTIC,
    chip_genuine=ChipGenuine.YES,
    document_valid=DocumentValid.YES,
    mrz_matches_chip=MrzMatchesChip.YES,
    attention=(),
    refused_by=(),
    policy="strict-level3",
    policy_digest="p" * 64,
)

JUDGED = Judgement(
    at=AT,
    report=b"{}",
    report_sha256="a" * 64,
    verdict=GOOD,
    trust_store="t" * 64,
    evidence_digests={"EF.SOD": "b" * 64},
    chip_proof=ChipProof.AA,
    proof_origin=ProofOrigin.SERVER_CHALLENGE,
    retry_helps=False,
    reason=None,
)

YES = (Inspection(True, True, True, True), Face(True, True))


def outcome(verdict: Verdict) -> Outcome:
    """SECURITY.md 1.4, written down once more."""
    if (
        verdict.authenticity is Authenticity.NOT_AUTHENTIC
        or verdict.chip_genuine is ChipGenuine.NO
        or verdict.document_valid is DocumentValid.NO
        or verdict.mrz_matches_chip is MrzMatchesChip.NO
    ):
        return Outcome.REFUSED
    good = (Authenticity.AUTHENTIC, ChipGenuine.YES, DocumentValid.YES, MrzMatchesChip.YES)
    found = (verdict.authenticity, verdict.chip_genuine, verdict.document_valid, verdict.mrz_matches_chip)
    return Outcome.VERIFIED if found == good and not verdict.attention else Outcome.REVIEW


def all_verdicts() -> list[Verdict]:
    """Every verdict there can be, with and without attention."""
    found = []
    for authenticity, chip, valid, mrz, attention in itertools.product(
        Authenticity, ChipGenuine, DocumentValid, MrzMatchesChip, ((), ("pa.dsc.revocation",))
    ):
        verdict = replace(
            GOOD,
            authenticity=authenticity,
            chip_genuine=chip,
            document_valid=valid,
            mrz_matches_chip=mrz,
            attention=attention,
        )
        found.append(replace(verdict, outcome=outcome(verdict)))
    return found


def verdict_id(verdict: Verdict) -> str:
    """The name of a test."""
    found = (verdict.authenticity, verdict.chip_genuine, verdict.document_valid, verdict.mrz_matches_chip)
    return "-".join((*found, "attention" if verdict.attention else "clean"))


def case(state: State) -> Verification:
    """A verification in a state."""
    until = capture_until(AT)
    return Verification(
        id="vs_A",
        organisation=ORGANISATION,
        kind=Kind.RESERVE_CARD_NO_PNR,
        order_reference=None,
        state=state,
        next_step=NextStep.STOP,
        created_by="anna",
        created_at=AT,
        changed_at=AT,
        capture_until=until,
        review_until=review_until(AT, until, REVIEW_TIME),
        result_until=AT + RESULT_TIME if state in HAS_RESULT_TIME else None,
        ended_in=State.CONSUMED if state is State.PURGED else None,
        mrz_attempts=1,
    )


def review_by(
    person: str,
    judgement: Judgement = JUDGED,
    earlier: tuple[Review, ...] = (),
    decision: Decision = Decision.APPROVE,
    reason: str | None = None,
) -> Review:
    """A review that is bound to what stands now."""
    return Review(
        person,
        decision,
        *YES,
        reason,
        decision_hash(judgement, earlier),
        AT,
        session=f"session of {person}",
        signed_in_at=AT,
        elsewhere=True,
    )


states = st.sampled_from(State)
verdicts = st.sampled_from(all_verdicts())
