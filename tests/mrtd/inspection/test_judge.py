"""`judge`: the truth table of SECURITY.md section 1, row by row, on reports made by hand."""

from __future__ import annotations

import pytest

from mrtd.inspection import POLICIES, CheckResult, CheckStatus, Reason, judge
from mrtd.inspection.verdict import MRZ_FIELDS, Authenticity, ChipGenuine, DocumentValid, MrzMatchesChip, Outcome
from tests.mrtd.inspection.reports import good_checks, good_report, report, with_result

STRICT, DEFAULT, FORENSIC = (POLICIES[name] for name in ("strict-level3", "default", "forensic"))
P, F, U = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.INDETERMINATE
NA, NP, AB = CheckStatus.NOT_APPLICABLE, CheckStatus.NOT_PERFORMED, CheckStatus.ABORTED
AUTHENTIC, NOT, OPEN = Authenticity.AUTHENTIC, Authenticity.NOT_AUTHENTIC, Authenticity.INCONCLUSIVE

FILES = ("EF.COM", "EF.SOD", "EF.DG1", "EF.DG2", "EF.DG14", "EF.DG15")


def without(*checks: str) -> list[CheckResult]:
    return [one for one in good_checks() if one.id not in checks]


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_good_report_is_verified(policy):
    verdict = judge(good_report(), policy)
    assert verdict.outcome is Outcome.VERIFIED
    assert verdict.authenticity is AUTHENTIC
    assert verdict.chip_genuine is ChipGenuine.YES
    assert verdict.document_valid is DocumentValid.YES
    assert verdict.mrz_matches_chip is MrzMatchesChip.YES
    assert verdict.attention == ()
    assert verdict.refused_by == ()


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_nothing_at_all_is_inconclusive(policy):
    verdict = judge(report([]), policy)
    assert (verdict.authenticity, verdict.outcome) == (OPEN, Outcome.REVIEW)
    assert verdict.chip_genuine is ChipGenuine.UNDETERMINED
    assert verdict.document_valid is DocumentValid.UNDETERMINED
    assert verdict.mrz_matches_chip is MrzMatchesChip.UNDETERMINED


#: One mandatory check through all its ends: status, reason, authenticity, outcome.
MANDATORY = [
    (P, None, AUTHENTIC, Outcome.VERIFIED),
    (F, Reason.BAD_SIGNATURE, NOT, Outcome.REFUSED),
    (U, Reason.UNKNOWN_CURVE, OPEN, Outcome.REVIEW),
    (NA, None, OPEN, Outcome.REVIEW),
    (NP, Reason.EARLIER_STEP, OPEN, Outcome.REVIEW),
    (AB, Reason.CHECK_ERROR, OPEN, Outcome.REVIEW),
]


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize(("status", "reason", "authenticity", "outcome"), MANDATORY)
def test_a_mandatory_check(policy, status, reason, authenticity, outcome):
    verdict = judge(with_result("pa.sod.signature", status, reason), policy)
    assert (verdict.authenticity, verdict.outcome) == (authenticity, outcome)
    assert verdict.refused_by == (("pa.sod.signature",) if status is F else ())


@pytest.mark.parametrize(
    ("status", "reason", "strict", "default", "forensic"),
    [
        (F, Reason.EXPIRED, NOT, AUTHENTIC, AUTHENTIC),
        (F, Reason.NOT_YET_VALID, NOT, AUTHENTIC, AUTHENTIC),
        (NP, Reason.EARLIER_STEP, OPEN, AUTHENTIC, AUTHENTIC),
        (AB, Reason.CHECK_ERROR, OPEN, AUTHENTIC, AUTHENTIC),
        (NA, None, OPEN, AUTHENTIC, AUTHENTIC),
    ],
)
def test_a_refused_check(status, reason, strict, default, forensic):
    """R: what FAILED or stays open is fatal; what was never looked at is inconclusive."""
    whole = with_result("pa.dsc.validity_now", status, reason)
    assert [judge(whole, policy).authenticity for policy in (STRICT, DEFAULT, FORENSIC)] == [
        strict,
        default,
        forensic,
    ]
    attention = () if status is NA else ("pa.dsc.validity_now",)
    assert judge(whole, DEFAULT).attention == attention
    assert judge(whole, DEFAULT).outcome is (Outcome.VERIFIED if status is NA else Outcome.REVIEW)
    assert judge(whole, FORENSIC).outcome is Outcome.VERIFIED


