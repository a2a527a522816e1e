"""Where the case goes when a chip was judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mrtd.inspection.verdict import Authenticity, ChipGenuine, DocumentValid, MrzMatchesChip, Outcome, Verdict
from service.domain.identity import Caller, Principal
from service.domain.judgement import after_judgement, level3_obstacles
from service.domain.lifecycle import happen
from service.domain.verification import NextStep, State
from tests.service.findings import AT, GOOD, JUDGED, ORGANISATION, all_verdicts, case, outcome, verdict_id

PHONE = Principal("anna", ORGANISATION, frozenset({Caller.APP}))


def settle(verdict: Verdict, *, retry_helps: bool = False, proof: bool = True, answers_left: int = 2):
    """The case after this verdict."""
    judgement = replace(JUDGED, verdict=verdict, retry_helps=retry_helps, reason="no_csca")
    course = after_judgement(judgement, chip_proof_required=proof, answers_left=answers_left)
    return happen(case(State.MRZ_CAPTURED), course, PHONE, AT).verification


def off(**changes) -> Verdict:
    """A good verdict with something off, and the outcome that follows."""
    verdict = replace(GOOD, **changes)
    return replace(verdict, outcome=outcome(verdict))


NO_CSCA = off(authenticity=Authenticity.INCONCLUSIVE, chip_genuine=ChipGenuine.UNDETERMINED)
MISREAD = off(mrz_matches_chip=MrzMatchesChip.UNDETERMINED)
NO_PROOF = off(chip_genuine=ChipGenuine.UNDETERMINED)
ONE_OFF = {
    "verified": (GOOD, State.CHECKED, NextStep.WAIT_REVIEW_1),
    "attention": (off(attention=("pa.dsc.revocation",)), State.CHECKED, NextStep.WAIT_REVIEW_1),
    "misread photo": (MISREAD, State.MRZ_CAPTURED, NextStep.CONFIRM_MRZ),
    "clone detection open": (NO_PROOF, State.MRZ_CAPTURED, NextStep.READ_CHIP_LIVE),
    "no clone detection": (off(chip_genuine=ChipGenuine.NOT_SUPPORTED), State.CHECKED, NextStep.STOP),
    "no CSCA": (NO_CSCA, State.CHECKED, NextStep.STOP),
    "unknown expiry": (off(document_valid=DocumentValid.UNDETERMINED), State.CHECKED, NextStep.STOP),
    "clone": (off(chip_genuine=ChipGenuine.NO), State.REFUSED, NextStep.STOP),
    "expired": (off(document_valid=DocumentValid.NO), State.REFUSED, NextStep.STOP),
    "another page": (off(mrz_matches_chip=MrzMatchesChip.NO), State.REFUSED, NextStep.STOP),
    "forged": (off(authenticity=Authenticity.NOT_AUTHENTIC), State.REFUSED, NextStep.STOP),
}


@pytest.mark.parametrize(("verdict", "state", "next_step"), ONE_OFF.values(), ids=ONE_OFF)
def test_one_thing_off(verdict: Verdict, state: State, next_step: NextStep) -> None:
    settled = settle(verdict)
    assert (settled.state, settled.next_step) == (state, next_step)


def test_missing_evidence_is_read_again() -> None:
    settled = settle(off(authenticity=Authenticity.INCONCLUSIVE), retry_helps=True)
    assert (settled.state, settled.next_step) == (State.MRZ_CAPTURED, NextStep.RETRY_CHIP)


@pytest.mark.parametrize("answers_left", [0, 1])
def test_nothing_is_read_again_that_would_not_be_judged(answers_left: int) -> None:
    """After the third answer the words are: cancel, and open a new verification."""
    settled = settle(off(authenticity=Authenticity.INCONCLUSIVE), retry_helps=True, answers_left=answers_left)
    assert settled.state is State.MRZ_CAPTURED
    expected = (NextStep.RETRY_CHIP, "no_csca") if answers_left else (NextStep.STOP, "chip_attempts_used")
    assert (settled.next_step, settled.reason) == expected


@pytest.mark.parametrize("answers_left", [0, 1])
def test_nor_is_a_proof_waited_for(answers_left: int) -> None:
    """A chip that refuses to prove itself each time, live: nobody holds the passport to the phone for ever."""
    settled = settle(NO_PROOF, answers_left=answers_left)
    assert settled.state is State.MRZ_CAPTURED
    expected = (NextStep.READ_CHIP_LIVE, "no_csca") if answers_left else (NextStep.STOP, "chip_attempts_used")
    assert (settled.next_step, settled.reason) == expected


def test_a_chip_without_proof_passes_where_policy_says_so() -> None:
    assert settle(off(chip_genuine=ChipGenuine.NOT_SUPPORTED), proof=False).next_step is NextStep.WAIT_REVIEW_1


@pytest.mark.parametrize("retry_helps", [True, False])
@pytest.mark.parametrize("verdict", all_verdicts(), ids=verdict_id)
def test_every_verdict_leads_somewhere_sensible(verdict: Verdict, retry_helps: bool) -> None:
    """Reviews are asked for only where they can approve; what is refused is refused; a stop has a reason."""
    settled = settle(verdict, retry_helps=retry_helps)
    if verdict.outcome is Outcome.REFUSED:
        assert settled.state is State.REFUSED
    if settled.next_step is NextStep.WAIT_REVIEW_1:
        assert not level3_obstacles(verdict, chip_proof_required=True)
        assert settled.state is State.CHECKED
    else:
        assert settled.reason == "no_csca"
    assert settled.state in (State.REFUSED, State.CHECKED, State.MRZ_CAPTURED)
