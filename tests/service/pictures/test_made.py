"""Pictures for reviewers are made in the reader's process: small, upright, in colour, only pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from service.adapters.ocr_answer import read_answer, read_sizes
from service.adapters.ocr_pictures import crop_picture, page_picture
from service.adapters.ocr_pool import OcrPool
from service.bench.processes import peak_kib
from service.domain.image import MAX_CROP_BYTES, MAX_KEPT_IMAGE_BYTES, PICTURE_LONG_EDGE, ImageKind
from service.domain.photo import ImageFault, PhotoAdvice
from tests.mrz.ocr import test_image
from tests.mrz.ocr.test_image import corners
from tests.service.adapters.ocr_stub import LINES
from tests.service.adapters.ocr_stub import reading as told
from tests.service.adapters.test_ocr_pool import FAILED, Open, pool_of  # noqa: F401
from tests.service.pictures.made import encoded, opened, page, plain

TODAY = date(2026, 11, 24)
#: Below the limit of the process (`ocr_worker.MEMORY_LIMIT`), with room for what was there before.
PEAK_KIB = 500 * 1024
#: 24 megapixels, the largest photo that is held whole: phones have 5,712 by 4,284.
LARGEST = (5_712, 4_284)


@pytest.fixture(scope="module")
def reader() -> Iterator[OcrPool]:
    """The reader as the service starts it."""
    pool = OcrPool()
    pool.start()
    yield pool
    pool.close()


def alike(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, in tones."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def turned(orientation: int, kind: str) -> bytes:
    """A photo of a camera that was held like that: the mark says how (CIPA DC-008 §4.6.4)."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(quarters(), kind, quality=95, exif=exif.tobytes())


