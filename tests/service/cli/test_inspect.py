"""`passkoll inspect`: one answer an input, exit statuses, schema, and nothing personal on the screen."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from mrtd.inspection.verdict import (
    Authenticity,
    ChipGenuine,
    DocumentValid,
    MrzMatchesChip,
    Outcome,
    Verdict,
)
from service.cli.choices import Require
from service.cli.inspection import DUMP_NOTICE, is_good
from tests.service.cli.conftest import Run, Validate, lines, process

AT = ("--at", "2026-11-24T12:00:00Z")
STATES = (
    "AT_2023",
    "DE_2023",
    "FR_2017",
    "GB_2011",
    "ID_2025",
    "KR_2020",
    "NZ_2017",
    "PH_2019",
    "RU_2019",
    "SG_2022-06",
)
VERDICT = ("outcome", "authenticity", "chip_genuine", "document_valid", "mrz_matches_chip", "attention", "refused_by")
VERDICT_MEMBERS = {*VERDICT, "policy", "policy_digest"}


def trust(real_data: Path) -> list[str]:
    folders = (real_data / "csca" / name for name in ("masterlists", "bundles", "certs"))
    return [part for folder in folders for part in ("--trust", str(folder))]


def status(report: dict[str, Any], check_id: str, subject: str | None = None) -> str:
    (found,) = {
        check["status"]
        for check in report["checks"]
        if check["id"] == check_id and subject in (None, check["subject"])
    }
    return str(found)


# --- real documents


@pytest.mark.real
@pytest.mark.parametrize("state", STATES)
def test_every_real_security_object_is_proven_to_its_state(
    real_data: Path, run: Run, validate: Validate, state: str
) -> None:
    result = run("inspect", str(real_data / "chips" / state), *trust(real_data), *AT, "--json")
    (report,) = lines(result)
    validate("inspect", report)
    assert status(report, "pa.sod.signature", "EF.SOD") == "PASSED"
    assert status(report, "pa.path") == "PASSED"
    assert status(report, "pa.csca.trusted") == "PASSED"
    assert (report["authenticity"], report["outcome"]) == ("inconclusive", "review"), "no data group was sent"
    assert report["chip_genuine"] in ("not_supported", "undetermined")
    assert result.exit_code == 1


@pytest.mark.real
def test_without_trust_the_path_stays_open(real_data: Path, run: Run) -> None:
    (report,) = lines(run("inspect", str(real_data / "chips/FR_2017"), *AT, "--json"))
    (path,) = (check for check in report["checks"] if check["id"] == "pa.path")
    assert (path["status"], path["reason"]) == ("INDETERMINATE", "no_trust_anchor")
    assert {check["reason"] for check in report["checks"] if check["id"].startswith(("aa.", "ca."))} == {
        "pa_not_passed"
    }


@pytest.mark.real
def test_the_digest_is_that_of_the_report_part(real_data: Path, run: Run) -> None:
    """Everything but `file` and the verdict's members, canonical by an independent implementation of RFC 8785."""
    (found,) = lines(run("inspect", str(real_data / "chips/DE_2023"), *trust(real_data), *AT, "--json"))
    part = {name: value for name, value in found.items() if name not in {"file", "report_sha256", *VERDICT_MEMBERS}}
    assert hashlib.sha256(rfc8785.dumps(part)).hexdigest() == found["report_sha256"]


@pytest.mark.real
def test_two_runs_are_equal_byte_for_byte(real_data: Path, run: Run) -> None:
    arguments = ("inspect", str(real_data / "chips/KR_2020"), *trust(real_data), *AT, "--json")
    assert run(*arguments).stdout_bytes == run(*arguments).stdout_bytes


@pytest.mark.real
def test_an_unreadable_input_does_not_silence_the_others(
    real_data: Path, run: Run, validate: Validate, tmp_path: Path
) -> None:
    good, missing, empty = real_data / "chips/SG_2022-06", tmp_path / "missing", tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w"):
        pass
    result = run("inspect", str(missing), str(good), str(empty), *AT, "--json")
    found = lines(result)
    assert [set(item) == {"file", "error"} for item in found] == [True, False, True]
    assert [item["file"] for item in found] == [str(missing), str(good), str(empty)]
    for item in found:
        validate("inspect", item)
    assert result.exit_code == 2
    shown = run("inspect", str(missing), str(good), *AT)
    assert shown.exit_code == 2
    assert str(missing) in shown.stderr
    assert "pa.sod.signature" in shown.stdout


@pytest.mark.real
def test_malformed_objects_are_answered(real_data: Path, run: Run, validate: Validate) -> None:
    """Never a crash, never good."""
    paths = [str(path) for path in sorted((real_data / "chips/malformed").iterdir())]
    result = run("inspect", *paths, *AT, "--json")
    found = lines(result)
    assert len(found) == len(paths)
    for item in found:
        validate("inspect", item)
        assert "error" in item or item["authenticity"] != "authentic"
    assert result.exit_code in (1, 2)


@pytest.mark.real
def test_the_mocks_under_the_forensic_policy(real_data: Path, run: Run, validate: Validate) -> None:
    """They are not of ICAO 9303; the specimen realm may trust their issuer and says what is odd."""
    mock = real_data / "chips/mock_ZKR_john-miller-smith-rsa-2048-sha256"
    arguments = ("inspect", str(mock), "--trust", str(real_data / "csca/mock"), *AT, "--json")
    (report,) = lines(run(*arguments, "--realm", "specimen", "--policy", "forensic"))
    validate("inspect", report)
    assert report["policy"] == "forensic"
    assert status(report, "pa.dg_hash", "EF.DG1") == "PASSED"
    assert "missing_tag_77" in {check["reason"] for check in report["checks"]}
    (strict,) = lines(run(*arguments, "--realm", "production", "--policy", "strict-level3"))
    assert status(strict, "pa.path") == "INDETERMINATE", "the production realm refuses the mock issuer"
    assert strict["authenticity"] != "authentic"


