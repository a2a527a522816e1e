"""Specimens before the verifier: the genuine one is verified, and each broken one is refused for its own reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

import mrz
from mrtd.evidence import EvidenceSource, IssuedChallenge, Provenance
from mrtd.inspection import POLICIES, CheckStatus, InspectionReport, MrzEvidence, MrzSource, inspect, judge
from mrtd.inspection.verdict import ChipGenuine, DocumentValid, Outcome
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen import breakage
from mrtd.specimen.certificates import CrlTemplate, basic_constraints, document_types, key_usage
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.issuer import Edits, IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from tests.mrtd.specimen.conftest import NOW

CHALLENGE = bytes.fromhex("0123456789ABCDEF")
SERVER = Provenance(EvidenceSource.DUMP, IssuedChallenge(CHALLENGE, NOW - timedelta(seconds=7), NOW))
SHIPPED = ("strict-level3", "default")


def store(issuer: SpecimenIssuer, realm: Realm = Realm.SPECIMEN) -> TrustStore:
    sources = [read_source(data, name) for name, data in issuer.trust().items()]
    return TrustStore.from_sources([source for source in sources if source is not None], realm)


def report(issuer: SpecimenIssuer, document: SpecimenDocument, provenance: Provenance = SERVER) -> InspectionReport:
    zone = mrz.parse("\n".join(document.mrz_lines), today=NOW.date())
    evidence = SpecimenChip(document).evidence(CHALLENGE)
    printed = MrzEvidence(zone, MrzSource.CONFIRMED)
    return inspect(evidence, printed, store(issuer), NOW, provenance=provenance)


def reasons(found: InspectionReport, *statuses: CheckStatus) -> set[tuple[str, str, str]]:
    return {(check.id, check.subject, str(check.reason)) for check in found.checks if check.status in statuses}


@pytest.mark.parametrize("policy", POLICIES)
def test_genuine_document_is_verified(issuer: SpecimenIssuer, document: SpecimenDocument, policy: str) -> None:
    found = report(issuer, document)
    passive = [check for check in found.checks if check.id.startswith("pa.") and check.id != "pa.deviation"]
    assert {check.status for check in passive} == {CheckStatus.PASSED}
    # The operator named the anchor; no other tolerance was needed.
    assert {(check.id, str(check.reason)) for check in passive if check.reason} == {("pa.csca.trusted", "operator")}
    verdict = judge(found, POLICIES[policy])
    assert (verdict.outcome, verdict.attention) == (Outcome.VERIFIED, ())


def test_nothing_failed_or_stayed_open(issuer: SpecimenIssuer, document: SpecimenDocument) -> None:
    statuses = {check.status for check in report(issuer, document).checks}
    assert statuses == {CheckStatus.PASSED, CheckStatus.NOT_APPLICABLE}


def test_the_same_dump_as_a_claim_is_not_verified(issuer: SpecimenIssuer, document: SpecimenDocument) -> None:
    found = report(issuer, document, Provenance(EvidenceSource.DUMP))
    verdict = judge(found, POLICIES["strict-level3"])
    assert (verdict.outcome, verdict.chip_genuine) == (Outcome.REVIEW, ChipGenuine.UNDETERMINED)


def test_production_refuses_the_specimen_state(issuer: SpecimenIssuer) -> None:
    production = store(issuer, Realm.PRODUCTION)
    assert production.anchors == ()
    assert sum(production.refused.values()) >= 1


@pytest.mark.parametrize("policy", SHIPPED)
def test_tampered_dg1(issuer: SpecimenIssuer, document: SpecimenDocument, policy: str) -> None:
    lines = machine_readable_zone(MARTA, document_number="UT9999999", date_of_expiry=NOW.date() + timedelta(days=900))
    found = report(issuer, breakage.tampered_dg1(document, lines))
    assert reasons(found, CheckStatus.FAILED) == {("pa.dg_hash", "EF.DG1", "mismatch")}
    verdict = judge(found, POLICIES[policy])
    assert (verdict.outcome, verdict.refused_by) == (Outcome.REFUSED, ("pa.dg_hash",))


@pytest.mark.parametrize("policy", SHIPPED)
def test_clone(issuer: SpecimenIssuer, document: SpecimenDocument, policy: str) -> None:
    found = report(issuer, breakage.clone(document, issuer.algorithms))
    assert reasons(found, CheckStatus.FAILED) == {("aa.signature", "AA", "bad_signature")}
    verdict = judge(found, POLICIES[policy])
    assert (verdict.outcome, verdict.chip_genuine) == (Outcome.REFUSED, ChipGenuine.NO)


@pytest.mark.parametrize("policy", SHIPPED)
def test_expired_document(issuer: SpecimenIssuer, policy: str) -> None:
    found = report(issuer, breakage.expired(issuer, MARTA))
    assert reasons(found, CheckStatus.FAILED) == {("cross.expiry", "EF.DG1", "expired")}
    verdict = judge(found, POLICIES[policy])
    assert (verdict.outcome, verdict.document_valid) == (Outcome.REFUSED, DocumentValid.NO)


@pytest.mark.parametrize("policy", SHIPPED)
def test_wrong_csca(issuer: SpecimenIssuer, policy: str) -> None:
    found = report(issuer, breakage.wrong_csca(issuer, MARTA))
    assert reasons(found, CheckStatus.FAILED) == {("pa.path", "DSC", "bad_issuer_signature")}
    verdict = judge(found, POLICIES[policy])
    assert (verdict.outcome, verdict.refused_by) == (Outcome.REFUSED, ("pa.path",))


@pytest.mark.parametrize("policy", SHIPPED)
def test_injected_dg15(issuer: SpecimenIssuer, policy: str) -> None:
    plain = issuer.issue(MARTA, IssuingProfile(active_authentication=False))
    found = report(issuer, breakage.injected_dg15(plain, issuer.algorithms))
    assert reasons(found, CheckStatus.FAILED) == {("pa.dg_unlisted", "EF.DG15", "not_in_sod")}
    verdict = judge(found, POLICIES[policy])
    assert (verdict.outcome, verdict.refused_by) == (Outcome.REFUSED, ("pa.dg_unlisted",))


@pytest.mark.parametrize("policy", SHIPPED)
def test_stripped_dg15_is_never_not_supported(
    issuer: SpecimenIssuer, document: SpecimenDocument, policy: str
) -> None:
    """SECURITY.md 2.3: listed but not sent is undetermined, so nobody is verified and nobody accused."""
    found = report(issuer, breakage.stripped_dg15(document))
    assert ("aa.key", "EF.DG15", "not_sent") in reasons(found, CheckStatus.NOT_PERFORMED)
    verdict = judge(found, POLICIES[policy])
    assert (verdict.outcome, verdict.chip_genuine) == (Outcome.REVIEW, ChipGenuine.UNDETERMINED)


def test_a_chip_without_active_authentication_is_not_supported(issuer: SpecimenIssuer) -> None:
    plain = issuer.issue(MARTA, IssuingProfile(active_authentication=False))
    verdict = judge(report(issuer, plain), POLICIES["strict-level3"])
    assert (verdict.outcome, verdict.chip_genuine) == (Outcome.REVIEW, ChipGenuine.NOT_SUPPORTED)


BREAKAGES: dict[str, Callable[[SpecimenIssuer, SpecimenDocument], SpecimenDocument]] = {
    "clone": lambda issuer, document: breakage.clone(document, issuer.algorithms),
    "stripped_dg15": lambda _, document: breakage.stripped_dg15(document),
    "expired": lambda issuer, _: breakage.expired(issuer, MARTA),
    "wrong_csca": lambda issuer, _: breakage.wrong_csca(issuer, MARTA),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_broken_documents_are_reproducible(issuer: SpecimenIssuer, document: SpecimenDocument, name: str) -> None:
    first, second = (BREAKAGES[name](issuer, document) for _ in range(2))
    assert SpecimenChip(first).evidence(CHALLENGE) == SpecimenChip(second).evidence(CHALLENGE)
    assert report(issuer, first).canonical() == report(issuer, second).canonical()


def _revoking(template: CrlTemplate) -> CrlTemplate:
    serial = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW).dsc_template.serial
    return replace(template, revoked=((serial, template.this_update),))


#: One edit on the way, and the check, subject and reason that it must lead to.
EDITS: dict[str, tuple[Edits, tuple[str, str, str]]] = {
    "dsc_without_digital_signature": (
        Edits(dsc=lambda dsc: dsc.with_extension(key_usage("keyAgreement"))),
        ("pa.dsc.authorised", "DSC", "key_usage"),
    ),
    "dsc_for_identity_cards": (
        Edits(dsc=lambda dsc: dsc.with_extension(document_types("ID"))),
        ("pa.dsc.authorised", "DSC", "document_type"),
    ),
    "dsc_that_is_a_ca": (
        Edits(dsc=lambda dsc: dsc.with_extension(basic_constraints())),
        ("pa.dsc.authorised", "DSC", "is_ca"),
    ),
    "dsc_revoked": (Edits(crl=_revoking), ("pa.dsc.revocation", "DSC", "revoked")),
    "data_group_listed_twice": (
        Edits(lds_security_object=lambda lds: replace(lds, hashes=(*lds.hashes, lds.hashes[0]))),
        ("pa.dg_duplicate", "EF.SOD", "duplicate"),
    ),
    "content_changed_after_the_attributes": (
        Edits(signed_data=lambda signed: replace(signed, content=signed.content.replace(b"0108", b"0107"))),
        ("pa.sod.message_digest", "EF.SOD", "mismatch"),
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_breaks_the_document_at_one_place(name: str) -> None:
    edits, expected = EDITS[name]
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW, edits=edits)
    found = report(issuer, issuer.issue(MARTA))
    assert expected in reasons(found, CheckStatus.FAILED)
    assert judge(found, POLICIES["strict-level3"]).outcome is Outcome.REFUSED
