"""How the chip was reached: a sender's word is a claim, and counts only against him (SECURITY.md 5.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mrtd.evidence import CLAIMED, ChipEvidence, ElementaryFile, EvidenceSource, Provenance
from mrtd.inspection import POLICIES, inspect, judge
from mrtd.specimen import data_groups
from mrtd.specimen.issuer import Edits, SpecimenIssuer
from tests.mrtd.inspection.cms_builder import (
    Party,
    attributes,
    der,
    integer,
    oid,
    security_object,
    signer_info,
)
from tests.mrtd.inspection.documents import AT, edited, findings, genuine_document, genuine_issuer, trust, trust_in
from tests.mrtd.inspection.strangers import STRANGER

#: PACEInfo: id-PACE-ECDH-GM-AES-CBC-CMAC-128, version 2, brainpoolP256r1 (ICAO 9303-11 §9.2.5).
PACE = der(0x30, oid("0.4.0.127.0.7.2.2.4.2.2"), integer(2), integer(13))
OTHER_PACE = der(0x30, oid("0.4.0.127.0.7.2.2.4.2.4"), integer(2), integer(13))
CARD_ACCESS = der(0x31, PACE)
DG14 = data_groups.dg14([PACE])
LIVE = Provenance(EvidenceSource.LIVE)


def pace_document():
    return edited(Edits(data_groups=lambda groups: {**groups, 14: DG14}))


def report(card_access: bytes | None = None, claimed: dict | None = None, provenance=CLAIMED, without=(), store=None):
    document, own = pace_document()
    files = {name: data for name, data in document.files.items() if name not in without}
    if card_access is not None:
        files[ElementaryFile.CARD_ACCESS] = card_access
    return inspect(ChipEvidence(files, claimed=claimed or {}), None, store or own, AT, provenance=provenance)


@pytest.mark.parametrize(
    ("claimed", "word"),
    [("PACE", "PACE"), ("bac", "BAC"), ("PACE-CAM", "PACE-CAM"), ("<script>", "other"), ("none", "NONE")],
)
def test_a_claimed_protocol_is_a_claim(claimed, word):
    found = report(claimed={"access.protocol": claimed})
    assert findings(found, "access.protocol") == [("chip", "INDETERMINATE", "claimed")]
    assert dict(next(found.results("access.protocol")).facts) == {"claimed_protocol": word}


def test_a_dump_without_a_claim():
    for check in ("access.protocol", "access.pace_downgrade", "access.sm", "live.timing"):
        assert findings(report(), check) == [("chip", "NOT_APPLICABLE", "not_live")]


def test_a_live_session_that_says_nothing_is_open():
    """Secure messaging is mandatory: a live report without it is never authentic."""
    found = report(provenance=LIVE)
    for check in ("access.protocol", "access.pace_downgrade", "access.sm", "live.timing"):
        assert findings(found, check) == [("chip", "NOT_PERFORMED", "no_evidence")]
    assert judge(found, POLICIES["forensic"]).authenticity == "inconclusive"
    assert found.source == "live"


def test_bac_with_a_chip_that_offers_pace():
    found = report(claimed={"access.protocol": "BAC"})
    assert findings(found, "access.pace_downgrade") == [("chip", "FAILED", "bac_despite_pace")]
    assert judge(found, POLICIES["strict-level3"]).refused_by == ("access.pace_downgrade",)
    assert judge(found, POLICIES["default"]).authenticity == "authentic"


def test_a_downgrade_is_judged_after_passive_authentication():
    """What an unsigned or tampered DG14 offers is nobody's promise."""
    found = report(claimed={"access.protocol": "BAC"}, store=trust(), without=(ElementaryFile.DG1,))
    assert findings(found, "access.pace_downgrade") == [("chip", "NOT_APPLICABLE", "not_live")]


def test_bac_with_a_chip_that_has_nothing_else():
    document = genuine_document()
    found = inspect(ChipEvidence(document.files, claimed={"access.protocol": "BAC"}), None, trust(), AT)
    assert findings(found, "access.pace_downgrade") == [("chip", "NOT_APPLICABLE", "not_live")]


