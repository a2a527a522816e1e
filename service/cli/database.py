"""`passkoll db`: the schema of the database, looked at and upgraded."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from service.cli.output import ExitCode, complain, console, finish, print_json, refuse
from service.domain.condition import Schema, SchemaState

if TYPE_CHECKING:
    from service.settings import Settings

commands = typer.Typer(no_args_is_help=True, help="The schema of the database.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]

_SENTENCES: Final[Mapping[SchemaState, str]] = {
    SchemaState.EMPTY: "there is no schema yet: passkoll init",
    SchemaState.OLD: "make a backup, then run: passkoll db upgrade",
    SchemaState.CURRENT: "nothing to do",
    SchemaState.AHEAD: "newer, and this software may serve on it: upgrade it too",
    SchemaState.UNKNOWN: "not of this software: run the version that made it, or a newer one",
}


@commands.command()
def check(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Say whether this software may serve on the database. Nothing is changed or made.

    Exit status 0: it may. 1: not before something is done. 3: the database does not answer.
    """
    from service import wiring

    found = _asked(data, wiring.schema_of)
    _say(found, as_json=as_json)
    finish([ExitCode.GOOD if found.state.serves else ExitCode.NOT_ALL_GOOD])


@commands.command()
def upgrade(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Bring the schema to this software's revision. Services of the version before go on meanwhile.

    Several may be started at once: one does it, the others wait and find it done. It is one transaction, so that
    whatever interrupts it leaves the database as it was. Make a backup first.
    """
    from service import wiring

    before = _asked(data, wiring.upgrade_database)
    after = Schema(SchemaState.CURRENT, before.head, before.head)
    if not as_json and before.state is not SchemaState.CURRENT:
        console().print(f"upgraded from {before.revision or 'nothing'} to {after.revision}")
    _say(after, as_json=as_json)
    finish([ExitCode.GOOD])


def _say(found: Schema, *, as_json: bool) -> None:
    sentence = _SENTENCES[found.state]
    if as_json:
        shown = {"state": found.state.value, "revision": found.revision, "needed": found.head, "do": sentence}
        print_json(shown)
        return
    console().print(f"{found.state.value}: schema {found.revision or '-'}, this software makes {found.head}")
    console().print(sentence)


def _asked(data: Path | None, do: Callable[[Settings], Schema]) -> Schema:
    from pydantic import ValidationError

    from service.domain.errors import ConfigurationError
    from service.settings import Settings

    try:
        settings = Settings() if data is None else Settings(data_dir=data)
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    try:
        return do(settings)
    except ConfigurationError as error:
        complain(str(error))
        finish([ExitCode.UNREACHABLE])
