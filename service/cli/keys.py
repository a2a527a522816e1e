"""`passkoll keys`: the master key that everything sealed rests on."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from service.cli.output import ExitCode, console, finish, print_json, refuse

if TYPE_CHECKING:
    from service.wiring import KeyAdministration

#: What the audit keeps of a name.
_MAX_ACTOR: Final = 128

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[str, typer.Option("--as", metavar="ACTOR", help="Who you are: kept in the audit.")]


def add_to(commands: typer.Typer) -> None:
    """Put the commands beside those of the signing keys."""
    commands.command("list")(list_command)
    commands.command()(rotate)


def list_command(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Show the versions of the master key, the newest last, and the epochs whose keys are not destroyed."""
    with _administration(data) as keys:
        shown = keys.show()
    epochs = [{"retention": epoch.retention.value, "name": epoch.name} for epoch in shown.epochs]
    if as_json:
        print_json({"versions": list(shown.versions), "epochs": epochs})
    else:
        for version in shown.versions:
            console().print(f"master key {version}{'  wraps' if version == shown.versions[-1] else ''}")
        for epoch in epochs:
            console().print(f"epoch {epoch['retention']} {epoch['name']}")
    finish([ExitCode.GOOD])


def rotate(who: Who, data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Make a new version of the master key and wrap every epoch key by it. Services that run go on.

    What is sealed stays as it is. The old versions stay too: a copy of the epoch keys of before needs them.
    """
    with _administration(data) as keys:
        version, wrapped = keys.rotate(_actor(who))
    if as_json:
        print_json({"version": version, "wrapped": wrapped})
    else:
        console().print(f"master key {version} wraps {wrapped} epoch keys")
    finish([ExitCode.GOOD])


def _actor(written: str) -> str:
    actor = written.strip()
    if not actor or len(actor) > _MAX_ACTOR or not actor.isprintable():
        refuse(f"--as names who you are, in at most {_MAX_ACTOR} characters")
    return actor


@contextmanager
def _administration(data: Path | None) -> Iterator[KeyAdministration]:
    """The use cases; what goes wrong ends the command with a sentence and no traceback.

    Raises:
        typer.Exit: the settings, the database or the keys cannot be used.
    """
    from pydantic import ValidationError

    from service import wiring
    from service.domain.errors import ConfigurationError, ServiceError
    from service.settings import Settings

    try:
        settings = Settings() if data is None else Settings(data_dir=data)
        with wiring.administer_keys(settings) as keys:
            yield keys
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except (ConfigurationError, ServiceError) as error:
        refuse(str(error))
