"""A process in the place of the photo reader: pictures are words that say how it behaves.

Run as `python -m tests.service.adapters.ocr_stub`; it answers the frames of `service.adapters.ocr_worker`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from service.adapters.ocr_worker import MEMORY_LIMIT, limit_resources, serve

#: ICAO 9303-4 appendix A: the specimen passport of Utopia.
LINES = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)


def reading(lines: Sequence[str] = LINES, **changes: Any) -> dict[str, Any]:
    """What the reader answers when it read lines, with changes."""
    return {
        "lines": list(lines),
        "engine": "stub",
        "certain": True,
        "confidence": [[1.0] * len(line) for line in lines],
        "weak": [],
        "repairs": [],
        "quad": [[1, 2], [30, 2], [30, 9], [1, 9]],
    } | changes


def examine(images: Sequence[bytes], _today: date) -> dict[str, Any]:
    """Do what the first picture says."""
    word, _, rest = images[0].partition(b" ")
    match word:
        case b"lines":
            return {"reading": reading(rest.decode().split("|")), "advice": []}
        case b"weak":
            return {"reading": reading(certain=False, weak=[[1, 6]]), "advice": ["blur"]}
        case b"answer":
            return json.loads(rest)
        case b"nothing":
            return {"reading": None, "advice": ["glare"]}
        case b"count":
            return {"reading": None, "advice": ["no_mrz"] if len(images) == 1 else ["cut_off"]}
        case b"process":
            return {"reading": reading(engine=f"p{os.getpid()}"), "advice": []}
        case b"die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"raise":
            raise ZeroDivisionError
        case b"sleep":
            time.sleep(float(rest))
        case b"memory":
            held = bytearray(int(rest))
            return {"reading": None, "advice": ["too_small"] if held else []}
        case b"write":
            with open(rest.decode(), "wb") as file:
                file.write(b"octets")
        case b"program":
            program = subprocess.Popen(["sleep", "60"])
            Path(os.environ["TMPDIR"], "page.bmp").touch()
            Path(rest.decode(), str(program.pid)).touch()
            program.wait()
        case b"noise":
            sys.stdout.buffer.write(rest)
            sys.stdout.buffer.flush()
    return {"reading": None, "advice": []}


def with_pictures(images: Sequence[bytes], today: date) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The answer; behind the word `pictures`, the second and third picture come back as page and crop."""
    if images[0] == b"pictures":
        return {"reading": reading(), "advice": []}, dict(zip(("page", "mrz_crop"), images[1:], strict=False))
    return examine(images, today), {}


def main() -> None:
    """As `ocr_worker.main`, without the reader."""
    if sys.argv[1:] == ["broken"]:
        sys.exit(7)
    answers = os.fdopen(os.dup(1), "wb")
    if sys.argv[1:] != ["loud"]:
        os.dup2(2, 1)
    limit_resources(MEMORY_LIMIT)
    serve(with_pictures, sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
