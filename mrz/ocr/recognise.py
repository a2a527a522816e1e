"""Line images to log-probabilities, by the packaged network (ONNX, CTC).

The network's input is a batch of stretched line images, its output calibrated log-probabilities for every
`STRIDE` columns: output 0 is CTC's blank, output i + 1 is `ALPHABET[i]`. Training stretches with the same function.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

from mrz.errors import MrzError
from mrz.ocr.line_image import ALPHABET, LINE_HEIGHT, MAX_LINE_WIDTH, STRIDE

# From 1.29 on, onnxruntime tells its maker of every process and model, and keeps a number of the device in the home
# directory, unless this is set before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

LineImage = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

MODEL_FILE: Final = "lines.onnx"
#: Narrower than two characters is no line.
MIN_LINE_WIDTH: Final = 24
#: Lines of one call: five photos, a few candidates each, three lines. More is a fault of the caller.
MAX_LINES: Final = 96
#: Lines that go through the network at once: enough to be quick, few enough for small memory.
MAX_BATCH: Final = 6
#: A line joins a batch if that widens it by no more columns than this.
MAX_PADDING: Final = 64
#: Black and white of a line are these shares of its pixels, so that a speck decides nothing.
_DARKEST: Final = 0.01
_LIGHTEST: Final = 0.99
#: Grey levels between black and white that count as contrast; less is an even surface, and is left flat.
_LEAST_CONTRAST: Final = 8


class LineImageError(MrzError):
    """An image that is no line image (`line_image`), or too many of them; never holds pixels."""


def stretch(line: LineImage) -> Floats:
    """A line image from black 0 to white 1, whatever the light was."""
    shares = np.cumsum(np.bincount(line.ravel(), minlength=256)) / line.size
    black, white = int(np.searchsorted(shares, _DARKEST)), int(np.searchsorted(shares, _LIGHTEST))
    span = max(white - black, _LEAST_CONTRAST)
    table = np.clip((np.arange(256, dtype=np.float32) - (white - span)) / span, 0.0, 1.0)
    return np.asarray(table[line], np.float32)


def paper_grey(stretched: Floats) -> float:
    """The grey of the paper around a line: its lighter middle, from 0 to 1."""
    return float(np.median(stretched[:, ::STRIDE]))


class Recogniser:
    """The packaged network on one thread. Loads once; calls do not change it."""

    def __init__(self) -> None:
        self.session = _open(resources.files("mrz.ocr").joinpath("models", MODEL_FILE).read_bytes())

    @classmethod
    def of(cls, model: bytes) -> Recogniser:
        """A recogniser of another ONNX file of the same form."""
        recogniser = cls.__new__(cls)
        recogniser.session = _open(model)
        return recogniser

    def log_probabilities(self, lines: Sequence[LineImage]) -> list[Floats]:
        """Log-probabilities of each line image, (columns / STRIDE rounded up, 38) float32, in the given order.

        Args:
            lines: Grey `uint8` images, `LINE_HEIGHT` rows, `MIN_LINE_WIDTH` to `MAX_LINE_WIDTH` columns.

        Raises:
            LineImageError: An image of another form, or more than `MAX_LINES`.
        """
        if len(lines) > MAX_LINES:
            raise LineImageError(f"more than {MAX_LINES} line images")
        for line in lines:
            _require_line_image(line)
        results: dict[int, Floats] = {}
        for batch in _batches([line.shape[1] for line in lines]):
            stretched = [stretch(lines[index]) for index in batch]
            output = self.session.run(None, {"lines": _stack(stretched)})[0]
            for index, frames in zip(batch, output, strict=True):
                results[index] = frames[: -(-lines[index].shape[1] // STRIDE)]
        return [results[index] for index in range(len(lines))]


def _open(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3  # errors alone
    # Line widths differ from call to call: an arena would keep the largest batch for ever.
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _require_line_image(line: LineImage) -> None:
    if line.dtype != np.uint8 or line.ndim != 2 or line.shape[0] != LINE_HEIGHT:
        raise LineImageError(f"a line image is grey, 8 bits, {LINE_HEIGHT} rows")
    if not MIN_LINE_WIDTH <= line.shape[1] <= MAX_LINE_WIDTH:
        raise LineImageError(f"a line image has {MIN_LINE_WIDTH} to {MAX_LINE_WIDTH} columns")


def _batches(widths: Sequence[int]) -> list[list[int]]:
    """Lines of about the same width together, widest first."""
    batches: list[list[int]] = []
    for index in sorted(range(len(widths)), key=lambda i: (-widths[i], i)):
        last = batches[-1] if batches else None
        if last is not None and len(last) < MAX_BATCH and widths[last[0]] - widths[index] <= MAX_PADDING:
            last.append(index)
        else:
            batches.append([index])
    return batches


def _stack(stretched: Sequence[Floats]) -> Floats:
    """Lines as one batch, with paper on the right of the narrower ones."""
    width = -(-max(line.shape[1] for line in stretched) // STRIDE) * STRIDE
    batch = np.empty((len(stretched), 1, LINE_HEIGHT, width), np.float32)
    for row, line in zip(batch, stretched, strict=True):
        row[0, :, : line.shape[1]] = line
        row[0, :, line.shape[1] :] = paper_grey(line)
    return batch


#: Outputs of the network for each frame: blank, then the alphabet.
OUTPUTS: Final = len(ALPHABET) + 1
