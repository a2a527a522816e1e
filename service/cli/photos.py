"""`passkoll mrz read`: machine readable zones from photos (API.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from service import wiring
from service.cli.choices import Engine
from service.cli.mrz import show
from service.cli.output import (
    BAD_MARK,
    GOOD_MARK,
    OPEN_MARK,
    ExitCode,
    complain,
    console,
    finish,
    marked,
    print_json,
    refuse,
    shown_path,
)
from service.domain.errors import ServiceError
from service.domain.mrz_capture import CaptureStatus
from service.domain.photo import MAX_IMAGE_BYTES, MAX_IMAGES, ImageFault, PhotoExamination, PhotoReading, judge_photo
from service.domain.ports import MrzReader

_WORDS: Final = {
    CaptureStatus.ACCEPTED: ("certain", GOOD_MARK, ExitCode.GOOD),
    CaptureStatus.CONFIRM: ("to be confirmed", OPEN_MARK, ExitCode.NOT_ALL_GOOD),
    CaptureStatus.UNREADABLE: ("not read", BAD_MARK, ExitCode.NOT_ALL_GOOD),
}
#: What an engine is made of, by its name.
_NEEDS: Final[Mapping[str, str]] = {
    Engine.ONNX: "the packages of Passkoll itself",
    Engine.PASSPORTEYE: "the extra passporteye and Debian's tesseract-ocr",
}


def run(paths: Sequence[Path], *, engine: str, today: date, together: bool, as_json: bool) -> None:
    """Read each photo, or all of them as photos of one document.

    Raises:
        typer.Exit: always; 0 all certain, 1 something is not, 2 something is no photo.
    """
    if together and len(paths) > MAX_IMAGES:
        refuse(f"at most {MAX_IMAGES} photos are read together")
    reader = wiring.photo_reader(engine)
    try:
        inputs = [tuple(paths)] if together else [(path,) for path in paths]
        finish([_answer(reader, group, engine, today, as_json) for group in inputs])
    except ServiceError:
        refuse(f"the engine {engine} cannot be started; it needs {_NEEDS[engine]}")
    finally:
        reader.close()


def _answer(reader: MrzReader, paths: Sequence[Path], engine: str, today: date, as_json: bool) -> ExitCode:
    names = [shown_path(path) for path in paths]
    images = []
    for path, name in zip(paths, names, strict=True):
        try:
            images.append(_read(path))
        except OSError as error:
            return _unreadable(name, error.strerror or "unreadable", as_json)
    if max(map(len, images)) > MAX_IMAGE_BYTES:
        return _unreadable(names[0], ImageFault.TOO_LARGE.value, as_json)
    examination = reader.examine(images, today)
    if examination.fault is not None:
        return _unreadable(names[0], examination.fault.value, as_json)
    word, mark, code = _WORDS[judge_photo(examination)]
    if as_json:
        print_json(_to_json(examination, names, engine))
        return code
    screen = console()
    screen.print(f"{', '.join(names)}:", marked(screen, word, mark))
    if examination.reading is not None:
        _show(examination.reading)
    if examination.advice:
        screen.print("advice: " + ", ".join(examination.advice))
    return code


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_IMAGE_BYTES + 1)


def _unreadable(name: str, error: str, as_json: bool) -> ExitCode:
    if as_json:
        print_json({"file": name, "error": error})
    else:
        complain(f"{name}: {error}")
    return ExitCode.UNREADABLE


def _to_json(examination: PhotoExamination, names: Sequence[str], engine: str) -> dict[str, Any]:
    reading = examination.reading
    if reading is None:
        content: dict[str, Any] = {"lines": None, "engine": engine, "certain": False, "confidence": None}
        content |= {"weak": [], "quad": None}
    else:
        content = reading.to_json()
    several = {"files": list(names)} if len(names) > 1 else {}
    return {"file": names[0]} | several | content | {"advice": list(examination.advice)}


def _show(reading: PhotoReading) -> None:
    """The lines with the weak characters marked below, then the fields."""
    screen = console()
    for number, line in enumerate(reading.document.lines, 1):
        screen.print(Text(line, style="bold"))
        weak = {column for where, column in reading.weak if where == number}
        if weak:
            marks = "".join("^" if column in weak else " " for column in range(1, len(line) + 1))
            screen.print(Text(marks.rstrip(), style="yellow"))
    show(reading.document)
