"""A photo as a phone would send it: smaller and compressed, so that what that costs in characters can be measured."""

from __future__ import annotations

import io

from PIL import Image, ImageOps


def shrink(data: bytes, long_edge: int, quality: int) -> bytes:
    """A JPEG of a photo of one's own, upright, with its longer side at most `long_edge` pixels.

    Not for strangers' octets: `mrz.ocr.image` holds the limits for those.

    Args:
        data: A JPEG, PNG or WebP.
        long_edge: Pixels; a smaller photo keeps its size.
        quality: Of JPEG, 1 to 100.
    """
    with Image.open(io.BytesIO(data)) as opened:
        photo = ImageOps.exif_transpose(opened).convert("RGB")
    photo.thumbnail((long_edge, long_edge), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=quality)
    return out.getvalue()