def test_a_refused_tolerance_is_a_passed_that_costs_all():
    whole = with_result("pa.sod.encoding", P, Reason.RAW_ECDSA)
    assert [judge(whole, policy).authenticity for policy in (STRICT, DEFAULT, FORENSIC)] == [NOT, NOT, AUTHENTIC]
    assert judge(whole, STRICT).refused_by == ("pa.sod.encoding",)


def test_secure_messaging_of_a_dump_does_not_apply_and_costs_nothing():
    for status, reason, expected in [
        (NA, Reason.NOT_LIVE, AUTHENTIC),
        (NP, Reason.NO_EVIDENCE, OPEN),
        (F, Reason.BAD_MAC, NOT),
    ]:
        assert judge(with_result("access.sm", status, reason), FORENSIC).authenticity is expected


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize(
    ("check", "subject", "reason"),
    [
        ("pa.dg_hash", "EF.DG1", Reason.MISMATCH),
        ("pa.dg_hash", "EF.DG14", Reason.MISMATCH),
        ("pa.dg_hash", "EF.DG16", Reason.MISMATCH),
        ("pa.dg_unlisted", "EF.DG5", Reason.NOT_IN_SOD),
        ("pa.dsc.revocation", "DSC", Reason.REVOKED),
        ("pa.csca.revocation", "CSCA", Reason.REVOKED),
    ],
)
def test_never_tolerated(policy, check, subject, reason):
    verdict = judge(with_result(check, F, reason, subject), policy)
    assert (verdict.authenticity, verdict.outcome) == (NOT, Outcome.REFUSED)
    assert check in verdict.refused_by
    assert verdict.chip_genuine is not ChipGenuine.YES


def test_a_data_group_that_was_sent_and_not_judged_is_open():
    whole = report(good_checks(), (*FILES, "EF.DG11"))
    assert judge(whole, FORENSIC).authenticity is OPEN


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("check", ["pa.dsc.revocation", "pa.algorithms", "pa.sod.encoding", "pa.dg_unlisted"])
def test_leaving_out_a_check_that_could_have_been_fatal_is_no_way_around_it(policy, check):
    verdict = judge(report(without(check), FILES), policy)
    fatal_somewhere = check in ("pa.dsc.revocation", "pa.dg_unlisted") or policy is not FORENSIC
    expected = {
        "pa.algorithms": policy is STRICT,
        "pa.sod.encoding": policy is not FORENSIC,
    }.get(check, fatal_somewhere)
    assert (verdict.authenticity is OPEN) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (P, ()),
        (NA, ()),
        (F, ("lds.parse",)),
        (U, ("lds.parse",)),
        (NP, ("lds.parse",)),
        (AB, ("lds.parse",)),
    ],
)
def test_attention(status, expected):
    reason = {P: None, NA: None, F: Reason.MALFORMED, U: Reason.UNKNOWN_VERSION}.get(status, Reason.CHECK_ERROR)
    verdict = judge(with_result("lds.parse", status, reason, "EF.DG2"), STRICT)
    assert verdict.authenticity is AUTHENTIC
    assert verdict.attention == expected
    assert verdict.outcome is (Outcome.REVIEW if expected else Outcome.VERIFIED)


def test_an_absent_check_that_people_watch_is_attention():
    verdict = judge(report(without("live.timing"), FILES), STRICT)
    assert verdict.attention == ("live.timing",)
    assert judge(report(without("live.timing"), FILES), FORENSIC).attention == ()


# --- signer threads


def second_thread(**replaced: CheckStatus) -> list[CheckResult]:
    """Results of a second signer, all PASSED unless told otherwise by id with underscores for dots."""
    results = []
    for one in good_checks():
        status = replaced.get(one.id.replace(".", "_"))
        subjects = {"EF.SOD": "EF.SOD#2", "DSC": "DSC#2", "CSCA": "CSCA#2", "SOD": "SOD#2"}
        if one.id in ("lds.parse", "pa.dg_unlisted", "pa.dg_duplicate") or one.subject not in subjects:
            continue
        reason = Reason.CHECK_ERROR if status is not None else one.reason
        results.append(CheckResult(one.id, status or one.status, subjects[one.subject], reason))
    return results


def test_a_second_good_signer_changes_nothing():
    assert judge(report([*good_checks(), *second_thread()], FILES), STRICT).outcome is Outcome.VERIFIED


