"""Decoding of photos: formats by content, limits, orientation, and what hostile octets end in."""

from __future__ import annotations

import contextlib
import gc
import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mrz.ocr import image as image_module
from mrz.ocr.errors import ImageError, ImageReason
from mrz.ocr.image import FINE_LONG_SIDE, LONG_SIDE, MAX_OCTETS, decode
from mrz.ocr.image_header import ImageFormat, count_jpeg_scans, read_webp_size, sniff


def quarters(width: int = 240, height: int = 180) -> Image.Image:
    """Four greys: 20 and 80 above, 140 and 200 below."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[: height // 2, : width // 2] = 20
    pixels[: height // 2, width // 2 :] = 80
    pixels[height // 2 :, : width // 2] = 140
    pixels[height // 2 :, width // 2 :] = 200
    return Image.fromarray(pixels)


def written(picture: Image.Image, file_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def reason_of(data: bytes) -> ImageReason:
    with pytest.raises(ImageError) as caught:
        decode(data)
    return caught.value.reason


def corners(pixels: np.ndarray) -> list[int]:
    """The greys of the four quarters, row by row, to the nearest of those drawn."""
    rows, columns = pixels.shape
    found = [int(pixels[y, x]) for y in (rows // 4, rows * 3 // 4) for x in (columns // 4, columns * 3 // 4)]
    return [min((20, 80, 140, 200), key=lambda grey: abs(grey - value)) for value in found]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_formats_decode_to_grey(file_format: str, mode: str) -> None:
    image = decode(written(quarters().convert(mode), file_format))
    assert image.pixels.dtype == np.uint8
    assert (image.width, image.height, image.reduction) == (240, 180, 1.0)
    assert corners(image.pixels) == [20, 80, 140, 200]


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
def test_png_of_every_kind(mode: str) -> None:
    picture = quarters()
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    pixels = decode(written(picture, "PNG")).pixels
    if mode != "1":
        assert corners(pixels) == [20, 80, 140, 200]


def test_transparency_is_paper() -> None:
    ink = np.zeros((180, 240, 4), np.uint8)  # black everywhere, visible in the left half alone
    ink[:, :120, 3] = 255
    pixels = decode(written(Image.fromarray(ink), "PNG")).pixels
    assert pixels[:, :120].max() == 0
    assert pixels[:, 120:].min() == 255


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_undone(file_format: str, orientation: int) -> None:
    upright = np.asarray(quarters())
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = written(Image.fromarray(np.ascontiguousarray(stored)).convert("RGB"), file_format, exif=exif.tobytes())
    image = decode(data)
    assert (image.width, image.height) == (240, 180)
    assert corners(image.pixels) == [20, 80, 140, 200]


@pytest.mark.parametrize("name", ["quarters.heic", "quarters_turned.heic", "quarters_grey.heic"])
def test_heic(name: str) -> None:
    """Written by libheif's own encoder from the picture above: upright, turned with an `irot` box, without colour."""
    data = (Path(__file__).parent / name).read_bytes()
    image = decode(data)
    gc.collect()
    # what the decoder lent is gone by now, and its memory is used again
    others = [np.full((180, 240), 77, np.uint8) for _ in range(20)]
    assert all(other.min() == 77 for other in others)
    assert (image.width, image.height) == (240, 180)
    assert corners(image.pixels) == [20, 80, 140, 200]
    for length in range(40, len(data) - 1, 7):
        with pytest.raises(ImageError):
            decode(data[:length])


@pytest.mark.parametrize("long_side", [LONG_SIDE, FINE_LONG_SIDE, 900])
def test_large_jpeg_is_reduced(long_side: int) -> None:
    image = decode(written(quarters(4000, 3000), "JPEG"), long_side=long_side)
    assert long_side * 3 / 4 <= max(image.width, image.height) <= max(long_side, 1) or image.width == 4000
    assert image.width * image.reduction == pytest.approx(4000, rel=0.01)
    assert corners(image.pixels) == [20, 80, 140, 200]


