"""`passkoll inspect --format`: one answer an input in each form, and the check tree by its schema."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mrtd.specimen.chip import SpecimenChip
from tests.mrtd.inspection.documents import CHALLENGE, genuine_document, genuine_issuer
from tests.service.cli.conftest import Run, Validate, lines

AT = ("--at", "2026-11-24T12:00:00Z")
TREE = ("--format", "tr03135-json")


@pytest.fixture
def arguments(tmp_path: Path) -> tuple[str, ...]:
    """A genuine specimen and what is needed to trust it."""
    trust = tmp_path / "trust"
    trust.mkdir()
    for name, data in genuine_issuer().trust().items():
        (trust / name).write_bytes(data)
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps(SpecimenChip(genuine_document()).to_json_body(CHALLENGE)))
    return ("inspect", str(dump), "--trust", str(trust), "--realm", "specimen", *AT)


def by_id(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {node["id"]: node}
    for child in node["children"]:
        found.update(by_id(child))
    return found


def test_a_specimen_in_the_words_of_the_guideline(run: Run, validate: Validate, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, *TREE)
    (found,) = lines(result)
    validate("tr03135", found)
    assert found["file"] == arguments[1]
    assert found["document"] == {"issuing_state": "UTO", "document_type": "P"}
    assert found["outcome"] == "review"
    results = {name: node["result"] for name, node in by_id(found["checks"]).items()}
    assert results["ef_sod"] == results["issuer_certificates"] == results["data_group_integrity"] == "successful"
    assert results["optical"] == "not_supported", "no MRZ was given"
    assert results["chip_authenticity"] == results["document"] == "undetermined", "a dump proves no presence"
    assert result.exit_code == run(*arguments, "--json").exit_code == 0


def test_the_printed_mrz_is_the_optical_part(run: Run, validate: Validate, arguments: tuple[str, ...]) -> None:
    (found,) = lines(run(*arguments, *TREE, "--mrz", "\n".join(genuine_document().mrz_lines)))
    validate("tr03135", found)
    results = {name: node["result"] for name, node in by_id(found["checks"]).items()}
    assert results["optical"] == results["combined"] == "successful"


def test_formats(run: Run, arguments: tuple[str, ...]) -> None:
    """`--json` is `--format json`, and text is what is printed without either."""
    as_json = run(*arguments, "--json").stdout_bytes
    assert run(*arguments, "--format", "json").stdout_bytes == as_json
    assert run(*arguments, "--json", "--format", "json").stdout_bytes == as_json
    assert run(*arguments, "--format", "text").stdout_bytes == run(*arguments).stdout_bytes
    assert run(*arguments, *TREE).stdout_bytes == run(*arguments, *TREE).stdout_bytes


@pytest.mark.parametrize("mistake", [["--json", *TREE], ["--json", "--format", "text"], ["--format", "xml"]])
def test_contradictions_end_with_2(run: Run, arguments: tuple[str, ...], mistake: list[str]) -> None:
    result = run(*arguments, *mistake)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--format" in result.stderr


def test_an_unreadable_input_does_not_silence_the_others(
    run: Run, validate: Validate, arguments: tuple[str, ...]
) -> None:
    command, dump, *rest = arguments
    result = run(command, f"{dump}-missing", dump, *rest, *TREE)
    unreadable, found = lines(result)
    validate("tr03135", unreadable)
    validate("tr03135", found)
    assert set(unreadable) == {"file", "error"}
    assert unreadable == lines(run(command, f"{dump}-missing", *rest, "--json"))[0]
    assert (found["file"], result.exit_code) == (dump, 2)


def test_exit_status_is_that_of_the_verdict(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, *TREE, "--require", "verified").exit_code == 1
    later = [argument.replace("2026-11-24T", "2040-11-24T") for argument in arguments]
    result = run(*later, *TREE)
    (found,) = lines(result)
    assert (found["outcome"], found["checks"]["result"], result.exit_code) == ("refused", "failed", 1)


# --- real documents


@pytest.mark.real
@pytest.mark.parametrize(
    ("state", "listed", "sent"),
    [
        # the numbers in the LDSSecurityObject, as `openssl cms -verify -noverify` and `openssl asn1parse` print it
        ("FR_2017", {1, 2, 3, 11, 12, 13, 14}, set()),
        ("KR_2020", {1, 2, 3, 14}, {14}),
        ("DE_2023", {1, 2, 3, 14}, set()),
        ("RU_2019", {1, 2, 3, 13, 14}, set()),
    ],
)
def test_a_real_security_object(
    real_data: Path, run: Run, validate: Validate, state: str, listed: set[int], sent: set[int]
) -> None:
    """EF.SOD with hardly a group: those of its list are present and were not read (TR-03135-1 Table 5.42)."""
    (found,) = lines(run("inspect", str(real_data / "chips" / state), *AT, *TREE))
    validate("tr03135", found)
    words = {int(entry["data_group"][5:]): entry["integrity"] for entry in found["data_groups"]}
    assert {number for number, word in words.items() if word == "identical"} == sent
    assert {number for number, word in words.items() if word == "present"} == listed - sent
    assert {number for number, word in words.items() if word == "not_present"} == set(range(1, 17)) - listed
    results = {name: node["result"] for name, node in by_id(found["checks"]).items()}
    assert results["ef_sod_hash"] == results["ef_sod_signature"] == "successful"
    assert results["ds_certificate_signature"] == "undetermined", "nobody is trusted here"
    assert results["data_group_integrity"] == "undetermined"


@pytest.mark.real
def test_a_real_specimen_names_nobody(real_data: Path, run: Run, validate: Validate) -> None:
    specimen = str(real_data / "chips/specimen_DE_bsi2008")
    result = run("inspect", specimen, *AT, *TREE)
    (found,) = lines(result)
    validate("tr03135", found)
    words = {entry["data_group"]: entry["integrity"] for entry in found["data_groups"]}
    assert [words[f"EF.DG{number}"] for number in (1, 2, 14)] == ["identical"] * 3
    assert words["EF.DG15"] == "not_identical", "it was sent, and EF.SOD does not list it"
    for personal in ("MUSTERMANN", "ERIKA", "C11T002JM", "960812", "1996-08-12", "131031", "2013-10-31"):
        assert personal not in result.output.upper()


# --- the schema


def without(*path: str | int) -> Callable[[Any], None]:
    def change(line: Any) -> None:
        for step in path[:-1]:
            line = line[step]
        del line[path[-1]]

    return change


def with_(value: object, *path: str | int) -> Callable[[Any], None]:
    def change(line: Any) -> None:
        for step in path[:-1]:
            line = line[step]
        line[path[-1]] = value

    return change


LINE: dict[str, Any] = {
    "file": "dump.zip",
    "schema": "passkoll/tr03135/1",
    "tr": "03135-1 v2.5",
    "at": "2026-11-24T12:00:00Z",
    "software": "passkoll/0.1.0",
    "trust_store": "0" * 64,
    "evidence": {"source": "dump", "proof_origin": "claimed"},
    "document": {"issuing_state": "UTO", "document_type": None},
    "policy": "default",
    "policy_digest": "0" * 64,
    "outcome": "refused",
    "data_groups": [{"data_group": f"EF.DG{number}", "integrity": "present"} for number in range(1, 17)],
    "checks": {
        "id": "document",
        "section": "5.4",
        "result": "failed",
        "codes": [
            {"code": 200_008, "reason": "mismatch", "check": "pa.dg_hash", "subject": "EF.DG1", "result": "failed"}
        ],
        "children": [
            {"id": "optical", "section": "5.5", "result": "not_supported", "codes": [], "children": [],
             "note": "no_such_check"}
        ],
    },
}  # fmt: skip


def test_a_whole_line(validate: Validate) -> None:
    validate("tr03135", LINE)
    validate("tr03135", {"file": "dump.zip", "error": "dump: no_files"})


@pytest.mark.parametrize(
    "change",
    [
        *(without(member) for member in LINE),
        *(without("checks", member) for member in LINE["checks"]),
        *(without("checks", "codes", 0, member) for member in LINE["checks"]["codes"][0]),
        *(without("document", member) for member in LINE["document"]),
        without("data_groups", 0),
        without("checks", "children", 0, "children"),
        with_("x", "unknown_member"),
        with_("x", "checks", "children", 0, "unknown_member"),
        with_("optical", "checks", "id"),
        with_("PASSED", "checks", "result"),
        with_("not supported", "checks", "children", 0, "result"),
        with_("6.1", "checks", "section"),
        with_(999, "checks", "codes", 0, "code"),
        with_(1_000_000, "checks", "codes", 0, "code"),
        with_("200008", "checks", "codes", 0, "code"),
        with_("EF.DG17", "data_groups", 15, "data_group"),
        with_("not identical", "data_groups", 0, "integrity"),
        with_("2026-11-24", "at"),
        with_("x", "document", "document_number"),
        with_("both", "error"),
    ],
)
def test_what_does_not_fit_is_refused(validate: Validate, change: Callable[[Any], None]) -> None:
    line = copy.deepcopy(LINE)
    change(line)
    with pytest.raises(AssertionError):
        validate("tr03135", line)
