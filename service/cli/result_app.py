"""The options of `passkoll result`; what it does is loaded when it runs."""

# ruff: noqa: PLC0415 - as in service.cli.app

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from service.cli.choices import Realm
from service.cli.output import refuse

commands = typer.Typer(no_args_is_help=True, help="Signed identities.")


@commands.callback()
def root() -> None:
    """Signed identities."""


@commands.command("verify")
def verify(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The signed identity, or - for standard input.")],
    jwks: Annotated[str, typer.Option("--jwks", metavar="FILE|URL", help="The issuer's keys (jwks.json).")],
    issuer: Annotated[str | None, typer.Option(metavar="URL", help="The `iss` that you expect.")] = None,
    audience: Annotated[str | None, typer.Option(metavar="URL", help="The `aud` that you are.")] = None,
    realm: Annotated[Realm, typer.Option(help="Production refuses specimens.")] = Realm.PRODUCTION,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="RFC 3339 time that counts as now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say whether a signed identity is to be believed, and what it says. Exit status 1: it is not."""
    from mrtd.pki import realm as realms
    from service.cli import result

    result.verify(
        file,
        jwks,
        issuer=issuer,
        audience=audience,
        realm=realms.Realm(realm.value),
        at=_time(at),
        as_json=as_json,
    )


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        refuse("--at is no RFC 3339 time")
    if at.tzinfo is None:
        refuse("--at needs Z or an offset")
    return at
