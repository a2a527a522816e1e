"""What every test shares: the real documents, counted, and no network beyond this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = Path(os.environ.get("PASSKOLL_REAL_DATA", ROOT.parent / "shared" / "data"))
IN_CI = os.environ.get("CI") == "true"

_real_passed: list[str] = []
_real_skipped: list[str] = []
_skipped: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the real data, its tests fail in CI and are skipped, loudly, elsewhere."""
    if (REAL_DATA / "chips").is_dir() or IN_CI:
        return
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason=f"real data not found at {REAL_DATA}"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real master lists, SODs, specimens and vectors."""
    if not (REAL_DATA / "chips").is_dir():
        pytest.fail(f"real data not found at {REAL_DATA}; set PASSKOLL_REAL_DATA")
    return REAL_DATA


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count skips, and the tests that ran on real data; under xdist the controller sees every report."""
    if report.skipped:
        _skipped.append(report.nodeid)
    if "real" not in report.keywords:
        return
    if report.when == "call" and report.passed:
        _real_passed.append(report.nodeid)
    elif report.skipped:
        _real_skipped.append(report.nodeid)


def expected_real_tests() -> int:
    """The number of real-data tests that a whole run must reach (tests/real/EXPECTED)."""
    return int((ROOT / "tests" / "real" / "EXPECTED").read_text().split()[0])


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skip is red, and so is a run of the whole suite with fewer real-data tests than committed."""
    if hasattr(session.config, "workerinput") or not IN_CI or exitstatus != 0:
        return
    if _skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    whole_suite = not session.config.getoption("keyword") and session.config.args in (
        session.config.getini("testpaths"),
        [str(ROOT / "tests")],
    )
    if whole_suite and len(_real_passed) < expected_real_tests():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much real data was met, and shout when none was."""
    terminalreporter.write_line(f"real data: {len(_real_passed)} tests (expected: {expected_real_tests()})")
    if IN_CI and _skipped:
        terminalreporter.write_sep("!", f"{len(_skipped)} TESTS SKIPPED IN CI, WHICH IS A FAILURE")
    if _real_skipped:
        terminalreporter.write_sep("!", f"{len(_real_skipped)} REAL-DATA TESTS SKIPPED: no data at {REAL_DATA}")
