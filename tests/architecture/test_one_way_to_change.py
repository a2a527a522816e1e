"""No state of a verification changes without its audit entry: there is one way to change it, and one to save it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SERVICE = Path(__file__).resolve().parents[2] / "service"


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """Every call in the service: the file, what is called as it is written, the names of its keyword arguments."""
    for file in SERVICE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                names = {keyword.arg for keyword in node.keywords if keyword.arg}
                yield file.relative_to(SERVICE).as_posix(), ast.unparse(node.func), names


def test_verifications_are_saved_in_one_place() -> None:
    """`record` writes the audit entry, the event and the job in the same breath."""
    assert {file for file, called, _ in calls() if called.endswith("verifications.save")} == {"usecases/recording.py"}


def test_states_change_in_one_place() -> None:
    """Only the table of the life says where a verification goes, and until when it may stay there."""
    fenced = {"state", "capture_until", "review_until", "result_until", "ended_in"}
    found = {file for file, called, names in calls() if called == "replace" and names & fenced}
    # the `state` of a sign-in is OAuth's (RFC 6749 §4.1.1)
    assert found - {"usecases/begin_sign_in.py"} == {"domain/lifecycle.py"}
    assert {file for file, called, _ in calls() if called == "Verification"} == {
        "domain/lifecycle.py",
        "adapters/db/cases.py",
    }
