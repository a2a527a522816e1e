"""What the command line uses without a service."""

from __future__ import annotations

from service.adapters.catalogue import FileCatalogue
from service.adapters.ocr_pool import OcrPool
from service.domain.ports import Catalogue


def photo_reader(engine: str) -> OcrPool:
    """A photo reader of its own, for the command line."""
    return OcrPool(engine=engine)


def shrink_photo(photo: bytes, long_edge: int, quality: int) -> bytes:
    """A photo as small as a phone would send it: longer side in pixels, JPEG quality."""
    # Loaded here alone: a service never makes pictures.
    from service.adapters.photo_shrinking import shrink  # noqa: PLC0415

    return shrink(photo, long_edge, quality)


def catalogue() -> Catalogue:
    """The texts for people, for the command line."""
    return FileCatalogue()
