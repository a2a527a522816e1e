"""What `passkoll scan` leaves behind where it is told to: a dump, or the transcript of a specimen chip."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from mrtd.evidence import EAC_PROTECTED, ChipEvidence
from service.cli.output import complain, refuse, shown_path

_WARNING: Final = (
    "PERSONAL DATA: this folder will hold somebody's whole passport, portrait included. It is yours alone to read; "
    "erase it as soon as you are done (docs/scan.md)."
)


def require_new(path: Path) -> None:
    """Before anything is read: what is to be left behind takes nobody's place.

    Raises:
        typer.Exit: there is something already, or no folder to put it into.
    """
    if path.exists():
        refuse(f"{shown_path(path)} is there already")
    if not path.parent.is_dir():
        refuse(f"{shown_path(path.parent)} is no folder")


def warn_of_dump() -> None:
    """What a dump of a real passport is, told before it is read."""
    complain(_WARNING)


def write_dump(folder: Path, evidence: ChipEvidence) -> None:
    """Each file as the chip gave it, under its name; fingers and irises never (CHECKS.md rule 4).

    The folder is new, and nobody else may look into it.

    Raises:
        typer.Exit: the disk does not take it.
    """
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        refuse(f"{shown_path(folder)}: {error.strerror}")
    for name, data in evidence.files.items():
        if name not in EAC_PROTECTED:
            write_new(folder / f"{name.value.replace('/', '_')}.bin", data)


def write_new(file: Path, data: bytes) -> None:
    """A file for its owner alone, never over another one.

    Raises:
        typer.Exit: it is there already, or cannot be written.
    """
    try:
        with open(file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
            stream.write(data)
    except OSError as error:
        refuse(f"{shown_path(file)}: {error.strerror}")
