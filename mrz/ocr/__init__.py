"""Photos of travel documents: find the machine readable zone, read it, and say how sure that is.

Heavier than `mrz` itself (numpy, OpenCV, onnxruntime, Pillow), which does not import it. Reads no file and no clock;
the network comes with the package.
"""

from __future__ import annotations

from mrz.ocr.engine import EngineMissingError, OcrEngine
from mrz.ocr.errors import ImageError, ImageReason
from mrz.ocr.examination import MAX_IMAGES, examine, read_mrz
from mrz.ocr.reading import Advice, MrzExamination, MrzReading

__all__ = [
    "MAX_IMAGES",
    "Advice",
    "EngineMissingError",
    "ImageError",
    "ImageReason",
    "MrzExamination",
    "MrzReading",
    "OcrEngine",
    "examine",
    "read_mrz",
]
