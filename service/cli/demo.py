"""`passkoll demo`: the service and a phone with specimen chips, played for a newcomer."""

from __future__ import annotations

from typing import NoReturn

import typer

from service.cli.output import ExitCode, complain
from service.demo import run as play


def run(*, keep: bool, port: int | None) -> NoReturn:
    """Play the demo.

    Raises:
        typer.Exit: always; 0 as it must be, 1 not, 3 if the service could not be started.
    """
    try:
        status = play(keep=keep, port=port)
    except RuntimeError as error:
        complain(str(error))
        status = ExitCode.UNREACHABLE
    raise typer.Exit(status)
