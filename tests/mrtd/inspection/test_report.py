"""Reports and results: what the table refuses, order, canonical JSON."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given

from mrtd.inspection import CHECKS, CheckResult, CheckStatus, Reason
from mrtd.inspection.check import COMMON_REASONS, MAX_INTEGER, split_thread, threaded
from mrtd.inspection.report import canonical_json
from tests.budgets import light
from tests.mrtd.inspection.reports import good_report, report
from tests.mrtd.inspection.test_judge_properties import reports

P, F, U = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.INDETERMINATE


@light
@given(reports())
def test_canonical_json_is_rfc_8785(whole):
    assert whole.canonical() == rfc8785.dumps(whole.to_json())
    assert whole.sha256 == hashlib.sha256(whole.canonical()).hexdigest()


def test_canonical_json_beyond_ascii():
    value = {"b": 'Åland €\u2028\x01"\\', "a": [None, True, -5, MAX_INTEGER]}
    assert canonical_json(value) == rfc8785.dumps(value)


def test_checks_stand_in_the_order_of_the_table():
    checks = good_report().checks
    order = list(CHECKS)
    places = [order.index(one.id) for one in reversed(report(reversed(checks)).checks)]
    assert places == sorted(places, reverse=True)


def test_the_report_part_of_the_contract():
    """API.md §4: the members of a report, without `file` and those of the verdict."""
    value = json.loads(good_report().canonical())
    assert set(value) == {
        "schema", "at", "document_type", "issuing_state", "evidence", "trust_store", "software", "checks",
    }  # fmt: skip
    assert value["schema"] == "passkoll/report/1"
    assert value["at"] == "2026-11-24T12:00:00Z"
    assert all(set(one) == {"id", "status", "reason", "subject", "standard", "facts"} for one in value["checks"])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("pa.path", P, "CSCA"), "does not speak of"),
        (("pa.path", F, "DSC"), "without a reason"),
        (("pa.path", U, "DSC"), "without a reason"),
        (("pa.path", F, "DSC", Reason.EXPIRED), "has no reason"),
        (("pa.path", P, "DSC", None, {"länge": 1}), "ASCII"),
        (("pa.path", P, "DSC", None, {"serial": MAX_INTEGER + 1}), "exact"),
    ],
)
def test_what_does_not_stand_in_the_table_is_no_result(arguments, match):
    with pytest.raises(ValueError, match=match):
        CheckResult(*arguments)


def test_facts_are_sorted_and_frozen():
    result = CheckResult("pa.path", P, "DSC", facts={"b": 1, "a": None})
    assert list(result.facts) == ["a", "b"]
    with pytest.raises(TypeError):
        result.facts["c"] = 1


def test_any_check_can_lack_its_evidence():
    for check, row in CHECKS.items():
        subject = next(name for name in (*row.subjects, "EF.DG2") if name != "EF.*")
        for reason in COMMON_REASONS:
            assert CheckResult(check, CheckStatus.NOT_PERFORMED, subject, reason).standard == row.standard


@pytest.mark.parametrize("thread", [1, 2, 4])
def test_threads(thread):
    assert split_thread(threaded("DSC", thread)) == ("DSC", thread)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (CheckStatus.PASSED, "successful"),
        (CheckStatus.FAILED, "failed"),
        (CheckStatus.INDETERMINATE, "undetermined"),
        (CheckStatus.NOT_PERFORMED, "undetermined"),
        (CheckStatus.NOT_APPLICABLE, "not supported"),
        (CheckStatus.ABORTED, "aborted"),
    ],
)
def test_names_of_tr_03135(status, name):
    """SECURITY.md 1.7."""
    assert status.tr03135 == name


def test_repr_holds_no_digest_of_a_file():
    count = len(good_report().checks)
    assert repr(good_report()) == f"InspectionReport(checks={count}, at=2026-11-24T12:00:00+00:00)"
