"""`passkoll init`: everything that a first start needs, made once. `passkoll settings`: what can be set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import typer
from pydantic import ValidationError

from service import wiring
from service.cli.output import ExitCode, console, finish, print_json, refuse, shown_path
from service.described_settings import settings_file, table
from service.domain.errors import ConfigurationError
from service.settings import SETTINGS_FILE, Settings

_ONLY_THE_OWNER = 0o600


def init(data: Path | None, file: Path, *, realm: str | None) -> NoReturn:
    """Make the file of settings, the data folder, the database and the keys. What is there already is kept.

    Raises:
        typer.Exit: always; 2 where something cannot be made.
    """
    screen = console()
    try:
        _write(file, data, realm)
        os.environ[SETTINGS_FILE] = str(file)
        settings = Settings()
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = wiring.initialise(settings)
        first = wiring.invite_first(settings)
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except (ConfigurationError, ValueError) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"{shown_path(error.filename or file)}: {error.strerror}")
    screen.print(f"settings  {shown_path(file)}")
    screen.print(f"data      {shown_path(settings.data_dir)}, realm {settings.realm.value}")
    screen.print(f"database  schema {made.revision}")
    screen.print("keys      made or found; a copy belongs into a safe place of its own (docs/keys.md)")
    for invited in first:
        screen.print(f"invitation {invited.person.id}  {invited.code}  until {invited.until.isoformat()}")
    if first:
        screen.print("           one for each of the first two administrators; shown this once (docs/people.md)")
    screen.print("next:")
    screen.print(f"  export {SETTINGS_FILE}={shown_path(file.resolve())}")
    screen.print("  passkoll doctor")
    screen.print("  passkoll serve")
    finish([ExitCode.GOOD])


def settings_words(*, markdown: bool, as_json: bool) -> NoReturn:
    """Print every setting: names with their values as they are in force, secrets left out, or the table.

    Raises:
        typer.Exit: always.
    """
    if markdown:
        typer.echo(table(), nl=False)
        finish([ExitCode.GOOD])
    try:
        settings = Settings()
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    # `repr=False` marks what may hold a password
    shown = {
        name: settings.model_dump(mode="json", include={name})[name]
        for name, field in Settings.model_fields.items()
        if field.repr
    }
    if as_json:
        print_json(shown)
    else:
        for name, value in shown.items():
            console().print(f"{name} = {value}")
    finish([ExitCode.GOOD])


def _write(file: Path, data: Path | None, realm: str | None) -> None:
    """The file of settings, unless there is one: somebody may have changed it."""
    chosen = {"data_dir": str((data or Path("var")).resolve())}
    if realm is not None:
        chosen["realm"] = realm
    content = settings_file(chosen)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_THE_OWNER)
    except FileExistsError:
        if data is not None or realm is not None:
            refuse(f"{shown_path(file)} is there already: change it there, or name another by --settings")
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(content)
