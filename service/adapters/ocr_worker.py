"""The process that looks at pictures: it holds no keys, no database, no network, and is killed when it misbehaves.

A decoder of pictures is the largest piece of native code that meets a stranger's octets. Here it can fail in any way
and take only this process with it. Requests and answers are JSON behind a length: nothing that comes back is ever
unpickled, so a process that was taken over gains nothing but a wrong reading.

    request   length, {"today": "2026-11-24", "sizes": [n, ...]}, then the pictures
    answer    length, {"reading": {...} | null, "advice": [...]} or {"fault": "malformed"},
              with "pictures": {name: octets of it, ...}, then the pictures in that order
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import IO, Any, Final

#: Octets of the length before each piece of JSON.
LENGTH_BYTES: Final = 4
#: A reading with a confidence for each of 90 characters has 3 KiB.
MAX_FRAME: Final = 64 * 1024
#: Octets of data that the process may hold. The libraries and the model have 100 MiB, the worst picture that the
#: decoder takes (24 megapixels, no zone in it) 180 more; beyond, an allocation fails and the process ends.
MEMORY_LIMIT: Final = 512 * 1024 * 1024
#: Descriptors: the standard three, the answers' pipe, and the model while it is read.
_DESCRIPTORS: Final = 16
#: Engines that start programs, and talk to them through files; the command line offers them, the service does not.
WITH_PROGRAMS: Final = frozenset({"passporteye"})
#: Octets of data that such a process may hold, and each program of its; 700 MiB were seen.
PROGRAM_MEMORY_LIMIT: Final = 1024 * 1024 * 1024
#: Octets of a file between them. The largest picture that the decoder hands over has 7 MiB as a BMP.
PROGRAM_FILE_LIMIT: Final = 32 * 1024 * 1024
_PROGRAM_DESCRIPTORS: Final = 64

#: Reads the pictures of one document on a day; the answer is the JSON of a frame, and pictures for people by name.
Examine = Callable[[Sequence[bytes], date], tuple[Mapping[str, Any], Mapping[str, bytes]]]


def main() -> None:
    """Answer requests from standard input on standard output until there are no more."""
    # Whatever a native library prints must not stand between the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # loaded here alone: the service itself never loads a decoder of pictures
    from service.adapters.ocr_examine import open_examine  # noqa: PLC0415

    engine = sys.argv[1]
    examine = open_examine(engine)
    if engine in WITH_PROGRAMS:
        limit_resources(PROGRAM_MEMORY_LIMIT, PROGRAM_FILE_LIMIT, _PROGRAM_DESCRIPTORS)
    else:
        limit_resources()
    serve(examine, sys.stdin.buffer, answers)


def limit_resources(memory: int = MEMORY_LIMIT, file: int = 0, descriptors: int = _DESCRIPTORS) -> None:
    """From here on: bounded memory, no file beyond `file` octets written, no dump of the memory left behind."""
    for which, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, descriptors),
    ):
        resource.setrlimit(which, (most, most))


def serve(examine: Examine, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Say that all is loaded, then answer each request; an error that `examine` does not know ends the process."""
    write_frame(answers, {"ready": True})
    while (request := read_frame(requests)) is not None:
        images = [requests.read(size) for size in request["sizes"]]
        answer, pictures = examine(images, date.fromisoformat(request["today"]))
        sizes = {name: len(picture) for name, picture in pictures.items()}
        write_frame(answers, {**answer, "pictures": sizes}, *pictures.values())


def write_frame(stream: IO[bytes], content: Mapping[str, Any], *octets: bytes) -> None:
    """Write JSON behind its length, and octets whose length it tells."""
    data = json.dumps(content, allow_nan=False).encode()
    stream.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)
    for more in octets:
        stream.write(more)
    stream.flush()


def read_frame(stream: IO[bytes]) -> dict[str, Any] | None:
    """The JSON object behind the next length; None at the end.

    Raises:
        ValueError: it is too long, cut short, or no JSON object.
    """
    length = stream.read(LENGTH_BYTES)
    if not length:
        return None
    size = int.from_bytes(length, "big")
    if size > MAX_FRAME:
        raise ValueError("a frame is too long")
    try:
        content = json.loads(stream.read(size))
    except RecursionError as error:
        raise ValueError("a frame is nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError("a frame is no object")
    return content


if __name__ == "__main__":
    main()
