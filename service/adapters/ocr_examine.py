"""The photo reader behind the frames of `ocr_worker`; loaded in that process alone, with all that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from mrz.ocr import ImageError, MrzReading, OcrEngine, examine
from mrz.ocr.onnx_engine import default_engine
from service.adapters.ocr_pictures import crop_picture, page_picture
from service.adapters.ocr_worker import Examine
from service.domain.image import ImageKind


def open_examine(engine: str) -> Examine:
    """An engine by name, with its model loaded.

    Raises:
        ValueError: there is no such engine.
        EngineMissingError: what the engine needs is not installed.
    """
    reader = _engine(engine)

    def answer(images: Sequence[bytes], today: date) -> tuple[dict[str, Any], dict[str, bytes]]:
        try:
            examination = examine(images, today=today, engine=reader)
        except ImageError as error:
            return {"fault": error.reason.value}, {}
        reading = examination.reading
        told = {
            "reading": None if reading is None else _plain(reading, one_picture=len(images) == 1),
            "advice": [code.value for code in examination.advice],
        }
        return told, _pictures(images, reading)

    return answer


def _pictures(images: Sequence[bytes], reading: MrzReading | None) -> dict[str, bytes]:
    """What people look at: the page on the photo that was read, and the cut of the zone in the same photo."""
    crop = None if reading is None else reading.picture
    made = {
        ImageKind.PAGE: page_picture(images[0 if reading is None else reading.photo]),
        ImageKind.MRZ_CROP: None if crop is None else crop_picture(crop),
    }
    return {kind.value: picture for kind, picture in made.items() if picture is not None}


def _engine(name: str) -> OcrEngine:
    if name == "onnx":
        return default_engine()
    if name == "passporteye":
        # an extra, with a program of its own: whoever names it has installed both
        from mrz.ocr.passporteye_engine import PassportEyeEngine  # noqa: PLC0415

        return PassportEyeEngine()
    raise ValueError("no such engine")


def _plain(reading: MrzReading, *, one_picture: bool) -> dict[str, Any]:
    # corners say nothing where it is not known in which picture they are
    quad = reading.quad if one_picture else None
    return {
        "lines": list(reading.lines),
        "engine": reading.engine,
        "certain": reading.certain,
        "confidence": [[round(number, 4) for number in line] for line in reading.confidence],
        "weak": [list(place) for place in reading.weak],
        "repairs": [
            {
                "field": repair.field,
                "line": repair.line,
                "column": repair.column,
                "printed": repair.printed,
                "replaced": repair.replaced,
            }
            for repair in reading.repairs
        ],
        "quad": None if quad is None else [[round(x, 1), round(y, 1)] for x, y in quad],
    }
