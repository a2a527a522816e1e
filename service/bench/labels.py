"""Folders of pictures with `labels.tsv`: file, type, lines joined by `|`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LABELS: Final = "labels.tsv"
#: Types whose lines are compared; what stands beside these (a specimen with wrong digits, an old national card) is
#: no zone of ICAO 9303 and says nothing about a reader.
SCORED: Final = frozenset({"TD1", "TD2", "TD3", "MRVA", "MRVB"})
#: A picture without a zone; whatever is read from it is wrong.
NO_ZONE: Final = "NONE"
#: A line of the table has two lines of 44 or three of 30, a name and a type.
_MAX_LABELS: Final = 8 * 1024 * 1024


class LabelsError(Exception):
    """A folder that cannot be measured; the text says why, without the content of the table."""


@dataclass(frozen=True, slots=True, repr=False)
class Labelled:
    """A picture and what is printed in it; no lines where there is no zone."""

    path: Path
    lines: tuple[str, ...]


def read_folders(folders: Sequence[Path]) -> tuple[list[Labelled], int]:
    """The pictures that count, in the order of their tables, and how many others were left out.

    Raises:
        LabelsError: a folder without a table, or a table that does not fit its folder.
    """
    kept: list[Labelled] = []
    left_out = 0
    for folder in folders:
        for row in _rows(folder):
            name, kind, lines = row["file"], row["type"], row["lines"]
            path = folder / name
            if Path(name).name != name or not path.is_file():
                raise LabelsError(f"{folder.name}/{LABELS} names a file that is not there")
            if kind == NO_ZONE:
                kept.append(Labelled(path, ()))
            elif kind in SCORED:
                kept.append(Labelled(path, tuple(lines.split("|"))))
            else:
                left_out += 1
    return kept, left_out


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    try:
        with (folder / LABELS).open(encoding="utf-8", newline="") as file:
            text = file.read(_MAX_LABELS)
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(f"{folder.name} has no {LABELS} that can be read") from error
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    if rows.fieldnames != ["file", "type", "lines"]:
        raise LabelsError(f"{folder.name}/{LABELS} does not begin with file, type, lines")
    for row in rows:
        if None in row or None in row.values():
            raise LabelsError(f"{folder.name}/{LABELS} has a line without three columns")
        yield row
