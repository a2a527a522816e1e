"""The security objects of eleven states: read, verified, led to an anchor, and never called authentic alone."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from mrtd.evidence import ChipEvidence, ElementaryFile
from mrtd.files import load_dump
from mrtd.inspection import CHECKS, POLICIES, InspectionReport, inspect, judge
from mrtd.inspection.authenticity import PASSIVE_AUTHENTICATION
from tests.real.trust import AT, all_states, without_state

pytestmark = pytest.mark.real

#: Document -> country of its DSC.
DOCUMENTS = {
    "AT_2023": "AT",
    "DE_2023": "DE",
    "FR_2017": "FR",
    "GB_2011": "GB",
    "ID_2025": "ID",
    "KR_2020": "KR",
    "NZ_2017": "NZ",
    "PH_2019": "PH",
    "RU_2019": "RU",
    "SG_2022-06": "SG",
    "US_2021": "US",
}


def inspected(real_data, document: str, store=None) -> InspectionReport:
    evidence = load_dump(real_data / "chips" / document)
    return inspect(evidence, None, store or all_states(real_data), AT)


def found(report: InspectionReport, check: str) -> list[tuple[str, str, str | None]]:
    return [
        (str(one.subject), one.status.value, None if one.reason is None else one.reason.value)
        for one in report.results(check)
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_signature_and_path(real_data, document):
    report = inspected(real_data, document)
    signatures = {status for subject, status, _ in found(report, "pa.sod.signature") if subject == "EF.SOD"}
    assert signatures == {"PASSED"}
    assert [status for _, status, _ in found(report, "pa.path")] == ["PASSED"]
    assert found(report, "pa.csca.trusted") == [("CSCA", "PASSED", "operator")]
    for check in ("pa.sod.message_digest", "pa.sod.content_type", "pa.sod.signer_certificate"):
        assert {(status, reason) for _, status, reason in found(report, check)} == {("PASSED", None)}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_without_the_states_certificates_the_path_is_open(real_data, document):
    report = inspected(real_data, document, without_state(real_data, DOCUMENTS[document]))
    assert found(report, "pa.path") == [("DSC", "INDETERMINATE", "no_csca")]
    assert found(report, "pa.sod.signature")[0] == ("EF.SOD", "PASSED", None)
    assert found(report, "pa.csca.trusted") == [("CSCA", "NOT_PERFORMED", "earlier_step")]


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_without_data_groups_nothing_is_authentic(real_data, document, policy):
    verdict = judge(inspected(real_data, document), policy)
    assert verdict.authenticity != "authentic"
    assert verdict.outcome != "verified"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_check_stands_in_the_report_and_the_report_repeats(real_data, document):
    report = inspected(real_data, document)
    assert {one.id for one in report.checks} == set(CHECKS)
    assert report.canonical() == inspected(real_data, document).canonical()


def test_new_zealand_is_ber(real_data):
    report = inspected(real_data, "NZ_2017")
    assert found(report, "pa.sod.encoding") == [("EF.SOD", "PASSED", "ber_length")]
    others = {
        document: found(inspected(real_data, document), "pa.sod.encoding")
        for document in DOCUMENTS
        if document != "NZ_2017"
    }
    assert all(reason is None for results in others.values() for _, _, reason in results)


def test_russia_uses_sha1(real_data):
    report = inspected(real_data, "RU_2019")
    weak = {subject for subject, _, reason in found(report, "pa.algorithms") if reason == "weak_algorithm"}
    assert weak == {"SOD", "DSC", "CSCA", "DG hash"}
    assert "pa.algorithms" in judge(report, POLICIES["strict-level3"]).attention
    assert "pa.algorithms" not in judge(report, POLICIES["default"]).attention


def test_nobody_else_is_weak(real_data):
    for document in DOCUMENTS:
        reasons = {reason for _, _, reason in found(inspected(real_data, document), "pa.algorithms")}
        assert ("weak_algorithm" in reasons) == (document == "RU_2019")


def test_bare_rsa_encryption(real_data):
    """RFC 3370 §3.2: the hash comes from digestAlgorithm."""
    for document in DOCUMENTS:
        ((_, status, reason), *_) = found(inspected(real_data, document), "pa.sod.algorithms")
        assert status == "PASSED"
        assert (reason == "from_digest_algorithm") == (document in ("NZ_2017", "US_2021"))


def test_the_british_signer_has_expired(real_data):
    report = inspected(real_data, "GB_2011")
    assert found(report, "pa.dsc.validity_now") == [("DSC", "FAILED", "expired")]
    assert found(report, "pa.path") == [("DSC", "PASSED", None)]
    assert ("DSC", "PASSED", "country_not_upper_case") in found(report, "pa.dsc.profile")
    assert judge(report, POLICIES["strict-level3"]).refused_by == ("pa.dsc.validity_now",)
    assert judge(report, POLICIES["default"]).authenticity == "inconclusive"
    for document in DOCUMENTS:
        expired = found(inspected(real_data, document), "pa.dsc.validity_now") == [("DSC", "FAILED", "expired")]
        assert expired == (document == "GB_2011")


def test_german_card_security(real_data):
    report = inspected(real_data, "DE_2023")
    for check in ("pa.sod.encoding", "pa.sod.content_type", "pa.sod.message_digest", "pa.sod.signature"):
        assert ("EF.CardSecurity", "PASSED", None) in found(report, check)
    assert next(
        one.facts["econtent_type"]
        for one in report.results("pa.sod.content_type")
        if one.subject == "EF.CardSecurity"
    ) == "0.4.0.127.0.7.3.2.1"  # fmt: skip


def test_german_card_security_is_no_security_object(real_data):
    data = load_dump(real_data / "chips" / "DE_2023").files[ElementaryFile.CARD_SECURITY]
    report = inspect(ChipEvidence({ElementaryFile.SOD: data}), None, all_states(real_data), AT)
    assert found(report, "pa.sod.content_type") == [("EF.SOD", "FAILED", "unexpected")]
    assert judge(report, POLICIES["forensic"]).authenticity == "not_authentic"


def test_korea_sent_a_data_group(real_data):
    """KR 2020 comes with DG14, whose hash is right; what was not sent is said."""
    hashes = found(inspected(real_data, "KR_2020"), "pa.dg_hash")
    assert ("EF.DG14", "PASSED", None) in hashes
    assert ("EF.DG1", "NOT_PERFORMED", "not_sent") in hashes
    assert ("EF.DG3", "NOT_APPLICABLE", "eac_protected") in hashes


@pytest.mark.parametrize("document", DOCUMENTS)
def test_explicit_curves_and_key_sizes(real_data, document):
    """The table of ../shared/data/ANALYSIS.md section 6."""
    curves = {"AT_2023": "brainpoolP256r1", "DE_2023": "brainpoolP384r1", "RU_2019": "secp256r1"}
    (dsc,) = [one for one in inspected(real_data, document).results("pa.algorithms") if one.subject == "DSC"]
    assert dsc.facts["curve"] == curves.get(document)
    if document not in curves:
        assert (dsc.facts["key"], dsc.facts["bits"]) == ("RSA", 2048)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_flipped_bit_is_seen(real_data, document):
    """Of every security object, bits spread by a fixed seed: the checks of PA never all pass clean again."""
    files = load_dump(real_data / "chips" / document).files
    sod = files[ElementaryFile.SOD]
    whole = {name: data for name, data in files.items() if name is not ElementaryFile.CARD_SECURITY}
    clean = clean_checks(inspect(ChipEvidence(whole), None, all_states(real_data), AT))
    assert set(PASSIVE_AUTHENTICATION) - {"pa.dsc.authorised", "pa.csca.trusted", "pa.sod.algorithms"} <= clean
    for bit in islice(Random(document).sample(range(8 * len(sod)), 60), 60):  # noqa: S311 not for secrets
        flipped = bytearray(sod)
        flipped[bit // 8] ^= 1 << bit % 8
        evidence = ChipEvidence({**whole, ElementaryFile.SOD: bytes(flipped)})
        report = inspect(evidence, None, all_states(real_data), AT)
        assert clean_checks(report) != clean, f"bit {bit} of {document}"
        assert judge(report, POLICIES["forensic"]).authenticity != "authentic"


def clean_checks(report: InspectionReport) -> set[str]:
    """The checks of Passive Authentication whose results are all PASSED without a remark."""
    checks = {*PASSIVE_AUTHENTICATION, "pa.sod.encoding", "lds.parse"}
    unclean = {
        one.id
        for one in report.checks
        if one.id in checks and one.subject != "EF.DG1" and (one.status.value != "PASSED" or one.reason is not None)
    }
    return checks - unclean
