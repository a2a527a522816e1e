"""`passkoll scan`: the options."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from service.cli.choices import Realm, Require
from service.cli.output import refuse

_HERE: Final = "Reading here"
_THERE: Final = "Reading for a service"
_CHIP: Final = "Specimen chips"


def add_to(app: typer.Typer, time_of: Callable[[str | None], datetime]) -> None:
    """Add the command; `time_of` reads `--at`."""

    @app.command()
    def scan(
        reader: Annotated[
            str,
            typer.Option(metavar="READER", help="specimen:PROFILE, pcsc, or pcsc:NAME (part of a name)."),
        ] = "pcsc",
        mrz: Annotated[
            list[str] | None,
            typer.Option(metavar="LINES", help="The lines of the page: once with line ends, or once a line."),
        ] = None,
        can: Annotated[
            str | None, typer.Option(metavar="N", help="The six digits that are printed on a card for its chip.")
        ] = None,
        short: Annotated[
            bool, typer.Option("--short", help="No commands with lengths of three octets, for a reader without.")
        ] = False,
        trust: Annotated[
            list[Path] | None,
            typer.Option(metavar="PATH", help="As for inspect. Repeatable.", rich_help_panel=_HERE),
        ] = None,
        realm: Annotated[
            Realm | None,
            typer.Option(help="By default production, specimen for a specimen.", rich_help_panel=_HERE),
        ] = None,
        policy: Annotated[
            str, typer.Option(metavar="NAME|FILE", help="As for inspect.", rich_help_panel=_HERE)
        ] = "default",
        require: Annotated[
            Require, typer.Option(help="What exit status 0 means.", rich_help_panel=_HERE)
        ] = Require.AUTHENTIC,
        dump: Annotated[
            Path | None,
            typer.Option(metavar="DIR", help="Keep the files in a new folder, for inspect.", rich_help_panel=_HERE),
        ] = None,
        at: Annotated[
            str | None,
            typer.Option(metavar="TIME", help="RFC 3339 time or date that counts as now.", rich_help_panel=_HERE),
        ] = None,
        fault: Annotated[
            str | None, typer.Option(metavar="NAME", help="What goes wrong with it.", rich_help_panel=_CHIP)
        ] = None,
        fault_at: Annotated[
            int, typer.Option(min=0, metavar="N", help="At which command, from 1.", rich_help_panel=_CHIP)
        ] = 0,
        record: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="Keep every octet of the session.", rich_help_panel=_CHIP),
        ] = None,
        phone: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE", help="Be this phone, and let a service judge the chip.", rich_help_panel=_THERE
            ),
        ] = None,
        url: Annotated[
            str | None,
            typer.Option(metavar="URL", help="Which service that must be.", rich_help_panel=_THERE),
        ] = None,
        enrol: Annotated[
            str | None,
            typer.Option(metavar="TEXT|-", help="Enrol it first, by the text of a QR code.", rich_help_panel=_THERE),
        ] = None,
        pairing: Annotated[
            str | None,
            typer.Option(metavar="TEXT|-", help="The QR code on the console: who reads.", rich_help_panel=_THERE),
        ] = None,
        sign_in: Annotated[
            str | None,
            typer.Option(metavar="CODE|-", help="A sign-in code instead.", rich_help_panel=_THERE),
        ] = None,
        order: Annotated[
            str | None, typer.Option(metavar="REF", help="For which order.", rich_help_panel=_THERE)
        ] = None,
        image: Annotated[
            list[Path] | None,
            typer.Option(metavar="PHOTO", help="A photo of the page, up to five.", rich_help_panel=_THERE),
        ] = None,
        post: Annotated[
            bool, typer.Option("--post", help="Frames by POST, no WebSocket.", rich_help_panel=_THERE)
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        """Read a chip: here, or as a phone for a service. Exit status 3: no service, reader or passport is there."""
        from service.cli.scan_reader import ReaderOptions

        chip = ReaderOptions(fault, fault_at, short)
        if phone is None:
            if any((url, enrol, pairing, sign_in, order, image, post)):
                refuse("a service is read for as a phone: name its file with --phone")
            from service.cli import scan as here

            wishes = here.Wishes(
                trust or (), None if realm is None else realm.value, policy, require, dump, record, as_json
            )
            here.run(reader, chip, mrz or (), can, time_of(at), wishes)
        if any((trust, realm, dump, record)) or policy != "default" or require is not Require.AUTHENTIC:
            refuse("the service judges by its own trust and policy, and keeps what is read")
        from service.cli import scan_service as there

        errand = there.Errand(phone, url, pairing, sign_in, order, image or (), mrz or (), can, post, as_json)
        if enrol is not None:
            there.enrol(errand, enrol)
        there.run(reader, chip, time_of(at), errand)
