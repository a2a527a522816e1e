"""The process that decodes one JPEG 2000 portrait: it holds no keys, no database, no network, and ends after it.

The picture comes on standard input, a JPEG (ITU-T T.81) goes out on standard output; whatever is wrong is an exit
status. A chip's picture is a stranger's octets like any other.
"""

from __future__ import annotations

import io
import sys
from typing import Final

from service.adapters.ocr_worker import limit_resources

#: Octets of data that the process may hold; enough for every portrait (see the test), too little for a bomb.
MEMORY_LIMIT: Final = 320 * 1024 * 1024
#: Of the JPEG: above what a chip has room for.
QUALITY: Final = 92


def main() -> None:
    """Convert standard input to standard output."""
    # loaded here alone: the service itself never loads a decoder of pictures
    from PIL import Image, Jpeg2KImagePlugin, JpegImagePlugin  # noqa: F401, PLC0415

    limit_resources(MEMORY_LIMIT)
    with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("JPEG2000",)) as picture:
        flat = picture.convert("L" if picture.mode in ("L", "LA", "I;16") else "RGB")
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=QUALITY)
    sys.stdout.buffer.write(out.getvalue())


if __name__ == "__main__":
    main()
