"""What lies in a folder: cases, or bare dumps. Names and sizes are anybody's; links to folders are not followed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrtd.dump_names import elementary_file
from service.replay.case import MAX_CASE_SIZE, Case, read_case
from service.replay.errors import ReplayError

CASE_FILE: Final = "case.json"
#: More cases or dumps than anybody keeps in one folder.
MAX_ENTRIES: Final = 100_000

#: `fixtures/dumps/<namespace>/<case>` has three folders above it; a case must not name what lies anywhere.
_LEVELS: Final = 4
_DUMP_SUFFIXES: Final = (".zip", ".json", ".cbor")
#: Folders that a reader makes inside a dump: the eMRTD application (ICAO 9303-10 §4.1) and the master file.
_INNER_FOLDERS: Final = ("a0000002471001", "3f00", "mf")
#: The first byte of EF.SOD, for which the identifier 011D counts as its name.
_SOD_TAG: Final = b"\x77"


@dataclass(frozen=True, slots=True)
class LoadedCase:
    """A case and the folder in which it lies."""

    case: Case
    folder: Path

    @property
    def dump(self) -> Path:
        """Where its dump lies."""
        return self.folder / self.case.dump

    def trust(self) -> tuple[Path, ...]:
        """Where its trust material lies: each path is looked for in the folders above the case, the nearest first.

        Raises:
            ReplayError: there is none.
        """
        return tuple(self._above(path) for path in self.case.trust)

    def _above(self, path: str) -> Path:
        for folder in self.folder.resolve().parents[:_LEVELS]:
            if (folder / path).exists():
                return folder / path
        raise ReplayError(f"trust: no folder above the case holds {path}")


def find_cases(folder: Path) -> tuple[Path, ...]:
    """The folders at and below `folder` that hold a `case.json`, in the order of their names.

    Raises:
        ReplayError: no folder, or one that cannot be read.
    """
    return tuple(parent for parent, _, names in _walk(folder) if CASE_FILE in names)


def load_case(folder: Path) -> LoadedCase:
    """The case in a folder.

    Raises:
        ReplayError: it cannot be read, or is not as the schema says.
    """
    try:
        with (folder / CASE_FILE).open("rb") as stream:
            data = stream.read(MAX_CASE_SIZE + 1)
    except OSError as error:
        raise ReplayError(f"{CASE_FILE}: {error.strerror}") from None
    if len(data) > MAX_CASE_SIZE:
        raise ReplayError(f"{CASE_FILE}: more than {MAX_CASE_SIZE} bytes")
    return LoadedCase(read_case(data), folder)


def find_dumps(folder: Path) -> tuple[tuple[Path, ...], int]:
    """The dumps at and below `folder`, in the order of their names, and how many other files there are.

    A folder that holds elementary files is one dump, with everything below it; zip, JSON and CBOR files are one each.

    Raises:
        ReplayError: no folder, or one that cannot be read.
    """
    dumps: list[Path] = []
    others = 0
    for parent, folders, names in _walk(folder):
        if any(map(_names_a_file, names)) or _has_inner_folder(parent, folders):
            dumps.append(parent)
            folders.clear()
            continue
        found = [parent / name for name in names if name.lower().endswith(_DUMP_SUFFIXES)]
        dumps.extend(found)
        others += len(names) - len(found)
        if len(dumps) > MAX_ENTRIES:
            raise ReplayError(f"{folder.name}: more than {MAX_ENTRIES} dumps")
    return tuple(sorted(dumps, key=lambda path: path.relative_to(folder).as_posix())), others


def _names_a_file(name: str) -> bool:
    return elementary_file(name, _SOD_TAG) is not None


def _has_inner_folder(parent: Path, folders: list[str]) -> bool:
    inner = [parent / name for name in folders if name.lower() in _INNER_FOLDERS]
    return any(_names_a_file(f"{path.name}/{name}") for path in inner for name in _names(path))


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir() if entry.is_file()]
    except OSError as error:
        raise ReplayError(f"{folder.name}: {error.strerror}") from None


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Every folder with its subfolders, which may be cleared, and its regular files, in the order of their names."""
    if not folder.is_dir():
        raise ReplayError(f"{folder.name or folder}: no folder")

    def give_up(error: OSError) -> None:
        raise ReplayError(f"{folder.name}: {error.strerror}")

    for parent, folders, names in os.walk(folder, onerror=give_up):
        folders.sort()
        yield Path(parent), folders, sorted(name for name in names if Path(parent, name).is_file())