@pytest.mark.parametrize(
    ("card_access", "without", "expected"),
    [
        (CARD_ACCESS, (), ("PASSED", None)),
        (der(0x31, OTHER_PACE), (), ("FAILED", "differs")),
        (der(0x31, PACE, OTHER_PACE), (), ("FAILED", "differs")),
        (CARD_ACCESS, (ElementaryFile.DG14,), ("NOT_PERFORMED", "earlier_step")),
        (b"\x31\x02\x30\x00", (), ("NOT_PERFORMED", "earlier_step")),
        (None, (), ("NOT_APPLICABLE", "not_read")),
    ],
)
def test_card_access_is_contained_in_dg14(card_access, without, expected):
    found = report(card_access, without=without)
    assert findings(found, "access.card_access_signed") == [("EF.CardAccess", *expected)]


def test_the_source_is_said():
    for source in EvidenceSource:
        found = report(provenance=Provenance(source))
        assert dict(next(found.results("evidence.source")).facts) == {"source": source.value}


@pytest.mark.parametrize(("claimed", "word"), [("live", "live"), ("LIVE", "live"), ("server itself", "other")])
def test_a_sender_cannot_say_that_it_was_live(claimed, word):
    """SECURITY.md 2.1: provenance is never read from what a client sends."""
    found = report(claimed={"source": claimed})
    assert found.source == "dump"
    assert dict(next(found.results("evidence.source")).facts) == {"source": "dump", "claimed_source": word}


SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"


def card_security(party: Party) -> bytes:
    """EF.CardSecurity of a signer, with the same SecurityInfos as EF.CardAccess."""
    signer = signer_info(party, CARD_ACCESS, signed=attributes(CARD_ACCESS, SECURITY_OBJECT))
    return security_object(CARD_ACCESS, [party.certificate], [signer], content_type=SECURITY_OBJECT, tag_77=False)


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        (Party(genuine_issuer().dsc_key.private, genuine_issuer().dsc_certificate), ("PASSED", None)),
        (STRANGER, ("FAILED", "differs")),
    ],
    ids=["state", "stranger"],
)
def test_card_access_is_contained_in_a_card_security_of_the_state(party, expected):
    """A stranger's EF.CardSecurity has a good signature too; it vouches for nothing."""
    files = {ElementaryFile.CARD_ACCESS: CARD_ACCESS, ElementaryFile.CARD_SECURITY: card_security(party)}
    found = inspect(ChipEvidence({**genuine_document().files, **files}), None, trust(), AT)
    assert ("EF.CardSecurity", "PASSED", None) in findings(found, "pa.sod.signature")
    assert findings(found, "access.card_access_signed") == [("EF.CardAccess", *expected)]


@pytest.mark.parametrize("revoked", [False, True])
def test_a_revoked_signer_of_card_security_vouches_for_nothing(revoked):
    """EF.SOD is signed by another DSC of the state, which is as good as ever (SECURITY.md 5.5)."""
    state = genuine_issuer()
    other = SpecimenIssuer.create(state.algorithms, now=state.now, dsc_role="dsc-of-cards")
    gone = ((other.dsc_template.serial, AT - timedelta(days=3)),) if revoked else ()
    published = SpecimenIssuer.create(
        state.algorithms, now=state.now, edits=Edits(crl=lambda t: replace(t, revoked=gone))
    )
    party = Party(other.dsc_key.private, other.dsc_certificate)
    files = {ElementaryFile.CARD_ACCESS: CARD_ACCESS, ElementaryFile.CARD_SECURITY: card_security(party)}
    found = inspect(ChipEvidence({**genuine_document().files, **files}), None, trust_in(published), AT)
    assert ("EF.CardSecurity", "PASSED", None) in findings(found, "pa.sod.signature")
    assert {status for _, status, _ in findings(found, "pa.dsc.revocation")} == {"PASSED"}
    expected = ("FAILED", "differs") if revoked else ("PASSED", None)
    assert findings(found, "access.card_access_signed") == [("EF.CardAccess", *expected)]
