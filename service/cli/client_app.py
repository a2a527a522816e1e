"""`passkoll client`: the systems that call by themselves, and their keys."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from service.cli.output import ExitCode, complain, console, finish, print_json, refuse
from service.domain.clients import ClientKind

if TYPE_CHECKING:
    from service.domain.clients import Client
    from service.wiring.clients import ClientAdministration

commands = typer.Typer(
    no_args_is_help=True, help="Systems that call by themselves: portals, and harnesses for specimens."
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[str, typer.Option("--as", metavar="ACTOR", help="Who you are: kept in the audit.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Its client_id: cl_ and 26 characters.")]
Key = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Its public key: a JWK, or PEM. P-256, or RSA of 2048 to 4096 bits."),
]
Generate = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Make a key, and write the private part there; it is kept nowhere else."),
]


@commands.command()
def add(
    who: Who,
    name: Annotated[str, typer.Option(help="What people call it.")],
    audience: Annotated[str, typer.Option(metavar="URI", help="`aud` of the results that are made for it.")],
    kind: Annotated[ClientKind, typer.Option(help="What it is for.")] = ClientKind.PORTAL,
    scope: Annotated[
        list[str] | None, typer.Option(help="What it may ask for; by default the usual of its kind. Repeatable.")
    ] = None,
    key: Key = None,
    generate: Generate = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Register a system. It then gets tokens with its key (docs/portal.md)."""
    with _administration(data) as administration:
        public = _public_key(administration, key, generate)
        client = administration.clients.add(_actor(who), kind, name, audience, scope or (), public)
        _show(administration, client, as_json)
        finish([ExitCode.GOOD])


@commands.command("list")
def list_command(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Show every system of the organisation."""
    with _administration(data) as administration:
        for client in administration.clients.all():
            _show(administration, client, as_json)
        finish([ExitCode.GOOD])


@commands.command()
def rotate(
    client: Id,
    who: Who,
    key: Key = None,
    generate: Generate = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="The key before counts no longer, and its tokens end: it may be stolen.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Change its key. The one before counts beside it until the next change."""
    with _administration(data) as administration:
        public = _public_key(administration, key, generate)
        changed = administration.clients.rotate(_actor(who), client, public, at_once=at_once)
        _show(administration, changed, as_json)
        finish([ExitCode.GOOD])


@commands.command()
def revoke(client: Id, who: Who, data: Data = None) -> NoReturn:
    """Make an end of it: it gets no token any more, and those that it has open nothing."""
    with _administration(data) as administration:
        administration.clients.revoke(_actor(who), client)
        finish([ExitCode.GOOD])


def _public_key(administration: ClientAdministration, key: Path | None, generate: Path | None) -> str:
    """From one of the two files."""
    if key is not None and generate is None:
        return administration.read_key(key.read_bytes())
    if key is not None or generate is None:
        refuse("name one file: --key of its public key, or --generate for a new one")
    private, public = administration.generate()
    # never over a key that is in use, and for nobody else's eyes
    with open(generate, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        stream.write(private)
    return public


def _show(administration: ClientAdministration, client: Client, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "client_id": client.id,
                "organisation": client.organisation,
                "kind": client.kind.value,
                "name": client.name,
                "audience": client.audience,
                "scopes": sorted(client.scopes),
                "keys": [json.loads(key) for key in client.keys],
                "created_at": client.created_at.isoformat(),
                "revoked_at": None if client.revoked_at is None else client.revoked_at.isoformat(),
            }
        )
        return
    state = "" if client.revoked_at is None else "  REVOKED"
    console().print(f"{client.id}  {client.kind.value}  {client.name}  {client.audience}{state}")
    console().print(f"  scopes: {' '.join(sorted(client.scopes))}")
    console().print(f"  keys: {' '.join(administration.thumbprint(key) for key in client.keys)}")


@contextmanager
def _administration(data: Path | None) -> Iterator[ClientAdministration]:
    """The use cases over the database of these settings; their errors become words and an exit status."""
    from pydantic import ValidationError

    from service.domain.clients import ClientError
    from service.domain.errors import ConfigurationError
    from service.settings import Settings
    from service.wiring.clients import administer_clients

    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        with administer_clients(settings) as administration:
            yield administration
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    except ClientError as error:
        complain(_WORDS[error.code])
        raise typer.Exit(ExitCode.UNREADABLE) from None
    except OSError as error:
        refuse(f"a file cannot be used: {error.strerror}")


#: By `ClientProblem`.
_WORDS = {
    "unknown_client": "unknown_client: `passkoll client list` shows them",
    "revoked": "revoked: it was ended before, and nothing undoes that; add a new one",
    "bad_name": "bad_name: at most 128 printable characters",
    "bad_audience": "bad_audience: a URI, as https://portal.example",
    "audience_taken": "audience_taken: another client has this audience, and results are for one alone",
    "bad_scope": "bad_scope: portals have orders, results, verifications, protected_identity; harnesses inspections",
    "harness_refused": "harness_refused: harnesses are for the specimen realm",
    "unusable_key": "unusable_key: a public key, P-256 or RSA of 2048 to 4096 bits, JWK or PEM; never private",
}


def _actor(written: str) -> str:
    actor = written.strip()
    if not actor or len(actor) > 128 or not actor.isprintable():
        refuse("--as names who you are, in at most 128 characters")
    return actor
