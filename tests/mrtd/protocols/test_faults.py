"""What each fault of a chip ends in: a code of its own, and where a report is made, a reason of its own."""

from __future__ import annotations

from typing import Any

import pytest

from mrtd.inspection import POLICIES, judge
from mrtd.inspection.verdict import ChipGenuine
from mrtd.protocols.errors import ProofFailedError, ProtocolError
from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, Fault, make_card
from tests.mrtd.protocols.reading import ACCESS, PROOFS, Counted, issuer, persist, report_of, status, wanted

CA: dict[str, Any] = {"chip_authentication": (ChipAuthenticationOffer(),)}

#: fault -> behaviour beside it, and how the connection ends.
ENDS: dict[Fault, tuple[dict[str, Any], str]] = {
    Fault.TAG_LOST: ({"at": 20}, "tag_lost"),
    Fault.NAKED_WORD: ({"at": 20}, "sm.unprotected_response"),
    Fault.WRONG_CODE: ({"at": 18}, "sm.bad_mac"),
    Fault.OLD_ANSWER: ({"at": 30}, "sm.bad_mac"),
    Fault.WRONG_TOKEN: ({}, "pace.bad_token"),
    Fault.ECHO: ({}, "pace.bad_key"),
    Fault.CLONE: ({}, "ca.bad_mac"),
    Fault.CLONE_THAT_ANSWERS: ({}, "ca.bad_mac"),
    Fault.CLONE_THAT_REFUSES: ({}, "ca.refused"),
    Fault.SECOND_CHIP: ({"at": 20}, "tag_lost"),
    Fault.CUT_FILE: ({}, "read.bad_file"),
    Fault.ENDLESS_FILE: ({}, "read.too_long"),
}
#: fault -> the row of the report that tells of it, in the end.
REPORTED: dict[Fault, tuple[str, str, str | None]] = {
    Fault.CLONE: ("ca.secure_messaging", "FAILED", "bad_mac"),
    Fault.CLONE_THAT_ANSWERS: ("ca.secure_messaging", "FAILED", "bad_mac"),
    Fault.CLONE_THAT_REFUSES: ("ca.secure_messaging", "NOT_PERFORMED", "not_performed"),
    Fault.WRONG_TOKEN: ("access.pace_downgrade", "FAILED", "bac_despite_pace"),
    Fault.ECHO: ("access.pace_downgrade", "FAILED", "bac_despite_pace"),
    Fault.DOWNGRADE: ("access.pace_downgrade", "FAILED", "card_access_absent"),
}
#: Faults that happen once, so that the next connection is as good as any.
PASSING = {Fault.TAG_LOST, Fault.NAKED_WORD, Fault.WRONG_CODE, Fault.OLD_ANSWER}
#: No connection brings a whole file, so there is nothing to report on.
NEVER_READ = {Fault.CUT_FILE, Fault.ENDLESS_FILE}


def test_every_fault_is_here() -> None:
    assert set(ENDS) | {Fault.DOWNGRADE} == set(Fault)
    assert set(REPORTED) | PASSING | NEVER_READ | {Fault.SECOND_CHIP} == set(Fault)


def faulty(fault: Fault, **more: Any) -> Behaviour:
    """PACE, Chip and Active Authentication, and a fault."""
    return Behaviour(**ACCESS["gm"], **CA, fault=fault, **more)


@pytest.mark.parametrize("fault", ENDS)
def test_it_ends_the_connection_by_its_name(fault: Fault) -> None:
    more, code = ENDS[fault]
    assert persist(make_card(issuer(), faulty(fault, **more))).errors[0] == code


@pytest.mark.parametrize("fault", REPORTED)
def test_it_is_reported_by_its_name(fault: Fault) -> None:
    row, *expected = REPORTED[fault]
    card = make_card(issuer(), faulty(fault))
    report = report_of(card, persist(card).read)
    assert status(report, row) == tuple(expected)
    # who only refuses Chip Authentication has the key of Active Authentication here, which is proof enough
    refuses = fault is Fault.CLONE_THAT_REFUSES
    assert judge(report, POLICIES["strict-level3"]).outcome.value == ("verified" if refuses else "refused")


