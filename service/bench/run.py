"""The measurement itself."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from service.bench.labels import Labelled
from service.bench.readers import OwnReader, Peer, Reader
from service.bench.score import Result, judge, summary
from service.domain.photo import MAX_IMAGE_BYTES

#: Makes a photo smaller: octets, longer side in pixels, JPEG quality.
Shrink = Callable[[bytes, int, int], bytes]

#: The name of our own reader in the table.
OURS: Final = "passkoll"


@dataclass(frozen=True, slots=True)
class Upload:
    """How a picture is sent: as it is in the folder, or made smaller."""

    long_edge: int | None = None
    quality: int | None = None

    def __str__(self) -> str:
        return "as it is" if self.long_edge is None else f"{self.long_edge} px, quality {self.quality}"


def uploads(long_edges: Sequence[int], qualities: Sequence[int]) -> list[Upload]:
    """Every size with every quality; only the pictures as they are if no size is given."""
    if not long_edges:
        return [Upload()]
    return [Upload(long_edge, quality) for long_edge, quality in itertools.product(long_edges, qualities)]


def measure(
    pictures: Sequence[Labelled],
    own: Callable[[], OwnReader],
    peers: Mapping[str, Path],
    variants: Sequence[Upload],
    shrink: Shrink,
    today: date,
    progress: Callable[[], None],
) -> Iterator[dict[str, Any]]:
    """One object a reader and upload, as `passkoll bench mrz --json` prints it.

    Raises:
        PeerError: a peer cannot be started, or ended.
        ServiceError: our own reader cannot be started.
    """
    with one_core(), ExitStack() as stack:
        started = time.perf_counter()
        ours = own()
        ours.read(pictures[0].path.read_bytes()[:MAX_IMAGE_BYTES])
        first_s = round(time.perf_counter() - started, 3)
        readers: list[Reader] = [ours]
        readers += [stack.enter_context(Peer(name, python, today)) for name, python in peers.items()]
        for peer in readers[1:]:
            peer.read(pictures[0].path.read_bytes())
        for upload in variants:
            found = _measure(pictures, readers, upload, shrink, progress)
            for reader in readers:
                own_only = {"first_s": first_s} if reader is ours else {}
                yield {
                    "reader": reader.name,
                    "long_edge": upload.long_edge,
                    "quality": upload.quality,
                    **summary(found[reader.name]),
                    "peak_kib": reader.peak_kib(),
                    **own_only,
                }


def _measure(
    pictures: Sequence[Labelled],
    readers: Sequence[Reader],
    upload: Upload,
    shrink: Shrink,
    progress: Callable[[], None],
) -> Mapping[str, list[Result]]:
    found: dict[str, list[Result]] = {reader.name: [] for reader in readers}
    for picture in pictures:
        image = picture.path.read_bytes()
        if upload.long_edge is not None and upload.quality is not None:
            image = shrink(image, upload.long_edge, upload.quality)
        for reader in readers:
            attempt = reader.read(image)
            found[reader.name].append(judge(picture.path.name, picture.lines, attempt, len(image)))
        progress()
    return found


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process and those that it starts on one core; where the system cannot, leave it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
