"""`passkoll replay` on folders of bare dumps: counted by issuing state, outcome and reason."""

from __future__ import annotations

import base64
import json
import random
import time
import zipfile
from pathlib import Path
from typing import Any

import cbor2
import pytest

from mrtd.evidence import ChipEvidence
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from service.replay.recorded_time import recorded_time
from service.replay.summary import by_end
from tests.service.cli.conftest import Run, lines, process
from tests.service.replay.casebook import Casebook
from tests.service.replay.conftest import RunningService

SPECIMEN = ("--realm", "specimen")
AT = ("--at", "2026-11-24T12:00:00Z")


def as_json(document: SpecimenDocument, **members: Any) -> bytes:
    return json.dumps({**SpecimenChip(document).to_json_body(b"8 octets"), **members}).encode()


def as_cbor(document: SpecimenDocument) -> bytes:
    return cbor2.dumps({"files": {file.value: data for file, data in document.files.items()}})


def write_zip(path: Path, document: SpecimenDocument) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for file, data in document.files.items():
            archive.writestr(f"passport/{file.value}.bin", data)


@pytest.fixture
def dumps(casebook: Casebook, tmp_path: Path) -> Path:
    """One dump of each kind, two that nobody can read, and a file that is none."""
    folder = tmp_path / "dumps"
    (folder / "below" / "folder").mkdir(parents=True)
    (folder / "inner" / "A0000002471001").mkdir(parents=True)
    (folder / "a.json").write_bytes(as_json(casebook.genuine))
    (folder / "b.cbor").write_bytes(as_cbor(casebook.tampered))
    write_zip(folder / "below" / "c.ZIP", casebook.genuine)
    casebook.write_files(folder / "below" / "folder", casebook.genuine)
    (folder / "inner" / "A0000002471001" / "0101").write_bytes(casebook.genuine.files["EF.DG1"])  # type: ignore[index]
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no more")
    (folder / "empty.json").write_text("{}")
    (folder / "README.md").write_text("not a dump")
    return folder


def trust(casebook: Casebook) -> tuple[str, str]:
    return "--trust", str(casebook.trust)


def test_each_dump_has_a_line(dumps: Path, casebook: Casebook, run: Run) -> None:
    result = run("replay", str(dumps), *trust(casebook), *SPECIMEN, *AT, "--json")
    found = {line["file"]: line for line in lines(result)}
    assert list(found) == ["a.json", "b.cbor", "below/c.ZIP", "below/folder", "broken.zip", "empty.json", "inner"]
    assert found["a.json"] == {
        "file": "a.json",
        "document_type": "P",
        "issuing_state": "UTO",
        "outcome": "review",
        "authenticity": "authentic",
        "chip_genuine": "undetermined",
        "document_valid": "yes",
        "mrz_matches_chip": "not_given",
        "reason": "claimed",
        "policy": "default",
    }
    assert (found["b.cbor"]["outcome"], found["b.cbor"]["reason"]) == ("refused", "mismatch")
    assert found["below/c.ZIP"]["authenticity"] == found["below/folder"]["authenticity"] == "authentic"
    assert found["inner"]["issuing_state"] == "UTO"
    assert found["broken.zip"] == {"file": "broken.zip", "error": "bad_zip"}
    assert found["empty.json"] == {"file": "empty.json", "error": "no_files"}
    assert result.exit_code == 2


def test_the_summary(dumps: Path, casebook: Casebook, run: Run) -> None:
    result = run("replay", str(dumps), *trust(casebook), *SPECIMEN, *AT)
    rows = [line.split() for line in result.stdout.splitlines()]
    # the two dumps without an answer of their chip; the one with a claim; the changed one; the one file
    assert any(row[0] == "UTO" and "review" in row and "not_sent" in row and row[-1] == "2" for row in rows if row)
    assert any(row[0] == "UTO" and "refused" in row and "mismatch" in row and row[-1] == "1" for row in rows if row)
    assert "broken.zip: bad_zip" in result.stdout
    assert "7 dumps, 2 unreadable, 1 other files" in result.stdout
    assert result.exit_code == 2


def test_dumps_that_can_be_read_are_good(dumps: Path, casebook: Casebook, run: Run) -> None:
    """Nothing is expected of them, so nothing can be wrong."""
    (dumps / "broken.zip").unlink()
    (dumps / "empty.json").unlink()
    assert run("replay", str(dumps)).exit_code == 0


