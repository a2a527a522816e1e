"""How far a reading is: a bar on a terminal, nothing anywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from mrtd.protocols.exchange import Phase
from service.client.terminal import Progress as Passed

#: What a phase is to whoever holds the passport.
WORDS: Final[Mapping[str, str]] = {
    Phase.CARD_ACCESS: "looking at the chip",
    Phase.PACE: "access by PACE",
    Phase.BAC: "access by BAC",
    Phase.SELECT: "opening the passport",
    Phase.CHIP_AUTHENTICATION: "Chip Authentication",
    Phase.ACTIVE_AUTHENTICATION: "Active Authentication",
    Phase.READ: "reading",
    "judging": "judging",
}
#: Round trips that a passport with everything takes; the bar waits at its end for those that take more.
_USUAL: Final = 12


class Bar:
    """Shows one reading."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task(WORDS[Phase.CARD_ACCESS], total=_USUAL)
        self._round_trips = 0

    def passed(self, passed: Passed) -> None:
        """The terminal of this program sends a batch."""
        self._update(passed.phase, passed.file, passed.connections, passed.round_trips)

    def frame(self, frame: Mapping[str, Any]) -> None:
        """The service said something on the way."""
        if frame["type"] == "apdus":
            self._round_trips += 1
            self._update(frame["phase"], frame["file"], frame["connection"], self._round_trips)
        elif frame["type"] == "progress":
            self._update(frame["phase"], None, 0, self._round_trips)

    def _update(self, phase: str, file: str | None, connection: int, round_trips: int) -> None:
        words = WORDS.get(phase, phase) + ("" if file is None else f" {file}")
        again = f" (connection {connection})" if connection > 1 else ""
        self._progress.update(self._task, description=words + again, completed=min(round_trips, _USUAL))


@contextmanager
def bar() -> Iterator[Bar]:
    """A bar on standard error while the block runs."""
    screen = Console(stderr=True, highlight=False, markup=False, emoji=False)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        yield Bar(progress)
