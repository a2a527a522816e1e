"""Specimens, mocks and malformed files: each gives the findings that ../shared/data/ANALYSIS.md names."""

from __future__ import annotations

import pytest

from mrtd.evidence import ChipEvidence, ElementaryFile
from mrtd.files import load_dump
from mrtd.inspection import CHECKS, POLICIES, InspectionReport, inspect, judge
from mrtd.pki.trust_store import Realm, TrustStore
from tests.real.test_security_objects import found
from tests.real.trust import AT, all_states, mocks

pytestmark = pytest.mark.real

SOD, CARD_SECURITY = ElementaryFile.SOD, ElementaryFile.CARD_SECURITY


def inspected(real_data, folder: str, store: TrustStore | None = None) -> InspectionReport:
    return inspect(load_dump(real_data / "chips" / folder), None, store or TrustStore.empty(Realm.SPECIMEN), AT)


def hashes(report: InspectionReport, status: str) -> set[str]:
    return {subject for subject, found_status, _ in found(report, "pa.dg_hash") if found_status == status}


# --- specimens of the BSI


def test_bsi_2008(real_data):
    report = inspected(real_data, "specimen_DE_bsi2008")
    assert hashes(report, "PASSED") == {"EF.DG1", "EF.DG2", "EF.DG3", "EF.DG14"}
    assert found(report, "pa.dg_unlisted") == [
        ("EF.DG4", "FAILED", "not_in_sod"),
        ("EF.DG15", "FAILED", "not_in_sod"),
    ]
    assert found(report, "pa.sod.signature") == [("EF.SOD", "PASSED", None)]
    (sod,) = [one for one in report.results("pa.algorithms") if one.subject == "SOD"]
    assert (sod.facts["hash"], sod.facts["curve"], sod.facts["weak_key"]) == ("sha1", "brainpoolP224r1", False)
    assert ("DSC", "PASSED", "country_missing") in found(report, "pa.dsc.profile")
    assert found(report, "dg2.image_decodes") == [("EF.DG2", "PASSED", None)]
    assert found(report, "aa.key") == [("EF.DG15", "NOT_PERFORMED", "pa_not_passed")]
    assert all(judge(report, policy).authenticity == "not_authentic" for policy in POLICIES.values())


def test_bsi_tr_03105(real_data):
    report = inspected(real_data, "specimen_DE_bsi_tr03105")
    assert hashes(report, "PASSED") == {"EF.DG1", "EF.DG14"}
    assert found(report, "pa.sod.signature") == [("EF.SOD", "PASSED", None)]
    assert found(report, "pa.path") == [("DSC", "INDETERMINATE", "no_trust_anchor")]
    assert judge(report, POLICIES["forensic"]).authenticity == "inconclusive"


def test_bsi_tr_03105_with_the_group_that_is_not_in_the_security_object(real_data):
    folder = real_data / "chips" / "specimen_DE_bsi_tr03105"
    files = dict(load_dump(folder).files)
    files[ElementaryFile.DG15] = (folder / "DG15_not_in_SOD.bin").read_bytes()
    report = inspect(ChipEvidence(files), None, TrustStore.empty(Realm.SPECIMEN), AT)
    assert found(report, "pa.dg_unlisted") == [("EF.DG15", "FAILED", "not_in_sod")]


# --- mocks: bare CMS, signer named by a key that its certificate does not carry, plain r||s

#: folder -> digest, raw r||s, DG1 was sent (under the right hash), digest and signature algorithm disagree
MOCKS = {
    "mock_ZKR_jack-miller-smith-rsa-4096-sha512": ("sha512", False, True, False),
    "mock_ZKR_john-miller-smith-rsa-2048-sha256": ("sha256", False, True, False),
    "mock_ZKR_johnny_ecdsa-p256-sha256": ("sha256", True, False, False),
    "mock_ZKR_johnny_ecdsa-p384-sha384": ("sha384", True, False, True),
    "mock_ZKR_johnny_rsa-2048-sha256": ("sha256", False, False, False),
    "mock_ZKR_johnny_rsa-4096-sha512": ("sha512", False, False, True),
    "mock_ZKR_mary-miller-smith-ecdsa-p256-sha256": ("sha256", True, True, False),
    "mock_ZKR_paul-miller-smith-ecdsa-p384-sha384": ("sha384", True, True, False),
}


