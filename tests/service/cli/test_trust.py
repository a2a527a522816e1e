"""`passkoll trust info`: counts against the independent analysis of the real lists, and against pyca."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from tests.service.cli.conftest import Run, Validate, lines, process

AT = ("--at", "2026-11-24")

# Certificates and states as the analysis of these lists counted them with asn1crypto (ANALYSIS.md section 1).
LISTS = {
    "DE_ML_2024-04-10.ml": (526, 107),
    "DE_ML_2025-03-05-08-05-28.ml": (557, 110),
    "DE_ML_2026-05-28-08-28-45.ml": (588, 112),
    "NL_ML_2025-07-29.ml": (394, 120),
    "NL_ML_2026-07-22.ml": (411, 129),
    "ICAO_ML_2023-09.ml": (394, 78),
    "bare_masterList_tananaev.bin": (581, 112),
    "bare_masterlist-content_bc.bin": (3, 3),
}


def masterlists(real_data: Path) -> str:
    return str(real_data / "csca/masterlists")


@pytest.mark.real
def test_the_counts_of_every_real_list(real_data: Path, run: Run, validate: Validate) -> None:
    found = lines(
        run("trust", "info", masterlists(real_data), "--trust", str(real_data / "csca/certs"), *AT, "--json")
    )
    by_name = {Path(item["file"]).name: item for item in found}
    for item in found:
        validate("trust-info", item)
        assert item["certificates"] == item["parsed"] == item["with_key"]
        assert item["self_signed"] == item["self_signed_verified"]
        assert item["self_signed"] + item["links"] <= item["certificates"]
    assert {name: (by_name[name]["certificates"], len(by_name[name]["countries"])) for name in LISTS} == LISTS
    assert by_name["IT_ML_old.ml"]["certificates"] == 333


@pytest.mark.real
def test_the_signers_of_the_real_lists(real_data: Path, run: Run) -> None:
    """The ICAO list, whose DigestInfo lacks the NULL that OpenSSL wants, was signed well; its signer has expired."""
    arguments = ("trust", "info", masterlists(real_data), "--trust", str(real_data / "csca/certs"), "--json")

    def signers(at: str) -> dict[str, tuple[str, str | None]]:
        found = lines(run(*arguments, "--at", at))
        return {Path(item["file"]).name[:7]: (item["signer"]["status"], item["signer"]["reason"]) for item in found}

    now, then = signers("2026-11-24"), signers("2023-10-01")
    assert now["DE_ML_2"] == now["NL_ML_2"] == ("PASSED", None)
    assert now["ICAO_ML"] == ("FAILED", "expired")
    assert then["ICAO_ML"] == ("PASSED", None)
    assert now["bare_ma"] == ("NOT_APPLICABLE", None)


@pytest.mark.real
def test_a_list_cannot_vouch_for_itself(real_data: Path, run: Run) -> None:
    alone = str(real_data / "csca/masterlists/NL_ML_2026-07-22.ml")
    result = run("trust", "info", alone, *AT, "--json")
    assert lines(result)[0]["signer"]["status"] == "INDETERMINATE"
    assert result.exit_code == 1
    proven = run("trust", "info", alone, "--trust", str(real_data / "csca/certs/NL_ROOT_CA.cer"), *AT, "--json")
    assert lines(proven)[0]["signer"] == {"status": "PASSED", "reason": None}
    assert proven.exit_code == 0


@pytest.mark.real
def test_self_signatures_against_pyca(real_data: Path, run: Run) -> None:
    """Where pyca can decide whether a certificate is self-signed, the numbers agree."""
    path = real_data / "csca/masterlists/ICAO_ML_2023-09.ml"
    content = cms.ContentInfo.load(path.read_bytes())["content"]["encap_content_info"]["content"].native
    yes = undecided = total = 0
    for certificate in core.SetOf.load(core.Sequence.load(content)[1].dump(), spec=asn1_x509.Certificate):
        total += 1
        if certificate.serial_number <= 0:
            undecided += 1
            continue
        try:
            loaded = x509.load_der_x509_certificate(certificate.dump())
            loaded.verify_directly_issued_by(loaded)
            yes += 1
        except (UnsupportedAlgorithm, InvalidSignature) as error:
            undecided += isinstance(error, UnsupportedAlgorithm)
        except (ValueError, TypeError) as error:
            undecided += "subject does not match" not in str(error)
    (found,) = lines(run("trust", "info", str(path), *AT, "--json"))
    assert total == found["certificates"] == 394
    assert yes > total / 3
    assert yes <= found["self_signed_verified"] <= yes + undecided


@pytest.mark.real
def test_what_is_no_trust_material(real_data: Path, run: Run, validate: Validate, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "ee.cer").write_bytes((real_data / "csca/certs/csca_Estonia_2019.cer").read_bytes())
    folder = run("trust", "info", str(tmp_path), *AT, "--json")
    (found,) = lines(folder)
    assert found["file"] == str(tmp_path / "deep" / "ee.cer")
    assert (found["kind"], found["certificates"]) == ("certificate", 1)
    assert folder.stderr == "passkoll: 1 files skipped: no trust material\n"
    assert folder.exit_code == 0
    named = run("trust", "info", str(tmp_path / "notes.txt"), str(tmp_path / "deep"), *AT, "--json")
    refused, answered = lines(named)
    validate("trust-info", refused)
    assert set(refused) == {"file", "error"}
    assert answered == found
    assert named.exit_code == 2


@pytest.mark.real
def test_what_is_broken_is_not_passed_over(real_data: Path, run: Run, validate: Validate, tmp_path: Path) -> None:
    """In a folder or an archive: what looks like a certificate and cannot be read is no unknown file."""
    whole = (real_data / "csca/certs/csca_Estonia_2019.cer").read_bytes()
    (tmp_path / "time.cer").write_bytes(whole.replace(b"\x17\x0d", b"\x17\x0c", 1))
    (tmp_path / "half.pem").write_text("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n")
    (tmp_path / "flipped.cer").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("whole.cer", whole)
        archive.write(tmp_path / "time.cer", "time.cer")
        archive.writestr("notes.txt", "nothing")
    result = run("trust", "info", str(tmp_path), *AT, "--json")
    found = {Path(item["file"]).name: item for item in lines(result)}
    for item in found.values():
        validate("trust-info", item)
    assert sorted(found) == ["archive.zip:time.cer", "archive.zip:whole.cer", "flipped.cer", "half.pem", "time.cer"]
    assert {name for name, item in found.items() if "error" in item} == {"time.cer", "archive.zip:time.cer"}
    assert found["half.pem"]["unreadable"] == 1
    assert (found["flipped.cer"]["self_signed"], found["flipped.cer"]["self_signed_verified"]) == (1, 0)
    assert result.exit_code == 2
    for name in ("flipped.cer", "half.pem"):
        assert run("trust", "info", str(tmp_path / name), *AT, "--json").exit_code == 1


@pytest.mark.real
def test_the_screen_has_words_beside_marks(real_data: Path, run: Run) -> None:
    shown = run("trust", "info", masterlists(real_data), "--trust", str(real_data / "csca/certs"), *AT).stdout
    assert "✓ PASSED" in shown
    assert "✗ FAILED expired" in shown
    assert "588 of 588 read" in shown


@pytest.mark.real
def test_as_a_process(real_data: Path) -> None:
    path = str(real_data / "csca/certs/csca_Estonia_2019.cer")
    found = process("trust", "info", path, *AT, "--json")
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout)["countries"] == {"EE": {"anchors": 1, "expiring_90_days": 0, "superseded": 0}}
    assert process("trust", "info", f"{path}-missing").returncode == 2


def test_a_missing_trust_path_is_a_mistake(run: Run) -> None:
    result = run("trust", "info", ".", "--trust", "/no/such/file")
    assert (result.exit_code, result.stdout) == (2, "")
