"""The product mutated, one check or one rule at a time: the fixtures or the test of the columns see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrtd.inspection import CHECKS, POLICIES, CheckResult, CheckStatus, Reason
from mrtd.inspection.check import Effect
from tests.proof.mutation import (
    Loosened,
    always_passing,
    cases,
    loosenings,
    mutate_check,
    seen_by_columns,
    seen_by_verdict,
)
from tests.proof.unseen import NO_VERDICT, UNREACHED


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_that_always_passes_is_seen(check):
    found = mutate_check(check)
    assert not found.wrong, "not green without the mutation"
    assert bool(found.seen) == (check not in UNREACHED)
    assert bool(found.by_verdict) == (check not in UNREACHED and check not in NO_VERDICT)


@pytest.mark.parametrize("check", UNREACHED)
def test_what_is_not_reached_has_no_case(check):
    assert not any(case.says_more(check) for case in cases())


def test_information_costs_nothing():
    """What is called information in the table of the unseen is that."""
    told = [check for check, why in NO_VERDICT.items() if why.startswith("information")]
    for policy in POLICIES.values():
        assert not [rule for rule in policy.rules if rule.check in told and rule.effect is not Effect.INFORMATION]


@pytest.mark.parametrize("loosened", list(loosenings()), ids=lambda loosened: loosened.text)
def test_a_rule_that_costs_nothing_is_seen(loosened):
    assert seen_by_columns(loosened)


@pytest.mark.parametrize(
    ("policy", "check", "reason"),
    [
        ("strict-level3", "pa.path", None),
        ("default", "pa.sod.signature", None),
        ("forensic", "pa.dg_duplicate", None),
        ("strict-level3", "pa.sod.encoding", Reason.RAW_ECDSA),
    ],
)
def test_a_rule_that_costs_nothing_changes_a_verdict(policy, check, reason):
    numbers = [
        number
        for number, rule in enumerate(POLICIES[policy].rules)
        if (rule.check, rule.reason) == (check, reason) and rule.effect is not Effect.INFORMATION
    ]
    assert any(seen_by_verdict(Loosened(policy, number)) for number in numbers)


# --- the mutation mutates


def test_always_passing():
    def results() -> list[CheckResult]:
        return [
            CheckResult("pa.path", CheckStatus.FAILED, "DSC", Reason.NO_CSCA),
            CheckResult("pa.csca.trusted", CheckStatus.PASSED, "CSCA", Reason.OPERATOR),
            CheckResult("pa.deviation", CheckStatus.NOT_APPLICABLE, "document"),
        ]

    genuine = results()
    with always_passing("pa.path"):
        first, *others = results()
    assert (first.status, first.reason) == (CheckStatus.PASSED, None)
    assert others == genuine[1:]
    with always_passing("pa.csca.trusted"):
        assert results()[1].reason is None
    with always_passing("pa.deviation"):
        assert results() == genuine
    assert results() == genuine


def test_an_unmutated_policy_is_green():
    """The test of the columns sees the rule, not the patch."""
    costless = next(
        number for number, rule in enumerate(POLICIES["forensic"].rules) if rule.effect is Effect.INFORMATION
    )
    assert Loosened("forensic", costless).mutated == POLICIES["forensic"]
    assert not seen_by_columns(Loosened("forensic", costless))


def test_without_fixtures_nothing_is_seen(tmp_path: Path):
    (tmp_path / "dumps").mkdir()
    assert not mutate_check("pa.path", fixtures=tmp_path).seen
