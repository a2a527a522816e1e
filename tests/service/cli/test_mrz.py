"""`passkoll mrz parse`: arguments, standard input, exit statuses and what is never printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.cli.mrz import MAX_INPUT
from tests.service.cli.conftest import Run, Validate, lines, process

# The specimens of ICAO 9303-4 and -5 (appendices B).
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
WRONG = TD3.replace("L898902C36", "L898902C37")


def test_the_passport_of_the_standard(run: Run, validate: Validate) -> None:
    result = run("mrz", "parse", TD3, "--at", "2026-11-24", "--json")
    (found,) = lines(result)
    validate("mrz", found)
    assert result.exit_code == 0
    assert found["format"] == "TD3"
    assert found["valid"] is True
    assert found["fields"] == {
        "document_code": "P",
        "issuing_state": "UTO",
        "nationality": "UTO",
        "document_number": "L898902C3",
        "date_of_birth": "1974-08-12",
        "date_of_expiry": "2012-04-15",
        "sex": "F",
        "primary_identifier": "ERIKSSON",
        "secondary_identifier": "ANNA MARIA",
        "optional_data": "ZE184226B",
        "optional_data_2": "",
    }
    assert [digit["ok"] for digit in found["check_digits"]] == [True] * 5


def test_line_ends_may_be_spelled_out(run: Run) -> None:
    assert lines(run("mrz", "parse", TD3.replace("\n", "\\n"), "--json")) == lines(run("mrz", "parse", TD3, "--json"))


def test_several_zones_on_standard_input(run: Run, validate: Validate) -> None:
    text = f"\n{TD3}\r\n \n\n{TD1}\n\nNOT A ZONE\n\n{WRONG}\n"
    result = run("mrz", "parse", "-", "--json", stdin=text)
    found = lines(result)
    assert [item.get("format") for item in found] == ["TD3", "TD1", None, "TD3"]
    assert [item.get("valid") for item in found] == [True, True, None, False]
    assert found[2] == {"file": "-", "number": 3, "error": "no machine readable zone: bad_length"}
    validate("error", found[2])
    for item in (found[0], found[1], found[3]):
        validate("mrz", item)
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [(TD3, 0), (TD1, 0), (WRONG, 1), (f"{TD3}\n\n{WRONG}", 1), ("P<UTO", 2), (f"x\n\n{TD3}", 2), ("", 2)],
)
def test_exit_statuses(run: Run, text: str, code: int) -> None:
    assert run("mrz", "parse", "-", "--json", stdin=text).exit_code == code
    assert run("mrz", "parse", "-", stdin=text).exit_code == code


def test_the_terminal_shows_words_beside_marks(run: Run) -> None:
    good, bad = run("mrz", "parse", TD3).stdout, run("mrz", "parse", WRONG).stdout
    assert "✓ valid" in good
    assert "✗" not in good
    assert "✗ not valid" in bad
    assert "✗ differs" in bad
    assert "ERIKSSON" in good


def test_errors_never_hold_the_text(run: Run) -> None:
    for arguments in (["--json"], []):
        result = run("mrz", "parse", TD3.replace("<", "*"), *arguments)
        assert result.exit_code == 2
        assert "ERIKSSON" not in result.output
        assert "bad_character" in result.output


def test_as_a_process() -> None:
    found = process("mrz", "parse", "-", "--json", stdin=f"{TD3}\n\n{TD1}\n")
    assert (found.returncode, found.stderr) == (0, "")
    assert [json.loads(line)["format"] for line in found.stdout.splitlines()] == ["TD3", "TD1"]
    assert process("mrz", "parse", "-", stdin=WRONG).returncode == 1
    assert process("mrz", "parse", "-", stdin="nothing").returncode == 2
    assert process("mrz", "parse").returncode == 2
    assert process("mrz", "unknown").returncode == 2


def test_input_that_is_no_text() -> None:
    command = [sys.executable, "-c", "from service.cli import main; main()", "mrz", "parse", "-", "--json"]
    found = subprocess.run(command, input=b"\xff\xfe\x00" * 30, capture_output=True, timeout=60, check=False)
    assert found.returncode == 2
    assert json.loads(found.stdout)["error"].startswith("no machine readable zone: bad_character")
    endless = subprocess.run(command, input=b"A" * (MAX_INPUT + 1), capture_output=True, timeout=60, check=False)
    assert (endless.returncode, endless.stdout) == (2, b"")


def test_a_terminal_without_unicode_gets_marks_that_it_can_show() -> None:
    command = [sys.executable, "-c", "from service.cli import main; main()", "mrz", "parse", WRONG]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    found = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert found.returncode == 1, found.stderr
    shown = found.stdout.decode("ascii")
    assert "x not valid" in shown
    assert "+ holds" in shown


@pytest.mark.real
def test_the_collection_of_real_layouts(real_data: Path, run: Run, validate: Validate) -> None:
    """Every zone of the collection gives one line: read, or an error with its number."""
    zones = [entry["mrz"] for entry in json.loads((real_data / "mrz/mrz_collection.json").read_text())]
    found = lines(run("mrz", "parse", "-", "--at", "2026-11-24", "--json", stdin="\n\n".join(zones)))
    assert len(found) == len(zones) == 114
    for number, (zone, item) in enumerate(zip(zones, found, strict=True), 1):
        if "error" in item:
            validate("error", item)
            assert item["number"] == number
        else:
            validate("mrz", item)
            assert item["lines"] == zone.split("\n")
    assert sum("error" not in item for item in found) > 100
