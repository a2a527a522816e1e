"""`passkoll trust info`: what lists and certificates hold, and who signed them (ICAO 9303-12 §7, §9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from mrtd import files
from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.pki.info import TrustInfo, trust_info
from mrtd.pki.sources import Source
from service.cli import trust_info as shown
from service.cli.output import ExitCode, complain, console, finish, print_json, refuse, shown_path

#: It judges documents; what this command describes is what stores are made of.
_STORE_FILE: Final = "a trust store, no list or certificate: `--trust` of inspect and replay opens it"


def run(
    paths: Sequence[Path], *, trust: Sequence[Path], at: datetime, table: bool, summary: bool, as_json: bool
) -> None:
    """Describe each file; signers of lists are judged against the other files and `trust`.

    Args:
        paths: the files and folders asked about.
        trust: further files to judge by.
        at: the time for validity.
        table: leave out the paragraph of each file; text only.
        summary: end with an object over all files; JSON only, for text ends so anyway.
        as_json: one object a file.

    Raises:
        typer.Exit: always; 1 where something cannot be used or a signature is not proven.
    """
    if table and as_json:
        refuse("--table is text; leave out --json")
    if summary and not as_json:
        refuse("--summary needs --json")
    trusted = _trusted(trust)
    codes, sources = [], []
    for found in _read(dict.fromkeys(paths)):
        if isinstance(found, Source):
            sources.append(found)
            continue
        codes.append(ExitCode.UNREADABLE)
        file, problem = found
        if as_json:
            print_json({"file": file, "error": problem})
        else:
            complain(f"{file}: {problem}")
    others = [replace(source, name=f"--trust {source.name}") for source in trusted]
    overview = trust_info(sources, at, trust=others)
    screen = console()
    for source, answer in zip(sources, overview.files, strict=True):
        if as_json:
            print_json({**answer.to_json(), "unreadable": source.unreadable})
        elif not table:
            shown.file(screen, answer)
        codes.append(_code(answer, source.unreadable))
    if summary:
        print_json({"summary": overview.to_json()})
    elif sources and not as_json:
        shown.overview(screen, overview)
    finish(codes)


def _trusted(paths: Iterable[Path]) -> Sequence[Source]:
    """What `--trust` names."""
    try:
        found = files.read_sources(*paths)
    except MrtdError as error:
        refuse(f"--trust: {error}")
    if found.stores:
        refuse(f"--trust: {_STORE_FILE}")
    return found.sources


def _read(paths: Iterable[Path]) -> Iterator[Source | tuple[str, str]]:
    """Sources, named by the paths under which they were found; or (path, error).

    A path that was named must be trust material; what else lies in folders is skipped and counted.
    """
    skipped = 0
    for path in paths:
        inside = path.is_dir()
        for file in sorted(filter(Path.is_file, path.rglob("*"))) if inside else [path]:
            try:
                found = files.read_sources(file)
            except MrtdError as error:
                if inside and error.code == "unknown_format":
                    skipped += 1
                else:
                    yield shown_path(file), str(error)
                continue
            skipped += len(found.skipped)
            if found.stores:
                yield shown_path(file), _STORE_FILE
            yield from ((shown_path(file.parent / name), "unreadable") for name in found.unreadable)
            yield from (replace(source, name=shown_path(file.parent / source.name)) for source in found.sources)
    if skipped:
        complain(f"{skipped} files skipped: no trust material")


def _code(answer: TrustInfo, unreadable: int) -> ExitCode:
    proven = answer.signer.status in (CheckStatus.PASSED, CheckStatus.NOT_APPLICABLE)
    whole = not unreadable and answer.certificates == answer.parsed == answer.with_key
    good = proven and whole and answer.self_signed == answer.self_signed_verified
    return ExitCode.GOOD if good else ExitCode.NOT_ALL_GOOD
