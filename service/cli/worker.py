"""`passkoll worker`: do jobs in a process of its own, in the place of the thread of `serve` or beside it."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

import typer
from pydantic import ValidationError

from mrtd.errors import MrtdError
from service import log, run, wiring
from service.cli.output import ExitCode, refuse
from service.domain.errors import ConfigurationError
from service.settings import Settings
from service.worker import Worker

_STOP = (signal.SIGINT, signal.SIGTERM)


def work(data: Path | None) -> None:
    """Do jobs until SIGINT or SIGTERM; prints `working` when it began.

    Raises:
        typer.Exit: the settings are wrong, or a job was not done in time at the end.
    """
    # Blocked before any thread starts, so that this thread alone takes them, at a place where it holds no lock.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    try:
        _work(data)
    finally:
        # Told again while it ended: that was obeyed already, and must not change how it ends.
        while signal.sigpending() & set(_STOP):
            signal.sigwait(_STOP)
        # What this process starts later would inherit the mask, and could not be told to end.
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(data: Path | None) -> None:
    closing = ExitStack()
    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        log.configure(settings.log_level)
        services = wiring.wire(settings)
        worker = Worker(services.run_jobs, services.bell)
        shown = closing.enter_context(run.measured(settings, services))
        worker.start()
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except (ConfigurationError, MrtdError) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"the data folder cannot be used: {error.strerror}")
    for line in (*run.clock_notice(settings), *shown, "working"):
        typer.echo(line)
    signal.sigwait(_STOP)
    ended = worker.join()
    closing.close()
    services.close()
    raise typer.Exit(ExitCode.GOOD if ended else ExitCode.NOT_ALL_GOOD)
