"""Photos as files: the kinds that phones and browsers send."""

from __future__ import annotations

import io
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from PIL import Image

from tests.mrz.ocr.faces import Grey


class FileKind(StrEnum):
    """How a photo is encoded; the value is the ending of its name."""

    JPEG = "jpg"
    PNG = "png"
    WEBP = "webp"
    HEIC = "heic"


KIND_SHARES: Final = {FileKind.JPEG: 0.85, FileKind.WEBP: 0.07, FileKind.PNG: 0.04, FileKind.HEIC: 0.04}
#: How many JPEG photos keep the sensor's order and say in EXIF how to turn them.
_EXIF_SHARE: Final = 0.25
_ORIENTATION: Final = 0x0112
#: What to do to a picture so that a reader who obeys the orientation sees it as it was.
_INTO_SENSOR_ORDER: Final = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_COUNTERCLOCKWISE, 8: cv2.ROTATE_90_CLOCKWISE}


def draw_kind(rng: np.random.Generator) -> FileKind:
    """A kind of file, by lot."""
    return list(KIND_SHARES)[int(rng.choice(len(KIND_SHARES), p=list(KIND_SHARES.values())))]


def encode_as(kind: FileKind, rng: np.random.Generator, scene: Grey, quality: int, *, grey: bool = False) -> bytes:
    """A colour picture with a slight cast, or a grey one.

    Raises:
        ModuleNotFoundError: HEIC is written by pillow-heif, which the tests do not need otherwise.
    """
    picture = scene if grey else (scene[:, :, None] * rng.uniform(0.9, 1.0, 3)).astype(np.uint8)
    exif = Image.Exif()
    if kind is FileKind.HEIC:
        import pillow_heif

        pillow_heif.register_heif_opener()
    elif kind is FileKind.JPEG and rng.random() < _EXIF_SHARE:
        exif[_ORIENTATION] = int(rng.choice(list(_INTO_SENSOR_ORDER)))
        picture = np.asarray(cv2.rotate(picture, _INTO_SENSOR_ORDER[exif[_ORIENTATION]]), np.uint8)
    out = io.BytesIO()
    name = "HEIF" if kind is FileKind.HEIC else kind.name
    Image.fromarray(picture).save(out, name, quality=quality, exif=exif)
    return out.getvalue()
