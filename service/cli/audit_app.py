"""The commands of those who look after the audit trail, and their options; `service.cli.audit` acts on them."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.choices import Realm

audit_commands = typer.Typer(no_args_is_help=True, help="The audit trail, and single cases on paper.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]


@audit_commands.command()
def verify(
    anchor: Annotated[
        str | None,
        typer.Option(
            "--anchor",
            metavar="PLACE",
            help="Compare with the checkpoints in this folder or object store; `settings`: the one of the settings.",
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Walk the whole trail. Exit status 1: it is not whole; the first entry that does not fit is named."""
    from service.cli import audit

    audit.verify(data, anchor, as_json=as_json)


@audit_commands.command()
def export(
    verification_id: Annotated[str, typer.Argument(metavar="VERIFICATION_ID", help="As it begins: vs_...")],
    out: Annotated[Path, typer.Option("--out", metavar="ZIP", help="A new file; it holds personal data.")],
    who: Annotated[
        str | None,
        typer.Option("--as", metavar="ACTOR", help="Who takes it; by default the account of this machine."),
    ] = None,
    data: Data = None,
) -> None:
    """Write one case into an archive that `audit recheck` verifies offline. That it was taken stands in the trail."""
    from service.cli import audit

    audit.export(data, verification_id, out, who)


@audit_commands.command()
def recheck(
    archive: Annotated[Path, typer.Argument(metavar="ZIP", help="An archive of audit export.")],
    jwks: Annotated[
        Path | None,
        typer.Option("--jwks", metavar="FILE", help="The keys of the service, got from it or kept by you."),
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option("--trust", metavar="PATH", help="Inspect the chip by these instead of the archive's store."),
    ] = None,
    realm: Annotated[Realm, typer.Option(help="Of what --trust names.")] = Realm.PRODUCTION,
    result: Annotated[
        Path | None, typer.Option("--result", metavar="FILE", help="The signed identity that a portal got for it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify a case on paper, offline. Without --jwks nobody vouches for the keys: exit status 1."""
    from service.cli import audit

    audit.recheck(archive, jwks, trust or (), realm.value, result, as_json=as_json)
