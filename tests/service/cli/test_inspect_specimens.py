"""`passkoll inspect` on specimens of Utopia: what good, tampered and cloned passports answer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mrtd.inspection.policy import POLICIES
from mrtd.specimen import breakage
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1, RSA_2048
from tests.service.cli.conftest import Run, Validate, lines

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHALLENGE = bytes.fromhex("c0ffee0123456789")
PROFILE = IssuingProfile(
    document_number="UT0000001", date_of_issue=date(2026, 10, 1), date_of_expiry=date(2031, 9, 30)
)
LATER = machine_readable_zone(MARTA, document_number="UT0000001", date_of_expiry=date(2035, 9, 30))


@pytest.fixture(scope="module", params=[BRAINPOOL_P256R1, RSA_2048], ids=["ecdsa", "rsa"])
def issuer(request: pytest.FixtureRequest) -> SpecimenIssuer:
    return SpecimenIssuer.create(request.param, now=NOW)


@pytest.fixture
def inspect(run: Run, validate: Validate, tmp_path: Path, issuer: SpecimenIssuer) -> Any:
    """Inspect a specimen's dump, with the chip's answer to a challenge of nobody known."""
    trust = tmp_path / "trust"
    trust.mkdir()
    for name, data in issuer.trust().items():
        (trust / name).write_bytes(data)

    def invoke(document: SpecimenDocument, *arguments: str, realm: str = "specimen") -> tuple[dict[str, Any], int]:
        dump = tmp_path / "dump.json"
        dump.write_text(json.dumps(SpecimenChip(document).to_json_body(CHALLENGE)))
        options = ("--trust", str(trust), "--realm", realm, "--at", "2026-11-24", "--json")
        result = run("inspect", str(dump), *options, *arguments)
        (found,) = lines(result)
        validate("inspect", found)
        return found, result.exit_code

    return invoke


def results(found: dict[str, Any], check_id: str) -> set[tuple[str, str | None]]:
    return {(check["status"], check["reason"]) for check in found["checks"] if check["id"] == check_id}


def test_a_genuine_dump_is_authentic_and_never_verified(issuer: SpecimenIssuer, inspect: Any) -> None:
    document = issuer.issue(MARTA, PROFILE)
    found, code = inspect(document)
    assert (found["authenticity"], found["document_valid"], found["chip_genuine"]) == (
        "authentic",
        "yes",
        "undetermined",
    )
    assert found["outcome"] == "review"
    assert results(found, "aa.signature") == {("PASSED", None)}
    assert results(found, "aa.challenge_bound") == {("INDETERMINATE", "claimed")}
    assert code == 0
    found, code = inspect(document, "--mrz", "\n".join(document.mrz_lines), "--policy", "strict-level3")
    assert (found["mrz_matches_chip"], found["authenticity"], code) == ("yes", "authentic", 0)
    assert inspect(document, "--require", "verified")[1] == 1


def test_a_policy_may_come_from_a_file(issuer: SpecimenIssuer, inspect: Any, run: Run, tmp_path: Path) -> None:
    """Here the default without its row for live timing, which is then mandatory and does not apply to a dump."""
    document, policy = issuer.issue(MARTA, PROFILE), tmp_path / "policy.json"
    rules = [rule.to_json() for rule in POLICIES["default"].rules if rule.check != "live.timing"]
    policy.write_text(json.dumps({"name": "mine", "rules": rules}))
    found, code = inspect(document, "--policy", str(policy))
    assert (found["policy"], found["authenticity"], code) == ("mine", "authentic", 0)
    assert found["policy_digest"] != inspect(document)[0]["policy_digest"]
    for broken in ("{}", "[1", json.dumps({"name": "mine", "rules": [{"check": "no.such", "effect": "M"}]})):
        policy.write_text(broken)
        result = run("inspect", str(tmp_path), "--policy", str(policy), "--json")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "--policy" in result.stderr


def test_the_production_realm_trusts_no_specimen(issuer: SpecimenIssuer, inspect: Any) -> None:
    found, code = inspect(issuer.issue(MARTA, PROFILE), realm="production")
    assert (found["authenticity"], code) == ("not_authentic", 1)
    assert results(found, "pa.dsc.authorised") == {("FAILED", "unknown_critical_extension")}
    assert results(found, "pa.path") == {("INDETERMINATE", "no_trust_anchor")}
    assert results(found, "aa.signature") == {("NOT_PERFORMED", "pa_not_passed")}


def test_a_changed_date_is_refused(issuer: SpecimenIssuer, inspect: Any) -> None:
    found, code = inspect(breakage.tampered_dg1(issuer.issue(MARTA, PROFILE), LATER))
    assert (found["authenticity"], found["outcome"], code) == ("not_authentic", "refused", 1)
    assert "pa.dg_hash" in found["refused_by"]


def test_a_clone_that_answers_is_found_out(issuer: SpecimenIssuer, inspect: Any) -> None:
    """Even a claimed answer can show that the key is another."""
    found, code = inspect(breakage.clone(issuer.issue(MARTA, PROFILE), issuer.algorithms))
    assert (found["authenticity"], found["chip_genuine"], found["outcome"], code) == ("authentic", "no", "refused", 1)
    assert results(found, "aa.signature") == {("FAILED", "bad_signature")}


def test_a_clone_that_hides_its_key_stays_undetermined(issuer: SpecimenIssuer, inspect: Any) -> None:
    found, _ = inspect(breakage.stripped_dg15(issuer.issue(MARTA, PROFILE)))
    assert found["chip_genuine"] == "undetermined"
    assert results(found, "aa.key") == {("NOT_PERFORMED", "not_sent")}


def test_an_expired_passport_is_refused(issuer: SpecimenIssuer, inspect: Any) -> None:
    found, code = inspect(breakage.expired(issuer, MARTA))
    assert (found["document_valid"], found["outcome"], code) == ("no", "refused", 1)
