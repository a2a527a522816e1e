"""Documents broken at one place each are told apart from good ones, by the right finding."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mrtd.inspection import CHECKS, POLICIES, InspectionReport, judge
from tests.mrtd.inspection.broken_documents import CASES
from tests.mrtd.inspection.documents import (
    findings,
)

_LETTERS = {"authentic": "a", "not_authentic": "n", "inconclusive": "i"}


@pytest.fixture(scope="module")
def reports() -> Mapping[str, InspectionReport]:
    return {name: case[0]() for name, case in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_finding(name, reports):
    _, check, subject, status, reason, _ = CASES[name]
    assert (subject, status, reason) in findings(reports[name], check)


@pytest.mark.parametrize("name", CASES)
def test_cost(name, reports):
    verdicts = [judge(reports[name], POLICIES[policy]) for policy in ("strict-level3", "default", "forensic")]
    assert "".join(_LETTERS[verdict.authenticity] for verdict in verdicts) == CASES[name][5]


@pytest.mark.parametrize("name", CASES)
def test_every_check_stands_in_every_report(name, reports):
    assert {one.id for one in reports[name].checks} == set(CHECKS)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("dg3_listed", "dg3_sent", "signed_by_dg12")])
def test_nothing_broken_is_verified_by_strict_level3_unless_it_costs_nothing(name, reports):
    harmless = {
        "legacy_oid", "dg11_not_sent", "dsc_no_document_types", "csca_profile", "usage_not_stated", "no_dg11",
    }  # fmt: skip
    outcome = judge(reports[name], POLICIES["strict-level3"]).outcome
    assert (outcome == "verified") == (name in harmless)