@pytest.mark.real
def test_no_holder_is_named(real_data: Path, run: Run) -> None:
    """Neither on the screen nor in JSON: no name, number or date of DG1."""
    specimen = str(real_data / "chips/specimen_DE_bsi2008")
    for arguments in ([], ["--json"]):
        shown = run("inspect", specimen, *AT, *arguments).output
        assert "pa.dg_hash" in shown
        for personal in ("MUSTERMANN", "ERIKA", "C11T002JM", "960812", "1996-08-12", "131031", "2013-10-31"):
            assert personal not in shown.upper()


@pytest.mark.real
def test_the_screen_says_what_a_dump_cannot_show(real_data: Path, run: Run) -> None:
    shown = run("inspect", str(real_data / "chips/GB_2011"), *trust(real_data), *AT).stdout
    assert DUMP_NOTICE in shown
    assert "A dump alone can never show that the chip was present" in shown
    assert "✗ FAILED" in shown, "the DSC of this document has expired"
    assert "? inconclusive" in shown
    for word in ("PASSED", "INDETERMINATE", "NOT_APPLICABLE", "NOT_PERFORMED"):
        assert word in shown


@pytest.mark.real
def test_the_printed_mrz_is_compared(real_data: Path, run: Run) -> None:
    specimen = real_data / "chips/specimen_DE_bsi2008"
    dg1 = (specimen / "DG1.bin").read_bytes()
    zone = dg1[dg1.index(b"P<") :].decode()
    first, second = zone[:44], zone[44:88]
    arguments = (str(specimen), *AT, "--json")
    (equal,) = lines(run("inspect", *arguments, "--mrz", first, "--mrz", second))
    assert equal["mrz_matches_chip"] == "yes"
    assert lines(run("inspect", *arguments, "--mrz", f"{first}\n{second}")) == [equal]
    assert lines(run("inspect", *arguments, "--mrz", f"{first}\\n{second}")) == [equal]
    (other,) = lines(run("inspect", *arguments, "--mrz", first.replace("MUSTERMANN", "MUSTERMANM"), "--mrz", second))
    assert other["mrz_matches_chip"] == "no", "a person typed what is printed"
    assert lines(run("inspect", *arguments))[0]["mrz_matches_chip"] == "not_given"


@pytest.mark.real
def test_as_a_process(real_data: Path) -> None:
    chip = str(real_data / "chips/KR_2020")
    found = process("inspect", chip, *AT, "--json")
    assert (found.returncode, found.stderr) == (1, "")
    assert json.loads(found.stdout)["file"] == chip
    assert process("inspect", chip, *AT, "--require", "verified").returncode == 1
    assert process("inspect", f"{chip}-missing").returncode == 2


# --- mistakes in the arguments


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["x", "--policy", "no-such-policy"],
        ["x", "--trust", "/no/such/file"],
        ["x", "--mrz", "P<UTOERIKSSON<<ANNA"],
        ["x", "--at", "yesterday"],
        ["x", "--at", "2026-11-24T12:00:00"],
        ["x", "--at", "0001-01-01T00:00:00+14:00"],
        ["x", "--realm", "nowhere"],
        ["x", "--require", "nothing"],
        ["x", "--no-such-option"],
    ],
)
def test_mistakes_end_with_2_and_one_sentence(run: Run, arguments: list[str]) -> None:
    result = run("inspect", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr
    assert "ERIKSSON" not in result.stderr
    assert "Traceback" not in result.stderr


# --- what exit status 0 means


def verdict(**changes: object) -> Verdict:
    members: dict[str, Any] = {
        "outcome": Outcome.REVIEW,
        "authenticity": Authenticity.AUTHENTIC,
        "chip_genuine": ChipGenuine.UNDETERMINED,
        "document_valid": DocumentValid.YES,
        "mrz_matches_chip": MrzMatchesChip.NOT_GIVEN,
        "attention": (),
        "refused_by": (),
        "policy": "default",
        "policy_digest": "0" * 64,
    }
    return Verdict(**{**members, **changes})


@pytest.mark.parametrize(
    ("changes", "authentic", "verified"),
    [
        ({}, True, False),
        ({"mrz_matches_chip": MrzMatchesChip.YES}, True, False),
        ({"outcome": Outcome.VERIFIED}, True, True),
        ({"chip_genuine": ChipGenuine.NOT_SUPPORTED}, True, False),
        ({"chip_genuine": ChipGenuine.NO, "outcome": Outcome.REFUSED}, False, False),
        ({"authenticity": Authenticity.INCONCLUSIVE}, False, False),
        ({"authenticity": Authenticity.NOT_AUTHENTIC, "outcome": Outcome.REFUSED}, False, False),
        ({"document_valid": DocumentValid.UNDETERMINED}, False, False),
        ({"document_valid": DocumentValid.NO, "outcome": Outcome.REFUSED}, False, False),
        ({"mrz_matches_chip": MrzMatchesChip.UNDETERMINED}, False, False),
        ({"mrz_matches_chip": MrzMatchesChip.NO, "outcome": Outcome.REFUSED}, False, False),
    ],
)
def test_what_is_required_for_success(changes: dict[str, object], authentic: bool, verified: bool) -> None:
    assert is_good(verdict(**changes), Require.AUTHENTIC) is authentic
    assert is_good(verdict(**changes), Require.VERIFIED) is verified
