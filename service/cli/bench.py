"""`passkoll bench mrz`: readers of photos side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress
from rich.table import Table

from service import wiring
from service.bench.labels import LabelsError, read_folders
from service.bench.readers import OwnReader, PeerError
from service.bench.run import OURS, Upload, measure, uploads
from service.bench.score import Ending
from service.cli.output import ExitCode, console, finish, print_json, refuse
from service.domain.errors import ServiceError

_KIB: Final = 1024
#: A narrower table breaks its headings; a terminal that is narrower breaks the lines.
_TABLE_WIDTH: Final = 180
_MAX_EDGE: Final = 20_000
_MAX_QUALITY: Final = 100


def run(
    folders: Sequence[Path],
    *,
    long_edges: str,
    qualities: str,
    peers: Sequence[str],
    today: date,
    as_json: bool,
) -> None:
    """Measure every reader on every picture.

    Raises:
        typer.Exit: always; 0 nothing wrong was handed over as certain, 1 something was, 2 usage.
    """
    variants = uploads(
        _numbers(long_edges, "--long-edge", _MAX_EDGE), _numbers(qualities, "--quality", _MAX_QUALITY) or [85]
    )
    pythons = dict(_peer(text) for text in peers)
    try:
        pictures, left_out = read_folders(folders)
    except LabelsError as error:
        refuse(str(error))
    if not pictures:
        refuse("there is no picture to measure")
    pool = wiring.photo_reader("onnx")
    screen = console()
    rows: list[dict[str, Any]] = []
    try:
        with Progress(console=screen, transient=True, disable=as_json or not screen.is_terminal) as bar:
            task = bar.add_task("reading", total=len(pictures) * len(variants))
            for row in measure(
                pictures,
                lambda: OwnReader(OURS, pool, today),
                pythons,
                variants,
                wiring.shrink_photo,
                today,
                lambda: bar.advance(task),
            ):
                rows.append(row)
                if as_json:
                    print_json(row)
    except (PeerError, OSError) as error:
        refuse(str(error))
    except ServiceError:
        refuse("our own reader cannot be started")
    finally:
        pool.close()
    if not as_json:
        screen.width = max(screen.width, _TABLE_WIDTH)
        screen.print(_table(rows))
        if left_out:
            screen.print(f"{left_out} pictures are no zones of ICAO 9303 and were left out")
    ours_wrong = sum(row["false_accepts"] for row in rows if row["reader"] == OURS)
    finish([ExitCode.NOT_ALL_GOOD if ours_wrong else ExitCode.GOOD])


def _numbers(text: str, option: str, most: int) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= most for part in parts):
        refuse(f"{option} is a list of whole numbers from 1 to {most}")
    return [int(part) for part in parts]


def _peer(text: str) -> tuple[str, Path]:
    name, equals, python = text.partition("=")
    if not (name and equals and python):
        refuse("--peer is NAME=PYTHON")
    return name, Path(python)


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(show_edge=False)
    for heading in (
        "reader",
        "upload",
        "KiB",
        "zones",
        "exact",
        "of these sure",
        "characters wrong",
        "false accepts",
        "median ms",
        "p95 ms",
        "CPU median",
        "CPU p95",
        "peak MiB",
    ):
        table.add_column(heading, no_wrap=True, justify="left" if heading in ("reader", "upload") else "right")
    for row in rows:
        peak = row["peak_kib"]
        table.add_row(
            row["reader"],
            str(Upload(row["long_edge"], row["quality"])),
            str(row["mean_kib"]),
            str(row["zones"]),
            _percent(row["exact_rate"]),
            str(row["endings"][Ending.EXACT]),
            _percent(row["character_error_rate"]),
            str(row["false_accepts"]),
            str(row["median_ms"]),
            str(row["p95_ms"]),
            str(row["cpu_median_ms"] or "-"),
            str(row["cpu_p95_ms"] or "-"),
            "-" if peak is None else str(round(peak / _KIB)),
        )
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}"