@pytest.mark.parametrize("folder", MOCKS)
def test_mock(real_data, folder):
    digest, raw, has_dg1, disagree = MOCKS[folder]
    report = inspected(real_data, folder, mocks(real_data))
    deviations = [reason for _, _, reason in found(report, "pa.sod.encoding")]
    # RFC 5652 §5.3: a SignerInfo that names its signer by key is of version 3; theirs say 1
    assert deviations == ["signed_data_version", "missing_tag_77", *(["raw_ecdsa"] if raw else [])]
    assert found(report, "pa.sod.signature") == [("EF.SOD", "PASSED", None)]
    assert found(report, "pa.sod.signer_certificate") == [("EF.SOD", "PASSED", "only_certificate")]
    algorithms = ("FAILED", "disagree") if disagree else ("PASSED", None)
    assert found(report, "pa.sod.algorithms") == [("EF.SOD", *algorithms)]
    assert found(report, "pa.path") == [("DSC", "PASSED", None)]
    assert hashes(report, "PASSED") == ({"EF.DG1"} if has_dg1 else set())
    assert next(report.results("pa.sod.algorithms")).facts["digest_hash"] == digest
    verdicts = {name: judge(report, policy).authenticity.value for name, policy in POLICIES.items()}
    assert verdicts["strict-level3"] == verdicts["default"] == "not_authentic"
    # forensic reads them; their DG1 has underscores for check digits, or was not sent
    assert verdicts["forensic"] == ("not_authentic" if disagree or has_dg1 else "inconclusive")


@pytest.mark.parametrize("folder", MOCKS)
def test_a_mock_has_no_path_in_production(real_data, folder):
    report = inspected(real_data, folder, all_states(real_data))
    assert found(report, "pa.path") == [("DSC", "INDETERMINATE", "no_csca")]


# --- malformed

#: file -> as which file it is read, check, status, reason; authentic for nobody.
MALFORMED = {
    "02812c66.bin": (CARD_SECURITY, "pa.sod.signature", "FAILED", "bad_signature"),
    "12277a62.bin": (SOD, "pa.sod.content_type", "PASSED", "content_type_not_lds"),
    "1bacdf2e.bin": (SOD, "pa.sod.signature", "FAILED", "bad_signature"),
    "3339ea1a.bin": (SOD, "pa.sod.signer_certificate", "FAILED", "not_found"),
    "55262c80.bin": (SOD, "pa.sod.encoding", "PASSED", "signed_data_version"),
    "6d3b6ce3.bin": (SOD, "pa.sod.encoding", "PASSED", "trailing_bytes"),
    "78a2b951.bin": (SOD, "pa.sod.message_digest", "FAILED", "mismatch"),
    "9b8c545a.bin": (SOD, "pa.sod.encoding", "PASSED", "signed_data_version"),
    "c433a51a.bin": (SOD, "pa.sod.message_digest", "FAILED", "mismatch"),
    "c9d62231.bin": (CARD_SECURITY, "lds.parse", "FAILED", "malformed"),
    "de1b10af.bin": (SOD, "lds.parse", "INDETERMINATE", "unknown_version"),
    "f33762bb.bin": (SOD, "pa.sod.content_type", "PASSED", "content_type_not_lds"),
    "f7ed526e.bin": (CARD_SECURITY, "pa.sod.message_digest", "FAILED", "mismatch"),
}
#: Which signatures still verify, although something else is wrong.
STILL_SIGNED = {
    "55262c80.bin", "6d3b6ce3.bin", "78a2b951.bin", "9b8c545a.bin", "c433a51a.bin", "de1b10af.bin", "f7ed526e.bin",
}  # fmt: skip


def test_every_malformed_file_is_in_the_table(real_data):
    assert {file.name for file in (real_data / "chips" / "malformed").iterdir()} == set(MALFORMED)


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(real_data, name):
    file, check, status, reason = MALFORMED[name]
    data = (real_data / "chips" / "malformed" / name).read_bytes()
    report = inspect(ChipEvidence({file: data}), None, all_states(real_data), AT)
    assert (str(file), status, reason) in found(report, check)
    assert (found(report, "pa.sod.signature")[-1][1] == "PASSED") == (name in STILL_SIGNED)
    assert {one.id for one in report.checks} == set(CHECKS)
    for policy in POLICIES.values():
        assert judge(report, policy).authenticity != "authentic"


def test_loose_files_are_findings(real_data):
    """Every loose data group, under every name that it could have been sent with."""
    loose = sorted((real_data / "chips" / "loose_dgs").iterdir())
    assert len(loose) == 53
    for path in loose:
        data = path.read_bytes()
        for file in ElementaryFile:
            report = inspect(ChipEvidence({file: data}), None, all_states(real_data), AT)
            assert {one.id for one in report.checks} == set(CHECKS)
            assert judge(report, POLICIES["forensic"]).authenticity != "authentic"
