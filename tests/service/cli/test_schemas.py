"""The committed JSON Schemas: valid, closed, and no stricter or laxer than the contract says."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from service import schemas
from tests.service.cli.conftest import Validate

REPORT: dict[str, Any] = {
    "schema": "passkoll/report/1",
    "at": "2026-11-24T12:00:00Z",
    "document_type": "P",
    "issuing_state": "UTO",
    "evidence": {"source": "dump", "proof_origin": "claimed", "files": {"EF.DG1": "0" * 64}, "skipped": 0},
    "trust_store": "0" * 64,
    "software": "passkoll/0.1.0",
    "checks": [
        {
            "id": "pa.dg_hash",
            "status": "FAILED",
            "reason": "mismatch",
            "subject": "EF.DG1",
            "standard": "ICAO 9303-11 §5.1",
            "facts": {"hash": "sha256", "weak_hash": False, "bits": 256, "curve": None},
        }
    ],
}
VERDICT: dict[str, Any] = {
    "outcome": "refused",
    "authenticity": "not_authentic",
    "chip_genuine": "undetermined",
    "document_valid": "yes",
    "mrz_matches_chip": "not_given",
    "attention": [],
    "refused_by": ["pa.dg_hash"],
    "policy": "default",
    "policy_digest": "0" * 64,
}
LINE: dict[str, Any] = {"file": "dump.zip", **VERDICT, **REPORT, "report_sha256": "0" * 64}


def test_all_are_valid_schemas_with_their_own_name() -> None:
    found = list(schemas.names())
    expected = "case error inspect mrz-reading mrz replay report result-claims tr03135 trust-info verdict"
    assert found == expected.split()
    for name in found:
        schema = schemas.load(name)
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"urn:passkoll:schema:{name}"


def test_a_whole_line(validate: Validate) -> None:
    validate("report", REPORT)
    validate("verdict", VERDICT)
    validate("inspect", LINE)
    validate("inspect", {"file": "dump.zip", "error": "dump: no_files"})


def without(*path: str | int) -> Any:
    def change(line: Any) -> None:
        for step in path[:-1]:
            line = line[step]
        del line[path[-1]]

    return change


def with_(value: object, *path: str | int) -> Any:
    def change(line: Any) -> None:
        for step in path[:-1]:
            line = line[step]
        line[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        *(without(member) for member in LINE),
        *(without("checks", 0, member) for member in REPORT["checks"][0]),
        *(without("evidence", member) for member in REPORT["evidence"]),
        with_("x", "unknown_member"),
        with_("x", "checks", 0, "unknown_member"),
        with_("passed", "checks", 0, "status"),
        with_(None, "checks", 0, "reason"),
        with_("Not snake", "checks", 0, "reason"),
        with_(1.5, "checks", 0, "facts", "bits"),
        with_(["list"], "checks", 0, "facts", "bits"),
        with_("x", "checks", 0, "facts", "ключ"),
        with_("VERIFIED", "outcome"),
        with_("maybe", "chip_genuine"),
        with_("2026-11-24T12:00:00+01:00", "at"),
        with_("2026-11-24", "at"),
        with_("0" * 63, "report_sha256"),
        with_("passkoll/report/2", "schema"),
        with_("x", "evidence", "files", "EF.DG1"),
        with_(["pa.dg_hash", "pa.dg_hash"], "refused_by"),
        with_("both", "error"),
    ],
)
def test_what_does_not_fit_is_refused(validate: Validate, change: Any) -> None:
    line = copy.deepcopy(LINE)
    change(line)
    with pytest.raises(AssertionError):
        validate("inspect", line)


@pytest.mark.parametrize("name", ["mrz", "trust-info", "error"])
def test_the_others_refuse_a_stranger(validate: Validate, name: str) -> None:
    for value in ({}, {"file": "x"}, {"format": "TD3"}, [], None):
        with pytest.raises(AssertionError):
            validate(name, value)
