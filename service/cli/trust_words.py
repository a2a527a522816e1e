"""How `passkoll trust` writes for people: 80 columns, fingerprints whole, and nothing that commands a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Console

WIDTH: Final = 80
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


def printable(text: str) -> str:
    """Text of others (names in certificates and archives) without anything that a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)


def counts(numbers: Mapping[str, int]) -> str:
    """Names and numbers, in the order of the names."""
    return ", ".join(f"{name}{_NO_BREAK}{number}" for name, number in sorted(numbers.items()))


def wrapped(screen: Console, text: str, indent: str = "  ") -> None:
    """A sentence in as many lines as it needs, never broken inside a word."""
    lines = textwrap.wrap(
        _NO_BREAK.join(map(printable, text.split(_NO_BREAK))),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        screen.print(line.replace(_NO_BREAK, " "))


def listed(screen: Console, words: str, items: Iterable[str]) -> None:
    """What the words are about, if it is anything."""
    found = [item.replace(" ", _NO_BREAK) for item in items]
    if found:
        wrapped(screen, f"{words}: {', '.join(found)}")


def number(screen: Console, words: str, added: int, removed: int) -> None:
    """How many came and went, if any."""
    if added or removed:
        screen.print(f"  {words}: {added} added, {removed} removed")
