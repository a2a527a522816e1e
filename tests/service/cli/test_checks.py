"""`passkoll checks`: the table, whole, in three forms."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from mrtd.inspection.check import CHECKS
from mrtd.inspection.policy import POLICIES
from tests.service.cli.conftest import Run, lines

DOCS = Path(__file__).resolve().parents[3] / "docs" / "checks.md"


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
