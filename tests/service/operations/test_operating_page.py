"""The operator's pages are true: the walk is walked, the table is of the settings, every alert has its line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from service.described_settings import table
from service.usecases.show_condition import OperatingWarning
from tests.service.operations.conftest import environment
from tests.service.operations.test_metrics import series

DOCS = Path(__file__).parents[3] / "docs"
OPERATING = (DOCS / "operating.md").read_text("utf-8")
ALERTS = (DOCS / "alerts.md").read_text("utf-8")


def test_the_walk(tmp_path: Path) -> None:
    """Every block of shell, one after the other, in an empty folder."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", OPERATING, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    found = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env=environment(PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "1 as expected" in found.stdout
    assert '{"status":"ready"}' in found.stdout
    assert "WHOLE" in found.stdout
    assert found.stdout.splitlines()[-1] == "1"


def test_the_table_of_settings() -> None:
    shown = re.search(r"<!-- settings: .* -->\n(.*)<!-- end of settings -->", OPERATING, flags=re.DOTALL)
    assert shown[1] == table(), "copy the output of: passkoll settings --markdown"


def test_every_alert_has_its_line_and_every_warning_its_alert() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALERTS)
    lines = re.findall(r"^\| (Passkoll\w+) \| .+ \|$", ALERTS, flags=re.MULTILINE)
    assert alerts == lines
    assert set(re.findall(r'passkoll_warning\{name="(\w+)"\}', ALERTS)) == set(map(str, OperatingWarning))


def test_the_pages_name_series_that_there_are(services, counter, document) -> None:
    series(services)
    counter.approved(document)
    there = {name.removesuffix("_total").removesuffix("_bucket") for name, _, _ in series(services)}
    named = set(re.findall(r"\bpasskoll_[a-z_]+", ALERTS)) | set(re.findall(r"`(passkoll_[a-z_]+)`", OPERATING))
    after_other_work = {
        "passkoll_photos",
        "passkoll_job_attempts",
        "passkoll_job_seconds",
        "passkoll_live_sessions_ended",
    }
    for name in named:
        base = name.removesuffix("_total").removesuffix("_bucket")
        if base not in after_other_work | {"passkoll_trust_oldest_list_age_days"}:
            assert any(one == base or one.startswith(f"{base}_") for one in there), name