@pytest.mark.parametrize("fault", sorted(PASSING))
def test_what_happened_once_leaves_no_trace(fault: Fault) -> None:
    card = make_card(issuer(), faulty(fault, **ENDS[fault][0]))
    report = report_of(card, persist(card).read)
    assert judge(report, POLICIES["strict-level3"]).outcome.value == "verified"


@pytest.mark.parametrize("fault", sorted(NEVER_READ))
@pytest.mark.parametrize("access", ["bac", "gm", "im", "cam"])
def test_a_file_that_is_not_whole_is_no_file(fault: Fault, access: str) -> None:
    story = persist(make_card(issuer(), Behaviour(**ACCESS[access], **CA, fault=fault)))
    assert story.reading is None
    assert set(story.errors) == {ENDS[fault][1]}


@pytest.mark.parametrize("fault", [Fault.CLONE, Fault.CLONE_THAT_ANSWERS, Fault.CLONE_THAT_REFUSES])
@pytest.mark.parametrize("proof", [proof for proof in PROOFS if proof != "none"])
@pytest.mark.parametrize("access", ["bac", "gm", "im", "cam"])
def test_a_clone_is_refused_whatever_it_can(access: str, proof: str, fault: Fault) -> None:
    """All files of a document with keys of its own, or with no key at all."""
    card = make_card(issuer(), Behaviour(**ACCESS[access], **PROOFS[proof], fault=fault))
    report = report_of(card, persist(card).read)
    verdict = judge(report, POLICIES["strict-level3"])
    # what refuses Chip Authentication is a clone with the right files only: Active Authentication and CAM are its own
    honest = fault is Fault.CLONE_THAT_REFUSES and (proof == "aa" or access == "cam")
    assert (verdict.outcome.value == "verified") is honest
    if honest:
        return
    refuses = fault is Fault.CLONE_THAT_REFUSES
    assert verdict.outcome.value == ("review" if refuses else "refused")
    assert verdict.chip_genuine is (ChipGenuine.UNDETERMINED if refuses else ChipGenuine.NO)


@pytest.mark.parametrize("proof", ["ca-ecdh", "ca-dh"])
@pytest.mark.parametrize("access", ["bac", "gm", "im"])
def test_only_an_answer_under_the_new_keys_is_a_proof(access: str, proof: str) -> None:
    """The commands of Chip Authentication went well, and the answer after them is not under the agreed keys."""
    for fault in (Fault.CLONE, Fault.CLONE_THAT_ANSWERS):
        card = make_card(issuer(), Behaviour(**ACCESS[access], **PROOFS[proof], fault=fault))
        with pytest.raises(ProofFailedError, match=r"ca\.bad_mac") as caught:
            Counted(card).read(wanted())
        claimed = caught.value.chip_authentication
        assert claimed is not None
        assert not claimed.proved


def test_an_inferred_cipher_that_is_wrong_is_no_false_proof() -> None:
    """Without ChipAuthenticationInfo it is 3DES (9303-11 §9.2.5); a chip with AES is not called a clone for it."""
    offers = (ChipAuthenticationOffer(cipher=1, declared=False),)
    card = make_card(issuer(), Behaviour(active_authentication=False, chip_authentication=offers, fault=Fault.CLONE))
    with pytest.raises(ProtocolError) as caught:
        Counted(card).read(wanted())
    assert (caught.value.code, isinstance(caught.value, ProofFailedError)) == ("sm.unprotected_response", False)
    report = report_of(card, persist(card).read)
    assert status(report, "ca.secure_messaging") == ("NOT_PERFORMED", "not_performed")
    assert judge(report, POLICIES["strict-level3"]).chip_genuine is ChipGenuine.UNDETERMINED
