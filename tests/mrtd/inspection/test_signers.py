"""Signers of a security object: whose key it was decides, and nothing else (SECURITY.md 3.1, 3.2)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mrtd.evidence import ElementaryFile
from mrtd.inspection import POLICIES, InspectionReport, judge
from mrtd.specimen.certificates import issue_certificate
from tests.mrtd.inspection.cms_builder import (
    CONTENT_TYPE,
    ECDSA_WITH_SHA256,
    MESSAGE_DIGEST,
    SHA256,
    SHA384,
    SIGNING_TIME,
    Party,
    algorithm,
    attribute,
    attributes,
    der,
    integer,
    lds_security_object,
    oid,
    security_object,
    signer_info,
)
from tests.mrtd.inspection.documents import (
    findings,
    genuine_document,
    genuine_issuer,
    inspected,
    with_sod,
)
from tests.mrtd.inspection.strangers import STRANGER, stranger

ISSUER = genuine_issuer()
GENUINE = Party(ISSUER.dsc_key.private, ISSUER.dsc_certificate)
GROUPS = {name.data_group: data for name, data in genuine_document().files.items() if name.data_group is not None}
CONTENT = lds_security_object(GROUPS)
#: The content of a forger who would like another DG1.
FORGED = lds_security_object({**GROUPS, 1: b"another person"})


def report_of(*signers: bytes, certificates: tuple[bytes, ...] = (GENUINE.certificate,), content: bytes = CONTENT,
              **more: object) -> InspectionReport:  # fmt: skip
    return inspected(with_sod(security_object(content, certificates, signers, **more)))


def only(report: InspectionReport, check: str) -> tuple[str, str | None]:
    ((_, status, reason),) = findings(report, check)
    return status, reason


def test_the_builder_makes_a_good_security_object():
    report = report_of(signer_info(GENUINE, CONTENT))
    assert judge(report, POLICIES["strict-level3"]).outcome == "verified"


# --- mix and match

ORDERS = list(permutations([GENUINE.certificate, STRANGER.certificate]))
FORGERIES = {
    "named_stranger": {"sid": STRANGER.sid},
    "named_genuine": {"sid": GENUINE.sid},
    "named_nobody": {"sid": der(0x80, b"nobody")},
}


@pytest.mark.parametrize(
    "certificates", list(permutations([GENUINE.certificate, STRANGER.certificate])), ids=["gs", "sg"]
)
@pytest.mark.parametrize("named", FORGERIES)
def test_a_strangers_signature_with_the_genuine_dsc_appended(certificates, named):
    """Forged content, a stranger's signature, the genuine DSC beside it: the DSC is the stranger's certificate."""
    report = report_of(signer_info(STRANGER, FORGED, **FORGERIES[named]), certificates=certificates, content=FORGED)
    assert only(report, "pa.sod.signature")[0] == "PASSED"
    (result,) = report.results("pa.sod.signer_certificate")
    assert result.facts["dsc_sha256"] == hashlib.sha256(STRANGER.certificate).hexdigest()
    assert result.reason == (None if named == "named_stranger" else "sid_mismatch")
    assert only(report, "pa.path") == ("INDETERMINATE", "no_csca")
    assert only(report, "pa.csca.trusted") == ("NOT_PERFORMED", "earlier_step")
    for policy in POLICIES.values():
        verdict = judge(report, policy)
        assert verdict.authenticity != "authentic"
        assert verdict.chip_genuine != "yes"


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_genuine_signer_does_not_vouch_for_a_strangers_thread(policy, order):
    """Two signers of forged content: the genuine one's signature is copied from another document and fails."""
    copied = signer_info(GENUINE, CONTENT)
    forged = signer_info(STRANGER, FORGED)
    signers = [copied, forged] if order == 0 else [forged, copied]
    certificates = (GENUINE.certificate, STRANGER.certificate)
    report = report_of(*signers, certificates=certificates, content=FORGED)
    names = ("EF.SOD", "EF.SOD#2")
    digests = dict(zip(names, ["mismatch", None] if order == 0 else [None, "mismatch"], strict=True))
    assert findings(report, "pa.sod.signature") == [(name, "PASSED", None) for name in names]
    assert [(subject, reason) for subject, _, reason in findings(report, "pa.sod.message_digest")] == list(
        digests.items()
    )
    verdict = judge(report, policy)
    assert verdict.authenticity != "authentic"
    assert verdict.chip_genuine != "yes"


