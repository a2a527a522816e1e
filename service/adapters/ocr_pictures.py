"""Pictures for people, made from a photo in the reader's process; loaded in that process alone.

Only what `mrz.ocr` has decoded before comes here: its limits of octets, pixels and scans hold for these octets too.
What leaves is a JPEG of our own making. Nothing of the file that a stranger sent is in it: no place, no camera, no
thumbnail, no comment.
"""

from __future__ import annotations

import io
from typing import Final

import cv2
import numpy as np
import pi_heif
from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin

from mrz.ocr.image_header import ImageFormat, sniff
from service.domain.image import MAX_CROP_BYTES, MAX_KEPT_IMAGE_BYTES, PICTURE_LONG_EDGE

#: Qualities of JPEG that are tried until the picture is small enough; noise alone needs more than the first.
_QUALITIES: Final = (80, 60, 35)
_EXIF_ORIENTATION: Final = 0x0112
#: What undoes the camera's orientation (CIPA DC-008 §4.6.4); Pillow turns anticlockwise.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ALPHA: Final = ("LA", "PA", "RGBA")


def page_picture(photo: bytes) -> bytes | None:
    """The photo in colour, upright, its longer side at most `PICTURE_LONG_EDGE`; None where that cannot be made.

    A reading is worth more than its picture: whatever goes wrong here, the reading stands.
    """
    try:
        picture = _colours(photo)
        picture.thumbnail((PICTURE_LONG_EDGE, PICTURE_LONG_EDGE), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return _jpeg(picture, MAX_KEPT_IMAGE_BYTES)
    except Exception:
        # Pillow, OpenCV and libheif raise whatever their parsers stumble over
        return None


def crop_picture(crop: bytes) -> bytes | None:
    """The reader's own cut of the zone (PNG, grey) as a JPEG; None where it is too large to be shown."""
    with PngImagePlugin.PngImageFile(io.BytesIO(crop)) as opened:
        picture = opened.convert("L")
    picture.thumbnail((PICTURE_LONG_EDGE, PICTURE_LONG_EDGE), Image.Resampling.BICUBIC)
    return _jpeg(picture, MAX_CROP_BYTES)


def _colours(photo: bytes) -> Image.Image:
    match sniff(photo):
        case ImageFormat.JPEG:
            return _of_jpeg(photo)
        case ImageFormat.PNG:
            return _of_png(photo)
        case ImageFormat.WEBP:
            return _of_webp(photo)
        case ImageFormat.HEIC:
            return _of_heic(photo)
        case None:
            raise ValueError("no format that is looked at")


def _of_jpeg(photo: bytes) -> Image.Image:
    with JpegImagePlugin.JpegImageFile(io.BytesIO(photo)) as opened:
        # The decoder reduces by halves, so that the whole is never held in colour.
        share = min(PICTURE_LONG_EDGE / max(opened.size), 1)
        opened.draft("RGB", (max(int(opened.width * share), 1), max(int(opened.height * share), 1)))
        return _upright(opened.convert("RGB"), opened)


def _of_png(photo: bytes) -> Image.Image:
    with PngImagePlugin.PngImageFile(io.BytesIO(photo)) as opened:
        opened.load()
        whole: Image.Image = opened
        if opened.mode.startswith("I"):  # 16 bits a sample
            whole = Image.fromarray((np.asarray(opened).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
        elif opened.mode == "P":
            whole = opened.convert("RGBA" if "transparency" in opened.info else "RGB")
        elif opened.mode == "1":
            whole = opened.convert("L")
        # Smaller first: a second copy of the whole is never held.
        small = whole.reduce(max(max(whole.size) // PICTURE_LONG_EDGE, 1))
        return _upright(_on_paper(small), opened)


def _of_webp(photo: bytes) -> Image.Image:
    # As `mrz.ocr.image`: OpenCV's decoder needs a quarter of the memory of Pillow's.
    decoded = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("no picture")
    return Image.fromarray(cv2.cvtColor(_smaller(decoded.astype(np.uint8, copy=False)), cv2.COLOR_BGR2RGB))


def _of_heic(photo: bytes) -> Image.Image:
    # libheif turns the picture by its own boxes; the array is a view of its memory, what is made of it is a copy
    picture = pi_heif.open_heif(photo, convert_hdr_to_8bit=True)
    small = _smaller(np.asarray(picture)).copy()
    return _on_paper(Image.fromarray(small))


def _smaller(pixels: np.ndarray) -> np.ndarray:
    """At most twice the size that is wanted, by halves."""
    step = max(max(pixels.shape[:2]) // (2 * PICTURE_LONG_EDGE), 1)
    size = (max(pixels.shape[1] // step, 1), max(pixels.shape[0] // step, 1))
    return pixels if step == 1 else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Without transparency: what is transparent is mostly stored as black, and so is the ink."""
    if picture.mode not in _ALPHA:
        return picture.convert("RGB")
    with_alpha = picture.convert("RGBA")
    paper = Image.new("RGBA", with_alpha.size, "white")
    return Image.alpha_composite(paper, with_alpha).convert("RGB")


def _upright(picture: Image.Image, opened: ImageFile.ImageFile) -> Image.Image:
    turn = _TURNS.get(opened.getexif().get(_EXIF_ORIENTATION, 1))
    return picture if turn is None else picture.transpose(turn)


def _jpeg(picture: Image.Image, most: int) -> bytes | None:
    """The picture without anything but its pixels, as good as `most` octets allow."""
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    for quality in _QUALITIES:
        out = io.BytesIO()
        bare.save(out, "JPEG", quality=quality)
        if len(out.getvalue()) <= most:
            return out.getvalue()
    return None
