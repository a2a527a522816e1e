"""Batches of line images with their text, each from (seed, purpose, number) alone: the same anywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from mrz.ocr.line_image import ALPHABET, LINE_HEIGHT, MARGIN, MAX_LINE_WIDTH, STRIDE
from mrz.ocr.recognise import paper_grey, stretch
from mrz.ocr.training.camera import Stock, choose_view, make_stock, photograph
from mrz.ocr.training.faces import Faces, draw_alphabet, load
from mrz.ocr.training.lines import make_line
from mrz.ocr.training.printing import Printed, add_clutter, print_line, wear

TRAINING: Final = 0
VALIDATION: Final = 1
#: Pictures of one drawn face and one text length; a batch holds several such groups of one length.
_GROUP: Final = 4
#: Line lengths and how often they are drawn; short ones are pieces that teach glyphs cheaply.
_LENGTHS: Final = (30, 36, 44, 20, 12)
_LENGTH_SHARES: Final = (0.25, 0.2, 0.3, 0.15, 0.1)
#: Share of pictures without any line, which must read as nothing.
_EMPTY_SHARE: Final = 0.03
#: Targets of frames that may be read as character or as blank.
ANY_TARGET: Final = -100

_CODE: Final = {char: index + 1 for index, char in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class Batch:
    """Line images of one width and what they say.

    `images` (N, 32, W) uint8, stretched; `texts`; `frames` (N, W / STRIDE) int64: the output that the middle of
    each character should have, 0 far from any, `ANY_TARGET` in between.
    """

    images: npt.NDArray[np.uint8] = dataclasses.field(repr=False)
    texts: tuple[str, ...] = dataclasses.field(repr=False)
    frames: npt.NDArray[np.int64] = dataclasses.field(repr=False)


class Press:
    """Makes batches. Validation prints with faces and a stock of textures of its own."""

    def __init__(self, seed: int, folders: tuple[Path, ...], purpose: int = TRAINING) -> None:
        cv2.setNumThreads(1)
        self._seed, self._purpose = seed, purpose
        self._faces: Faces = load(folders, held_out=purpose == VALIDATION)
        self._stock: Stock = make_stock(np.random.default_rng((seed, purpose)))

    def batch(self, number: int, size: int) -> Batch:
        """Batch `number`, `size` pictures."""
        rng = np.random.default_rng((self._seed, self._purpose, number + 1))
        length = int(rng.choice(_LENGTHS, p=_LENGTH_SHARES))
        width = min(MAX_LINE_WIDTH, -(-(2 * MARGIN + round(12.6 * length)) // STRIDE) * STRIDE)
        images = np.empty((size, LINE_HEIGHT, width), np.uint8)
        frames = np.full((size, width // STRIDE), 0, np.int64)
        texts: list[str] = []
        other: npt.NDArray[np.float32] | None = None
        for index in range(size):
            if index % _GROUP == 0:
                alphabet = draw_alphabet(rng, self._faces)
            text = "" if rng.random() < _EMPTY_SHARE else make_line(rng, length)
            printed = print_line(rng, alphabet, text, length)
            images[index], frames[index] = self._picture(rng, printed, text, length, width, other)
            texts.append(text)
            other = printed.ink
        return Batch(images, tuple(texts), frames)

    def batches(self, size: int, *, first: int = 0, step: int = 1) -> Iterator[Batch]:
        """Batches without end, every `step`th."""
        number = first
        while True:
            yield self.batch(number, size)
            number += step

    def _picture(
        self,
        rng: np.random.Generator,
        printed: Printed,
        text: str,
        length: int,
        width: int,
        other: npt.NDArray[np.float32] | None,
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        ink = wear(rng, printed.ink, self._stock.texture(rng, *printed.ink.shape))
        ink = add_clutter(rng, Printed(ink, printed.middles, printed.pitch), other)
        view = choose_view(rng, printed, length, width)
        line = stretch(photograph(rng, ink, printed, view, self._stock))
        image = np.full((LINE_HEIGHT, width), paper_grey(line), np.float32)
        image[:, : view.width] = line
        return np.asarray(image * 255 + 0.5, np.uint8), _frame_targets(printed, view.matrix, text, width // STRIDE)


def _frame_targets(printed: Printed, matrix: npt.NDArray[np.float64], text: str, count: int) -> npt.NDArray[np.int64]:
    """The character at the frame of its middle; its neighbours may say the same; the rest is blank."""
    targets = np.zeros(count, np.int64)
    if not text:
        return targets
    middle = np.full(len(text), 44.0)
    points = np.stack([printed.middles.astype(np.float64), middle, np.ones(len(text))])
    x, _, w = matrix @ points
    places = x / w / STRIDE
    frames = np.clip(places.astype(np.int64), 0, count - 1)
    nearer = np.where(places - frames < 0.5, frames - 1, frames + 1)
    targets[np.clip(nearer, 0, count - 1)] = ANY_TARGET
    targets[frames] = [_CODE[char] for char in text]
    return targets
