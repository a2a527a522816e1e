"""`passkoll subject export`: everything that is kept of a person, for that person."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

import os
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from service.cli.output import ExitCode, complain, console, finish, print_json, refuse, shown_path

commands: Final = typer.Typer(no_args_is_help=True, help="Requests of those whom data are about.")

#: A state and a number.
_MAX_DOCUMENT: Final = 256
#: What the audit keeps of a name.
_MAX_ACTOR: Final = 128
_STDIN: Final = "-"


class ReasonName(StrEnum):
    """As `service.domain.subjects.ExtractReason`, which is not loaded for the help."""

    ACCESS_REQUEST = "access_request"
    OTHER_RIGHT = "other_right"
    LEGAL_CLAIM = "legal_claim"
    SUPERVISION = "supervision"


@commands.callback()
def subject() -> None:
    """Requests of those whom data are about."""


@commands.command()
def export(
    document: Annotated[
        Path,
        typer.Option(
            "--document",
            metavar="FILE",
            help="One line, STATE:NUMBER as UTO:UT1234567; - reads it from standard input. Never as an argument:"
            " everybody on this machine sees those.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="ZIP", help="A new file; it holds personal data.")],
    reason: Annotated[ReasonName, typer.Option("--reason", help="Why it is made: kept in the audit.")],
    who: Annotated[str, typer.Option("--as", metavar="ACTOR", help="Who you are: kept in the audit.")],
    data: Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; it names cases and nobody.")] = False,
) -> NoReturn:
    """Write everything that is kept of the holder of a document. Exit status 1: nothing is kept.

    Each case that was looked at says so in its audit trail. The archive holds JSON, pictures, and a text in Swedish
    and English; read it before it is handed over.
    """
    from pydantic import ValidationError

    from service import wiring
    from service.domain.errors import ConfigurationError, ServiceError
    from service.domain.subjects import ExtractReason, Subject, SubjectError, SubjectProblem
    from service.settings import Settings

    actor = who.strip()
    if not actor or len(actor) > _MAX_ACTOR or not actor.isprintable():
        refuse(f"--as names who you are, in at most {_MAX_ACTOR} characters")
    try:
        wanted = Subject.written(_document(document))
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        with wiring.administer_subjects(settings) as administration:
            # before anything is written down: a file that cannot be made would leave an entry for nothing
            descriptor = _new_file(out)
            try:
                extract = administration.export(actor, wanted, ExtractReason(reason))
                with os.fdopen(descriptor, "wb") as stream:
                    descriptor = -1
                    stream.write(extract.archive)
            except BaseException:
                if descriptor >= 0:
                    os.close(descriptor)
                with suppress(OSError):
                    out.unlink()
                raise
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    except SubjectError as error:
        if error.code is SubjectProblem.BAD_DOCUMENT:
            refuse("--document names a file with one line: STATE:NUMBER, as UTO:UT1234567")
        complain(error.code.value)
        finish([ExitCode.NOT_ALL_GOOD])
    except ServiceError as error:
        complain(error.code.value)
        finish([ExitCode.UNREACHABLE])
    summary = {
        "cases": list(extract.cases),
        "files": extract.files,
        "pictures": extract.pictures,
        "suspected_fraud": list(extract.suspected_fraud),
    }
    if as_json:
        print_json(summary)
    else:
        for case in extract.cases:
            console().print(case)
        console().print(f"{extract.files} files, {extract.pictures} pictures; make the secrecy test first")
        for case in extract.suspected_fraud:
            console().print(f"suspected fraud, somebody else may have held the document: {case}")
    finish([ExitCode.GOOD])


def _document(path: Path) -> str:
    """The line; nothing of it is ever said again."""
    try:
        if str(path) == _STDIN:
            text = sys.stdin.read(_MAX_DOCUMENT + 1)
        else:
            with path.open(encoding="utf-8") as stream:
                text = stream.read(_MAX_DOCUMENT + 1)
    except OSError as error:
        refuse(f"{shown_path(path)}: {error.strerror}")
    except UnicodeDecodeError:
        refuse(f"{shown_path(path)} is no text")
    return text.strip()


def _new_file(path: Path) -> int:
    """For its owner alone."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        refuse(f"{shown_path(path)} is there already")
    except OSError as error:
        refuse(f"{shown_path(path)}: {error.strerror}")
