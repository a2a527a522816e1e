"""What is revoked or weak stays so, whatever lies beside it; hostile dates and points end well."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mrtd.crypto.signatures import _ECDSA_CURVES
from mrtd.errors import LimitExceededError
from mrtd.inspection import POLICIES, judge
from mrtd.pki import oids
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen import certificates, security_object
from mrtd.specimen.certificate_profiles import crl_template
from mrtd.specimen.certificates import CertificateExtension, CrlTemplate
from mrtd.specimen.encoding import NULL, algorithm, der
from mrtd.specimen.encoding import tlv as tlv_of
from mrtd.specimen.issuer import Edits, IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1, RSA_2048, EcKeySpec, RsaKeySpec, SchemeKind, SignatureScheme
from mrtd.specimen.security_object import SignedDataTemplate
from mrtd.specimen.signing_key import load
from mrtd.tlv import read
from tests.mrtd.inspection.documents import AT, MARTA, changed, findings, inspected, trust, trust_in

TODAY = datetime(2026, 11, 24, tzinfo=UTC)


def store(*trusted: bytes, untrusted: tuple[bytes, ...] = ()) -> TrustStore:
    found = [read_source(data, str(number)) for number, data in enumerate(trusted)]
    links = [read_source(data, f"link{number}") for number, data in enumerate(untrusted)]
    return TrustStore.from_sources(
        [one for one in found if one], Realm.SPECIMEN, untrusted=[one for one in links if one]
    )


def test_a_reissued_root_does_not_wash_its_key_clean() -> None:
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=AT)
    template = issuer.csca_template
    later = replace(template, serial=77, not_after=template.not_after + timedelta(days=30))
    reissued = certificates.issue_certificate(later, issuer.csca_key)
    crl = crl_template(BRAINPOOL_P256R1, template, issuer.csca_key, TODAY)
    revoking = certificates.issue_crl(replace(crl, revoked=((template.serial, TODAY),)), issuer.csca_key)
    report = inspected(issuer.issue(MARTA), store(issuer.csca_certificate, reissued, revoking))
    assert findings(report, "pa.csca.revocation") == [("CSCA", "FAILED", "revoked")]
    assert {judge(report, policy).outcome.value for policy in POLICIES.values()} == {"refused"}


def test_a_chain_is_as_strong_as_its_weakest_key() -> None:
    weak = replace(
        RSA_2048,
        name="old",
        csca_key=RsaKeySpec(1024),
        csca_scheme=SignatureScheme(SchemeKind.RSA_PKCS1, "sha1"),
    )
    old = SpecimenIssuer.create(weak, now=AT, csca_role="old")
    new = SpecimenIssuer.create(RSA_2048, now=AT)
    template = replace(
        new.csca_template, serial=99, issuer=old.csca_template.subject, scheme=old.algorithms.csca_scheme
    ).with_extension(certificates.authority_key_identifier(old.csca_key.key_identifier()))
    link = certificates.issue_certificate(template, old.csca_key)
    report = inspected(new.issue(MARTA), store(old.csca_certificate, old.crl, untrusted=(link,)))
    assert findings(report, "pa.path") == [("DSC", "PASSED", None)]
    assert judge(report, POLICIES["strict-level3"]).refused_by == ("pa.algorithms",)


def test_a_weak_key_is_seen_under_an_unknown_signature_algorithm() -> None:
    md5 = der(algorithm("1.2.840.113549.1.1.4", NULL))
    weak = replace(RSA_2048, name="weak", csca_key=RsaKeySpec(1024))
    issuer = SpecimenIssuer.create(weak, now=AT, edits=Edits(csca=changed(declared_algorithm=md5)))
    report = inspected(issuer.issue(MARTA), trust_in(issuer))
    assert judge(report, POLICIES["strict-level3"]).refused_by == ("pa.algorithms",)


@pytest.mark.parametrize(
    ("extension", "value"),
    [(oids.DELTA_CRL_INDICATOR, "020101"), (oids.ISSUING_DISTRIBUTION_POINT, "3000")],
    ids=["delta", "partial"],
)
def test_an_unusable_crl_takes_nothing_away_from_a_complete_one(extension: str, value: str) -> None:
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=AT)
    template = crl_template(BRAINPOOL_P256R1, issuer.csca_template, issuer.csca_key, TODAY)
    listed = certificates.issue_crl(
        replace(template, revoked=((issuer.dsc_template.serial, TODAY),)), issuer.csca_key
    )
    other = template.with_extension(certificates.crl_number(2)).with_extension(
        CertificateExtension(extension, bytes.fromhex(value), critical=True)
    )
    report = inspected(
        issuer.issue(MARTA),
        store(issuer.csca_certificate, listed, certificates.issue_crl(other, issuer.csca_key)),
    )
    assert findings(report, "pa.dsc.revocation") == [("DSC", "FAILED", "revoked")]


def test_another_spelling_of_the_issuer_does_not_hide_its_crl() -> None:
    serial = SpecimenIssuer.create(BRAINPOOL_P256R1, now=AT).dsc_template.serial

    def revoke(template: CrlTemplate) -> CrlTemplate:
        return replace(template, revoked=((serial, template.this_update),))

    edits = Edits(crl=revoke, dsc=changed(issuer=certificates.name("CSCA Utopia SPECIMEN G2")))
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=AT, edits=edits)
    report = inspected(issuer.issue(MARTA), trust_in(issuer))
    assert findings(report, "pa.path") == [("DSC", "PASSED", None)]
    assert findings(report, "pa.dsc.revocation") == [("DSC", "FAILED", "revoked")]


def test_a_crl_without_a_next_one() -> None:
    """RFC 5280 §4.1.2.5: 99991231235959Z says that there is no well-defined date."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=AT, edits=Edits(crl=changed(next_update=end)))
    report = inspected(issuer.issue(MARTA), trust_in(issuer))
    assert findings(report, "pa.dsc.revocation") == [("DSC", "PASSED", None)]


