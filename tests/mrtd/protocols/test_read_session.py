"""Whole readings of a chip that shares no protocol code with the reader, and what the inspection makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mrtd.evidence import (
    ElementaryFile,
)
from mrtd.inspection import POLICIES, judge
from mrtd.inspection.verdict import ChipGenuine
from mrtd.protocols.errors import AccessDeniedError, ProtocolError
from mrtd.protocols.password import from_can, from_mrz_information
from mrtd.specimen.card import (
    Behaviour,
    ChipAuthenticationOffer,
    Fault,
    PaceOffer,
    make_card,
)
from mrtd.specimen.card.behaviour import PROFILES
from tests.mrtd.protocols.reading import (
    ACCESS,
    PHONES,
    PROOFS,
    Counted,
    issuer,
    report_of,
    status,
    wanted,
)


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_read(profile: str, phone: str) -> None:
    behaviour = PROFILES[profile]
    card = make_card(issuer(), behaviour)
    patient = wanted(phone)
    reading, counted = None, Counted(card)
    for _ in range(4):
        counted = Counted(card)
        try:
            reading = counted.read(patient)
        except ProtocolError as error:
            if error.code != "sm.unprotected_response":
                raise
            # a chip that left secure messaging over a length is read again, on a new connection, in smaller steps
            patient = replace(patient, terminal=patient.terminal.cautious())
        if reading is not None:
            break
    assert reading is not None
    assert counted.trips <= 13
    expected: set[ElementaryFile] = {name for name in card.document.files if name is not ElementaryFile.CARD_SECURITY}
    if reading.session.pace_cam:
        expected.add(ElementaryFile.CARD_SECURITY)
    assert set(reading.files) == expected
    assert all(card.document.files[name] == data for name, data in reading.files.items())
    assert (reading.session.access == "BAC") is (not behaviour.pace)
    report = report_of(card, reading)
    verdict = judge(report, POLICIES["strict-level3"])
    proofs = behaviour.active_authentication or behaviour.chip_authentication or reading.session.pace_cam
    missing = bool(behaviour.missing)
    assert verdict.chip_genuine is (ChipGenuine.YES if proofs else ChipGenuine.NOT_SUPPORTED)
    if not missing and proofs and not reading.session.length_quirk:
        assert verdict.outcome.value == "verified", (verdict.attention, verdict.refused_by)
    assert status(report, "access.pace_downgrade") == ("PASSED", None)


def test_a_failed_chip_authentication_is_no_genuine_chip() -> None:
    """The session that follows says what happened; it stays on record though everything else is good."""
    card = make_card(issuer(), Behaviour(chip_authentication=(ChipAuthenticationOffer(),)))
    reading = Counted(card).read(wanted())
    proof = reading.session.chip_authentication
    assert proof is not None
    session = replace(reading.session, chip_authentication=replace(proof, proved=False))
    report = report_of(card, replace(reading, session=session))
    assert status(report, "ca.secure_messaging") == ("FAILED", "bad_mac")
    assert judge(report, POLICIES["strict-level3"]).chip_genuine is ChipGenuine.NO


def test_a_proof_by_a_key_that_was_not_signed_shows_nothing() -> None:
    card = make_card(
        issuer(), Behaviour(active_authentication=False, chip_authentication=(ChipAuthenticationOffer(),))
    )
    reading = Counted(card).read(wanted())
    proof = reading.session.chip_authentication
    assert proof is not None
    stranger = replace(proof, public_key=proof.public_key[:-1] + bytes([proof.public_key[-1] ^ 1]))
    report = report_of(card, replace(reading, session=replace(reading.session, chip_authentication=stranger)))
    assert status(report, "ca.secure_messaging") == ("NOT_PERFORMED", "earlier_step")
    assert judge(report, POLICIES["strict-level3"]).chip_genuine is ChipGenuine.UNDETERMINED


@pytest.mark.parametrize(
    ("name", "check", "reason"),
    [("gm", "ca.rebind", "differs"), ("cam", "pace_cam.same_session", "sod_not_in_session")],
)
@pytest.mark.parametrize("file", [ElementaryFile.SOD, ElementaryFile.DG1])
def test_what_is_judged_was_read_under_the_keys_of_the_proof(
    name: str, check: str, reason: str, file: ElementaryFile
) -> None:
    behaviour = Behaviour(**ACCESS[name], **PROOFS["ca-ecdh"])
    card = make_card(issuer(), behaviour)
    reading = Counted(card).read(wanted())
    for digests in ({}, {**reading.session.read_under_proof, file: "0" * 64}):
        session = replace(reading.session, read_under_proof=digests)
        report = report_of(card, replace(reading, session=session))
        assert status(report, check) == ("FAILED", reason)
        assert judge(report, POLICIES["strict-level3"]).chip_genuine is ChipGenuine.NO


def test_bac_with_a_chip_that_signed_for_pace_is_a_downgrade() -> None:
    card = make_card(issuer(), Behaviour(pace=(PaceOffer(),), fault=Fault.DOWNGRADE))
    report = report_of(card, Counted(card).read(wanted()))
    assert status(report, "access.pace_downgrade") == ("FAILED", "card_access_absent")
    card = make_card(issuer(), Behaviour(pace=(PaceOffer(),)))
    report = report_of(card, Counted(card).read(wanted(use_bac=True)))
    assert status(report, "access.pace_downgrade") == ("FAILED", "bac_despite_pace")
    assert judge(report, POLICIES["strict-level3"]).outcome.value == "refused"


@pytest.mark.parametrize("access", ["bac", "gm", "im", "cam"])
def test_a_wrong_password_is_told_from_everything_else(access: str) -> None:
    card = make_card(issuer(), Behaviour(**ACCESS[access]))
    with pytest.raises(AccessDeniedError) as caught:
        Counted(card).read(wanted(), from_mrz_information("UT0000009" + "0" * 15))
    assert caught.value.code == ("bac.denied" if access == "bac" else "pace.denied")


def test_a_card_access_number_opens_a_chip() -> None:
    card = make_card(issuer(), PROFILES["card-access-number"])
    assert Counted(card).read(wanted(), from_can("123456")).session.access == "PACE-GM"
    with pytest.raises(AccessDeniedError):
        Counted(card).read(wanted(), from_can("654321"))
    with pytest.raises(ProtocolError, match=r"bac\.needs_mrz"):
        Counted(make_card(issuer(), Behaviour())).read(wanted(), from_can("123456"))


def test_the_same_random_numbers_repeat_a_session_octet_by_octet() -> None:
    def recorded() -> list[bytes]:
        card = make_card(issuer(), PROFILES["with-atr-info"])
        seen: list[bytes] = []
        transmit = card.transmit

        def recording(command: bytes) -> bytes:
            answer = transmit(command)
            seen.extend((command, answer))
            return answer

        card.transmit = recording  # type: ignore[method-assign]
        Counted(card).read(wanted())
        return seen

    assert recorded() == recorded()


def test_a_reading_does_not_show_what_it_holds() -> None:
    reading = Counted(make_card(issuer(), Behaviour())).read(wanted())
    assert repr(reading) == f"Reading(files={sorted(reading.files)})"
