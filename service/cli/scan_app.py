"""`passkoll scan`: the options."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

import sys
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
#: Characters from standard input: the longest lines have 90.
_MAX_LINES: Final = 1024


def add_to(app: typer.Typer, time_of: Callable[[str | None], datetime]) -> None:
    """Add the command; `time_of` reads `--at`."""

    @app.command()
    def scan(
        reader: Annotated[
            str,
            typer.Option(metavar="READER", help="pcsc, pcsc:NAME (part of a reader's name), or specimen:PROFILE."),
        ] = "pcsc",
        mrz: Annotated[
            list[str] | None,
            typer.Option(
                metavar="LINES|-",
                help="The lines of the page, with line ends or once a line; - reads standard input.",
            ),
        ] = None,
        can: Annotated[
            str | None, typer.Option(metavar="N", help="The six digits that are printed on a card for its chip.")
        ] = None,
        short: Annotated[
            bool, typer.Option("--short", help="Short commands alone, for a reader that loses long ones.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
        trust: Annotated[
            list[Path] | None,
            typer.Option(
                metavar="PATH",
                help="Master list, PEM, DER, LDIF, CRL, zip, or a folder of these; what it holds becomes your anchor."
                " Repeatable. Specimens bring their own.",
                rich_help_panel=_HERE,
            ),
        ] = None,
        realm: Annotated[
            Realm | None,
            typer.Option(help="By default production, and specimen for a specimen.", rich_help_panel=_HERE),
        ] = None,
        policy: Annotated[
            str,
            typer.Option(
                metavar="NAME|FILE", help="strict-level3, default, forensic, or a file.", rich_help_panel=_HERE
            ),
        ] = "default",
        require: Annotated[
            Require,
            typer.Option(help="What exit status 0 means; verified: the chip proved itself.", rich_help_panel=_HERE),
        ] = Require.AUTHENTIC,
        dump: Annotated[
            Path | None,
            typer.Option(
                metavar="DIR", help="Leave the files in a new folder, for passkoll inspect.", rich_help_panel=_HERE
            ),
        ] = None,
        at: Annotated[
            str | None,
            typer.Option(
                metavar="TIME",
                help="RFC 3339 time or date that counts as now; with --phone, when the specimen is made.",
                rich_help_panel=_HERE,
            ),
        ] = None,
        phone: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE", help="Be this phone, and let its service judge the chip.", rich_help_panel=_THERE
            ),
        ] = None,
        enrol: Annotated[
            str | None,
            typer.Option(
                metavar="TEXT|-",
                help="Make the phone, and no more: the text of the QR code of passkoll device invite.",
                rich_help_panel=_THERE,
            ),
        ] = None,
        pairing: Annotated[
            str | None,
            typer.Option(
                metavar="TEXT|-", help="Who reads: the text of the QR code on the console.", rich_help_panel=_THERE
            ),
        ] = None,
        sign_in: Annotated[
            str | None,
            typer.Option(
                metavar="CODE|-",
                help="Who reads, without a console: the code of passkoll admin sign-in-link.",
                rich_help_panel=_THERE,
            ),
        ] = None,
        order: Annotated[
            str | None,
            typer.Option(metavar="REF", help="The order that the verification is for.", rich_help_panel=_THERE),
        ] = None,
        image: Annotated[
            list[Path] | None,
            typer.Option(
                metavar="PHOTO",
                help="A photo of the page, up to five; --mrz beside it are lines that a person confirms.",
                rich_help_panel=_THERE,
            ),
        ] = None,
        verification: Annotated[
            str | None,
            typer.Option(
                metavar="ID", help="Read once more for this one: vs_ and 26 characters.", rich_help_panel=_THERE
            ),
        ] = None,
        post: Annotated[
            bool,
            typer.Option(
                "--post", help="Frames by POST, as where no WebSocket gets through.", rich_help_panel=_THERE
            ),
        ] = False,
        url: Annotated[
            str | None,
            typer.Option(metavar="URL", help="Refuse to be a phone of another service.", rich_help_panel=_THERE),
        ] = None,
        fault: Annotated[
            str | None,
            typer.Option(
                metavar="NAME",
                help="What goes wrong: clone, tag_lost, ...; any other word lists them.",
                rich_help_panel=_CHIP,
            ),
        ] = None,
        fault_at: Annotated[
            int,
            typer.Option(min=0, metavar="N", help="At which command it goes wrong, from 1.", rich_help_panel=_CHIP),
        ] = 0,
        record: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE", help="Keep every octet of the session, its keys included.", rich_help_panel=_CHIP
            ),
        ] = None,
    ) -> None:
        """Read a chip: here, or with --phone as a phone for a service (docs/scan.md).

        Exit status: 0 read and good, 1 not all good, 2 usage, 3 no service, no reader or no passport is there.
        """
        from service.cli.scan_reader import ReaderOptions

        if [*(mrz or ()), enrol, pairing, sign_in].count("-") > 1:
            refuse("standard input holds one thing: one option may be -")
        chip, moment, lines = ReaderOptions(fault, fault_at, short), None if at is None else time_of(at), _lines(mrz)
        if phone is None:
            if any((url, enrol, pairing, sign_in, verification, order, image, post)):
                refuse("a service is read for as a phone: name its file with --phone")
            from service.cli import scan as here

            wishes = here.Wishes(
                trust or (), None if realm is None else realm.value, policy, require, dump, record, as_json
            )
            here.run(reader, chip, lines, can, moment or time_of(None), wishes)
        if any((trust, realm, dump, record)) or policy != "default" or require is not Require.AUTHENTIC:
            refuse("the service judges by its own trust and policy, and keeps what is read")
        from service.cli import scan_service as there

        errand = there.Errand(
            phone, url, pairing, sign_in, verification, order, image or (), lines, can, post, as_json
        )
        if enrol is not None:
            there.enrol(errand, enrol)
        there.run(reader, chip, moment, errand)


def _lines(given: list[str] | None) -> list[str]:
    """The lines of the page; from standard input they are seen by nobody else on the machine."""
    if given == ["-"]:
        return sys.stdin.read(_MAX_LINES).splitlines()
    return [line for text in given or () for line in text.replace("\\n", "\n").splitlines()]