def quarters(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Four quarters of four colours: every turn and every mirror shows."""
    picture = Image.new("RGB", size)
    for number, colour in enumerate(("red", "lime", "blue", "white")):
        half = (size[0] // 2, size[1] // 2)
        picture.paste(Image.new("RGB", half, colour), (number % 2 * half[0], number // 2 * half[1]))
    return picture


# --- through the process


def test_the_page_and_its_zone_come_with_the_reading(reader: OcrPool) -> None:
    examination = reader.examine([encoded(page(), quality=92)], TODAY)
    assert examination.reading is not None
    shown, crop = opened(examination.page), opened(examination.crop)
    assert (shown.format, shown.size) == ("JPEG", page().size)
    assert alike(shown, page()) < 3
    # the cut is the zone: the same reader finds the same lines in it
    assert crop.width > 4 * crop.height
    canvas = Image.new("L", (crop.width + 200, crop.width), "white")
    canvas.paste(crop, (100, crop.width // 2))
    again = reader.examine([encoded(canvas, "PNG")], TODAY).reading
    assert again is not None
    assert again.document.lines == LINES


def test_of_several_the_one_that_was_read_is_shown(reader: OcrPool) -> None:
    examination = reader.examine([plain("black", (800, 600)), encoded(page(), "PNG")], TODAY)
    assert examination.reading is not None
    assert alike(opened(examination.page), page()) < 3


def test_a_photo_without_a_zone_is_shown_and_has_no_cut(reader: OcrPool) -> None:
    examination = reader.examine([plain("teal", (1_600, 1_200))], TODAY)
    assert (examination.reading, examination.crop) == (None, None)
    assert opened(examination.page).getpixel((800, 600)) == pytest.approx((0, 128, 128), abs=4)


def test_what_is_no_photo_has_no_picture(reader: OcrPool) -> None:
    examination = reader.examine([b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"], TODAY)
    assert examination.fault is ImageFault.MALFORMED
    assert (examination.page, examination.crop) == (None, None)


@pytest.mark.parametrize("kind", ["JPEG", "progressive", "PNG", "PNG with a palette", "transparent PNG", "WEBP"])
def test_the_largest_photos_fit_into_the_limit(kind: str) -> None:
    """The worst that the decoder takes, twice in the same process, is still answered by that process."""
    picture = page().resize(LARGEST, Image.Resampling.BILINEAR)
    match kind:
        case "progressive":
            photo = encoded(picture, quality=95, progressive=True, subsampling=0)
        case "PNG with a palette":
            photo = encoded(picture.quantize(64, method=Image.Quantize.FASTOCTREE), "PNG", compress_level=1)
        case "transparent PNG":
            picture.putalpha(200)
            photo = encoded(picture, "PNG", compress_level=1)
        case "PNG":
            photo = encoded(picture, "PNG", compress_level=1)
        case _:
            photo = encoded(picture, kind, quality=85)
    pool = OcrPool()
    try:
        for _ in range(2):
            examination = pool.examine([photo], TODAY)
            assert examination.fault is None
            assert opened(examination.page).size == (PICTURE_LONG_EDGE, 1_200)
        (process,) = pool.processes()
        peak = peak_kib(process)
        assert peak is not None
        assert peak < PEAK_KIB
    finally:
        pool.close()


# --- what a picture is


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_is_upright(kind: str, orientation: int) -> None:
    """As Pillow's own function turns it."""
    photo = turned(orientation, kind)
    upright = ImageOps.exif_transpose(opened(photo)).convert("RGB")
    made = opened(page_picture(photo))
    assert made.size == upright.size == ((640, 480) if orientation < 5 else (480, 640))
    assert alike(made, upright) < 4


def test_nothing_of_the_file_but_its_pixels_is_left() -> None:
    """Place, camera, thumbnail, colour profile and comment stay behind."""
    exif = Image.Exif()
    exif[0x010F] = "ZZCAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    photo = encoded(quarters(), exif=exif, comment=b"ZZCOMMENT", icc_profile=b"ZZPROFILE" * 9, xmp=b"ZZXMP")
    for marker in (b"ZZCAMERA", b"ZZCOMMENT", b"ZZPROFILE", b"ZZXMP"):
        assert marker in photo
    made = page_picture(photo)
    assert b"ZZ" not in made
    shown = opened(made)
    assert (dict(shown.getexif()), set(shown.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}) == (
        {},
        set(),
    )
    # the segments of JFIF and of the coding alone (ITU-T T.81 table B.1): no other APPn, no COM
    assert b"Exif" not in made
    assert b"ICC_PROFILE" not in made


@pytest.mark.parametrize("size", [(4_000, 3_000), (3_000, 4_000), (1_700, 160), (1_599, 1_000)])
def test_its_longer_side_has_a_bound(size: tuple[int, int]) -> None:
    made = opened(page_picture(encoded(quarters(size))))
    assert max(made.size) == min(max(size), PICTURE_LONG_EDGE)
    assert made.size[0] / made.size[1] == pytest.approx(size[0] / size[1], rel=0.02)


def test_noise_is_made_small_enough() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((1_600, 1_600), 100) for _ in range(3)])
    made = page_picture(encoded(noise, quality=95))
    assert made is not None
    assert len(made) <= MAX_KEPT_IMAGE_BYTES


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png(mode: str) -> None:
    grey = quarters().convert("L")
    picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    made = opened(page_picture(encoded(picture, "PNG")))
    assert made.size == (640, 480)
    assert made.convert("L").getpixel((600, 440)) > 250
    assert made.convert("L").getpixel((100, 400)) < 60


def test_a_cmyk_jpeg() -> None:
    assert opened(page_picture(encoded(quarters().convert("CMYK")))).size == (640, 480)


@pytest.mark.parametrize("name", ["quarters.heic", "quarters_turned.heic", "quarters_grey.heic"])
def test_a_heic(name: str) -> None:
    """Written by libheif's own encoder: four quarters of 20, 80, 140 and 200."""
    made = opened(page_picture((Path(test_image.__file__).parent / name).read_bytes()))
    assert made.size == (240, 180)
    assert corners(np.asarray(made.convert("L"))) == pytest.approx([20, 80, 140, 200], abs=3)


