"""Pictures for tests, and photos of a page that an independent library drew."""

from __future__ import annotations

import io

from PIL import Image

from service.demo.page import photograph
from tests.service.adapters.ocr_stub import LINES


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def plain(tone: str, size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG of one colour."""
    return encoded(Image.new("RGB", size, tone))


def page() -> Image.Image:
    """The photo of the demo, in colour."""
    return Image.open(io.BytesIO(photograph(LINES))).convert("RGB")


def opened(picture: bytes) -> Image.Image:
    """A picture that came back."""
    return Image.open(io.BytesIO(picture))