def test_one_whole_thread_is_enough_and_the_failing_one_is_seen():
    verdict = judge(report([*good_checks(), *second_thread(pa_sod_signature=F)], FILES), STRICT)
    assert verdict.authenticity is AUTHENTIC
    assert verdict.attention == ("pa.sod.signature",)
    assert verdict.outcome is Outcome.REVIEW


def test_two_half_threads_are_no_whole_one():
    """A stranger's signature with the genuine state's path: no thread passed as a whole (SECURITY.md 3.1)."""
    first = [
        one if one.id != "pa.path" else CheckResult("pa.path", U, "DSC", Reason.NO_CSCA) for one in good_checks()
    ]
    for policy in POLICIES.values():
        verdict = judge(report([*first, *second_thread(pa_sod_signature=F)], FILES), policy)
        assert verdict.authenticity is OPEN
        assert verdict.chip_genuine is ChipGenuine.UNDETERMINED


def test_all_threads_failed_is_not_authentic():
    first = [
        one if one.id != "pa.path" else CheckResult("pa.path", F, "DSC", Reason.BAD_ISSUER_SIGNATURE)
        for one in good_checks()
    ]
    verdict = judge(report([*first, *second_thread(pa_sod_signature=F)], FILES), STRICT)
    assert verdict.authenticity is NOT
    assert verdict.refused_by == ("pa.sod.signature", "pa.path")


def test_a_bad_card_security_is_nobodys_thread_and_counts_for_all():
    bad = CheckResult("pa.sod.signature", F, "EF.CardSecurity", Reason.BAD_SIGNATURE)
    assert judge(report([*good_checks(), bad], FILES), FORENSIC).authenticity is NOT


def test_a_good_card_security_does_not_stand_in_for_the_security_object():
    kept = without("pa.sod.signature")
    good = CheckResult("pa.sod.signature", P, "EF.CardSecurity")
    assert judge(report([*kept, good], FILES), FORENSIC).authenticity is OPEN


# --- chip_genuine (SECURITY.md 2.3, 2.4)

CHIP_IDS = [
    one for one in dict.fromkeys(one.id for one in good_checks()) if one.startswith(("aa.", "ca.", "pace_cam."))
]


@pytest.mark.parametrize("check", CHIP_IDS)
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_any_failed_chip_check_is_a_clone(policy, check):
    verdict = judge(with_result(check, F, Reason.CHECK_ERROR), policy)
    assert (verdict.chip_genuine, verdict.outcome) == (ChipGenuine.NO, Outcome.REFUSED)


@pytest.mark.parametrize("check", CHIP_IDS)
def test_an_aborted_or_absent_chip_check_is_undetermined(check):
    assert judge(with_result(check, AB, Reason.CHECK_ERROR), STRICT).chip_genuine is ChipGenuine.UNDETERMINED
    assert judge(report(without(check), FILES), STRICT).chip_genuine is ChipGenuine.UNDETERMINED


@pytest.mark.parametrize("check", ["aa.key", "aa.signature", "aa.challenge_bound"])
@pytest.mark.parametrize("status", [U, NA, NP])
def test_active_authentication_needs_all_of_its_checks(check, status):
    verdict = judge(with_result(check, status, Reason.NOT_SENT if status is NP else Reason.CHECK_ERROR), STRICT)
    assert verdict.chip_genuine is ChipGenuine.UNDETERMINED


@pytest.mark.parametrize(
    "check",
    [
        "pa.sod.content_type", "pa.sod.message_digest", "pa.sod.algorithms", "pa.sod.signer_certificate",
        "pa.sod.signature", "pa.dg_duplicate", "pa.dsc.authorised", "pa.path", "pa.csca.trusted",
    ],
)  # fmt: skip
def test_no_proof_counts_before_passive_authentication_passed(check):
    for status in (U, NP, AB, NA):
        verdict = judge(with_result(check, status, Reason.CHECK_ERROR), FORENSIC)
        assert verdict.chip_genuine is ChipGenuine.UNDETERMINED


@pytest.mark.parametrize("status", [U, NP, NA])
def test_a_proof_needs_the_hash_of_its_key(status):
    verdict = judge(with_result("pa.dg_hash", status, Reason.NOT_SENT, "EF.DG15"), FORENSIC)
    assert verdict.chip_genuine is ChipGenuine.UNDETERMINED