def test_what_is_transparent_is_paper() -> None:
    made = opened(page_picture(encoded(Image.new("RGBA", (200, 100), (0, 0, 0, 0)), "PNG")))
    assert made.convert("L").getpixel((50, 50)) > 250


def test_what_does_not_decode_is_none() -> None:
    for photo in (b"", b"GIF89a", encoded(quarters())[:2_000], encoded(quarters(), "PNG")[:300]):
        assert page_picture(photo) is None


def test_the_cut_is_small() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 1_400), np.uint8)
    made = crop_picture(cv2.imencode(".png", noise)[1].tobytes())
    assert made is not None
    assert len(made) <= MAX_CROP_BYTES


# --- the process is not believed


def test_pictures_come_through_whole(pool_of: Open) -> None:  # noqa: F811
    examination = pool_of().examine([b"pictures", plain("navy"), plain("white")], TODAY)
    assert (examination.page, examination.crop) == (plain("navy"), plain("white"))


@pytest.mark.parametrize(
    "picture",
    [
        b"<html><script>",
        b"GIF89a",
        plain("navy")[:-2],
        plain("navy") + b"<html>",
        encoded(Image.new("RGB", (64, 48)), "PNG"),
        plain("navy", (PICTURE_LONG_EDGE + 1, 8)),
    ],
    ids=["page of text", "gif", "cut off", "with more behind it", "png", "too large"],
)
def test_what_is_no_small_jpeg_costs_the_process(pool_of: Open, picture: bytes) -> None:  # noqa: F811
    """A process that was taken over could send anything to the screen of a reviewer."""
    pool = pool_of()
    assert pool.examine([b"nothing"], TODAY).advice == (PhotoAdvice.GLARE,)
    before = pool.processes()
    assert pool.examine([b"pictures", picture], TODAY) == FAILED
    assert pool.processes() != before


@pytest.mark.parametrize(
    "sizes",
    [
        None,
        [],
        {"selfie": 5},
        {"page": 0},
        {"page": -1},
        {"page": True},
        {"page": "5"},
        {"page": 1.5},
        {"page": MAX_KEPT_IMAGE_BYTES + 1},
        {"mrz_crop": MAX_CROP_BYTES + 1},
    ],
    ids=str,
)
def test_sizes_that_are_none(sizes: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_sizes({"pictures": sizes})


def test_a_cut_without_a_reading_is_left_out() -> None:
    pictures = {ImageKind.PAGE: plain("navy"), ImageKind.MRZ_CROP: plain("white")}
    found = read_answer({"reading": None, "advice": ["blur"]}, pictures, TODAY)
    assert (found.page, found.crop) == (plain("navy"), None)
    found = read_answer({"fault": "malformed"}, pictures, TODAY)
    assert (found.page, found.crop) == (None, None)
    assert read_answer({"reading": told(), "advice": []}, pictures, TODAY).crop == plain("white")


def test_a_process_that_promises_more_than_it_sends_is_ended(pool_of: Open) -> None:  # noqa: F811
    pool = pool_of("loud", picture_s=1.0)
    assert pool.examine([b"nothing"], TODAY).fault is None
    frame = b'{"reading": null, "advice": ["blur"], "pictures": {"page": 900000}}'
    noise = len(frame).to_bytes(4, "big") + frame + b"\xff\xd8"
    assert pool.examine([b"noise " + noise, b""], TODAY) == FAILED


def test_other_readers_open_it_too() -> None:
    """Pillow's own word, beside ours."""
    made = page_picture(encoded(quarters((3_000, 2_000))))
    with Image.open(io.BytesIO(made), formats=("JPEG",)) as picture:
        picture.load()
        assert picture.mode == "RGB"
