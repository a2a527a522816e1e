"""`passkoll keys signing`: which keys sign and signed results, a new one, and one that came into other hands."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from service.cli.output import ExitCode, console, finish, print_json, refuse
from service.domain.signing_keys import SigningKey, UnknownKeyError

if TYPE_CHECKING:
    from service.usecases.manage_signing_keys import ManageSigningKeys, SignedResult

#: What the audit keeps of a name.
_MAX_ACTOR: Final = 128

commands = typer.Typer(no_args_is_help=True, help="The keys that results are signed with.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[str, typer.Option("--as", metavar="ACTOR", help="Who you are: kept in the audit.")]
Kid = Annotated[str, typer.Argument(metavar="KID", help="Of the key, as `list` shows it.")]


@commands.command("list")
def list_command(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Show every key, oldest first; the last one signs."""
    with _administration(data) as keys:
        for key in keys.all():
            _show(key, as_json=as_json)
    finish([ExitCode.GOOD])


@commands.command()
def rotate(who: Who, data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Make a new key that signs from now on, also in services that run. What the old one signed stays good."""
    with _administration(data) as keys:
        _show(keys.rotate(_actor(who)), as_json=as_json)
    finish([ExitCode.GOOD])


@commands.command()
def compromised(kid: Kid, who: Who, data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Take a key out of the published ones for ever, and name every result that it signed.

    Nothing that it signed verifies any more. If it is the key that signs, a new one takes its place.
    """
    with _administration(data) as keys:
        ended, results = keys.mark_compromised(_actor(who), kid)
        _show(ended, as_json=as_json)
        _name(results, as_json=as_json)
    finish([ExitCode.GOOD])


@commands.command()
def results(kid: Kid, data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Name every result that a key signed."""
    with _administration(data) as keys:
        _name(keys.signed_with(kid), as_json=as_json)
    finish([ExitCode.GOOD])


def _show(key: SigningKey, *, as_json: bool) -> None:
    times = {name: getattr(key, name) for name in ("created_at", "retired_at", "compromised_at")}
    if as_json:
        shown = {name: None if at is None else _written(at) for name, at in times.items()}
        print_json({"kid": key.kid, "state": key.state.value, **shown})
        return
    since = "  ".join(f"{name.removesuffix('_at')} {_written(at)}" for name, at in times.items() if at is not None)
    console().print(f"{key.kid}  {key.state.value}  {since}")


def _name(results: Sequence[SignedResult], *, as_json: bool) -> None:
    for result in results:
        if as_json:
            print_json(
                {
                    "verification_id": result.verification_id,
                    "txn": result.txn,
                    "organisation": result.organisation,
                }
            )
        else:
            console().print(f"{result.verification_id}  txn {result.txn}  {result.organisation}")


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _actor(written: str) -> str:
    actor = written.strip()
    if not actor or len(actor) > _MAX_ACTOR or not actor.isprintable():
        refuse(f"--as names who you are, in at most {_MAX_ACTOR} characters")
    return actor


@contextmanager
def _administration(data: Path | None) -> Iterator[ManageSigningKeys]:
    """The use case; what goes wrong ends the command with a sentence and no traceback.

    Raises:
        typer.Exit: the settings, the database or the keys cannot be used, or there is no such key.
    """
    from pydantic import ValidationError

    from service import wiring
    from service.domain.errors import ConfigurationError, ServiceError
    from service.settings import Settings

    try:
        settings = Settings() if data is None else Settings(data_dir=data)
        with wiring.administer_signing_keys(settings) as keys:
            yield keys
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except UnknownKeyError:
        refuse("there is no signing key of that name")
    except (ConfigurationError, ServiceError) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"the data folder cannot be used: {error.strerror}")
