"""`passkoll trust info`: counts against the independent analysis of the real lists, and against pyca."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from mrtd.pki import store_file
from mrtd.pki.administration import resolve
from mrtd.pki.holdings import Holdings
from mrtd.pki.realm import Realm
from mrtd.specimen import authorities
from mrtd.specimen.recipe import Setting
from mrtd.specimen.trust_breakage import generation
from tests.mrtd.pki import corpus
from tests.mrtd.pki.test_coverage import country, is_anchor
from tests.service.cli.conftest import Run, Validate, lines, process

AT = ("--at", "2026-11-24")
NOW = datetime(2026, 11, 24, tzinfo=UTC)

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


def test_a_store_file_is_no_list(run: Run, validate: Validate, tmp_path: Path) -> None:
    """It is refused where it lies, named or not: what it holds is never counted as a list, nor passed over."""
    file = tmp_path / "store"
    holdings = Holdings(Realm.SPECIMEN)
    file.write_bytes(store_file.write(holdings, resolve(holdings).store))
    (tmp_path / "old.cer").write_bytes(generation(Setting(), 0).csca_certificate)
    for path in (file, tmp_path):
        result = run("trust", "info", str(path), *AT, "--json")
        errors = [item for item in lines(result) if "error" in item]
        assert (result.exit_code, [item["file"] for item in errors]) == (2, [str(file)])
        assert errors[0]["error"].startswith("a trust store, no list or certificate")
        for item in lines(result):
            validate("trust-info", item)
    judged = run("trust", "info", str(tmp_path / "old.cer"), "--trust", str(file), *AT)
    assert (judged.exit_code, judged.stdout) == (2, "")
    assert judged.stderr.startswith("passkoll: --trust: a trust store")


@pytest.fixture
def specimens(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of the specimen state: the older CSCA and the link from it, and the newer CSCA."""
    old, new = generation(Setting(), 1), generation(Setting(), 0)
    first, second = tmp_path / "first", tmp_path / "second"
    for path, der in (
        (first / "old.cer", old.csca_certificate),
        (first / "link.cer", authorities.link(old, new)),
        (second / "new.cer", new.csca_certificate),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(der)
    return first, second


def test_a_summary_over_all_files(specimens: tuple[Path, Path], run: Run, validate: Validate) -> None:
    """The link is in another file than the certificate that takes over: only together do they say `linked`."""
    arguments = ("trust", "info", *map(str, specimens), "--at", "2026-06-01", "--json")
    result = run(*arguments, "--summary")
    *files, last = lines(result)
    for item in (*files, last):
        validate("trust-info", item)
    assert files == lines(run(*arguments))
    summary = last.pop("summary")
    assert last == {}
    assert (summary["files"], summary["anchors"], summary["in_one_file"], summary["in_several"]) == (3, 3, 3, 0)
    openssl = {path.name: x509_sha256(path) for folder in specimens for path in folder.iterdir()}
    assert summary["superseded"] == [
        {"sha256": openssl["old.cer"], "state": "UT", "superseded_by": openssl["new.cer"], "linked": True}
    ]
    assert [item["superseded"] for item in files] == [[], [], []]
    state = summary["countries"]["UT"]
    assert (state["anchors"], state["links"], state["keys"], state["valid_keys"]) == (3, 1, 2, 2)
    assert {"SE", "XK", "EU"} < set(summary["states_without_anchor"])
    assert result.exit_code == 0


def x509_sha256(path: Path) -> str:
    return asn1_x509.Certificate.load(path.read_bytes()).sha256.hex()


def test_an_empty_summary(run: Run, validate: Validate, tmp_path: Path) -> None:
    (found,) = lines(run("trust", "info", str(tmp_path), "--json", "--summary"))
    validate("trust-info", found)
    assert (found["summary"]["files"], found["summary"]["countries"]) == (0, {})
    assert run("trust", "info", str(tmp_path)).stdout == ""


@pytest.mark.parametrize("options", [("--table", "--json"), ("--summary",), ("--summary", "--table")])
def test_options_that_do_nothing_are_mistakes(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    result = run("trust", "info", str(tmp_path), *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("passkoll: --")


def test_the_table_of_specimens(specimens: tuple[Path, Path], run: Run) -> None:
    arguments = ("trust", "info", *map(str, specimens), "--at", "2026-06-01")
    shown = run(*arguments, "--table").stdout
    assert re.search(r"^UT Utopia \(specimen\) +3 +0 +1 +20\d\d-\d\d-\d\d", shown, re.MULTILINE)
    assert "200 states without an anchor: AD Andorra, AE United Arab Emirates" in shown
    assert "3 anchors: 0 in several of the files, 3 in one" in shown
    assert "1 superseded: no verified link leads from 0 of them to the newest key" in shown
    assert "old.cer" not in shown
    assert run(*arguments).stdout.endswith(shown)


@pytest.mark.real
def test_the_table_of_the_real_lists(real_data: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    arguments = ("trust", "info", masterlists(real_data), *AT)
    shown = run(*arguments, "--table").stdout
    assert max(map(len, shown.splitlines())) <= 80
    rows = re.findall(r"^([A-Z]{2}) .*? +(\d+) +(\d+) +(\d+) +(\d{4}-\d\d-\d\d) *$", shown, re.MULTILINE)
    summary = lines(run(*arguments, "--json", "--summary"))[-1]["summary"]
    assert {state: (int(a), int(b), int(c), day) for state, a, b, c, day in rows} == {
        state: (row["anchors"], row["expiring_90_days"], row["superseded"], row["valid_until"][:10])
        for state, row in summary["countries"].items()
    }
    for item in summary["expiring"]:
        assert f"{item['state']} {item['not_after'][:10]} {item['sha256'][:16]}" in shown


@pytest.mark.real
def test_the_table_where_the_output_is_plain(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    monkeypatch.setenv("COLUMNS", "50")
    found = process("trust", "info", masterlists(real_data), "--table", *AT)
    assert found.stderr == ""
    assert found.stdout.isascii()
    assert "CI C?te d'Ivoire" in found.stdout


@pytest.mark.real
def test_the_summary_of_the_real_lists(real_data: Path, run: Run, validate: Validate) -> None:
    """875 different certificates (ANALYSIS.md section 1); what expires as asn1crypto reads it."""
    *files, last = lines(run("trust", "info", masterlists(real_data), *AT, "--json", "--summary"))
    validate("trust-info", last)
    summary = last["summary"]
    assert summary["files"] == len(files) == 9
    stored = [asn1_x509.Certificate.load(der) for der in corpus.unique(real_data, "masterlists/*")]
    signers = sum(country(one) != "LT" and not is_anchor(one) for one in stored)
    assert (len(stored), signers) == (875, 1)
    assert summary["anchors"] == summary["in_one_file"] + summary["in_several"] == 875 - signers
    soon = {one.sha256.hex() for one in stored if NOW <= one.not_valid_after < NOW + timedelta(days=90)}
    assert {item["sha256"] for item in summary["expiring"]} == soon
    for item in files:
        assert {found["sha256"] for found in item["expiring"]} <= soon
        assert len(item["expiring"]) >= sum(row["expiring_90_days"] for row in item["countries"].values())
    assert soon == {found["sha256"] for item in files for found in item["expiring"]}
