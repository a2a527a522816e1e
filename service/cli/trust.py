"""`passkoll trust info`: what lists and certificates hold, and who signed them (ICAO 9303-12 §7, §9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from rich.text import Text

from mrtd import files
from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.pki.info import TrustInfo, trust_info
from mrtd.pki.sources import Source
from service.cli.output import ExitCode, complain, console, finish, marked, print_json, refuse, shown_path


def run(paths: Sequence[Path], *, trust: Sequence[Path], at: datetime, as_json: bool) -> None:
    """Describe each file; signers of lists are judged against the other files and `trust`.

    Raises:
        typer.Exit: always; 1 where something cannot be used or a signature is not proven.
    """
    try:
        trusted = files.read_sources(*trust).sources
    except MrtdError as error:
        refuse(f"--trust: {error}")
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
    answers = trust_info(sources, at, trust=others)
    for source, answer in zip(sources, answers, strict=True):
        if as_json:
            print_json({**answer.to_json(), "unreadable": source.unreadable})
        else:
            _show(answer, source.unreadable)
        codes.append(_code(answer, source.unreadable))
    finish(codes)


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
            yield from ((shown_path(file.parent / name), "unreadable") for name in found.unreadable)
            yield from (replace(source, name=shown_path(file.parent / source.name)) for source in found.sources)
    if skipped:
        complain(f"{skipped} files skipped: no trust material")


def _code(answer: TrustInfo, unreadable: int) -> ExitCode:
    proven = answer.signer.status in (CheckStatus.PASSED, CheckStatus.NOT_APPLICABLE)
    whole = not unreadable and answer.certificates == answer.parsed == answer.with_key
    good = proven and whole and answer.self_signed == answer.self_signed_verified
    return ExitCode.GOOD if good else ExitCode.NOT_ALL_GOOD


def _show(answer: TrustInfo, unreadable: int) -> None:
    screen = console()
    status, reason = answer.signer.status.value, answer.signer.reason
    expiring = sum(state.expiring_90_days for state in answer.countries.values())
    screen.print(Text(answer.file, style="bold"), answer.kind)
    screen.print(
        f"  certificates    {answer.parsed} of {answer.certificates} read, {answer.with_key} with a usable key"
    )
    screen.print(f"  self-signed     {answer.self_signed_verified} of {answer.self_signed} verified")
    screen.print(f"  links           {answer.links_verified} of {answer.links} verified")
    screen.print(f"  states          {len(answer.countries)}; {expiring} anchors expire within 90 days")
    screen.print("  list signature ", marked(screen, status), "" if reason is None else reason.value)
