"""Records, and what changed between two of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.inspection import CheckStatus
from service.replay import results
from service.replay.case import ExpectedInspection
from service.replay.compare import compare_findings, compare_inspection
from service.replay.errors import ReplayError
from service.replay.finding import Finding, FoundCheck, Replayed, ServiceEnd, Status
from tests.budgets import light
from tests.service.cli.conftest import Run, lines
from tests.service.replay.casebook import VERIFIED, Casebook

PASSED, FAILED = CheckStatus.PASSED, CheckStatus.FAILED
CHECKS = st.builds(
    FoundCheck,
    st.sampled_from(["pa.path", "pa.dg_hash", "pa.dsc.profile"]),
    st.sampled_from(["DSC", "EF.DG1"]),
    st.sampled_from([PASSED, FAILED]),
    st.sampled_from([None, "mismatch", "expired"]),
)
FINDINGS = st.builds(
    Finding,
    st.none(),
    st.none() | st.just("P"),
    st.none() | st.just("UTO"),
    st.lists(CHECKS, max_size=6).map(tuple),
    st.just({"default": VERIFIED}) | st.just({}),
    service=st.none() | st.just(ServiceEnd("checked", "wait_review_1", None, None)),
)


@light
@given(FINDINGS | st.just(Finding(error="no_files")))
def test_what_is_recorded_is_read_again(tmp_path_factory: pytest.TempPathFactory, finding: Finding) -> None:
    path = tmp_path_factory.mktemp("record") / "x.results.jsonl"
    assert results.record(path, [Replayed("a::b", Status.OK, finding)], through="library") == 1
    assert results.load(path) == {"a::b": finding}


@light
@given(FINDINGS, FINDINGS)
def test_two_findings_differ_unless_they_are_the_same(first: Finding, second: Finding) -> None:
    assert compare_findings(first, first) == ()
    there, back = compare_findings(first, second), compare_findings(second, first)
    assert [(d.place, d.expected, d.found) for d in there if d.kind == "service"] == []
    assert sorted((d.kind, d.place, d.expected is None) for d in there) == sorted(
        (d.kind, d.place, d.found is None) for d in back
    )
    if not there:
        assert sorted(map(repr, first.checks)) == sorted(map(repr, second.checks))


@light
@given(FINDINGS, st.data())
def test_a_part_of_what_was_found_is_as_expected(finding: Finding, data: st.DataObject) -> None:
    kept = tuple(check for check in finding.checks if data.draw(st.booleans()))
    expected = ExpectedInspection(False, None, kept, finding.verdicts)
    assert compare_inspection(expected, finding) == ()
    whole = ExpectedInspection(True, None, kept, finding.verdicts)
    assert len(compare_inspection(whole, finding)) == len(finding.checks) - len(kept)


def test_a_result_twice_is_expected_twice() -> None:
    """A profile gives one result a deviation, so an end can be there more than once."""
    expired, mismatch = (FoundCheck("pa.dsc.profile", "DSC", FAILED, reason) for reason in ("expired", "mismatch"))
    expected = ExpectedInspection(False, None, (expired, expired), {})
    (difference,) = compare_inspection(expected, Finding(checks=(expired, mismatch)))
    assert (difference.expected, difference.found) == (("FAILED", "expired"), ("FAILED", "mismatch"))
    assert compare_inspection(expected, Finding(checks=(expired, mismatch, expired))) == ()


def test_nothing_changed_and_something_changed(filled: Casebook, run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert run("replay", str(filled.root), "--results", str(first)).exit_code == 0
    assert run("replay", str(filled.root), "--results", str(second)).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    result = run("replay", "diff", str(first), str(second))
    assert (result.exit_code, result.stdout) == (0, "4 compared, 0 changed\n")
    assert run("replay", "diff", str(first), str(second), "--json").stdout == ""
    run("replay", str(filled.root), "--at", "2046-01-01", "--results", str(second))
    result = run("replay", "diff", str(first), str(second), "--json")
    assert result.exit_code == 1
    changed = {line["case"]: line for line in lines(result)}
    assert "dump-format::same-file-twice" not in changed
    (expiry,) = [d for d in changed["9303-11-6.1::genuine"]["diff"] if d.get("id") == "cross.expiry"]
    assert expiry == {
        "kind": "check",
        "id": "cross.expiry",
        "subject": "EF.DG1",
        "a": {"status": "PASSED", "reason": None},
        "b": {"status": "FAILED", "reason": "expired"},
    }
    text = run("replay", "diff", str(first), str(second)).stdout
    assert "check cross.expiry EF.DG1: was PASSED, is FAILED expired" in text
    assert "4 compared, 3 changed" in text


def test_a_case_that_one_record_does_not_hold(filled: Casebook, run: Run, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    run("replay", str(filled.root), "--results", str(whole))
    run("replay", str(filled.root / "dumps" / "9303-11-6.1"), "--results", str(part))
    first = {"case": "9303-11-5.1::changed-dg1", "only_in": "a", "diff": []}
    assert lines(run("replay", "diff", str(whole), str(part), "--json"))[0] == first
    assert lines(run("replay", "diff", str(part), str(whole), "--json"))[0] == {**first, "only_in": "b"}
    assert "only in the first" in run("replay", "diff", str(whole), str(part)).stdout


def test_records_lie_beside_the_folder(filled: Casebook, run: Run) -> None:
    result = run("replay", str(filled.root), "--record")
    path = filled.root.with_name("book.results.jsonl")
    assert f"4 results recorded in {path}" in result.stderr
    head, first, *_ = [json.loads(line) for line in path.read_text().splitlines()]
    assert (head["schema"], first["case"]) == ("passkoll/results/1", "9303-11-5.1::changed-dg1")
    # a folder of records is all of them
    assert run("replay", "diff", str(path.parent), str(path)).exit_code == 0
    assert run("replay", str(filled.root), "--results", str(path.parent / "no" / "such")).exit_code == 2


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}\n",
        '{"schema":"passkoll/case/1","through":"library","software":"x"}\n',
        '{"schema":"passkoll/results/1","through":"library","software":"x"}\n{"case":"a"}\n',
        '{"schema":"passkoll/results/1","through":"library","software":"x"}\nno json\n',
    ],
)
def test_what_is_no_record(run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.results.jsonl"
    path.write_text(content)
    result = run("replay", "diff", str(path), str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "x.results.jsonl" in result.stderr


def test_records_that_are_not_there(run: Run, tmp_path: Path) -> None:
    assert run("replay", "diff", str(tmp_path / "a"), str(tmp_path / "b")).exit_code == 2
    result = run("replay", "diff", str(tmp_path), str(tmp_path))
    assert "no results here" in result.stderr


def test_a_case_twice_in_a_folder_of_records(tmp_path: Path) -> None:
    for name in ("a", "b"):
        results.record(
            tmp_path / f"{name}.results.jsonl", [Replayed("x::y", Status.OK, Finding())], through="library"
        )
    with pytest.raises(ReplayError, match="stands twice"):
        results.load(tmp_path)


def test_a_leading_policy_must_have_a_verdict(tmp_path: Path) -> None:
    path = tmp_path / "x"
    results.record(path, [Replayed("x::y", Status.OK, Finding(leading="default"))], through="library")
    with pytest.raises(ReplayError, match="leading: not one of the verdicts"):
        results.load(path)


def test_findings_can_be_sent_to_another_process() -> None:
    import pickle

    finding: Any = Finding(checks=(FoundCheck("pa.path", "DSC", PASSED, None),), verdicts={"default": VERIFIED})
    assert pickle.loads(pickle.dumps(finding)) == finding  # noqa: S301 our own
