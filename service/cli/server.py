"""`passkoll serve` and `passkoll openapi`: the service as a process, and its description."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import typer
from pydantic import ValidationError

from mrtd.errors import MrtdError
from service import run
from service.app import contract
from service.cli.output import refuse
from service.domain.errors import ConfigurationError
from service.settings import Settings


def openapi() -> None:
    """Print the OpenAPI description as JSON; nothing is started for it."""
    typer.echo(json.dumps(contract(), ensure_ascii=False, indent=2).encode())


def serve(
    *,
    host: str | None,
    port: int | None,
    data: Path | None,
    trust: Sequence[Path] | None,
    specimen_clock: datetime | None = None,
    expose_specimen: bool = False,
) -> None:
    """Run the service until it is told to stop; an option that is given wins over `PASSKOLL_*`.

    Raises:
        typer.Exit: the settings are wrong, trust cannot be read, or the address cannot be bound.
    """
    given: dict[str, object] = {"host": host, "port": port, "data_dir": data, "specimen_clock": specimen_clock}
    given["trust"] = tuple(trust) if trust else None
    given["expose_specimen"] = expose_specimen or None
    try:
        settings = Settings.model_validate({name: value for name, value in given.items() if value is not None})
        run.serve(settings)
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except (ConfigurationError, MrtdError) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"the data folder cannot be used: {error.strerror}")
    except SystemExit as stopped:  # uvicorn's way to say that an address is taken
        if stopped.code:
            refuse(f"cannot listen on {settings.host}, port {settings.port}")
