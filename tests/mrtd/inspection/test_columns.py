"""The shipped policies are the columns of the check table: every cell, written down by hand."""

from __future__ import annotations

import pytest

from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus, Effect
from mrtd.inspection.policy import POLICIES
from mrtd.inspection.reason import Reason
from tests.mrtd.inspection.reports import report, with_result

#: strict-level3, default, forensic, for everything that is no clean PASSED.
ROWS = {
    "mrz.format": "AA-",
    "mrz.check_digits": "AA-",
    "mrz.ocr_confidence": "AA-",
    "access.protocol": "---",
    "access.pace_downgrade": "RA-",
    "access.card_access_signed": "AA-",
    "access.sm": "MMM",
    "lds.parse": "AA-",
    "lds.com_consistent": "A--",
    "pa.sod.encoding": "AA-",
    "pa.sod.content_type": "MMM",
    "pa.sod.message_digest": "MMM",
    "pa.sod.algorithms": "MMM",
    "pa.sod.signer_certificate": "MMM",
    "pa.sod.signature": "MMM",
    "pa.algorithms": "---",
    "pa.dg_hash": "---",
    "pa.dg_unlisted": "MM-",
    "pa.dg_duplicate": "MMM",
    "pa.dsc.authorised": "MMM",
    "pa.dsc.profile": "---",
    "pa.csca.profile": "---",
    "pa.dsc.validity_now": "RA-",
    "pa.dsc.validity_at_signing": "RA-",
    "pa.dsc.usage_period": "AA-",
    "pa.dsc.revocation": "AA-",
    "pa.csca.revocation": "AA-",
    "pa.path": "MMM",
    "pa.path.link": "---",
    "pa.csca.trusted": "MMM",
    "pa.csca.validity_now": "AA-",
    "pa.csca.validity_at_signing": "AA-",
    "pa.deviation": "AA-",
    "cross.country_dsc": "MMA",
    "cross.country_csca": "MMA",
    "cross.dg11_dg1": "AA-",
    "cross.mrz_dg1": "---",
    "cross.expiry": "---",
    "aa.key": "---",
    "ca.key": "---",
    "aa.algorithm_declared": "---",
    "aa.signature": "---",
    "aa.challenge_bound": "---",
    "ca.secure_messaging": "---",
    "ca.rebind": "---",
    "ca.claimed": "---",
    "pace_cam.token": "---",
    "pace_cam.card_security": "---",
    "pace_cam.mapping": "---",
    "pace_cam.same_session": "---",
    "dg2.image_decodes": "AA-",
    "evidence.source": "---",
    "evidence.complete": "---",
    "evidence.freshness": "A--",
    "live.timing": "AA-",
}

