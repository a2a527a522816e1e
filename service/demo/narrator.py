"""Tells the story of the demo: plain lines, narrow enough for any terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final, TextIO

_WIDTH: Final = 100


class Narrator:
    """Writes to one stream; every line is flushed, so that a slow step is seen while it lasts."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def line(self, text: str = "") -> None:
        """One line as it is."""
        self._out.write(text + "\n")
        self._out.flush()

    def title(self, name: str, notice: str) -> None:
        """How the story begins."""
        self.line(f"{name}. {notice}")
        self.line()

    def fact(self, name: str, value: str) -> None:
        """A fact of the surroundings."""
        self.line(f"  {name:<9}{value}")

    def scene(self, number: int, title: str) -> None:
        """A new passport."""
        self.line()
        self.line(f"{number}. {title}")

    def step(self, request: str, answer: str) -> None:
        """A request and what came of it."""
        self.line(f"   {request:<27}{answer}")

    def detail(self, text: str) -> None:
        """A remark under a step, wrapped."""
        for line in textwrap.wrap(text, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6):
            self.line(line)

    def outcome(self, word: str, text: str) -> None:
        """How the passport ended."""
        self.line(f"   => {word.upper()}: {text}")

    def problem(self, text: str) -> None:
        """The demo did not go as it must."""
        self.line()
        self.line(f"THE DEMO FAILED: {text}")

    def commands(self, title: str, commands: Sequence[tuple[str, str]]) -> None:
        """Commands to copy, each under what it does."""
        self.line()
        self.line(title)
        for command, purpose in commands:
            self.line(f"  # {purpose}")
            self.line(f"  {command}")
