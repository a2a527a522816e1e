"""`passkoll replay` on case folders, through the library: what it says, and every option."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from service.cli import replay_output
from tests.service.cli.conftest import Run, lines, process
from tests.service.replay.casebook import (
    CLONED,
    TAMPERED,
    VERIFIED,
    Casebook,
    case_json,
    check,
    expecting,
    service_end,
)

ALL = ["9303-11-5.1::changed-dg1", "9303-11-6.1::clone", "9303-11-6.1::genuine", "dump-format::same-file-twice"]


def expectation(folder: Path) -> dict[str, Any]:
    inspect: dict[str, Any] = json.loads((folder / "case.json").read_text())["expected"]["inspect"]
    return inspect


def test_every_case_is_as_expected(filled: Casebook, run: Run) -> None:
    """The replayer makes the challenge and the specimen key signs it: a case folder can be `verified`."""
    result = run("replay", str(filled.root), "--json")
    assert lines(result) == [{"case": name, "ok": True, "diff": []} for name in ALL]
    assert result.exit_code == 0


def test_for_people(filled: Casebook, run: Run) -> None:
    result = run("replay", str(filled.root))
    assert "4 cases: 4 as expected" in result.stdout
    assert result.exit_code == 0
    assert result.stderr == ""


def test_a_difference_is_told_check_by_check(casebook: Casebook, run: Run) -> None:
    wrong = [
        check("pa.dg_hash", "EF.DG1", "PASSED"),
        check("pa.dg_hash", "EF.DG2", "PASSED"),
        check("pa.no_such_check", "EF.SOD", "PASSED"),
    ]
    expected = expecting(wrong, {**TAMPERED, "outcome": "verified", "authenticity": "authentic"})
    casebook.add(case_json("a::b", mrz=casebook.printed(casebook.tampered), expected=expected), casebook.tampered)
    result = run("replay", str(casebook.root), "--json")
    (line,) = lines(result)
    assert (line["case"], line["ok"], result.exit_code) == ("a::b", False, 1)
    assert line["diff"][:2] == [
        {
            "kind": "check",
            "id": "pa.dg_hash",
            "subject": "EF.DG1",
            "expected": {"status": "PASSED", "reason": None},
            "found": {"status": "FAILED", "reason": "mismatch"},
        },
        {
            "kind": "check",
            "id": "pa.no_such_check",
            "subject": "EF.SOD",
            "expected": {"status": "PASSED", "reason": None},
            "found": None,
        },
    ]
    verdicts = [(item["policy"], item["member"], item["expected"], item["found"]) for item in line["diff"][2:]]
    assert ("forensic", "outcome", "verified", "refused") in verdicts
    assert len(verdicts) == 6
    text = run("replay", str(casebook.root)).stdout
    assert "check pa.dg_hash EF.DG1: expected PASSED, found FAILED mismatch" in text
    assert "verdict default authenticity: expected authentic, found not_authentic" in text
    assert "1 cases: 1 not as expected" in text


def test_expectations_are_a_subset_unless_exhaustive(casebook: Casebook, run: Run) -> None:
    expected = expecting([check("aa.signature", "AA", "PASSED")], exhaustive=True)
    casebook.add(case_json("a::b", expected=expected), casebook.genuine)
    (line,) = lines(run("replay", str(casebook.root), "--json"))
    unexpected = {item["id"] for item in line["diff"] if item["expected"] is None}
    assert "pa.sod.signature" in unexpected
    assert "aa.signature" not in unexpected
    casebook.add(case_json("a::c", expected={**expected, "inspect": {**expected["inspect"], "exhaustive": False}}))
    casebook.write_files(casebook.root / "dumps" / "a" / "c", casebook.genuine)
    assert [line["ok"] for line in lines(run("replay", str(casebook.root), "--json"))] == [False, True]


def test_an_expected_error_and_another(casebook: Casebook, run: Run) -> None:
    casebook.add(case_json("a::b", expected=expecting(error="no_files")))
    casebook.add(case_json("a::c", expected=expecting(error="bad_zip")))
    casebook.add(case_json("a::d", expected=expecting()))
    found = lines(run("replay", str(casebook.root), "--json"))
    assert [line["diff"] for line in found] == [
        [],
        [{"kind": "error", "expected": "bad_zip", "found": "no_files"}],
        [{"kind": "error", "expected": None, "found": "no_files"}],
    ]


@pytest.mark.parametrize(
    ("chip", "ends", "genuine"),
    [
        ({"answers": "server_challenge"}, ("PASSED", None), "yes"),
        ({"answers": "server_challenge", "age_s": 120}, ("PASSED", None), "yes"),
        ({"answers": "server_challenge", "age_s": 121}, ("INDETERMINATE", "challenge_expired"), "undetermined"),
        ({"answers": "late"}, ("INDETERMINATE", "challenge_expired"), "undetermined"),
        ({"answers": "other_challenge"}, ("FAILED", "other_challenge"), "no"),
        ({"answers": "used"}, ("FAILED", "challenge_used"), "no"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_what_the_chip_signs(
    casebook: Casebook, run: Run, chip: dict[str, Any], ends: tuple[str, str | None], genuine: str
) -> None:
    expected = expecting([check("aa.challenge_bound", "AA", *ends), check("aa.signature", "AA", "PASSED")])
    expected["inspect"]["verdicts"] = {"default": {**VERIFIED, "outcome": "review", "chip_genuine": genuine}}
    if genuine in ("yes", "no"):
        expected["inspect"]["verdicts"]["default"]["outcome"] = "verified" if genuine == "yes" else "refused"
    case = case_json(
        "a::b",
        mrz=casebook.printed(casebook.genuine),
        chip={"key": "chip", "scheme": "brainpoolp256r1", **chip},
        expected=expected,
    )
    casebook.add(case, casebook.genuine)
    assert lines(run("replay", str(casebook.root), "--json")) == [{"case": "a::b", "ok": True, "diff": []}]


def test_a_recorded_answer_is_a_claim(casebook: Casebook, run: Run) -> None:
    from mrtd.specimen.chip import SpecimenChip

    chip = {"key": "chip", "scheme": "brainpoolp256r1", "answers": "recorded"}
    ends = [
        check("aa.signature", "AA", "PASSED"),
        check("aa.challenge_bound", "AA", "INDETERMINATE", "claimed"),
        check("evidence.freshness", "evidence", "NOT_APPLICABLE", "no_evidence"),
    ]
    folder = casebook.add(case_json("a::b", chip=chip, dump="dump.json", expected=expecting(ends)))
    (folder / "dump.json").write_text(json.dumps(SpecimenChip(casebook.genuine).to_json_body(b"8 octets")))
    assert lines(run("replay", str(casebook.root), "--json"))[0]["diff"] == []


def test_behaviour_of_a_chip(casebook: Casebook, run: Run) -> None:
    chip = {"key": "chip", "scheme": "brainpoolp256r1", "answers": "server_challenge"}
    for name, ends in (
        ("der-encoded", ("PASSED", "der_encoded")),
        ("one-bit-changed", ("FAILED", "bad_signature")),
    ):
        expected = expecting([check("aa.signature", "AA", *ends)])
        casebook.add(case_json(f"a::{name}", chip={**chip, "behaviour": name}, expected=expected), casebook.genuine)
    assert [line["diff"] for line in lines(run("replay", str(casebook.root), "--json"))] == [[], []]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": "passkoll/case/2"}, "schema: not one of passkoll/case/1"),
        ({"trust": ["pki/nowhere"]}, "trust: no folder above the case holds pki/nowhere"),
        ({"chip": {"key": "chip", "scheme": "rot13", "answers": "late"}}, "chip.scheme: no algorithm profile"),
        (
            {"chip": {"key": "chip", "scheme": "rsa-2048", "answers": "late", "behaviour": "rude"}},
            "chip.behaviour: no behaviour",
        ),
    ],
)
def test_a_case_that_cannot_be_used_keeps_no_other_from_its_answer(
    filled: Casebook, run: Run, changes: dict[str, Any], said: str
) -> None:
    filled.add(case_json("a::broken", **changes), filled.genuine)
    result = run("replay", str(filled.root), "--json")
    found = lines(result)
    (broken,) = [line for line in found if "error" in line]
    assert broken["error"].startswith(said)
    assert broken["case"].endswith(("a/broken", "a::broken"))
    assert [line["case"] for line in found if line.get("ok")] == ALL
    assert result.exit_code == 2
    assert said in run("replay", str(filled.root)).stdout


def test_an_id_twice_is_a_mistake(filled: Casebook, run: Run) -> None:
    folder = filled.root / "dumps" / "z" / "copy"
    folder.mkdir(parents=True)
    (folder / "case.json").write_bytes((filled.root / "dumps/9303-11-6.1/genuine/case.json").read_bytes())
    filled.write_files(folder, filled.genuine)
    result = run("replay", str(filled.root), "--json")
    assert lines(result)[-1] == {"case": "9303-11-6.1::genuine", "error": "another case has this id"}
    assert result.exit_code == 2


def test_one_case_alone_finds_its_trust(filled: Casebook, run: Run) -> None:
    result = run("replay", str(filled.root / "dumps" / "9303-11-6.1" / "genuine"), "--json")
    assert lines(result) == [{"case": "9303-11-6.1::genuine", "ok": True, "diff": []}]


def test_another_time(filled: Casebook, run: Run) -> None:
    """Twenty years on, the genuine passport has expired, and the changed one by its changed date."""
    result = run("replay", str(filled.root), "--at", "2046-11-24", "--json")
    found = {line["case"]: line for line in lines(result)}
    ends = {(item.get("member"), item["found"]) for item in found["9303-11-6.1::genuine"]["diff"]}
    assert ("document_valid", "no") in ends
    assert result.exit_code == 1
    assert run("replay", str(filled.root), "--at", "recorded").exit_code == 0
    # whatever the day is on which this test runs, the library judges at that day
    assert run("replay", str(filled.root), "--at", "now").exit_code in (0, 1)
    assert run("replay", str(filled.root), "--at", "yesterday").exit_code == 2


def test_other_trust_and_another_realm(filled: Casebook, run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    found = {line["case"]: line for line in lines(run("replay", str(filled.root), "--trust", str(empty), "--json"))}
    assert {"aa.signature"} == {i["id"] for i in found["9303-11-6.1::clone"]["diff"] if i["kind"] == "check"}
    found = {line["case"]: line for line in lines(run("replay", str(filled.root), "--realm", "production", "--json"))}
    assert not found["9303-11-6.1::genuine"]["ok"]
    assert found["dump-format::same-file-twice"]["ok"]
    assert run("replay", str(filled.root), "--trust", str(tmp_path / "nowhere")).exit_code == 2


def test_one_policy_alone(casebook: Casebook, run: Run) -> None:
    expected = expecting()
    expected["inspect"]["verdicts"] = {"default": CLONED, "forensic": VERIFIED}
    casebook.add(case_json("a::b", mrz=casebook.printed(casebook.genuine), expected=expected), casebook.genuine)
    assert run("replay", str(casebook.root)).exit_code == 1
    assert run("replay", str(casebook.root), "--policy", "forensic").exit_code == 0
    assert run("replay", str(casebook.root), "--policy", "default").exit_code == 1
    result = run("replay", str(casebook.root), "--policy", "no-such-policy")
    assert (result.exit_code, result.stdout) == (2, "")


def test_jobs_change_nothing(filled: Casebook, run: Run) -> None:
    for number in range(45):
        case = case_json(f"a::n{number}", chip=None, expected=expecting(error="no_files" if number % 2 else None))
        filled.add(case, filled.genuine if number % 3 == 0 else None)
    alone = process("replay", str(filled.root), "--jobs", "1", "--json")
    together = process("replay", str(filled.root), "--jobs", "2", "--json")
    assert alone.stdout == together.stdout
    assert len(alone.stdout.splitlines()) == 49
    assert (alone.returncode, together.returncode) == (1, 1)
    assert alone.stderr == together.stderr == ""


def test_update_makes_what_was_found_the_expectation(casebook: Casebook, run: Run) -> None:
    checks = [check("aa.signature", "AA", "FAILED", "bad_signature"), check("pa.no_such", "EF.SOD", "PASSED")]
    folder = casebook.add(
        case_json("a::b", mrz=casebook.printed(casebook.genuine), expected=expecting(checks, CLONED)),
        casebook.genuine,
    )
    whole = casebook.add(case_json("a::c", expected=expecting(exhaustive=True)), casebook.genuine)
    error = casebook.add(case_json("a::d", expected=expecting(checks)))
    before = json.loads((folder / "case.json").read_text())
    result = run("replay", str(casebook.root), "--update")
    assert result.exit_code == 0
    assert "expected FAILED bad_signature, found PASSED" in result.stdout
    assert "updated a::b" in result.stderr
    after = json.loads((folder / "case.json").read_text())
    assert after["expected"]["inspect"]["checks"] == [check("aa.signature", "AA", "PASSED")]
    assert after["expected"]["inspect"]["verdicts"]["forensic"] == VERIFIED
    assert {**after, "expected": None} == {**before, "expected": None}
    assert len(expectation(whole)["checks"]) > 60
    assert expectation(error) == expecting(error="no_files")["inspect"]
    assert run("replay", str(casebook.root)).exit_code == 0


def test_an_update_changes_the_lines_that_it_must(casebook: Casebook, run: Run) -> None:
    """The file keeps the form in which `make fixtures` writes it."""
    from mrtd.specimen.cases.collection import encode

    checks = [check("pa.sod.signature", "EF.SOD", "PASSED"), check("aa.signature", "AA", "FAILED", "bad_signature")]
    case = case_json("a::b", expected=expecting(checks))
    folder = casebook.add(case, casebook.genuine)
    (folder / "case.json").write_bytes(encode(case))
    before = (folder / "case.json").read_text().splitlines()
    assert run("replay", str(casebook.root), "--update").exit_code == 0
    after = (folder / "case.json").read_text().splitlines()
    changed = [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert [json.loads(after[number].rstrip(",")) for number in changed] == [check("aa.signature", "AA", "PASSED")]


def test_nothing_is_expected_of_dumps(casebook: Casebook, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    folder.mkdir()
    casebook.write_files(folder, casebook.genuine)
    assert run("replay", str(folder), "--update").exit_code == 2


def test_update_takes_nothing_that_changes_what_is_found(filled: Casebook, run: Run) -> None:
    before = {path: path.read_bytes() for path in filled.root.rglob("case.json")}
    for option in (("--at", "now"), ("--realm", "production"), ("--policy", "default"), ("--trust", "x")):
        assert run("replay", str(filled.root), "--update", *option).exit_code == 2
    assert {path: path.read_bytes() for path in filled.root.rglob("case.json")} == before


def test_junit(filled: Casebook, run: Run, tmp_path: Path) -> None:
    filled.add(
        case_json("a::different", expected=expecting([check("aa.signature", "AA", "FAILED", "x")])), filled.genuine
    )
    filled.add(case_json("a::broken", trust=["pki/nowhere"]), filled.genuine)
    report = tmp_path / "junit.xml"
    assert run("replay", str(filled.root), "--junit", str(report)).exit_code == 2
    suites = ET.parse(report).getroot()  # noqa: S314 our own file
    assert (suites.tag, [suite.tag for suite in suites]) == ("testsuites", ["testsuite"])
    suite = suites[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
    }
    ends = {(case.get("classname"), case.get("name")): [child.tag for child in case] for case in suite}
    assert ends["9303-11-6.1", "genuine"] == []
    assert ends["a", "different"] == ["failure"]
    assert list(ends.values()).count(["error"]) == 1
    failure = suite.find(".//failure")
    assert failure is not None
    assert failure.text == "check aa.signature AA: expected FAILED x, found PASSED"
    assert all(float(case.get("time", "")) >= 0 for case in suite)
    assert run("replay", str(filled.root), "--junit", str(tmp_path / "no" / "folder.xml")).exit_code == 2


def test_nothing_personal_is_told(filled: Casebook, run: Run, tmp_path: Path) -> None:
    record, report = tmp_path / "r.jsonl", tmp_path / "j.xml"
    told = run("replay", str(filled.root), "--results", str(record), "--junit", str(report), "--at", "2046-01-01")
    json_told = run("replay", str(filled.root), "--json", "--at", "2046-01-01")
    everything = told.output + json_told.output + record.read_text() + report.read_text()
    for line in filled.genuine.mrz_lines:
        for part in (*line[5:].split("<"), line[13:19]):
            assert len(part) < 3 or part not in everything
    assert "UT0000001" not in everything


def test_mistakes_in_the_arguments(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "README.md").write_text("nothing")
    for arguments in (
        [str(tmp_path / "nowhere")],
        [str(tmp_path / "empty")],
        [str(tmp_path), str(tmp_path)],
        [str(tmp_path), "--jobs", "0"],
        [str(tmp_path), "--at", "25th of May"],
        ["diff", str(tmp_path)],
    ):
        result = run("replay", *arguments)
        assert (result.exit_code, result.stdout) == (2, ""), arguments


def test_an_mrz_that_is_none(casebook: Casebook, run: Run) -> None:
    """No evidence can be made of it, so the document cannot be judged with it."""
    printed = {"lines": ["NOT AN MRZ"], "source": "typed", "attempt": 1}
    casebook.add(case_json("a::b", mrz=printed, expected=expecting(error="bad_length")), casebook.genuine)
    assert lines(run("replay", str(casebook.root), "--json")) == [{"case": "a::b", "ok": True, "diff": []}]


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    screen = io.StringIO()

    def console(*, stderr: bool) -> Console:
        assert stderr
        return Console(file=screen, force_terminal=terminal)

    monkeypatch.setattr(replay_output, "Console", console)
    with replay_output.progress(2, shown=True) as advance:
        advance()
        advance()
    assert ("replay" in screen.getvalue()) is terminal
    with replay_output.progress(2, shown=False) as advance:
        before = screen.getvalue()
        advance()
    assert screen.getvalue() == before


def test_service_ends_are_not_compared_by_the_library(casebook: Casebook, run: Run) -> None:
    expected = expecting(service=service_end("created", "take_photo", None, "wrong_state"))
    casebook.add(case_json("a::b", expected=expected), casebook.genuine)
    assert run("replay", str(casebook.root)).exit_code == 0
