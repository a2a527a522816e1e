"""Whole specimen documents: good ones, other keys, weak algorithms, and what a report never holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from mrtd.inspection import CHECKS, POLICIES, judge
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen import breakage, certificates
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import (
    BRAINPOOL_P256R1,
    RSA_2048,
    RSA_2048_PSS,
    EcKeySpec,
    RsaKeySpec,
    SchemeKind,
    SignatureScheme,
)
from tests.mrtd.inspection.broken_documents import DOCUMENT, F, with_files
from tests.mrtd.inspection.documents import (
    AT,
    CHALLENGE,
    findings,
    genuine_issuer,
    inspected,
    inspected_files,
    trust,
    trust_in,
)

# --- good documents


@pytest.mark.parametrize("algorithms", [RSA_2048, RSA_2048_PSS, BRAINPOOL_P256R1], ids=lambda one: one.name)
@pytest.mark.parametrize("lds_version", [0, 1])
def test_a_genuine_document_is_verified(algorithms, lds_version):
    issuer = SpecimenIssuer.create(algorithms, now=AT)
    report = inspected(issuer.issue(MARTA, IssuingProfile(lds_version=lds_version)), trust_in(issuer))
    for policy in POLICIES.values():
        assert judge(report, policy).outcome == "verified"
    failed = [one.id for one in report.checks if one.status not in ("PASSED", "NOT_APPLICABLE")]
    assert failed == []


def test_a_report_is_the_same_byte_for_byte():
    assert inspected(DOCUMENT).canonical() == inspected(DOCUMENT).canonical()


def test_the_same_moment_in_another_zone_is_the_same_report():
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))
    assert inspected(DOCUMENT, at=elsewhere).canonical() == inspected(DOCUMENT).canonical()


def test_time_must_have_a_zone():
    with pytest.raises(ValueError, match="time zone"):
        inspected(DOCUMENT, at=datetime(2026, 11, 24, 12))  # noqa: DTZ001 that is the point


def test_a_specimen_is_not_authorised_in_the_production_realm():
    """SECURITY.md 4.5: the mark of specimens is a critical extension that production does not know."""
    store = trust_in(genuine_issuer(), realm=Realm.PRODUCTION)
    assert store.anchors == ()
    report = inspected(DOCUMENT, store)
    assert findings(report, "pa.dsc.authorised") == [("DSC", "FAILED", "unknown_critical_extension")]
    assert judge(report, POLICIES["forensic"]).authenticity == "not_authentic"


def test_bytes_behind_a_file_are_neither_hashed_nor_parsed():
    """SECURITY.md 2.5: one slice; the rest is excluded and reported."""
    report = with_files(DG1=DOCUMENT.files[F.DG1] + b"\0" * 7)
    (parsed,) = [one for one in report.results("lds.parse") if one.subject == "EF.DG1"]
    assert dict(parsed.facts) == {"trailing_bytes": 7}
    assert judge(report, POLICIES["strict-level3"]).outcome == "verified"


@pytest.mark.parametrize("kept", [(), ("EF.SOD",), ("EF.DG1",), ("EF.DG3", "EF.DG4"), ("EF.CardAccess",)])
def test_a_report_is_complete_whatever_was_sent(kept):
    files = {name: data for name, data in DOCUMENT.files.items() if name in kept}
    report = inspected_files(files)
    assert {one.id for one in report.checks} == set(CHECKS)
    for policy in POLICIES.values():
        assert judge(report, policy).authenticity == "inconclusive"


def test_no_personal_data_in_results():
    """Facts are non-personal: none of the holder's words or numbers is in any of them."""
    report = inspected(DOCUMENT)
    text = " ".join(str(value) for one in report.checks for value in one.facts.values())
    for word in (MARTA.primary_identifier, "MAERTA", "UT0000001", "840317", *MARTA.full_name):
        assert word not in text
    assert "UTO" in text


def test_document_type_and_issuing_state_are_dg1s():
    report = inspected(DOCUMENT)
    assert (report.document_type, report.issuing_state) == ("P", "UTO")
    assert (with_files(DG1=None).document_type, with_files(DG1=None).issuing_state) == (None, None)


