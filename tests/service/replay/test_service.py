"""`passkoll replay --url`: cases through a running service of the specimen realm."""

from __future__ import annotations

import http.server
import json
import math
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mrtd.specimen.chip import SpecimenChip
from service.client.dpop import DpopSession, SigningKey, Token
from service.crew import muster
from service.replay.client import Client
from service.replay.errors import ReplayError, Unreachable
from service.run import running
from service.settings import Settings
from tests.service.cli.conftest import Run, lines
from tests.service.replay.casebook import NOW, Casebook, case_json, expecting, service_end
from tests.service.replay.conftest import RunningService

SPECIMEN_CHIP = {"key": "chip", "scheme": "brainpoolp256r1", "answers": "server_challenge"}


@pytest.fixture
def replay(service: RunningService, run: Run, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`replay(folder, ...)` through the service; where its data are comes from the environment."""
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(service.data))

    def invoke(folder: Path, *arguments: str) -> Any:
        return run("replay", str(folder), "--url", service.url, *arguments)

    return invoke


def test_every_case_ends_as_expected(filled: Casebook, replay: Any) -> None:
    result = replay(filled.root, "--json", "--jobs", "3")
    assert [(line["case"], line["ok"]) for line in lines(result)] == [
        ("9303-11-5.1::changed-dg1", True),
        ("9303-11-6.1::clone", True),
        ("9303-11-6.1::genuine", True),
        ("dump-format::same-file-twice", True),
    ]
    assert result.exit_code == 0
    assert "4 cases: 4 as expected" in replay(filled.root).stdout


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"mrz": None}, service_end("created", "take_photo")),
        ({"chip": None}, service_end("mrz_captured", "read_chip_live", "not_sent")),
        (
            {"chip": {**SPECIMEN_CHIP, "answers": "other_challenge"}},
            service_end("refused", "stop", "other_challenge"),
        ),
        (
            {"chip": {**SPECIMEN_CHIP, "answers": "used"}},
            service_end("checked", "wait_review_1", None, "wrong_state"),
        ),
        (
            {"chip": {**SPECIMEN_CHIP, "answers": "recorded"}, "dump": "dump.json"},
            service_end("mrz_captured", "read_chip_live", "claimed"),
        ),
        ({"dump": "broken.json"}, service_end("mrz_captured", "read_chip_live", None, "unreadable_dump")),
        ({"dump": "broken.cbor"}, service_end("mrz_captured", "read_chip_live", None, "unreadable_dump")),
    ],
    ids=["no-mrz", "no-answer", "other-challenge", "used", "recorded", "broken-json", "broken-cbor"],
)
def test_where_a_verification_ends(
    casebook: Casebook, replay: Any, changes: dict[str, Any], end: dict[str, Any]
) -> None:
    members = {"mrz": casebook.printed(casebook.genuine), "expected": expecting(service=end), **changes}
    folder = casebook.add(case_json("a::b", **members), casebook.genuine)
    (folder / "dump.json").write_text(json.dumps(SpecimenChip(casebook.genuine).to_json_body(b"8 octets")))
    (folder / "broken.json").write_text('{"files": {"EF.SOD": "?"}}')
    (folder / "broken.cbor").write_bytes(b"\xa1\x65files\xa0")
    assert lines(replay(casebook.root, "--json")) == [{"case": "a::b", "ok": True, "diff": []}]


def test_doubtful_lines_and_the_second_photo(casebook: Casebook, replay: Any) -> None:
    """The second photo shows the same wrong number, so the page differs from the chip (docs/checks.md)."""
    first, second = casebook.genuine.mrz_lines
    doubtful = {"lines": [first, second[:9] + "X" + second[10:]], "source": "ocr", "attempt": 1}
    casebook.add(
        case_json("a::doubtful", mrz=doubtful, expected=expecting(service=service_end("created", "confirm_mrz"))),
        casebook.genuine,
    )
    other = casebook.printed(casebook.tampered, "app_ocr", 1)
    end = service_end("mrz_captured", "confirm_mrz", "unconfirmed")
    casebook.add(case_json("a::first", mrz=other, expected=expecting(service=end)), casebook.genuine)
    end = service_end("refused", "stop", "differs")
    casebook.add(
        case_json("a::second", mrz={**other, "attempt": 2}, expected=expecting(service=end)), casebook.genuine
    )
    assert [line["diff"] for line in lines(replay(casebook.root, "--json"))] == [[], [], []]


def test_a_difference_and_its_update(casebook: Casebook, replay: Any) -> None:
    wrong = expecting(service=service_end("refused", "stop", "mismatch"))
    folder = casebook.add(case_json("a::b", mrz=casebook.printed(casebook.genuine), expected=wrong), casebook.genuine)
    result = replay(casebook.root, "--json")
    assert lines(result) == [
        {
            "case": "a::b",
            "ok": False,
            "diff": [
                {"kind": "service", "member": "state", "expected": "refused", "found": "checked"},
                {"kind": "service", "member": "next_step", "expected": "stop", "found": "wait_review_1"},
                {"kind": "service", "member": "reason", "expected": "mismatch", "found": None},
            ],
        }
    ]
    assert result.exit_code == 1
    assert "service state: expected refused, found checked" in replay(casebook.root).stdout
    assert replay(casebook.root, "--update").exit_code == 0
    expected = json.loads((folder / "case.json").read_text())["expected"]
    assert expected["service"] == service_end("checked", "wait_review_1")
    assert replay(casebook.root).exit_code == 0


def test_what_is_not_for_this_service_is_skipped_and_told(casebook: Casebook, replay: Any, tmp_path: Path) -> None:
    end = expecting(service=service_end("checked", "wait_review_1"))
    printed = casebook.printed(casebook.genuine)
    other = casebook.root / "pki" / "other"
    other.mkdir()
    (other / "csca.cer").write_bytes(casebook.issuer.csca_certificate)
    genuine = {"mrz": printed, "expected": end}
    casebook.add(case_json("a::nothing", mrz=printed), casebook.genuine)
    casebook.add(case_json("a::trust", **genuine, trust=["pki/other"]), casebook.genuine)
    casebook.add(case_json("a::time", **genuine, inspection_time="2027-11-24T12:00:00Z"), casebook.genuine)
    casebook.add(case_json("a::late", **genuine, chip={**SPECIMEN_CHIP, "answers": "late"}), casebook.genuine)
    zipped = casebook.add(case_json("a::zip", **genuine, dump="x.zip"))
    (zipped / "x.zip").write_bytes(b"PK\x03\x04")
    casebook.add(case_json("a::missing", **genuine, dump="missing.json"))
    result = replay(casebook.root, "--json")
    notes = {line["case"]: (line["ok"], line["diff"], line["skipped"]) for line in lines(result)}
    assert {name: note[:2] for name, note in notes.items()} == dict.fromkeys(notes, (None, []))
    assert len(notes) == 6
    assert notes["a::nothing"][2] == "it expects nothing of a service"
    assert notes["a::trust"][2] == "the service trusts something else"
    assert "--specimen-clock" in notes["a::time"][2]
    assert "too late" in notes["a::late"][2]
    assert "no service takes" in notes["a::zip"][2]
    assert "no service takes" in notes["a::missing"][2]
    assert result.exit_code == 0
    assert "1 skipped: the service trusts something else" in replay(casebook.root).stdout
    report = tmp_path / "junit.xml"
    replay(casebook.root, "--junit", str(report))
    assert 'skipped="6"' in report.read_text()
    # the same case at the time at which the service stands
    (line,) = [
        line for line in lines(replay(casebook.root, "--at", NOW.isoformat(), "--json")) if line["case"] == "a::time"
    ]
    assert line["ok"] is True


def test_a_service_with_another_policy(filled: Casebook, run: Run, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", trust=(filled.trust,), port=0, specimen_clock=NOW, policy="forensic"
    )
    with running(settings) as other:
        arguments = ("--url", other.url, "--data", str(settings.data_dir))
        result = run("replay", str(filled.root), *arguments, "--json")
    assert {line["skipped"] for line in lines(result)} == {
        "the service judges by forensic, cases expect strict-level3"
    }


def test_a_record_of_a_service(filled: Casebook, replay: Any, run: Run, tmp_path: Path) -> None:
    """What the service found differs from the library only in who made the challenge, and that is no check's end."""
    library, served = tmp_path / "library.jsonl", tmp_path / "served.jsonl"
    assert replay(filled.root, "--results", str(served)).exit_code == 0
    assert run("replay", str(filled.root), "--results", str(library)).exit_code == 0
    changes = {line["case"]: line for line in lines(run("replay", "diff", str(library), str(served), "--json"))}
    # a dump that cannot be read has an error for the library, and a problem for the service
    assert list(changes) == ["dump-format::same-file-twice"]


# --- the service that is not there, or is another


def test_nobody_listens(filled: Casebook, run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    result = run("replay", str(filled.root), "--url", url)
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"{url} does not answer as the service: ConnectError" in result.stderr


def test_the_data_of_another_service(service: RunningService, filled: Casebook, run: Run, tmp_path: Path) -> None:
    """People who are made over there are nobody here."""
    other = Settings(data_dir=tmp_path / "other", trust=(filled.trust,), port=0)
    with running(other):
        pass
    result = run("replay", str(filled.root), "--url", service.url, "--data", str(other.data_dir))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the service refuses: sign_in_refused" in result.stderr


def test_no_service_lives_in_that_folder(service: RunningService, filled: Casebook, run: Run, tmp_path: Path) -> None:
    result = run("replay", str(filled.root), "--url", service.url, "--data", str(tmp_path / "nothing"))
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--trust", "y"),
        ("--realm", "specimen"),
        ("--policy", "mine.json"),
    ],
)
def test_what_does_not_go_with_a_service(filled: Casebook, run: Run, arguments: tuple[str, ...]) -> None:
    result = run("replay", str(filled.root), "--url", "http://127.0.0.1:9", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--url" in result.stderr


@pytest.mark.parametrize("url", ["localhost:x", "ftp://127.0.0.1", "http://", "//", "http://[::1"])
def test_an_address_that_is_none(filled: Casebook, run: Run, url: str) -> None:
    assert run("replay", str(filled.root), "--url", url).exit_code in (2, 3)


class _Stranger(http.server.BaseHTTPRequestHandler):
    """Answers, but is not the service."""

    body = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def stranger() -> Iterator[str]:
    """The address of something else."""
    server = http.server.HTTPServer(("127.0.0.1", 0), _Stranger)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def asking(url: str) -> Client:
    """A client with a token that somebody else gave."""
    session = DpopSession(url, SigningKey.generate(), lambda: Token("token", math.inf, ""))
    return Client(session, session)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>", Unreachable),
        (b"[]", Unreachable),
        (b"{}", ReplayError),
        (b'{"checks": [{"id": "no.such"}]}', ReplayError),
    ],
)
def test_something_else_answers(
    stranger: str, monkeypatch: pytest.MonkeyPatch, body: bytes, error: type[Exception]
) -> None:
    monkeypatch.setattr(_Stranger, "body", body)
    with pytest.raises(error):
        asking(stranger).setting()


def test_a_report_must_have_the_digest_that_it_names(
    service: RunningService, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with muster(Settings(data_dir=service.data), service.url) as crew:
        good = Client(crew.app, crew.harness).inspect(b"\xa1\x64dump\xa1\x66EF.COM\x42\x60\x00").body
    monkeypatch.setattr(_Stranger, "body", json.dumps(good).encode())
    assert asking(stranger).setting().policy == "strict-level3"
    changed = {**good, "document_type": "P"}
    monkeypatch.setattr(_Stranger, "body", json.dumps(changed).encode())
    with pytest.raises(ReplayError, match="digest"):
        asking(stranger).setting()