def chip_supports_nothing() -> list[CheckResult]:
    support = ("aa.key", "aa.signature", "aa.challenge_bound", "ca.key", "ca.secure_messaging", "ca.rebind")
    kept = [one for one in without(*support) if (one.id, one.subject) != ("pa.dg_hash", "EF.DG15")]
    subjects = {one.id: one.subject for one in good_checks() if one.id in support}
    return kept + [CheckResult(one, NA, subject, Reason.NOT_SUPPORTED) for one, subject in subjects.items()]


def test_not_supported_is_said_by_the_signed_list_alone():
    files = [name for name in FILES if name != "EF.DG15"]
    assert judge(report(chip_supports_nothing(), files), STRICT).chip_genuine is ChipGenuine.NOT_SUPPORTED
    listed = [*chip_supports_nothing(), CheckResult("pa.dg_hash", NP, "EF.DG15", Reason.NOT_SENT)]
    assert judge(report(listed, files), STRICT).chip_genuine is ChipGenuine.UNDETERMINED


def test_not_supported_without_a_reason_proves_nothing():
    checks = [one for one in chip_supports_nothing() if one.id != "aa.key"]
    checks.append(CheckResult("aa.key", NA, "EF.DG15"))
    assert judge(report(checks), STRICT).chip_genuine is ChipGenuine.UNDETERMINED


# --- document_valid and mrz_matches_chip


@pytest.mark.parametrize(
    ("status", "reason", "valid", "outcome"),
    [
        (P, None, DocumentValid.YES, Outcome.VERIFIED),
        (F, Reason.EXPIRED, DocumentValid.NO, Outcome.REFUSED),
        (U, Reason.UNKNOWN_DATE, DocumentValid.UNDETERMINED, Outcome.REVIEW),
        (NP, Reason.NO_EVIDENCE, DocumentValid.UNDETERMINED, Outcome.REVIEW),
        (NA, None, DocumentValid.UNDETERMINED, Outcome.REVIEW),
        (AB, Reason.CHECK_ERROR, DocumentValid.UNDETERMINED, Outcome.REVIEW),
    ],
)
def test_document_valid(status, reason, valid, outcome):
    verdict = judge(with_result("cross.expiry", status, reason), STRICT)
    assert (verdict.document_valid, verdict.outcome, verdict.authenticity) == (valid, outcome, AUTHENTIC)


@pytest.mark.parametrize("field", MRZ_FIELDS)
@pytest.mark.parametrize(
    ("status", "reason", "matches", "outcome"),
    [
        (F, Reason.DIFFERS, MrzMatchesChip.NO, Outcome.REFUSED),
        (U, Reason.UNCONFIRMED, MrzMatchesChip.UNDETERMINED, Outcome.REVIEW),
        (NP, Reason.NO_EVIDENCE, MrzMatchesChip.UNDETERMINED, Outcome.REVIEW),
        (NA, None, MrzMatchesChip.UNDETERMINED, Outcome.REVIEW),
    ],
)
def test_mrz_matches_chip(field, status, reason, matches, outcome):
    verdict = judge(with_result("cross.mrz_dg1", status, reason, field), STRICT)
    assert (verdict.mrz_matches_chip, verdict.outcome, verdict.authenticity) == (matches, outcome, AUTHENTIC)


def test_every_field_must_have_been_compared():
    for field in MRZ_FIELDS:
        kept = [one for one in good_checks() if (one.id, one.subject) != ("cross.mrz_dg1", field)]
        assert judge(report(kept, FILES), STRICT).mrz_matches_chip is MrzMatchesChip.UNDETERMINED


def test_without_an_mrz_it_was_not_given_and_nothing_is_verified():
    kept = [*without("cross.mrz_dg1"), CheckResult("cross.mrz_dg1", NA, "MRZ", Reason.NO_EVIDENCE)]
    verdict = judge(report(kept, FILES), STRICT)
    assert (verdict.mrz_matches_chip, verdict.outcome) == (MrzMatchesChip.NOT_GIVEN, Outcome.REVIEW)


def test_the_verdict_names_its_policy():
    verdict = judge(good_report(), STRICT)
    assert verdict.to_json()["policy"] == "strict-level3"
    assert verdict.to_json()["policy_digest"] == STRICT.digest
    assert len({policy.digest for policy in POLICIES.values()}) == 3
