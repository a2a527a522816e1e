"""The committed counts: how many items each oracle could answer, and for what reason it could not answer others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.oracles.comparison import Books
from tests.oracles.explained import TABLES

COUNTS: Final = Path(__file__).with_name("counts.json")


def committed(corpus: str) -> Mapping[str, int]:
    """The counts of a corpus as they stand in `counts.json`."""
    counts: Mapping[str, int] = json.loads(COUNTS.read_text())[corpus]
    return counts


def counted(books: Books) -> dict[str, int]:
    """The counts of a comparison in the same form."""
    return {": ".join(key): number for key, number in sorted(books.counts.items())}


def commit(corpus: str, books: Books) -> None:
    """Write the counts of a corpus."""
    counts = json.loads(COUNTS.read_text()) if COUNTS.is_file() else {}
    counts[corpus] = counted(books)
    COUNTS.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")


def unexplained(corpus: str, books: Books) -> list[str]:
    """Disagreements that no table explains, and explanations of none."""
    explained = {
        (item, question, oracle): reason
        for (question, oracle), table in TABLES[corpus].items()
        for item, reason in table.items()
    }
    lines = [
        f"{item}, {question}, {oracle}: {sides}"
        for (item, question, oracle), sides in sorted(books.disagreements.items())
        if (item, question, oracle) not in explained
    ]
    gone = sorted(set(explained) - set(books.disagreements))
    return lines + [f"{item}, {question}, {oracle}: no longer a disagreement" for item, question, oracle in gone]
