"""Every case of `fixtures`, through the library: the same call as `passkoll replay fixtures`."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.replay import LibraryRun, Options, Status, find_cases
from tests.service.replay.casebook import NOW

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
DUMPS = FIXTURES / "dumps"
CASES = find_cases(DUMPS) if DUMPS.is_dir() else ()


def name(folder: Path) -> str:
    """The id of a case follows from where it lies."""
    return f"{folder.parent.name}::{folder.name}"


def test_there_are_cases() -> None:
    assert CASES


@pytest.mark.parametrize("case", CASES, ids=name)
def test_replay(case: Path) -> None:
    """`now` counts for nothing: each case says when it is inspected."""
    replayed = LibraryRun(FIXTURES, Options(now=NOW)).case(case)
    if replayed.status is not Status.OK:
        told = [replayed.note or "", *(difference.text() for difference in replayed.differences)]
        pytest.fail("\n    ".join([replayed.name, *told]), pytrace=False)
    assert replayed.name == name(case)