def test_other_formats_are_refused() -> None:
    for data in (b"", b"\x00", b"GIF89a" + bytes(50), b"%PDF-1.7", b"<svg/>", written(quarters(), "BMP")):
        assert reason_of(data) is ImageReason.UNSUPPORTED_FORMAT
    for file_format in ("TIFF", "GIF", "ICO"):
        assert reason_of(written(quarters(), file_format)) is ImageReason.UNSUPPORTED_FORMAT
    avif = b"\x00\x00\x00\x20ftypavif" + bytes(64)
    assert reason_of(avif) is ImageReason.UNSUPPORTED_FORMAT


def test_a_wrong_name_does_not_matter() -> None:
    assert sniff(written(quarters(), "PNG")) is ImageFormat.PNG
    assert reason_of(b"\xff\xd8\xff\xe0" + written(quarters(), "PNG")) is ImageReason.MALFORMED


def test_too_many_octets() -> None:
    assert reason_of(b"\xff\xd8\xff" + bytes(MAX_OCTETS)) is ImageReason.TOO_LARGE


@pytest.mark.parametrize("size", [(1, 1), (159, 100), (400, 23)])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_too_small(file_format: str, size: tuple[int, int]) -> None:
    assert reason_of(written(Image.new("L", size, 99), file_format)) is ImageReason.TOO_SMALL


def png_claiming(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def jpeg_claiming(width: int, height: int) -> bytes:
    """A real JPEG whose frame header says another size."""
    data = bytearray(written(quarters(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize("claim", [png_claiming, jpeg_claiming])
@pytest.mark.parametrize("size", [(20_001, 50), (50, 20_001), (20_000, 20_000), (60_000, 60_000)])
def test_bombs_are_refused_by_their_header(claim: object, size: tuple[int, int]) -> None:
    data = claim(*size)  # type: ignore[operator]
    tracemalloc.start()
    try:
        assert reason_of(data) is ImageReason.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_webp_bomb_is_refused_by_its_header() -> None:
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (16383).to_bytes(3, "little") * 2
    data = b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body + bytes(8)
    assert read_webp_size(data) == (16384, 16384)
    assert reason_of(data) is ImageReason.TOO_LARGE


@pytest.mark.parametrize(
    "options", [{}, {"lossless": True}, {"exif": b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"}]
)
def test_webp_sizes(options: dict[str, object]) -> None:
    assert read_webp_size(written(quarters(), "WEBP", **options)) == (240, 180)


def test_animations_are_refused() -> None:
    frames = [quarters(), quarters().rotate(180)]
    data = written(frames[0].convert("RGB"), "WEBP", save_all=True, append_images=[frames[1].convert("RGB")])
    assert reason_of(data) is ImageReason.UNSUPPORTED_FORMAT


def test_scans_are_counted() -> None:
    picture = quarters().convert("RGB")
    assert count_jpeg_scans(written(picture, "JPEG"), 100) == 1
    assert 2 <= count_jpeg_scans(written(picture, "JPEG", progressive=True), 100) <= 12


def test_a_jpeg_with_thousands_of_scans_is_refused() -> None:
    data = written(quarters().convert("RGB"), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    scan = data[last:-2]
    assert reason_of(data[:last] + scan * 5000 + b"\xff\xd9") is ImageReason.TOO_LARGE


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_every_truncation_is_an_error(file_format: str) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (120, 200), dtype=np.uint8)
    data = written(Image.fromarray(noise), file_format)
    for length in range(0, len(data) - 64, max(len(data) // 60, 1)):
        with pytest.raises(ImageError):
            decode(data[:length])


@given(st.data())
def test_damaged_files_end_in_a_typed_error_or_a_picture(data: st.DataObject) -> None:
    file_format = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    octets = bytearray(written(quarters(170, 40).convert("RGB"), file_format))
    for _ in range(data.draw(st.integers(1, 12))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ImageError):
        assert max(decode(bytes(octets)).pixels.shape) <= LONG_SIDE


@given(
    st.binary(max_size=200),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBP", b"\0\0\0\x18ftypheic"]),
)
def test_garbage_behind_a_signature_is_an_error(rest: bytes, signature: bytes) -> None:
    with pytest.raises(ImageError):
        decode(signature + rest)


def test_limits_are_consistent() -> None:
    assert image_module.MAX_PIXELS_HELD_WHOLE <= image_module.MAX_PIXELS
    assert image_module.MAX_PIXELS_HELD_WHOLE >= 5712 * 4284  # a phone of 24 megapixels
