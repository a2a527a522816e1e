"""What one picture costs the process that reads it: never more than 350 MiB, up to the limits of every format."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

#: Looks at the picture on standard input, then prints the most memory in KiB that was resident since the start of the
#: program; `ru_maxrss` would count the process that started it as well.
_LOOK = """
import datetime, pathlib, re, sys
from mrz.ocr import examine
examine([sys.stdin.buffer.read()], today=datetime.date(2026, 11, 25))
print(re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text()).group(1))
"""
MOST_KIB = 350 * 1024


def texture(width: int, height: int) -> Image.Image:
    """No zone, so that the photo is looked at in full size too, and as many specks as a level can show."""
    pixels = np.full((height, width), 200, np.uint8)
    pixels[::7, ::5] = 90
    return Image.fromarray(pixels)


def written(picture: Image.Image, file_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def large_jpeg() -> bytes:
    return written(texture(8160, 6120), "JPEG", quality=50)


def progressive_jpeg() -> bytes:
    picture = texture(5712, 4284).convert("RGB")
    return written(picture, "JPEG", quality=50, progressive=True, subsampling=0)


def png() -> bytes:
    return written(texture(5712, 4284).convert("RGB"), "PNG", compress_level=1)


def transparent_png() -> bytes:
    return written(texture(5712, 4284).convert("RGBA"), "PNG", compress_level=1)


def webp() -> bytes:
    return written(texture(5712, 4284).convert("RGBA"), "WEBP", quality=20, method=0)


@pytest.mark.skipif(sys.platform != "linux", reason="counts resident memory as Linux does")
@pytest.mark.parametrize("make", [large_jpeg, progressive_jpeg, png, transparent_png, webp])
def test_the_largest_pictures(make: Callable[[], bytes]) -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], input=make(), capture_output=True, check=True)
    assert int(done.stdout) < MOST_KIB
