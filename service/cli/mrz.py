"""`passkoll mrz parse`: machine readable zones from an argument or from standard input."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import typer
from rich.table import Table

from mrz import MrzDocument, MrzError, parse
from service.cli.output import BAD_MARK, GOOD_MARK, ExitCode, complain, console, finish, marked, print_json, refuse

#: Standard input beyond this is no list of machine readable zones: 20 000 of the longest fit.
MAX_INPUT: Final = 2 * 1024 * 1024

_STDIN: Final = "-"
_ARGUMENT: Final = "TEXT"
_BLANK_LINES: Final = re.compile(r"\n[ \t]*\n")


def run(text: str, today: date, *, as_json: bool) -> None:
    """Read each zone in `text`, or in standard input if it is `-`; zones are parted by blank lines.

    Raises:
        typer.Exit: always; 0 all valid, 1 a check digit is wrong, 2 something is no machine readable zone.
    """
    source = _STDIN if text == _STDIN else _ARGUMENT
    zones = split_zones(_standard_input() if source == _STDIN else text)
    finish([_answer(zone, source, number, today, as_json) for number, zone in enumerate(zones or [""], 1)])


def _standard_input() -> str:
    """All of it; octets that are no UTF-8 stand for characters that no zone contains."""
    data = typer.get_binary_stream("stdin").read(MAX_INPUT + 1)
    if len(data) > MAX_INPUT:
        refuse(f"standard input is longer than {MAX_INPUT} bytes")
    return data.decode(errors="replace")


def split_zones(text: str) -> list[str]:
    """The zones of a text, parted by blank lines. A line end may be written as `\\n`, which no zone contains."""
    text = text.replace("\r\n", "\n").replace("\\n", "\n")
    return [zone.strip() for zone in _BLANK_LINES.split(text) if zone.strip()]


def _answer(zone: str, source: str, number: int, today: date, as_json: bool) -> ExitCode:
    try:
        document = parse(zone, today=today)
    except MrzError as error:
        if as_json:
            print_json({"file": source, "number": number, "error": str(error)})
        else:
            complain(f"{source} {number}: {error}")
        return ExitCode.UNREADABLE
    if as_json:
        print_json(document.to_json())
    else:
        show(document)
    return ExitCode.GOOD if document.valid else ExitCode.NOT_ALL_GOOD


def show(document: MrzDocument) -> None:
    """A zone for people."""
    screen = console()
    fields, check_digits = Table(show_header=False, show_edge=False), Table(show_edge=False)
    for name, value in document.to_json()["fields"].items():
        fields.add_row(name, "unknown" if value is None else value)
    for heading in ("check digit", "printed", "computed", "result"):
        check_digits.add_column(heading)
    for digit in document.check_digits:
        result = marked(screen, "holds", GOOD_MARK) if digit.ok else marked(screen, "differs", BAD_MARK)
        check_digits.add_row(digit.field, digit.printed, digit.computed, result)
    word, like = ("valid", GOOD_MARK) if document.valid else ("not valid", BAD_MARK)
    screen.print(f"{document.format.value}:", marked(screen, word, like))
    screen.print(fields)
    screen.print(check_digits)
    if document.notes:
        screen.print("notes: " + ", ".join(document.notes))