@pytest.mark.parametrize("order", [0, 1])
def test_one_whole_thread_beside_a_strangers(order):
    """Genuine content and signature, and a stranger's signature more: authentic, and people look at it."""
    signers = [signer_info(GENUINE, CONTENT), signer_info(STRANGER, CONTENT)]
    if order:
        signers.reverse()
    report = report_of(*signers, certificates=(STRANGER.certificate, GENUINE.certificate))
    verdict = judge(report, POLICIES["strict-level3"])
    assert verdict.authenticity == "authentic"
    assert verdict.outcome == "review"
    assert "pa.path" in verdict.attention
    assert {status for _, status, _ in findings(report, "pa.path")} == {"PASSED", "INDETERMINATE"}


def test_an_unreadable_certificate_beside_the_dsc_is_passed_over():
    broken = der(0x30, der(0x30, b""), b"\x05\x00")
    report = report_of(signer_info(GENUINE, CONTENT), certificates=(broken, GENUINE.certificate))
    assert only(report, "pa.sod.signer_certificate") == ("PASSED", None)


# --- which certificate


def test_only_certificate():
    report = report_of(signer_info(GENUINE, CONTENT, sid=der(0x80, b"unknown identifier")))
    assert only(report, "pa.sod.signer_certificate") == ("PASSED", "only_certificate")
    assert judge(report, POLICIES["strict-level3"]).attention == ("pa.sod.signer_certificate",)
    assert judge(report, POLICIES["default"]).outcome == "verified"


def test_subject_key_identifier_names_the_dsc():
    report = report_of(signer_info(GENUINE, CONTENT, sid=der(0x80, ISSUER.dsc_key.key_identifier())))
    assert only(report, "pa.sod.signer_certificate") == ("PASSED", None)


def test_no_certificate_at_all():
    report = report_of(signer_info(GENUINE, CONTENT), certificates=())
    assert only(report, "pa.sod.signer_certificate") == ("FAILED", "not_found")
    assert only(report, "pa.sod.signature") == ("NOT_PERFORMED", "earlier_step")
    assert judge(report, POLICIES["forensic"]).authenticity == "not_authentic"


def test_a_bad_signature_of_a_named_certificate():
    report = report_of(signer_info(GENUINE, CONTENT, flip=True))
    assert only(report, "pa.sod.signature") == ("FAILED", "bad_signature")
    assert only(report, "pa.sod.signer_certificate") == ("NOT_PERFORMED", "earlier_step")
    for check in ("pa.dsc.authorised", "pa.dsc.validity_now", "pa.dsc.revocation", "pa.path", "cross.country_dsc"):
        assert only(report, check) == ("NOT_PERFORMED", "earlier_step")


def test_a_bad_signature_and_nobody_named():
    report = report_of(signer_info(GENUINE, CONTENT, sid=STRANGER.sid, flip=True))
    assert only(report, "pa.sod.signature") == ("FAILED", "bad_signature")
    assert only(report, "pa.sod.signer_certificate") == ("FAILED", "not_found")


def test_no_signer():
    report = report_of()
    assert only(report, "pa.sod.message_digest") == ("FAILED", "absent")
    assert only(report, "pa.sod.signer_certificate") == ("FAILED", "not_found")
    assert only(report, "pa.sod.signature") == ("NOT_PERFORMED", "earlier_step")
    assert judge(report, POLICIES["forensic"]).authenticity == "not_authentic"


@pytest.mark.parametrize(("signers", "certificates"), [(5, 1), (1, 9)])
def test_more_than_the_limits_is_malformed(signers, certificates):
    """SECURITY.md 3.10: 4 signers, 8 certificates."""
    many = [signer_info(GENUINE, CONTENT)] * signers
    report = report_of(*many, certificates=(GENUINE.certificate,) * certificates)
    assert ("EF.SOD", "FAILED", "malformed") in findings(report, "lds.parse")
    assert only(report, "pa.sod.signature") == ("NOT_PERFORMED", "earlier_step")


def test_four_signers_and_eight_certificates_are_read():
    many = [signer_info(GENUINE, CONTENT)] * 4
    report = report_of(*many, certificates=(STRANGER.certificate,) * 7 + (GENUINE.certificate,))
    assert findings(report, "pa.sod.signature") == [
        (name, "PASSED", None) for name in ("EF.SOD", "EF.SOD#2", "EF.SOD#3", "EF.SOD#4")
    ]
    assert judge(report, POLICIES["strict-level3"]).outcome == "verified"


# --- signed attributes


def signed_by(*stored: bytes) -> InspectionReport:
    return report_of(signer_info(GENUINE, CONTENT, signed=stored))


