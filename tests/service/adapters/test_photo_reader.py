"""The real reader in its process: the specimen's page is read; what is no photo ends in a word, soon and small."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Iterator
from datetime import date

import pytest
from PIL import Image

from service.adapters.ocr_pool import OcrPool
from service.bench.processes import peak_kib
from service.demo.page import photograph
from service.domain.photo import ImageFault, PhotoAdvice
from tests.service.adapters.ocr_stub import LINES

TODAY = date(2026, 11, 24)
#: The goal for a phone's photo.
PEAK_KIB = 350 * 1024
#: Far below the limit at which the process is stopped, on a machine that others use at the same time.
HOSTILE_S = 5.0


@pytest.fixture(scope="module")
def reader() -> Iterator[OcrPool]:
    """The reader as the service starts it."""
    pool = OcrPool()
    pool.start()
    yield pool
    pool.close()


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """The photo of the demo."""
    return Image.open(io.BytesIO(photograph(LINES)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_specimen_s_page(reader: OcrPool, page: Image.Image, kind: str) -> None:
    reading = reader.examine([encoded(page.convert("RGB"), kind)], TODAY).reading
    assert reading is not None
    assert reading.document.lines == LINES
    assert (reading.engine, reading.document.valid) == ("onnx", True)
    assert reading.quad is not None
    assert all(0 <= x <= page.width and page.height / 2 <= y <= page.height for x, y in reading.quad)


def test_several_photos_are_one_reading(reader: OcrPool, page: Image.Image) -> None:
    photos = [encoded(page, "PNG"), encoded(page.rotate(180), "PNG")]
    reading = reader.examine(photos, TODAY).reading
    assert reading is not None
    assert (reading.document.lines, reading.quad) == (LINES, None)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, pixels: bytes) -> bytes:
    """A grey PNG that says any size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


HOSTILE = {
    "empty": b"\0",
    "text": b"P<UTOERIKSSON<<ANNA<MARIA",
    "GIF": encoded(Image.new("L", (400, 400)), "GIF"),
    "TIFF": encoded(Image.new("L", (400, 400)), "TIFF"),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"/>',
    "PDF": b"%PDF-1.7\n",
    "one pixel": encoded(Image.new("L", (1, 1)), "PNG"),
    "20,001 pixels wide": encoded(Image.new("L", (20_001, 40)), "PNG"),
    "a bomb of 20,000 x 20,000": encoded(Image.new("1", (20_000, 20_000)), "PNG"),
    "a size that is a lie": png_of(2**31 - 1, 2**31 - 1, b"\0" * 100),
    "a picture of four rows that says 4,000": png_of(4_000, 4_000, (b"\0" + b"\xff" * 4_000) * 4),
    "half of a JPEG": encoded(Image.effect_noise((800, 600), 50), "JPEG")[:9_000],
    "head of a JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01",
    "head of a HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "head of a WebP": b"RIFF\xff\xff\xff\xffWEBPVP8 ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_photo_ends_in_a_word(reader: OcrPool, name: str) -> None:
    """Typed, within limits, and by the reader's own judgement: the process survives."""
    reader.examine([b"\0"], TODAY)
    processes = reader.processes()
    started = time.monotonic()
    examination = reader.examine([HOSTILE[name]], TODAY)
    assert time.monotonic() - started < HOSTILE_S
    assert examination.reading is None
    assert examination.advice
    assert examination.fault is not ImageFault.READER_FAILED
    assert reader.processes() == processes


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_a_picture_without_a_zone_gives_none(reader: OcrPool, tone: int) -> None:
    examination = reader.examine([encoded(Image.new("L", (1_600, 1_200), tone), "PNG")], TODAY)
    assert (examination.reading, examination.fault) == (None, None)
    assert PhotoAdvice.NO_MRZ in examination.advice


def test_a_large_photo_stays_small_in_memory(reader: OcrPool, page: Image.Image) -> None:
    """A phone of 12 megapixels; after all that came before."""
    large = page.convert("RGB").resize((4_032, 3_024), Image.Resampling.BICUBIC)
    reading = reader.examine([encoded(large, "JPEG", quality=95)], TODAY).reading
    assert reading is not None
    assert reading.document.lines == LINES
    (process,) = reader.processes()
    peak = peak_kib(process)
    assert peak is not None
    assert peak < PEAK_KIB


def test_the_first_reading_after_a_start(page: Image.Image) -> None:
    """The process is started and everything loaded: a second on the goal's machine, a few where others work."""
    photo = encoded(page, "JPEG")
    pool = OcrPool()
    try:
        started = time.monotonic()
        assert pool.examine([photo], TODAY).reading is not None
        assert time.monotonic() - started < HOSTILE_S
    finally:
        pool.close()
