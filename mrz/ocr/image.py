"""From the octets of a photo to a grey picture, within limits of octets, pixels, memory and time.

The format is told by content, from a list of four. The size is known, and refused if too large, before a pixel is
decoded. Colour profiles, comments, thumbnails and further frames are left alone; of the metadata only the orientation
is read. The decoders are other people's C code: the process that calls this one should be one that may die.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import pi_heif
from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin

from mrz.ocr.errors import ImageError, ImageReason
from mrz.ocr.frame import MipMap
from mrz.ocr.image_header import ImageFormat, count_jpeg_scans, read_webp_size, sniff

Grey = npt.NDArray[np.uint8]

#: Octets of a photo. A phone's JPEG of 12 megapixels has 3 to 6 MiB.
MAX_OCTETS: Final = 12 * 1024 * 1024
#: Pixels of a side: more than any phone's panorama, and well inside what the decoders count in 32 bits.
MAX_SIDE: Final = 20_000
#: Pixels of a plain JPEG, which is decoded to grey row by row and in reduced size.
MAX_PIXELS: Final = 50_000_000
#: Pixels where the decoder holds the whole picture in colour: 24-megapixel phones pass (5712 x 4284), in 150 MB.
MAX_PIXELS_HELD_WHOLE: Final = 24_500_000
#: Scans of a JPEG; encoders write about ten. 100 scans of 24 megapixels take some two seconds.
MAX_JPEG_SCANS: Final = 100
#: A zone of 30 characters at 6 pixels, and three lines of it: below that nothing can be read.
MIN_LONG_SIDE: Final = 160
MIN_SHORT_SIDE: Final = 24
#: The longer side of the decoded picture at most. A page that fills half of it has 28 pixels for a character.
LONG_SIDE: Final = 2_600
#: For a second look at a photo in which nothing was found: the zone may be small in a large photo.
FINE_LONG_SIDE: Final = 6_000

#: Rows that are turned to grey at once, so that no second copy of the whole is ever held.
_STRIP_ROWS: Final = 256
_EXIF_ORIENTATION: Final = 0x0112
_PAPER: Final = 255


@dataclass(frozen=True, slots=True, eq=False)
class GreyImage:
    """A decoded photo, upright by its own orientation mark.

    `pixels` has rows and columns, 0 for black; one pixel stands for `reduction` pixels of the photo's sides;
    `halvings` samples it.
    """

    pixels: Grey
    reduction: float
    halvings: MipMap = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "halvings", MipMap(self.pixels))

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])


def decode(data: bytes, *, long_side: int = LONG_SIDE) -> GreyImage:
    """Decode a JPEG, PNG, WebP or HEIC photo to grey.

    Args:
        data: The whole file.
        long_side: What the longer side is reduced to, in pixels. A smaller photo keeps its size.

    Raises:
        ImageError: The octets are of another format, too large, too small, or do not decode to the end.
    """
    if len(data) > MAX_OCTETS:
        raise ImageError(ImageReason.TOO_LARGE)
    image_format = sniff(data)
    if image_format is None:
        raise ImageError(ImageReason.UNSUPPORTED_FORMAT)
    try:
        pixels, whole_long_side = _DECODERS[image_format](data, long_side)
        longest = max(pixels.shape)
        if longest > long_side:
            size = [max(round(side * long_side / longest), 1) for side in pixels.shape]
            pixels = cv2.resize(pixels, (size[1], size[0]), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    except ImageError:
        raise
    except Exception as error:
        # Pillow, OpenCV and libheif raise whatever their parsers stumble over: struct.error, KeyError, cv2.error...
        raise ImageError(ImageReason.MALFORMED) from error
    return GreyImage(np.ascontiguousarray(pixels), whole_long_side / max(pixels.shape))


def _check_size(size: tuple[int, int], most: int) -> None:
    if min(size) < 1:
        raise ImageError(ImageReason.MALFORMED)
    if max(size) > MAX_SIDE or size[0] * size[1] > most:
        raise ImageError(ImageReason.TOO_LARGE)
    if max(size) < MIN_LONG_SIDE or min(size) < MIN_SHORT_SIDE:
        raise ImageError(ImageReason.TOO_SMALL)


def _decode_jpeg(data: bytes, long_side: int) -> tuple[Grey, int]:
    scans = count_jpeg_scans(data, MAX_JPEG_SCANS)
    if scans > MAX_JPEG_SCANS:
        raise ImageError(ImageReason.TOO_LARGE)
    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as picture:
        progressive = scans > 1 or bool(picture.info.get("progressive"))
        _check_size(picture.size, MAX_PIXELS_HELD_WHOLE if progressive else MAX_PIXELS)
        whole = max(picture.size)
        # The decoder reduces by halves; three quarters of the wanted size are better than a resize from twice that.
        share = long_side * 3 / 4 / whole
        picture.draft("L", (max(int(picture.width * share), 1), max(int(picture.height * share), 1)))
        orientation = _orientation(picture)
        return _upright(_grey(picture), orientation), whole


def _decode_png(data: bytes, _long_side: int) -> tuple[Grey, int]:
    with PngImagePlugin.PngImageFile(io.BytesIO(data)) as picture:
        _check_size(picture.size, MAX_PIXELS_HELD_WHOLE)
        whole = max(picture.size)
        return _upright(_grey(picture), _orientation(picture)), whole


def _decode_webp(data: bytes, _long_side: int) -> tuple[Grey, int]:
    size = read_webp_size(data)
    if size is None:
        raise ImageError(ImageReason.UNSUPPORTED_FORMAT)
    _check_size(size, MAX_PIXELS_HELD_WHOLE)
    # OpenCV's decoder needs a quarter of the memory of Pillow's, which keeps canvases for animations.
    decoded: Grey | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)  # type: ignore[assignment]
    if decoded is None or sorted(decoded.shape) != sorted(size):
        raise ImageError(ImageReason.MALFORMED)
    return decoded, max(size)


def _decode_heic(data: bytes, _long_side: int) -> tuple[Grey, int]:
    # libheif turns the picture by its own boxes; the EXIF orientation of a HEIC only repeats them.
    picture = pi_heif.open_heif(data, convert_hdr_to_8bit=True)
    _check_size(picture.size, MAX_PIXELS_HELD_WHOLE)
    # A view: the memory is libheif's, and goes when `picture` does. What is returned has to be a copy.
    pixels = np.asarray(picture)
    if pixels.ndim == 2:
        return pixels.astype(np.uint8), max(pixels.shape)
    code = cv2.COLOR_RGBA2GRAY if pixels.shape[2] == 4 else cv2.COLOR_RGB2GRAY
    return cv2.cvtColor(pixels, code).astype(np.uint8, copy=False), max(pixels.shape[:2])


def _grey(picture: ImageFile.ImageFile) -> Grey:
    """The whole picture in grey."""
    picture.load()
    transparent = picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info
    grey = np.empty((picture.height, picture.width), np.uint8)
    for top in range(0, picture.height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, picture.height)
        strip = picture.crop((0, top, picture.width, bottom))
        grey[top:bottom] = _on_paper(strip) if transparent else _strip_grey(strip)
    return grey


def _strip_grey(picture: Image.Image) -> Grey:
    if picture.mode.startswith("I"):  # 16 bits a sample
        return (np.asarray(picture).astype(np.uint32) >> 8).clip(0, _PAPER).astype(np.uint8)
    return np.asarray(picture if picture.mode == "L" else picture.convert("L"))


def _on_paper(picture: Image.Image) -> Grey:
    """The picture laid on white: what is transparent is mostly stored as black, and so is the ink."""
    with_alpha = picture.convert("LA")
    paper = Image.new("LA", picture.size, (_PAPER, _PAPER))
    return np.asarray(Image.alpha_composite(paper.convert("RGBA"), with_alpha.convert("RGBA")).convert("L"))


def _orientation(picture: ImageFile.ImageFile) -> int:
    value = picture.getexif().get(_EXIF_ORIENTATION, 1)
    return value if isinstance(value, int) else 1


def _upright(pixels: Grey, orientation: int) -> Grey:
    """Undo the camera's orientation (CIPA DC-008 §4.6.4, tag Orientation: 1 to 8; all else counts as 1)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.T
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


_DECODERS: Final = {
    ImageFormat.JPEG: _decode_jpeg,
    ImageFormat.PNG: _decode_png,
    ImageFormat.WEBP: _decode_webp,
    ImageFormat.HEIC: _decode_heic,
}