CONTENT_TYPE_ATTRIBUTE, DIGEST_ATTRIBUTE = attributes(CONTENT)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ((DIGEST_ATTRIBUTE,), "absent"),
        ((CONTENT_TYPE_ATTRIBUTE,), "absent"),
        ((CONTENT_TYPE_ATTRIBUTE, DIGEST_ATTRIBUTE, DIGEST_ATTRIBUTE), "duplicate"),
        ((CONTENT_TYPE_ATTRIBUTE, CONTENT_TYPE_ATTRIBUTE, DIGEST_ATTRIBUTE), "duplicate"),
        ((CONTENT_TYPE_ATTRIBUTE, attribute(MESSAGE_DIGEST, der(0x04, b"a"), der(0x04, b"b"))), "duplicate"),
        ((CONTENT_TYPE_ATTRIBUTE, attribute(MESSAGE_DIGEST)), "absent"),
        ((CONTENT_TYPE_ATTRIBUTE, attribute(MESSAGE_DIGEST, der(0x04, b""))), "mismatch"),
        ((CONTENT_TYPE_ATTRIBUTE, attribute(MESSAGE_DIGEST, der(0x02, b"\x01"))), "mismatch"),
        ((attribute(CONTENT_TYPE, oid("1.2.840.113549.1.7.1")), DIGEST_ATTRIBUTE), "mismatch"),
        (tuple(attributes(FORGED)), "mismatch"),
    ],
    ids=range(10),
)
def test_message_digest(stored, reason):
    """RFC 5652 §5.4, §11.1, §11.2: once, with one value, equal; a good signature over them changes nothing."""
    report = signed_by(*stored)
    assert only(report, "pa.sod.message_digest") == ("FAILED", reason)
    assert only(report, "pa.sod.signature") == ("PASSED", None)
    assert judge(report, POLICIES["forensic"]).authenticity == "not_authentic"


def test_no_signed_attributes():
    """RFC 5652 §5.3: signedAttrs MUST be present if the content is not id-data."""
    report = report_of(signer_info(GENUINE, CONTENT, without_attributes=True))
    assert only(report, "pa.sod.message_digest") == ("FAILED", "absent")
    assert only(report, "pa.sod.signature") == ("PASSED", None)


def test_signed_attributes_passed_off_as_content():
    """A signature over attributes is one over a SET: with the SET as content it would verify without attributes."""
    stolen = der(0x31, *attributes(CONTENT))
    signer = signer_info(GENUINE, stolen, without_attributes=True)
    report = report_of(signer, content=stolen)
    assert ("EF.SOD", "FAILED", "malformed") in findings(report, "lds.parse")
    assert judge(report, POLICIES["forensic"]).authenticity != "authentic"


def test_attributes_out_of_order_are_verified_as_stored():
    """X.690 §11.6 sorts a SET OF; a signature over the stored order verifies, and the order is said."""
    report = signed_by(DIGEST_ATTRIBUTE, CONTENT_TYPE_ATTRIBUTE)
    assert only(report, "pa.sod.encoding") == ("PASSED", "unordered_attributes")
    assert judge(report, POLICIES["strict-level3"]).outcome == "verified"


def test_raw_ecdsa_is_for_forensic_only():
    report = report_of(signer_info(GENUINE, CONTENT, raw=True))
    assert only(report, "pa.sod.signature") == ("PASSED", None)
    assert only(report, "pa.sod.encoding") == ("PASSED", "raw_ecdsa")
    verdicts = {name: judge(report, policy).authenticity.value for name, policy in POLICIES.items()}
    assert verdicts == {"strict-level3": "not_authentic", "default": "not_authentic", "forensic": "authentic"}


def test_missing_tag_77_is_for_forensic_only():
    report = report_of(signer_info(GENUINE, CONTENT), tag_77=False)
    assert only(report, "pa.sod.encoding") == ("PASSED", "missing_tag_77")
    verdicts = {name: judge(report, policy).authenticity.value for name, policy in POLICIES.items()}
    assert verdicts == {"strict-level3": "not_authentic", "default": "not_authentic", "forensic": "authentic"}


@pytest.mark.parametrize(("sid", "version"), [(None, 3), (der(0x80, ISSUER.dsc_key.key_identifier()), 1)])
def test_version_of_a_signer(sid, version):
    """RFC 5652 §5.3: 1 by issuer and serial number, 3 by subject key identifier."""
    report = report_of(signer_info(GENUINE, CONTENT, sid=sid, version=version))
    assert only(report, "pa.sod.encoding") == ("PASSED", "signed_data_version")
    assert judge(report, POLICIES["strict-level3"]).attention == ("pa.sod.encoding",)


def test_a_digest_algorithm_that_the_signed_data_does_not_list():
    """RFC 5652 §5.1: digestAlgorithms names what the signers use; it is not signed, and still looked at."""
    sod = security_object(CONTENT, [GENUINE.certificate], [signer_info(GENUINE, CONTENT)])
    listed = der(0x31, algorithm(SHA256))
    assert sod.count(listed) == 1
    report = inspected(with_sod(sod.replace(listed, der(0x31, algorithm(SHA384)))))
    assert only(report, "pa.sod.algorithms") == ("FAILED", "disagree")


