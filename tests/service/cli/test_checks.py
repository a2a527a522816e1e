"""`passkoll checks`: the table, whole, in three forms."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from mrtd.inspection.check import CHECKS
from mrtd.inspection.policy import POLICIES
from tests.service.cli.conftest import Run, lines

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs" / "checks.md"
STANDARDS = ROOT / "docs" / "standards.md"


def test_every_check_is_listed_in_order(run: Run) -> None:
    found = lines(run("checks", "--json"))
    assert [row["id"] for row in found] == list(CHECKS)
    for row in found:
        assert set(row) == {"id", "states", "subjects", "reasons", "standard", "tr03135", "policies", "overrides"}
        assert list(row["policies"]) == list(POLICIES)
        assert set(row["policies"].values()) <= {"M", "R", "A", "-"}


def test_a_row_says_what_the_table_says(run: Run) -> None:
    row = next(row for row in lines(run("checks", "--json")) if row["id"] == "pa.dg_hash")
    assert {"mismatch", "not_sent", "eac_protected"} <= set(row["reasons"])
    assert row["standard"] == "ICAO 9303-11 §5.1"
    mandatory = dict.fromkeys(POLICIES, "M")
    assert {"subject": "EF.DG1", "status": None, "reason": None, "policies": mandatory} in row["overrides"]


def test_the_page_for_people_is_up_to_date(run: Run) -> None:
    """docs/checks.md = `passkoll checks --markdown`."""
    assert run("checks", "--markdown").stdout == DOCS.read_text(encoding="utf-8")


def test_every_line_of_the_page_is_a_whole_row(run: Run) -> None:
    rows = [line for line in run("checks", "--markdown").stdout.splitlines() if line.startswith("|")]
    assert {len(re.split(r"(?<!\\)\|", row)) for row in rows} == {11}


def test_the_terminal_shows_every_check(run: Run) -> None:
    shown = run("checks").stdout
    assert all(check_id in shown for check_id in CHECKS)


def test_it_loads_nothing_that_it_does_not_need() -> None:
    heavy = ("fastapi", "sqlalchemy", "cryptography", "ecdsa", "mrtd.pki", "service.app")
    code = (
        "import sys; from service.cli import app\n"
        "app(['checks', '--json'], standalone_mode=False)\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stderr.strip() == "[]"
    assert len(found.stdout.splitlines()) == len(CHECKS)


def standards() -> list[list[str]]:
    """The rows of docs/standards.md."""
    rows = [line for line in STANDARDS.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    return [[cell.strip().strip("`") for cell in row.strip("|").split(" | ")] for row in rows]


def test_the_matrix_of_standards_is_up_to_date(run: Run) -> None:
    """docs/standards.md = `passkoll checks --standards fixtures`."""
    assert run("checks", "--standards", str(ROOT / "fixtures")).stdout == STANDARDS.read_text("utf-8")


def test_every_reason_of_every_check_has_a_row_and_a_case_that_there_is() -> None:
    rows = standards()
    expected = {(check, reason.value) for check, row in CHECKS.items() for reason in row.reasons}
    assert expected <= {(row[1], row[3]) for row in rows}
    for clause, check, _ends, _reason, count, case in rows:
        assert clause == CHECKS[check].standard
        if count != "none":
            assert (
                json.loads((ROOT / "fixtures/dumps" / case.replace("::", "/") / "case.json").read_text())["id"]
                == case
            )


def test_a_reason_without_a_case_has_a_test_of_the_library() -> None:
    """Its word, or its name in the code, stands in one."""
    written = "\n".join(
        path.read_text("utf-8") for part in ("mrtd", "mrz") for path in (ROOT / "tests" / part).rglob("*.py")
    )
    missing = {
        reason
        for _clause, _check, _ends, reason, count, _case in standards()
        if count == "none" and not re.search(rf"\b({reason}|{reason.upper()})\b", written)
    }
    assert missing == set()
