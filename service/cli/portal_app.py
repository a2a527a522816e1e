"""`passkoll portal`: what a portal does, to try a service and to look at."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from service.cli.output import GOOD_MARK, ExitCode, complain, console, finish, print_json, refuse

commands = typer.Typer(no_args_is_help=True, help="What a portal does, to try a service.")


@commands.callback()
def portal() -> None:
    """What a portal does, to try a service."""


@commands.command()
def simulate(
    url: Annotated[str, typer.Option(metavar="URL", help="The service, as it knows itself: its public origin.")],
    client: Annotated[str, typer.Option(metavar="ID", help="The client_id, from `passkoll client add`.")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="The private key of the client: PEM or JWK.")],
    order: Annotated[str | None, typer.Option(metavar="REF", help="Your reference; by default a random one.")] = None,
    audience: Annotated[
        str | None, typer.Option(metavar="URI", help="`aud` that the result must have; without it that is unchecked.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds until somebody must have approved.")] = 600.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> NoReturn:
    """Order, wait for the counter, fetch the result, verify it, use it. Prints steps, and nothing of the person."""
    from service.client.dpop import SigningKey
    from service.client.portal import PortalError, PortalRun

    try:
        private = SigningKey.load(key.read_bytes())
    except OSError as error:
        refuse(f"the key cannot be read: {error.strerror}")
    except ValueError as error:
        refuse(str(error))
    run = PortalRun(url, client, private, order or f"simulated-{uuid.uuid4()}", audience, wait_s=wait)
    try:
        for step in run.steps():
            if as_json:
                print_json({"step": step.name, **step.facts})
            else:
                told = "  ".join(f"{name}={value}" for name, value in step.facts.items())
                console().print(f"{GOOD_MARK} {step.name}  {told}", soft_wrap=True)
    except PortalError as error:
        complain(str(error))
        raise typer.Exit(ExitCode.NOT_ALL_GOOD) from None
    finish([ExitCode.GOOD])
