"""`passkoll specimen make`: write the declared cases of the specimen state as folders that can be replayed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final, NoReturn

from mrtd.specimen.cases.collection import all_cases, make_fixtures
from service.cli.output import ExitCode, finish, refuse, shown_path

#: What is made anew, and so emptied before; everything else in the folder is left alone.
_MADE: Final = ("dumps", "mrz", "pki")
_SCHEMA: Final = "case.schema.json"


def make(folder: Path) -> NoReturn:
    """Write cases, trust material and the schema; the same software writes the same octets.

    Raises:
        typer.Exit: always.
    """
    schema = (resources.files("service.schemas") / _SCHEMA).read_bytes()
    if _holds_something_else(folder, schema):
        refuse(f"{shown_path(folder)} holds something else: name an empty folder, or one that this command made")
    cases = all_cases()
    files = {**make_fixtures(cases).files, _SCHEMA: schema}
    try:
        _write(folder, files)
    except OSError as error:
        refuse(f"{shown_path(folder)}: {error.strerror}")
    size = sum(map(len, files.values()))
    print(f"{len(cases)} cases, {len(files)} files, {size / 1_000_000:.1f} MB in {shown_path(folder)}")
    finish([ExitCode.GOOD])


def _holds_something_else(folder: Path, schema: bytes) -> bool:
    """Whether files of others could be lost: the folder is not empty, and not one of ours."""
    if not folder.exists():
        return False
    if not folder.is_dir():
        return True
    ours = folder / _SCHEMA
    return any(folder.iterdir()) and not (ours.is_file() and _same_kind(ours.read_bytes(), schema))


def _same_kind(found: bytes, schema: bytes) -> bool:
    """Both name the same schema; what it says may have changed since."""
    mark = b'"$id": "urn:passkoll:schema:case"'
    return mark in found and mark in schema


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    wanted = {folder / path: data for path, data in files.items()}
    for name in _MADE:
        for old in sorted((folder / name).rglob("*"), reverse=True):
            if old.is_dir() and not old.is_symlink():
                _remove_empty(old)
            elif old not in wanted:
                old.unlink()
    for path, data in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)


def _remove_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
