"""Replacing any PASSED by another status, or leaving out a check, never improves a verdict (SECURITY.md 1.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from mrtd.inspection import CHECKS, POLICIES, CheckResult, CheckStatus, InspectionReport, Policy, Verdict, judge
from mrtd.inspection.check import COMMON_REASONS, Effect, threaded
from mrtd.inspection.policy import Rule, from_json
from tests.budgets import light
from tests.mrtd.inspection.reports import good_checks, report

_RANKS = {
    "authenticity": {"not_authentic": 0, "inconclusive": 1, "authentic": 2},
    "chip_genuine": {"no": 0, "undetermined": 1, "not_supported": 1, "yes": 2},
    "document_valid": {"no": 0, "undetermined": 1, "yes": 2},
    "mrz_matches_chip": {"no": 0, "undetermined": 1, "not_given": 1, "yes": 2},
    "outcome": {"refused": 0, "review": 1, "verified": 2},
}
_STATUSES = st.sampled_from(CheckStatus)
_FACTS = st.fixed_dictionaries({"weak_hash": st.booleans(), "weak_key": st.booleans()})


def _subjects(check: str) -> list[str]:
    row = CHECKS[check]
    names = [one.subject for one in good_checks() if one.id == check]
    if row.threaded:
        names += [threaded(name, 2) for name in names]
        if "EF.CardSecurity" in row.subjects:
            names.append("EF.CardSecurity")
    return names


@st.composite
def results(draw: st.DrawFn, check: str, subject: str) -> CheckResult:
    """Any result that the table admits."""
    status = draw(_STATUSES)
    reasons = (*CHECKS[check].reasons, *COMMON_REASONS)
    reason = draw(st.sampled_from(reasons) if status in _NEED_REASON else st.sampled_from((None, *reasons)))
    facts = draw(_FACTS) if check in ("pa.algorithms", "aa.algorithm_declared") else {}
    return CheckResult(check, status, subject, reason, facts)


_NEED_REASON = (CheckStatus.FAILED, CheckStatus.INDETERMINATE)
_ALL_SUBJECTS = [(check, subject) for check in CHECKS for subject in _subjects(check)]
_FILES = ("EF.COM", "EF.SOD", "EF.DG1", "EF.DG2", "EF.DG14", "EF.DG15")


@st.composite
def reports(draw: st.DrawFn) -> InspectionReport:
    """The good report with some results changed, removed and added: near the verdicts that could tip."""
    checks = {(one.id, one.subject): one for one in good_checks()}
    if draw(st.booleans()):
        for one in good_checks():
            if CHECKS[one.id].threaded:
                subject = threaded(one.subject, 2)
                checks[one.id, subject] = replace(one, subject=subject)
    for check, subject in draw(st.lists(st.sampled_from(_ALL_SUBJECTS), max_size=6)):
        checks[check, subject] = draw(results(check, subject))
    for key in draw(st.lists(st.sampled_from(_ALL_SUBJECTS), max_size=2)):
        checks.pop(key, None)
    return report(checks.values(), _FILES)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule that a policy file may hold."""
    check, subject = draw(st.sampled_from(_ALL_SUBJECTS))
    while_passed = draw(st.none() | st.sampled_from(list(CHECKS)))
    return Rule(
        check=check,
        effect=Effect.INFORMATION if while_passed is not None else draw(st.sampled_from(Effect)),
        subject=draw(st.sampled_from((None, subject.partition("#")[0]))),
        status=draw(st.none() | _STATUSES),
        reason=draw(st.none() | st.sampled_from(CHECKS[check].reasons or (None,))),
        facts=draw(st.sampled_from(((), (("weak_hash", True),), (("weak_key", False),)))),
        while_passed=while_passed,
        until=draw(st.sampled_from((None, date(2026, 1, 1), date(2027, 1, 1)))),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A shipped policy, with other rules beside its own, or rules alone."""
    base = draw(st.sampled_from(list(POLICIES.values())))
    if draw(st.booleans()):
        return base
    own = base.rules if draw(st.booleans()) else ()
    return Policy("random", (*own, *draw(st.lists(rules(), min_size=1, max_size=12))))


def improved(before: Verdict, after: Verdict) -> list[str]:
    """The members of a verdict that became better."""
    return [
        member
        for member, rank in _RANKS.items()
        if rank[getattr(after, member).value] > rank[getattr(before, member).value]
    ]


@light
@given(reports(), policies(), st.data())
def test_replacing_a_passed_never_improves(whole, policy, data):
    clean = [one for one in whole.checks if one.status is CheckStatus.PASSED and one.reason is None]
    victim = data.draw(st.sampled_from(clean))
    other = data.draw(results(victim.id, victim.subject))
    changed = report([one for one in whole.checks if one is not victim] + [other], whole.files)
    before, after = judge(whole, policy), judge(changed, policy)
    assert not improved(before, after)
    assert set(before.attention) <= set(after.attention) or before.outcome.value != "verified"


@light
@given(reports(), policies(), st.data())
def test_leaving_out_a_passed_never_improves(whole, policy, data):
    victim = data.draw(st.sampled_from([one for one in whole.checks if one.status is CheckStatus.PASSED]))
    if victim.reason is not None:
        # a tolerance that is refused is no clean PASSED; leaving out its whole check is tested below
        return
    changed = report([one for one in whole.checks if one is not victim], whole.files)
    assert not improved(judge(whole, policy), judge(changed, policy))


@light
@given(reports(), policies(), st.sampled_from(list(CHECKS)))
def test_leaving_out_a_whole_check_makes_nothing_positive(whole, policy, check):
    """A FAILED that is left out becomes an open question, never a yes."""
    changed = report([one for one in whole.checks if one.id != check], whole.files)
    before, after = judge(whole, policy), judge(changed, policy)
    positive = [member for member in improved(before, after) if _RANKS[member][getattr(after, member).value] == 2]
    assert not positive


@light
@given(reports(), policies())
def test_a_verdict_holds_together(whole, policy):
    """SECURITY.md 1.4, and: same report and policy, same verdict."""
    verdict = judge(whole, policy)
    assert verdict == judge(whole, policy)
    four = [getattr(verdict, member).value for member in list(_RANKS)[:4]]
    refused = any(word in ("no", "not_authentic") for word in four)
    verified = four == ["authentic", "yes", "yes", "yes"] and not verdict.attention
    assert verdict.outcome.value == ("refused" if refused else "verified" if verified else "review")
    assert (verdict.authenticity.value == "not_authentic") == bool(verdict.refused_by)


@light
@given(policies())
def test_a_policy_file_says_all(policy):
    assert from_json(policy.to_json()) == policy
    assert from_json(policy.to_json()).digest == policy.digest
