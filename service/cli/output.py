"""How every command speaks: exit codes, one JSON object a line, and text with words and marks.

Colour is decoration: each state has a word and a mark of its own, so that nothing is lost in a log, on paper, or to
someone who does not tell red from green.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.text import Text


class ExitCode(IntEnum):
    """How a command ended (API.md section 4)."""

    GOOD = 0
    NOT_ALL_GOOD = 1
    UNREADABLE = 2
    UNREACHABLE = 3


#: Word -> mark, the same mark where the output cannot show it, and decoration.
_MARKS: Final[Mapping[str, tuple[str, str, str]]] = {
    "PASSED": ("✓", "+", "green"),
    "FAILED": ("✗", "x", "bold red"),
    "INDETERMINATE": ("?", "?", "yellow"),
    "NOT_PERFORMED": ("○", "o", "yellow"),
    "NOT_APPLICABLE": ("–", "-", "dim"),
    "ABORTED": ("!", "!", "bold red"),
}
GOOD_MARK: Final = "PASSED"
BAD_MARK: Final = "FAILED"
OPEN_MARK: Final = "INDETERMINATE"


def console() -> Console:
    """Standard output for people. Nothing in what is printed is markup: paths and names are anybody's."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def marked(screen: Console, word: str, like: str | None = None) -> Text:
    """`word` behind the mark of a status: its own, or that of `like`."""
    shown, plain, style = _MARKS[like or word]
    mark = shown if screen.encoding.lower().startswith("utf") else plain
    return Text(f"{mark} {word}", style=style)


def print_json(value: Mapping[str, object]) -> None:
    """One object on one line, UTF-8 whatever the terminal says."""
    typer.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())


def shown_path(path: Path | str) -> str:
    """A path as text that any output can carry; octets that are no UTF-8 are replaced."""
    return os.fsencode(path).decode(errors="replace")


def complain(message: str) -> None:
    """Say on standard error what went wrong; never with the content of what was read."""
    typer.echo(f"passkoll: {message}", err=True)


def refuse(message: str) -> NoReturn:
    """End for a mistake in the arguments or an unreadable file that everything depends on.

    Raises:
        typer.Exit: always, with `ExitCode.UNREADABLE`.
    """
    complain(message)
    raise typer.Exit(ExitCode.UNREADABLE)


def finish(codes: Iterable[ExitCode]) -> NoReturn:
    """End with the worst of `codes`.

    Raises:
        typer.Exit: always.
    """
    raise typer.Exit(max(codes, default=ExitCode.GOOD))