P, F, U = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.INDETERMINATE
NP = CheckStatus.NOT_PERFORMED
#: check, subject, status, reason, facts, letters: the last column of the table.
BY_REASON = [
    ("mrz.check_digits", "composite", P, Reason.FILLER, {}, "---"),
    ("access.sm", "chip", P, Reason.LENGTH_QUIRK, {}, "AAA"),
    ("lds.parse", "EF.SOD", F, Reason.MALFORMED, {}, "MMM"),
    ("lds.parse", "EF.DG1", F, Reason.MALFORMED, {}, "MMM"),
    ("lds.parse", "EF.DG2", F, Reason.MALFORMED, {}, "AA-"),
    ("pa.sod.encoding", "EF.SOD", P, Reason.BER_LENGTH, {}, "---"),
    ("pa.sod.encoding", "EF.SOD", P, Reason.UNORDERED_ATTRIBUTES, {}, "---"),
    ("pa.sod.encoding", "EF.SOD", P, Reason.TRAILING_BYTES, {}, "AA-"),
    ("pa.sod.encoding", "EF.SOD", P, Reason.MISSING_TAG_77, {}, "RR-"),
    ("pa.sod.encoding", "EF.SOD", P, Reason.RAW_ECDSA, {}, "RR-"),
    ("pa.sod.content_type", "EF.SOD", P, Reason.LEGACY_OID, {}, "---"),
    ("pa.sod.content_type", "EF.SOD", P, Reason.CONTENT_TYPE_NOT_LDS, {}, "AAA"),
    ("pa.sod.content_type", "EF.SOD", F, Reason.CONTENT_TYPE_NOT_LDS, {}, "MMM"),
    ("pa.sod.algorithms", "EF.SOD", P, Reason.FROM_DIGEST_ALGORITHM, {}, "---"),
    ("pa.sod.signer_certificate", "EF.SOD", P, Reason.SID_MISMATCH, {}, "A--"),
    ("pa.sod.signer_certificate", "EF.SOD", P, Reason.ONLY_CERTIFICATE, {}, "A--"),
    ("pa.sod.signer_certificate", "EF.SOD", F, Reason.NOT_FOUND, {}, "MMM"),
    ("pa.algorithms", "SOD", P, Reason.WEAK_ALGORITHM, {"weak_hash": True, "weak_key": False}, "A--"),
    ("pa.algorithms", "DSC", P, Reason.WEAK_ALGORITHM, {"weak_hash": True, "weak_key": False}, "A--"),
    ("pa.algorithms", "DSC", P, Reason.WEAK_ALGORITHM, {"weak_hash": False, "weak_key": True}, "RA-"),
    ("pa.algorithms", "DSC", P, Reason.WEAK_ALGORITHM, {"weak_hash": True, "weak_key": True}, "RA-"),
    ("pa.algorithms", "CSCA", P, Reason.WEAK_ALGORITHM, {"weak_hash": False, "weak_key": True}, "RA-"),
    ("pa.algorithms", "CSCA", P, Reason.WEAK_ALGORITHM, {"weak_hash": True, "weak_key": False}, "---"),
    ("pa.algorithms", "DG hash", P, Reason.WEAK_ALGORITHM, {"weak_hash": True}, "A--"),
    ("pa.algorithms", "AA", P, Reason.WEAK_ALGORITHM, {"weak_hash": True, "weak_key": True}, "---"),
    ("pa.dg_hash", "EF.DG1", NP, Reason.NOT_SENT, {}, "MMM"),
    ("pa.dg_hash", "EF.DG2", NP, Reason.NOT_SENT, {}, "MMM"),
    ("pa.dg_hash", "EF.DG14", NP, Reason.NOT_SENT, {}, "---"),
    ("pa.dsc.authorised", "DSC", F, Reason.IS_CA, {}, "MMM"),
    ("pa.dsc.authorised", "DSC", F, Reason.DOCUMENT_TYPE, {}, "MA-"),
    ("pa.csca.trusted", "CSCA", P, Reason.PROBATION, {}, "AAA"),
    ("pa.csca.trusted", "CSCA", P, Reason.OPERATOR, {}, "---"),
    ("pa.csca.validity_at_signing", "CSCA", U, Reason.TIME_NOT_DETERMINED, {}, "---"),
    ("pa.csca.validity_at_signing", "CSCA", F, Reason.OUTSIDE, {}, "AA-"),
    ("pa.dsc.validity_at_signing", "DSC", F, Reason.OUTSIDE, {}, "RA-"),
    ("aa.algorithm_declared", "EF.DG14", P, Reason.ALGORITHM_UNDECLARED, {"weak_hash": True}, "AAA"),
    ("aa.algorithm_declared", "EF.DG14", P, Reason.ALGORITHM_UNDECLARED, {"weak_hash": False}, "---"),
    ("evidence.freshness", "evidence", P, Reason.SLOW, {}, "A--"),
]


def effects(result: CheckResult, *others: CheckResult) -> str:
    """The letters that the three policies give."""
    whole = report([result, *others])
    return "".join(POLICIES[name].effect(result, whole) for name in ("strict-level3", "default", "forensic"))


def test_every_check_has_its_row():
    assert list(ROWS) == list(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
def test_row(check):
    row = CHECKS[check]
    special = {override.subject for override in row.overrides}
    subject = next(name for name in (*row.subjects, "EF.DG7") if name not in special and name != "EF.*")
    assert effects(CheckResult(check, CheckStatus.ABORTED, subject, Reason.CHECK_ERROR)) == ROWS[check]


@pytest.mark.parametrize(
    "check,subject,status,reason,facts,letters",  # noqa: PT006 one line a cell
    BY_REASON,
    ids=[f"{row[0]}-{row[1]}-{row[3]}-{row[5]}" for row in BY_REASON],
)
def test_by_reason(check, subject, status, reason, facts, letters):
    assert effects(CheckResult(check, status, subject, reason, facts)) == letters


def test_a_second_signers_results_cost_what_the_first_ones_do():
    result = CheckResult("pa.dsc.authorised", F, "DSC#2", Reason.DOCUMENT_TYPE)
    assert effects(result) == "MA-"


@pytest.mark.parametrize(("valid_now", "letters"), [(P, "---"), (F, "AAA"), (CheckStatus.ABORTED, "AAA")])
def test_unknown_signing_time_costs_nothing_while_the_dsc_is_valid(valid_now, letters):
    """CHECKS.md: "time_not_determined: - while validity_now PASSED, else A"."""
    unknown = CheckResult("pa.dsc.validity_at_signing", U, "DSC", Reason.TIME_NOT_DETERMINED)
    now = CheckResult("pa.dsc.validity_now", valid_now, "DSC", None if valid_now is P else Reason.EXPIRED)
    assert effects(unknown, now) == letters


def test_the_other_signers_validity_does_not_count():
    unknown = CheckResult("pa.dsc.validity_at_signing", U, "DSC", Reason.TIME_NOT_DETERMINED)
    assert effects(unknown, CheckResult("pa.dsc.validity_now", P, "DSC#2")) == "AAA"


def test_time_not_determined_is_attention_at_most():
    whole = with_result("pa.dsc.validity_at_signing", U, Reason.TIME_NOT_DETERMINED)
    assert all(
        POLICIES[name].effect(next(whole.results("pa.dsc.validity_at_signing")), whole) is Effect.INFORMATION
        for name in POLICIES
    )