def test_the_challenge_is_the_servers():
    assert findings(inspected(DOCUMENT), "aa.challenge_bound") == [("AA", "PASSED", None)]
    assert bytes(range(8)) == CHALLENGE
    clone = breakage.clone(DOCUMENT, BRAINPOOL_P256R1)
    verdict = judge(inspected(clone), POLICIES["strict-level3"])
    assert (verdict.authenticity, verdict.chip_genuine, verdict.outcome) == ("authentic", "no", "refused")


def test_expiry_is_through_the_day_in_stockholm():
    """DG1 expires 2036-11-24 or near it: good until midnight there, not here."""
    stockholm = ZoneInfo("Europe/Stockholm")
    document = genuine_issuer().issue(MARTA, IssuingProfile(date_of_expiry=date(2027, 6, 30)))
    last = datetime(2027, 6, 30, 23, 59, 59, tzinfo=stockholm)
    for at, status in [(last, "PASSED"), (last + timedelta(seconds=1), "FAILED")]:
        assert [one.status for one in inspected(document, trust(), at=at).results("cross.expiry")] == [status]


def new_key_with_a_link() -> tuple[SpecimenIssuer, bytes]:
    """The state after a change of its CSCA key, and the link certificate by which the old key vouches for it."""
    old = genuine_issuer()
    new = SpecimenIssuer.create(BRAINPOOL_P256R1, now=AT, csca_role="impostor-csca")
    by_old_key = certificates.authority_key_identifier(old.csca_key.key_identifier())
    link = certificates.issue_certificate(new.csca_template.with_extension(by_old_key), old.csca_key)
    return new, link


def test_a_link_certificate_leads_from_the_new_key_to_the_old_anchor():
    """ICAO 9303-12 §3; what the link is worth is judged, and that it was used is said."""
    new, link = new_key_with_a_link()
    document = new.issue(MARTA)
    root = read_source(genuine_issuer().csca_certificate, "root")
    store = TrustStore.from_sources([root], Realm.SPECIMEN, untrusted=[read_source(link, "link")])
    report = inspected(document, store)
    assert findings(report, "pa.path") == [("DSC", "PASSED", None)]
    assert findings(report, "pa.path.link") == [("CSCA", "PASSED", "link_used")]
    assert dict(next(report.results("pa.path.link")).facts) == {"links": 1}
    assert judge(report, POLICIES["default"]).authenticity == "authentic"
    assert findings(inspected(DOCUMENT), "pa.path.link") == [("CSCA", "PASSED", None)]


def test_without_the_link_the_new_key_is_nobodys():
    new, _ = new_key_with_a_link()
    root = read_source(genuine_issuer().csca_certificate, "root")
    report = inspected(new.issue(MARTA), TrustStore.from_sources([root], Realm.SPECIMEN))
    assert findings(report, "pa.path") == [("DSC", "INDETERMINATE", "no_csca")]


def test_outer_and_inner_algorithm_of_the_dsc_must_agree():
    """RFC 5280 §4.1.1.2: the outer identifier is not signed, so it must repeat the signed one."""
    dsc = genuine_issuer().dsc_certificate
    sha384, sha512 = bytes.fromhex("06082a8648ce3d040303"), bytes.fromhex("06082a8648ce3d040304")
    assert dsc.count(sha384) == 2
    inner, outer = dsc.split(sha384)[:2], dsc.split(sha384)[2]
    changed_dsc = sha384.join(inner) + sha512 + outer
    sod = DOCUMENT.files[F.SOD].replace(dsc, changed_dsc)
    report = inspected(DOCUMENT.with_file(F.SOD, sod))
    assert findings(report, "pa.sod.signature") == [("EF.SOD", "PASSED", None)]
    assert findings(report, "pa.path") == [("DSC", "FAILED", "bad_issuer_signature")]
    assert ("DSC", "PASSED", "algorithm_inner_outer") in findings(report, "pa.dsc.profile")


def sha1(kind: SchemeKind) -> SignatureScheme:
    return SignatureScheme(kind, "sha1")


