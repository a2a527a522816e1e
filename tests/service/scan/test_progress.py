"""The bar: what is seen on a terminal while a passport is read, and that nothing is seen elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from mrtd.protocols.exchange import Phase
from service.cli.scan_progress import WORDS, Bar
from service.client.terminal import Progress as Passed
from tests.service.scan.conftest import AT, Run


class Screen:
    """A terminal with a bar of words alone."""

    def __init__(self) -> None:
        self.progress = Progress(TextColumn("{task.description} {task.completed:.0f}/{task.total:.0f}"))

    def shown(self) -> str:
        """The line that stands there now."""
        out = io.StringIO()
        Console(file=out, width=100).print(self.progress.get_renderable())
        return out.getvalue().strip()


@pytest.fixture
def screen() -> Screen:
    return Screen()


def apdus(phase: str, file: str | None, connection: int = 1) -> dict[str, object]:
    """A frame of the server."""
    return {"type": "apdus", "phase": phase, "file": file, "connection": connection}


def test_every_phase_has_words() -> None:
    assert set(WORDS) == {*Phase, "judging"}


def test_frames_of_the_service_move_it(screen: Screen) -> None:
    bar = Bar(screen.progress)
    assert screen.shown() == "looking at the chip 0/12"
    bar.frame(apdus("pace", None))
    assert screen.shown() == "access by PACE 1/12"
    bar.frame(apdus("read", "EF.DG2"))
    assert screen.shown() == "reading EF.DG2 2/12"
    bar.frame({"type": "restart", "connection": 2, "reason": "tag_lost"})
    bar.frame(apdus("card_access", None, connection=2))
    assert screen.shown() == "looking at the chip (connection 2) 3/12"
    bar.frame({"type": "progress", "phase": "judging"})
    assert screen.shown() == "judging 3/12"
    bar.frame(apdus("a phase of later", None))
    assert screen.shown() == "a phase of later 4/12"


def test_the_terminal_of_this_program_moves_it_and_it_waits_at_its_end(screen: Screen) -> None:
    bar = Bar(screen.progress)
    bar.passed(Passed(connections=3, round_trips=40, phase=Phase.ACTIVE_AUTHENTICATION))
    assert screen.shown() == "Active Authentication (connection 3) 12/12"


def test_what_is_piped_is_not_drawn_on(run: Run) -> None:
    result = run("scan", "--reader", "specimen:pace-only", "--at", AT, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