def test_production_by_default(casebook: Casebook, run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.json").write_bytes(as_json(casebook.genuine))
    (line,) = lines(run("replay", str(tmp_path / "a"), *trust(casebook), *AT, "--json"))
    assert line["authenticity"] == "not_authentic"
    (line,) = lines(run("replay", str(tmp_path / "a"), *SPECIMEN, *AT, "--policy", "forensic", "--json"))
    assert (line["authenticity"], line["reason"], line["policy"]) == ("inconclusive", "no_trust_anchor", "forensic")


def test_a_folder_that_is_a_dump(casebook: Casebook, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "passport"
    folder.mkdir()
    casebook.write_files(folder, casebook.genuine)
    assert [line["file"] for line in lines(run("replay", str(folder), "--json"))] == ["passport"]


def test_the_recorded_time(casebook: Casebook, run: Run, tmp_path: Path) -> None:
    """Expired since: judged at the time that the reader recorded, unless told otherwise."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "then.json").write_bytes(as_json(casebook.genuine, read_at="2026-11-24T13:00:00+01:00"))
    (tmp_path / "d" / "later.json").write_bytes(as_json(casebook.genuine, captured_at="2046-01-01T00:00:00Z"))

    def valid(*arguments: str) -> list[str]:
        return [line["document_valid"] for line in lines(run("replay", str(tmp_path / "d"), *arguments, "--json"))]

    assert valid() == ["no", "yes"]
    assert valid("--at", "2027-01-01") == ["yes", "yes"]
    assert valid("--at", "2046-01-01T12:00:00Z") == ["no", "no"]


@pytest.mark.parametrize(
    ("claimed", "found"),
    [
        ({}, None),
        ({"read_at": "yesterday"}, None),
        ({"read_at": "2026-11-24T12:00:00"}, None),
        ({"read_at": "0001-01-01T00:00:00Z"}, None),
        ({"read_at": "2026-11-24T12:00:00.5Z"}, "2026-11-24T12:00:00+00:00"),
        (
            {"read_at": "2026-11-24T12:00:00Z", "captured_at": "2025-01-01T00:00:00+02:00"},
            "2024-12-31T22:00:00+00:00",
        ),
        ({"inspection_time": "x", "read_at": "2026-11-24T12:00:00Z"}, "2026-11-24T12:00:00+00:00"),
    ],
)
def test_what_counts_as_a_recorded_time(claimed: dict[str, str], found: str | None) -> None:
    at = recorded_time(ChipEvidence({}, claimed=claimed))
    assert (None if at is None else at.isoformat()) == found


def test_junit_of_dumps(dumps: Path, run: Run, tmp_path: Path) -> None:
    (dumps / "odd \x0b name.json").write_text("{}")
    report = tmp_path / "report.xml"
    run("replay", str(dumps), "--junit", str(report))
    text = report.read_text()
    assert 'classname="dumps" name="a.json"' in text
    assert 'name="odd � name.json"' in text
    assert 'errors="3"' in text


# --- 500 dumps, through the library and through a running service


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A file with one octet changed, or its end lost."""
    if chance.random() < 0.2:
        return data[: chance.randrange(len(data))]
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def make_many(folder: Path, casebook: Casebook, number: int) -> None:
    """Dumps in every format, most of them with something wrong; the same every time."""
    chance = random.Random(500)  # noqa: S311 no secret
    folder.mkdir()
    bodies = [casebook.genuine, casebook.tampered]
    for index in range(number):
        document = chance.choice(bodies)
        for _ in range(chance.randrange(3)):
            file = chance.choice(list(document.files))
            if chance.random() < 0.2:
                document = document.without_file(file)
            elif document.files[file]:
                document = document.with_file(file, mutated(document.files[file], chance))
        name = folder / f"dump{index:03}"
        match index % 5:
            case 0:
                write_zip(name.with_suffix(".zip"), document)
            case 1:
                name.with_suffix(".json").write_bytes(as_json(document, access={"protocol": "BAC"}))
            case 2:
                name.with_suffix(".cbor").write_bytes(as_cbor(document))
            case 3:
                name.mkdir()
                casebook.write_files(name, document)
            case _:
                body = {file.value: base64.b64encode(data).decode() for file, data in document.files.items()}
                name.with_suffix(".json").write_bytes(mutated(json.dumps(body).encode(), chance))


def test_500_dumps_through_library_and_service(casebook: Casebook, service: RunningService, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    make_many(folder, casebook, 500)
    through_library = (*trust(casebook), *SPECIMEN, *AT, "--policy", "strict-level3")
    through_service = ("--url", service.url, "--data", str(service.data), "--policy", "strict-level3", *AT)
    records = tmp_path / "library.jsonl", tmp_path / "service.jsonl"
    start = time.perf_counter()
    library = process("replay", str(folder), *through_library, "--results", str(records[0]), "--jobs", "2", "--json")
    served = process("replay", str(folder), *through_service, "--results", str(records[1]), "--jobs", "2", "--json")
    took = time.perf_counter() - start
    assert (library.returncode, served.returncode) == (2, 2), library.stderr + served.stderr
    assert library.stdout == served.stdout
    found = [json.loads(line) for line in library.stdout.splitlines()]
    assert len(found) == 500
    assert {line.get("outcome") for line in found} == {"review", "refused", None}
    assert len({line.get("reason") for line in found}) > 8
    # verdicts, and each of the checks too
    compared = process("replay", "diff", *map(str, records))
    assert (compared.returncode, compared.stdout) == (0, "500 compared, 0 changed\n")
    assert took < 60


def test_groups_are_in_order() -> None:
    assert by_end([]) == ()
