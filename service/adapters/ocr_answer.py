"""What the reader's process answered, taken apart with distrust: it has met a stranger's octets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, TypeGuard

import mrz
from mrtd.biometrics.image import JPEG, inspect_image
from mrz.errors import MrzFormatError
from service.domain.image import MAX_CROP_BYTES, MAX_KEPT_IMAGE_BYTES, PICTURE_LONG_EDGE, ImageKind
from service.domain.photo import ImageFault, PhotoAdvice, PhotoExamination, PhotoReading

#: Corners of a quadrilateral, and numbers of a point.
_CORNERS: Final = 4
_COORDINATES: Final = 2
_MAX_NAME: Final = 32
#: Beyond every side of a picture.
_FAR: Final = 1e6
#: Octets of each picture that may come.
_MOST: Final[Mapping[ImageKind, int]] = {
    ImageKind.PAGE: MAX_KEPT_IMAGE_BYTES,
    ImageKind.MRZ_CROP: MAX_CROP_BYTES,
}

Pictures = Mapping[ImageKind, bytes]


def read_sizes(answer: Mapping[str, Any]) -> dict[ImageKind, int]:
    """The pictures that follow a frame, in their order, and the octets of each.

    Raises:
        ValueError: they are no sizes, or beyond what is kept.
    """
    told = answer.get("pictures")
    if not isinstance(told, dict):
        raise ValueError("no sizes of pictures")
    sizes = {ImageKind(name): size for name, size in told.items()}
    if not all(type(size) is int and 0 < size <= _MOST[kind] for kind, size in sizes.items()):
        raise ValueError("a picture has no octets, or too many")
    return sizes


def read_answer(answer: Mapping[str, Any], pictures: Pictures, today: date) -> PhotoExamination:
    """The examination in a frame. The lines are parsed anew here, so that nothing else of the answer has to be true.

    Of a picture nothing is believed but that it is one: whole, small, and a JPEG, which browsers only draw.

    Raises:
        ValueError: it is no examination.
    """
    if not all(map(_is_small_jpeg, pictures.values())):
        raise ValueError("a picture is none that is shown")
    examination = _examination(answer, today)
    if examination.fault is not None:
        return examination
    crop = None if examination.reading is None else pictures.get(ImageKind.MRZ_CROP)
    return replace(examination, page=pictures.get(ImageKind.PAGE), crop=crop)


def _examination(answer: Mapping[str, Any], today: date) -> PhotoExamination:
    try:
        fault = answer.get("fault")
        if fault is not None:
            return PhotoExamination(None, (PhotoAdvice.NO_MRZ,), ImageFault(fault))
        advice = tuple(dict.fromkeys(PhotoAdvice(code) for code in answer["advice"]))
        reading = answer["reading"]
        if reading is not None:
            return PhotoExamination(_reading(reading, today), advice)
        return PhotoExamination(None, advice or (PhotoAdvice.NO_MRZ,))
    except (KeyError, TypeError, MrzFormatError) as error:
        raise ValueError("the answer is no examination") from error


def _reading(reading: Mapping[str, Any], today: date) -> PhotoReading:
    document = mrz.parse("\n".join(reading["lines"]), today=today)
    lengths = [len(line) for line in document.lines]
    confidence = tuple(tuple(_share(number) for number in line) for line in reading["confidence"])
    if [len(line) for line in confidence] != lengths:
        raise ValueError("not a confidence for each character")
    engine = reading["engine"]
    if not (isinstance(engine, str) and engine.isidentifier() and len(engine) <= _MAX_NAME):
        raise ValueError("no name of an engine")
    return PhotoReading(
        document=replace(document, repairs=tuple(_repair(repair, lengths) for repair in reading["repairs"])),
        engine=engine,
        certain=reading["certain"] is True,
        confidence=confidence,
        weak=tuple(_place(line, column, lengths) for line, column in reading["weak"]),
        quad=_quad(reading["quad"]),
    )


def _repair(repair: Mapping[str, Any], lengths: Sequence[int]) -> mrz.Repair:
    line, column = _place(repair["line"], repair["column"], lengths)
    field, printed, replaced = repair["field"], repair["printed"], repair["replaced"]
    known = isinstance(field, str) and len(field) <= _MAX_NAME
    if not (known and all(isinstance(text, str) and len(text) == 1 for text in (printed, replaced))):
        raise ValueError("no repair of one character")
    return mrz.Repair(field, line, column, printed, replaced)


def _place(line: object, column: object, lengths: Sequence[int]) -> tuple[int, int]:
    """A character of the zone, from 1."""
    if not (type(line) is int and type(column) is int):
        raise ValueError("a place is no pair of whole numbers")
    if not (1 <= line <= len(lengths) and 1 <= column <= lengths[line - 1]):
        raise ValueError("a place outside of the zone")
    return line, column


def _share(number: object) -> float:
    if not (_is_finite(number) and 0 <= number <= 1):
        raise ValueError("a confidence lies between 0 and 1")
    return float(number)


def _quad(quad: object) -> tuple[tuple[float, float], ...] | None:
    if quad is None:
        return None
    if not (isinstance(quad, list) and len(quad) == _CORNERS):
        raise ValueError("a quadrilateral has four corners")
    return tuple(_point(point) for point in quad)


def _point(point: object) -> tuple[float, float]:
    if not (isinstance(point, list) and len(point) == _COORDINATES and all(_is_finite(number) for number in point)):
        raise ValueError("a corner is two numbers")
    return float(point[0]), float(point[1])


def _is_small_jpeg(picture: bytes) -> bool:
    found = inspect_image(picture)
    whole = found.media_type == JPEG and found.complete and not found.trailing
    return whole and max(found.width, found.height) <= PICTURE_LONG_EDGE


def _is_finite(number: object) -> TypeGuard[float]:
    # no comparison holds for NaN; infinities and integers beyond any float fall out as well
    return isinstance(number, int | float) and not isinstance(number, bool) and -_FAR < number < _FAR