@pytest.mark.parametrize("issued", [b"00010101", b"99991231"])
def test_the_edges_of_the_calendar_in_dg12(issued: bytes) -> None:
    group = tlv_of(0x6C, tlv_of(0x5C, b"\x5f\x26") + tlv_of(0x5F26, issued))
    stranger = SpecimenIssuer.create(BRAINPOOL_P256R1, now=AT, csca_role="stranger")
    document = stranger.issue(MARTA, IssuingProfile(signing_time=False, groups=((12, group),)))
    report = inspected(document, trust())
    assert findings(report, "pa.path") != [("DSC", "PASSED", None)]


def test_a_signature_that_leads_to_the_point_at_infinity() -> None:
    """r = -e / d makes u1 G + u2 Q the point at infinity, whatever s is."""
    algorithms = replace(BRAINPOOL_P256R1, name="infinity", dsc_key=EcKeySpec("brainpoolp224r1"))
    secret = int(load("dsc", algorithms.dsc_key).private.key.privkey.secret_multiplier)
    order = int(_ECDSA_CURVES["brainpoolP224r1"].order)
    held: list[SignedDataTemplate] = []

    def hold(template: SignedDataTemplate) -> SignedDataTemplate:
        held.append(template)
        return template

    def integer(value: int) -> bytes:
        return tlv_of(0x02, value.to_bytes((value.bit_length() + 8) // 8))

    def sign(_: bytes) -> bytes:
        hashed = hashlib.sha256(security_object.to_be_signed(held[0])).digest()[:28]
        r = -int.from_bytes(hashed) * pow(secret, -1, order) % order
        return tlv_of(0x30, integer(r) + integer(7))

    issuer = SpecimenIssuer.create(algorithms, now=AT, edits=Edits(signed_data=hold, signature=sign))
    report = inspected(issuer.issue(MARTA), trust_in(issuer))
    assert findings(report, "pa.sod.signature") == [("EF.SOD", "FAILED", "bad_signature")]


def test_nested_indefinite_lengths_are_bounded() -> None:
    """Each level is scanned for its end: 25 of them over 10,000 elements cost seconds."""
    with pytest.raises(LimitExceededError, match="too_deep"):
        read(b"\x30\x80" * 25 + b"\x05\x00" * 9_900 + b"\x00\x00" * 25)
