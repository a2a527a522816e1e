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


def new_folder(folder: Path, *, real: bool) -> None:
    """Make the folder of `--dump` before anything is read; nobody else may look into it.

    Raises:
        typer.Exit: there is something already, or it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        refuse(f"{shown_path(folder)} is there already; a dump goes into a folder of its own")
    except OSError as error:
        refuse(f"{shown_path(folder)}: {error.strerror}")
    if real:
        complain(_WARNING)


def write_dump(folder: Path, evidence: ChipEvidence) -> None:
    """Each file as the chip gave it, under its name; fingers and irises never (CHECKS.md rule 4).

    Raises:
        typer.Exit: the disk does not take it.
    """
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