#: A chain with one weakness: algorithms, (fact, subjects that it is said of), authenticity and attention in strict.
WEAK = {
    "rsa_1024": (
        replace(RSA_2048, name="weak", dsc_key=RsaKeySpec(1024)),
        "weak_key",
        {"SOD", "DSC"},
        "not_authentic",
    ),
    "p192": (
        replace(BRAINPOOL_P256R1, name="weak", dsc_key=EcKeySpec("secp192r1")),
        "weak_key",
        {"SOD", "DSC"},
        "not_authentic",
    ),
    "csca_rsa_1024": (
        replace(RSA_2048, name="weak", csca_key=RsaKeySpec(1024)),
        "weak_key",
        {"CSCA"},
        "not_authentic",
    ),
    "sod_sha1": (
        replace(BRAINPOOL_P256R1, name="weak", sod_scheme=sha1(SchemeKind.ECDSA), digest="sha1"),
        "weak_hash",
        {"SOD", "DG hash"},
        "authentic",
    ),
    "csca_sha1": (
        replace(BRAINPOOL_P256R1, name="weak", csca_scheme=sha1(SchemeKind.ECDSA)),
        "weak_hash",
        {"DSC", "CSCA"},
        "authentic",
    ),
}


@pytest.mark.parametrize("name", WEAK)
def test_weak_algorithms(name):
    """SECURITY.md 3.5: what was used is said by use; the policy makes of it what it will."""
    algorithms, fact, subjects, authenticity = WEAK[name]
    issuer = SpecimenIssuer.create(algorithms, now=AT)
    report = inspected(issuer.issue(MARTA), trust_in(issuer))
    weak = {one.subject for one in report.results("pa.algorithms") if one.facts.get(fact)}
    assert weak == subjects
    assert weak == {subject for subject, _, reason in findings(report, "pa.algorithms") if reason == "weak_algorithm"}
    assert {status for _, status, _ in findings(report, "pa.algorithms")} == {"PASSED"}
    strict, default = judge(report, POLICIES["strict-level3"]), judge(report, POLICIES["default"])
    assert strict.authenticity == authenticity
    assert strict.refused_by == (("pa.algorithms",) if authenticity == "not_authentic" else ())
    assert strict.attention == (("pa.algorithms",) if authenticity == "authentic" else ())
    assert default.authenticity == "authentic"
    assert default.attention == (("pa.algorithms",) if fact == "weak_key" else ())
    assert judge(report, POLICIES["forensic"]).outcome == "verified"


def test_what_does_not_apply_to_a_dump_is_never_passed():
    """Every result of the genuine document that is no clean PASSED: the whole list."""
    remarks = {
        (one.id, one.status.value, one.reason and one.reason.value)
        for one in inspected(DOCUMENT).checks
        if one.status != "PASSED" or one.reason is not None
    }
    assert remarks == {
        ("mrz.check_digits", "PASSED", "filler"),
        ("mrz.ocr_confidence", "NOT_APPLICABLE", None),
        ("access.protocol", "NOT_APPLICABLE", "not_live"),
        ("access.pace_downgrade", "NOT_APPLICABLE", "not_live"),
        ("access.card_access_signed", "NOT_APPLICABLE", "not_read"),
        ("access.sm", "NOT_APPLICABLE", "not_live"),
        ("pa.csca.trusted", "PASSED", "operator"),
        ("pa.deviation", "NOT_APPLICABLE", "no_evidence"),
        ("ca.key", "NOT_APPLICABLE", "not_supported"),
        ("ca.secure_messaging", "NOT_APPLICABLE", "not_supported"),
        ("ca.rebind", "NOT_APPLICABLE", "not_supported"),
        ("ca.claimed", "NOT_APPLICABLE", "not_supported"),
        ("pace_cam.token", "NOT_APPLICABLE", "not_live"),
        ("pace_cam.card_security", "NOT_APPLICABLE", "not_live"),
        ("pace_cam.mapping", "NOT_APPLICABLE", "not_live"),
        ("pace_cam.same_session", "NOT_APPLICABLE", "not_live"),
        ("live.timing", "NOT_APPLICABLE", "not_live"),
    }


def test_nothing_at_all_passes_nothing():
    """No file was sent: the only check that can say PASSED is where the evidence came from."""
    report = inspected_files({})
    assert {one.id for one in report.checks if one.status == "PASSED"} == {"evidence.source"}