def test_both_deviations_are_results_of_their_own():
    report = report_of(signer_info(GENUINE, CONTENT, raw=True), tag_77=False)
    assert [reason for _, _, reason in findings(report, "pa.sod.encoding")] == ["missing_tag_77", "raw_ecdsa"]


@pytest.mark.parametrize(
    ("value", "at_signing"),
    [
        (der(0x17, b"261101120000Z"), ("PASSED", None)),
        (der(0x18, b"20261101120000Z"), ("PASSED", None)),
        (der(0x17, b"200101120000Z"), ("FAILED", "outside")),
    ],
)
def test_signing_time(value, at_signing):
    report = signed_by(*sorted([*attributes(CONTENT), attribute(SIGNING_TIME, value)]))
    assert only(report, "pa.dsc.validity_at_signing") == at_signing
    assert next(report.results("pa.dsc.validity_at_signing")).facts["time_from"] == "signing_time"


@pytest.mark.parametrize(
    "values", [(b"\x17\x01\x30",), (der(0x17, b"200101120000Z"), der(0x17, b"261101120000Z"))], ids=["bad", "two"]
)
def test_a_doubtful_signing_time_is_none_and_dg12_says_it(values):
    report = signed_by(*sorted([*attributes(CONTENT), attribute(SIGNING_TIME, *values)]))
    assert next(report.results("pa.dsc.validity_at_signing")).facts["time_from"] == "dg12_issue_date"


# --- algorithms


def test_digest_and_signature_disagree():
    report = report_of(signer_info(GENUINE, CONTENT, digest=SHA384))
    assert only(report, "pa.sod.algorithms") == ("FAILED", "disagree")
    assert only(report, "pa.sod.signature") == ("PASSED", None)
    assert judge(report, POLICIES["forensic"]).authenticity == "not_authentic"


@pytest.mark.parametrize(
    "signature_algorithm",
    [algorithm("1.2.643.7.1.1.3.2"), algorithm(ECDSA_WITH_SHA256, integer(1)), algorithm("1.2.840.113549.1.1.10")],
    ids=["gost", "parameters", "pss_without_parameters"],
)
def test_unsupported_algorithm(signature_algorithm):
    report = report_of(signer_info(GENUINE, CONTENT, signature_algorithm=signature_algorithm))
    assert only(report, "pa.sod.algorithms") == ("INDETERMINATE", "unsupported_algorithm")
    assert only(report, "pa.sod.signature") == ("INDETERMINATE", "unsupported_algorithm")
    assert judge(report, POLICIES["forensic"]).authenticity == "inconclusive"


def test_unknown_curve():
    """One octet of the curve's coefficient is changed: every parameter is compared (SECURITY.md 5.6)."""
    template = ISSUER.dsc_template
    b = (0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6).to_bytes(32)
    assert b in template.spki
    odd = replace(template, spki=template.spki.replace(b, b[:-1] + b"\x00"))
    certificate = issue_certificate(odd, ISSUER.csca_key)
    report = report_of(signer_info(GENUINE, CONTENT), certificates=(certificate,))
    assert only(report, "pa.sod.signature") == ("INDETERMINATE", "unknown_curve")
    assert only(report, "pa.sod.signer_certificate") == ("NOT_PERFORMED", "earlier_step")
    # with the right certificate beside it, named or not, the signature is decided
    both = report_of(signer_info(GENUINE, CONTENT), certificates=(certificate, GENUINE.certificate))
    assert only(both, "pa.sod.signature") == ("PASSED", None)


def test_a_strangers_odd_key_does_not_open_a_bad_signature():
    """Otherwise anybody could turn FAILED into INDETERMINATE by a certificate that nobody can use."""
    odd = stranger(rsa.generate_private_key(65537, 2048))
    spki = odd.certificate.replace(oid("1.2.840.113549.1.1.1"), oid("1.2.840.113549.1.1.7"))
    report = report_of(signer_info(GENUINE, CONTENT, flip=True), certificates=(GENUINE.certificate, spki))
    assert only(report, "pa.sod.signature") == ("FAILED", "bad_signature")


def test_from_digest_algorithm():
    """RFC 3370 §3.2: bare rsaEncryption takes its hash from digestAlgorithm."""
    party = stranger(rsa.generate_private_key(65537, 2048))
    report = report_of(signer_info(party, CONTENT), certificates=(party.certificate,))
    assert only(report, "pa.sod.algorithms") == ("PASSED", "from_digest_algorithm")
    assert only(report, "pa.sod.signature") == ("PASSED", None)


def test_files_of_others_are_no_security_object():
    report = inspected(with_sod(genuine_document().files[ElementaryFile.DG1]))
    assert findings(report, "lds.parse")[1] == ("EF.SOD", "FAILED", "malformed")
    assert report.at == datetime(2026, 11, 24, 12, tzinfo=UTC)
