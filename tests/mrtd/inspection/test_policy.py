"""Policies as data: files, precedence of rules, time limits."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
import rfc8785

from mrtd.errors import MalformedError
from mrtd.inspection import CHECKS, POLICIES, CheckResult, CheckStatus, Policy, Reason, judge
from mrtd.inspection.check import Effect
from mrtd.inspection.policy import MAX_RULES, Rule, from_json
from mrtd.inspection.report import InspectionReport
from tests.mrtd.inspection.reports import report, with_result

FAILED = CheckResult("pa.path", CheckStatus.FAILED, "DSC", Reason.TOO_LONG)


def effect(*rules: Rule, result: CheckResult = FAILED, at: datetime | None = None) -> Effect:
    whole = report([result])
    if at is not None:
        whole = InspectionReport(
            checks=whole.checks, at=at, document_type=None, issuing_state=None, source=whole.source,
            proof_origin=whole.proof_origin, trust_store="", software="",
        )  # fmt: skip
    return Policy("test", rules).effect(result, whole)


def test_a_check_that_no_rule_names_is_mandatory():
    assert effect(Rule("pa.sod.signature", Effect.INFORMATION)) is Effect.MANDATORY
    assert (
        judge(with_result("pa.dsc.profile", CheckStatus.ABORTED, Reason.CHECK_ERROR), Policy("empty", ())).outcome
        == "review"
    )
    assert judge(report([]), Policy("empty", ())).authenticity == "inconclusive"


def test_a_check_whose_rules_do_not_hold_is_mandatory():
    assert effect(Rule("pa.path", Effect.INFORMATION, reason=Reason.NO_CSCA)) is Effect.MANDATORY


def test_the_rule_that_says_more_decides_and_the_harsher_of_two_equals():
    broad = Rule("pa.path", Effect.REFUSED)
    by_reason = Rule("pa.path", Effect.INFORMATION, reason=Reason.TOO_LONG)
    by_status = Rule("pa.path", Effect.ATTENTION, status=CheckStatus.FAILED)
    assert effect(broad, by_reason) is Effect.INFORMATION
    assert effect(broad, by_reason, by_status) is Effect.ATTENTION
    assert effect(by_status, broad, by_reason) is Effect.ATTENTION


def test_until_is_a_day_in_stockholm_and_includes_it():
    grace = Rule("pa.path", Effect.ATTENTION, until=date(2026, 11, 24))
    always = Rule("pa.path", Effect.REFUSED)
    assert effect(grace, always, at=datetime(2026, 11, 24, 22, 59, tzinfo=UTC)) is Effect.ATTENTION
    assert effect(grace, always, at=datetime(2026, 11, 24, 23, 0, tzinfo=UTC)) is Effect.REFUSED


def test_facts_must_be_there_and_equal():
    weak = Rule("pa.algorithms", Effect.REFUSED, facts=(("weak_key", True),))
    base = Rule("pa.algorithms", Effect.INFORMATION)
    for facts, expected in [
        ({"weak_key": True}, Effect.REFUSED),
        ({"weak_key": False}, Effect.INFORMATION),
        ({}, Effect.INFORMATION),
    ]:
        result = CheckResult("pa.algorithms", CheckStatus.PASSED, "DSC", Reason.WEAK_ALGORITHM, facts)
        assert effect(weak, base, result=result) is expected


def test_a_condition_on_another_check_can_only_soften():
    with pytest.raises(ValueError, match="while_passed"):
        Rule("pa.path", Effect.ATTENTION, while_passed="pa.sod.signature")


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_shipped_policy_survives_its_file(policy):
    again = from_json(json.loads(json.dumps(policy.to_json())))
    assert again == policy
    assert again.digest == policy.digest


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_digest_is_over_canonical_json(policy):
    import hashlib

    assert policy.digest == hashlib.sha256(rfc8785.dumps(policy.to_json())).hexdigest()


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_shipped_policy_speaks_of_every_check(policy):
    assert {rule.check for rule in policy.rules if rule.conditions == 0} == set(CHECKS)


GOOD_RULE = {"check": "pa.path", "effect": "M"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"name": "x", "rules": []},
        {"name": 1, "rules": [GOOD_RULE]},
        {"name": "x", "rules": [GOOD_RULE], "more": 1},
        {"name": "x", "rules": [GOOD_RULE] * (MAX_RULES + 1)},
        {"name": "x", "rules": ["pa.path"]},
        {"name": "x", "rules": [{"check": "pa.path"}]},
        {"name": "x", "rules": [{**GOOD_RULE, "check": "pa.nothing"}]},
        {"name": "x", "rules": [{**GOOD_RULE, "check": ["pa.path"]}]},
        {"name": "x", "rules": [{**GOOD_RULE, "effect": "X"}]},
        {"name": "x", "rules": [{**GOOD_RULE, "status": "passed"}]},
        {"name": "x", "rules": [{**GOOD_RULE, "reason": "because"}]},
        {"name": "x", "rules": [{**GOOD_RULE, "subject": 3}]},
        {"name": "x", "rules": [{**GOOD_RULE, "until": "tomorrow"}]},
        {"name": "x", "rules": [{**GOOD_RULE, "until": 20270101}]},
        {"name": "x", "rules": [{**GOOD_RULE, "facts": 1}]},
        {"name": "x", "rules": [{**GOOD_RULE, "facts": {"weak_key": [1]}}]},
        {"name": "x", "rules": [{**GOOD_RULE, "facts": {"weak_key": 1.5}}]},
        {"name": "x", "rules": [{**GOOD_RULE, "facts": {"weak_key": True, 1: True}}]},
        {"name": "x", "rules": [{**GOOD_RULE, "while_passed": "pa.path"}]},
        {"name": "x", "rules": [{**GOOD_RULE, "unknown": 1}]},
    ],
    ids=range(23),
)
def test_a_bad_policy_file_is_a_typed_error(value):
    with pytest.raises(MalformedError):
        from_json(value)
