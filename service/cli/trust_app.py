"""The commands of those who administer trust, and their options; `service.cli.trust_admin` acts on them."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

administration = typer.Typer(no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[str, typer.Option("--as", metavar="ACTOR", help="Who you are: kept with the draft.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: kept for whoever asks later.")]
Fingerprint = Annotated[str, typer.Argument(metavar="FINGERPRINT", help="SHA-256 of the certificate, hexadecimal.")]


@administration.command("import")
def import_command(
    who: Who,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Lists, certificates, CRLs; folders; zips.")
    ] = None,
    publisher: Annotated[str | None, typer.Option(metavar="NAME", help="Whose lists these are: de, icao ...")] = None,
    signer_csca: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Pin this CSCA for the signers of the publisher's lists. Repeatable."),
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where `trust fetch` finds the lists.")] = None,
    pin: Annotated[bool, typer.Option("--pin", help="CA certificates in PATH become pinned anchors.")] = False,
    links: Annotated[
        bool, typer.Option("--links", help="CA certificates in PATH count by verified links alone.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take lists, certificates and CRLs into the draft. Nothing is trusted before two people activate it."""
    from service.cli import trust_admin

    offer = trust_admin.Offer(paths or (), publisher, signer_csca or (), url, pin, links)
    trust_admin.import_material(data, who, offer, as_json=as_json)


@administration.command()
def fetch(
    who: Who,
    publishers: Annotated[
        list[str] | None, typer.Argument(metavar="PUBLISHER...", help="By default all that have an address.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Get new lists from their publishers into the draft."""
    from service.cli import trust_admin

    trust_admin.fetch(data, who, publishers or (), as_json=as_json)


@administration.command()
def accept(
    who: Who,
    fingerprints: Annotated[
        list[str] | None, typer.Argument(metavar="FINGERPRINT...", help="SHA-256 of certificates, hexadecimal.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every anchor that is on probation.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Accept anchors that are on probation."""
    from service.cli import trust_admin

    trust_admin.accept(data, who, fingerprints or (), everything=everything, as_json=as_json)


@administration.command()
def distrust(who: Who, fingerprint: Fingerprint, reason: Reason, data: Data = None, as_json: AsJson = False) -> None:
    """Trust a certificate no more, nor any other of its key, whoever lists it."""
    from service.cli import trust_admin

    plain = trust_admin.plain_fingerprint(fingerprint)
    trust_admin.decide(data, lambda trust, actor: trust.distrust(actor, plain, reason), who, as_json=as_json)


@administration.command("trust-again")
def trust_again(who: Who, fingerprint: Fingerprint, data: Data = None, as_json: AsJson = False) -> None:
    """Take a `distrust` back."""
    from service.cli import trust_admin

    plain = trust_admin.plain_fingerprint(fingerprint)
    trust_admin.decide(data, lambda trust, actor: trust.trust_again(actor, plain), who, as_json=as_json)


@administration.command("allow-name")
def allow_name(
    who: Who, fingerprint: Fingerprint, reason: Reason, data: Data = None, as_json: AsJson = False
) -> None:
    """Say that a certificate whose names sound like a test is a state's."""
    from service.cli import trust_admin

    plain = trust_admin.plain_fingerprint(fingerprint)
    trust_admin.decide(data, lambda trust, actor: trust.allow_name(actor, plain, reason), who, as_json=as_json)


@administration.command()
def unpin(who: Who, fingerprint: Fingerprint, data: Data = None, as_json: AsJson = False) -> None:
    """Take a pin away."""
    from service.cli import trust_admin

    plain = trust_admin.plain_fingerprint(fingerprint)
    trust_admin.decide(data, lambda trust, actor: trust.unpin(actor, plain), who, as_json=as_json)


@administration.command("remove-publisher")
def remove_publisher(
    who: Who,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take a publisher away, with its lists and all that rests on them."""
    from service.cli import trust_admin

    trust_admin.decide(data, lambda trust, actor: trust.remove_publisher(actor, name), who, as_json=as_json)


@administration.command("diff")
def diff_command(data: Data = None, as_json: AsJson = False) -> None:
    """Show what the draft changes."""
    from service.cli import trust_admin

    trust_admin.show_difference(data, as_json=as_json)


@administration.command("what-if")
def what_if(
    evidence: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Judge this folder of dumps, not what is stored.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far back stored evidence is judged.")] = 90,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Judge recent evidence by the store in use and by the draft, and say what differs. Nothing is stored."""
    from service.cli import trust_admin

    trust_admin.what_if(data, evidence, days, as_json=as_json)


@administration.command()
def activate(
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="Of the draft, or its first 16 digits or more.")],
    by: Annotated[str, typer.Option(metavar="ACTOR", help="One person.")],
    second: Annotated[str, typer.Option("--and", metavar="ACTOR", help="Another person.")],
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; needed for an earlier store.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Two people make the draft the store in use; it counts from the next judgement on."""
    from service.cli import trust_admin

    trust_admin.activate(data, digest, by, second, reason, as_json=as_json)


@administration.command()
def discard(who: Who, data: Data = None, as_json: AsJson = False) -> None:
    """Throw the draft away."""
    from service.cli import trust_admin

    trust_admin.discard(data, who, as_json=as_json)


@administration.command("return")
def return_command(
    who: Who,
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="Of a store that was in use.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make an earlier store the draft; two people activate it, with a reason."""
    from service.cli import trust_admin

    trust_admin.return_to(data, who, digest, as_json=as_json)


@administration.command("list")
def list_command(
    anchors: Annotated[bool, typer.Option("--anchors", help="Each anchor, and since when it is trusted.")] = False,
    of_draft: Annotated[bool, typer.Option("--draft", help="With --anchors: those of the draft.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show the store in use, the draft, and what was in use."""
    from service.cli import trust_admin

    trust_admin.show(data, anchors=anchors, of_draft=of_draft, as_json=as_json)


@administration.command()
def export(
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="Of a store, or its first 16 digits or more.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write a store to a file, which `--trust FILE` of other commands opens."""
    from service.cli import trust_admin

    trust_admin.export(data, digest, file, as_json=as_json)
