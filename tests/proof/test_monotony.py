"""SECURITY.md 1.6 on the reports of real inspections: a sample; `python -m tests.proof.monotony` judges all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.inspection import POLICIES, CheckResult, CheckStatus, Reason, judge
from tests.budgets import light
from tests.mrtd.inspection.test_judge_properties import improved, policies, results
from tests.proof.monotony import Change, changes, reports, worse_or_equal

#: Changes of each report under each policy in the ordinary run of the tests.
SAMPLE = 6

_reports = st.deferred(lambda: st.sampled_from(reports()))


@pytest.mark.parametrize("policy", POLICIES)
def test_shipped_policies(policy):
    better = []
    for number in range(len(reports())):
        judged, found = worse_or_equal(number, policy, SAMPLE)
        assert judged >= SAMPLE
        better += found
    assert not better


@light
@given(_reports, policies(), st.data())
def test_random_policies(report, policy, data):
    clean = [one for one in report.checks if one.status is CheckStatus.PASSED and one.reason is None]
    victim = data.draw(st.sampled_from(clean))
    others = tuple(one for one in report.checks if one is not victim)
    before = judge(report, policy)
    other = data.draw(results(victim.id, victim.subject))
    assert not improved(before, judge(replace(report, checks=(*others, other)), policy))
    assert not improved(before, judge(replace(report, checks=others), policy))


def test_reports_of_every_end():
    """Among them are reports from which a verdict could become better."""
    outcomes = {judge(report, POLICIES["strict-level3"]).outcome.value for report in reports()}
    assert outcomes == {"verified", "review", "refused"}
    assert len(reports()) > 150


def test_every_passed_is_changed_in_every_way():
    report = next(one for one in reports() if judge(one, POLICIES["strict-level3"]).outcome.value == "verified")
    found = changes(report, POLICIES["strict-level3"])
    passed = [place for place, one in enumerate(report.checks) if one.status is CheckStatus.PASSED]
    assert {(change.place, change.status) for change in found} == {
        (place, status)
        for place in passed
        for status in (None, *(status for status in CheckStatus if status is not CheckStatus.PASSED))
    }


def test_an_improvement_is_told():
    """The other way round: a FAILED that becomes PASSED makes a verdict better."""
    report = next(one for one in reports() if judge(one, POLICIES["default"]).refused_by == ("pa.sod.algorithms",))
    (place,) = [number for number, one in enumerate(report.checks) if one.id == "pa.sod.algorithms"]
    mended = CheckResult("pa.sod.algorithms", CheckStatus.PASSED, report.checks[place].subject)
    whole = replace(report, checks=(*report.checks[:place], mended, *report.checks[place + 1 :]))
    assert "outcome" in improved(judge(report, POLICIES["default"]), judge(whole, POLICIES["default"]))
    (again, *_) = Change(place, CheckStatus.FAILED).of(whole)
    assert again.checks[place].reason is Reason.DISAGREE
