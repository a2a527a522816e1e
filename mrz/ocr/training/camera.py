"""What a camera makes of a printed line, and a locator of that: paper, light, blur, noise, compression."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from mrz.ocr.line_image import CAP_HEIGHT, LINE_HEIGHT
from mrz.ocr.training.faces import GLYPH_CAP
from mrz.ocr.training.printing import PRINT_BASELINE, PRINT_SIDE, Printed

Floats = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

#: Textures are cut from sheets of this size; larger than any line in the sensor's pixels.
SHEET_ROWS: Final = 128
SHEET_COLUMNS: Final = 2200
_SHEETS: Final = 24
#: Share of the lines whose light is evened, and the columns of the pieces in which it is measured.
_LEVELLED_SHARE: Final = 0.5
_LEVEL_COLUMNS: Final = 30
_INTERPOLATIONS: Final = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA)


@dataclass(frozen=True, slots=True)
class Stock:
    """Sheets of texture (0..1) and of noise (mean 0, deviation 1), made once from a seed."""

    textures: tuple[Floats, ...]
    noises: tuple[Floats, ...]

    def texture(self, rng: np.random.Generator, rows: int, columns: int) -> Floats:
        """A piece of some texture, 0..1."""
        return _cut(rng, self.textures, rows, columns)

    def noise(self, rng: np.random.Generator, rows: int, columns: int) -> Floats:
        """A piece of noise, white or coarse."""
        return _cut(rng, self.noises, rows, columns)


def make_stock(rng: np.random.Generator) -> Stock:
    """Guilloche, soft clouds, fibres, stripes; white and coarse noise."""
    textures = [_sheet(rng, index % 4) for index in range(_SHEETS)]
    noises: list[Floats] = []
    for coarseness in (0.0, 0.0, 0.6, 1.0):
        noise = rng.standard_normal((SHEET_ROWS, SHEET_COLUMNS)).astype(np.float32)
        if coarseness:
            noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), coarseness), np.float32)
        noises.append(np.asarray(noise / noise.std(), np.float32))
    return Stock(tuple(textures), tuple(noises))


def _sheet(rng: np.random.Generator, kind: int) -> Floats:
    y, x = np.mgrid[0:SHEET_ROWS, 0:SHEET_COLUMNS].astype(np.float32)
    if kind == 0:  # guilloche: waves of fine lines over each other
        sheet = np.zeros_like(x)
        for _ in range(int(rng.integers(2, 5))):
            wave = rng.uniform(5, 40) * np.sin(x / rng.uniform(15, 120) + rng.uniform(0, 6))
            lines = np.sin((y + wave + rng.uniform(-0.6, 0.6) * x) / rng.uniform(0.8, 4.0))
            sheet = np.maximum(sheet, np.clip(lines * 2 - rng.uniform(0, 1.4), 0, 1))
    elif kind == 1:  # clouds, as of print seen through or a hologram
        sheet = sum(
            cv2.GaussianBlur(rng.random(x.shape, np.float32), (0, 0), size) * size
            for size in rng.uniform(2, 25, int(rng.integers(1, 4)))
        )
    elif kind == 2:  # fibres and letters of a microprint
        sheet = np.zeros_like(x)
        for _ in range(1500):
            start = rng.integers((SHEET_COLUMNS, SHEET_ROWS))
            end = start + rng.integers(-14, 15, 2)
            level = float(rng.uniform(0.2, 1))
            cv2.line(sheet, start.tolist(), end.tolist(), level, int(rng.integers(1, 3)), cv2.LINE_AA)
    else:  # stripes of a screen or a bleached edge
        sheet = np.sin(x * rng.uniform(0.01, 0.6) + y * rng.uniform(-0.8, 0.8)) + np.sin(y * rng.uniform(0.05, 1.0))
    sheet = np.asarray(sheet, np.float32)
    low, high = np.percentile(sheet, (0.5, 99.5))
    return np.asarray(np.clip((sheet - low) / max(float(high - low), 1e-3), 0, 1), np.float32)


def _cut(rng: np.random.Generator, sheets: tuple[Floats, ...], rows: int, columns: int) -> Floats:
    sheet = sheets[int(rng.integers(len(sheets)))]
    if rows > SHEET_ROWS or columns > SHEET_COLUMNS:
        sheet = np.tile(sheet, (-(-rows // SHEET_ROWS), -(-columns // SHEET_COLUMNS)))
    top = int(rng.integers(sheet.shape[0] - rows + 1))
    left = int(rng.integers(sheet.shape[1] - columns + 1))
    piece = sheet[top : top + rows, left : left + columns]
    return piece[:, ::-1] if rng.random() < 0.5 else piece


@dataclass(frozen=True, slots=True)
class View:
    """How a printed line lies in a line image: `matrix` maps its columns and rows to those of the image."""

    matrix: npt.NDArray[np.float64]
    width: int
    cap: float
    pitch: float


def choose_view(rng: np.random.Generator, printed: Printed, count: int, most: int) -> View:
    """A view as a locator that errs a little would give it; `most` columns at most."""
    pitch = float(np.clip(rng.normal(12, 0.45), 10.2, 13.8))
    cap = float(np.clip(rng.normal(CAP_HEIGHT, 1.2), 15, 25) if rng.random() < 0.8 else rng.uniform(15, 25))
    before, after = (float(rng.uniform(0.5, 14)) for _ in range(2))
    pitch = min(pitch, (most - before - after) / count)
    width = min(most, int(before + after + pitch * count))
    rise = float(np.clip(rng.normal(0, 0.9), -3.2, 3.2)) + LINE_HEIGHT / 2
    drift = float(np.clip(rng.normal(0, 1.3), -4, 4)) if rng.random() < 0.7 else 0.0
    lean = float(rng.normal(0, 0.04))
    x, y = pitch / printed.pitch, cap / GLYPH_CAP
    middle = PRINT_BASELINE - GLYPH_CAP / 2
    place = np.array([[x, 0, before - x * PRINT_SIDE], [0, y, rise - y * middle], [0, 0, 1]])
    tilt = np.array([[1, lean, -lean * LINE_HEIGHT / 2], [drift / width, 1, -drift / 2], [0, 0, 1]])
    far = float(rng.normal(0, 0.03)) / width if rng.random() < 0.5 else 0.0
    keystone = np.array([[1 + far * width, 0, 0], [far * LINE_HEIGHT / 2, 1, 0], [far, 0, 1]])
    return View(keystone @ tilt @ place, width, cap, pitch)


def photograph(rng: np.random.Generator, ink: Floats, printed: Printed, view: View, stock: Stock) -> Grey:
    """The line image (LINE_HEIGHT rows, `view.width` columns) of a printed line."""
    hardness = float(rng.random()) ** 1.7 if rng.random() < 0.88 else 0.0
    cap = _sensor_cap(rng, hardness)
    coverage = _resample(ink, printed, view, cap)
    rows, columns = coverage.shape
    image = _light_and_paper(rng, coverage, stock, hardness)
    image = _optics(rng, image, cap, hardness)
    image += stock.noise(rng, rows, columns) * np.float32(rng.uniform(0.5, 3 + 12 * hardness))
    grey = np.asarray(np.clip(image, 0, 255), np.uint8)
    if rng.random() < 0.8:
        grey = _compress(rng, grey, int(rng.uniform(95 - 70 * hardness, 96)))
    interpolation = _INTERPOLATIONS[int(rng.integers(3))]
    line = np.asarray(cv2.resize(grey, (view.width, LINE_HEIGHT), interpolation=interpolation), np.uint8)
    return _level(rng, line) if rng.random() < _LEVELLED_SHARE else line


def _level(rng: np.random.Generator, line: Grey) -> Grey:
    """Paper and ink brought to the same greys all along, as a locator may do; noise grows where light was poor."""
    count = max(2, line.shape[1] // _LEVEL_COLUMNS)
    edges = np.linspace(0, line.shape[1], count + 1).astype(int)
    places = (edges[:-1] + edges[1:]) / 2
    pieces = [np.sort(line[4:-4, start:end].ravel()) for start, end in itertools.pairwise(edges)]
    paper = np.array([piece[int(0.75 * len(piece))] for piece in pieces], np.float32)
    ink = np.array([piece[int(0.03 * len(piece))] for piece in pieces], np.float32)
    ink = np.convolve(np.pad(ink, 2, mode="edge"), np.full(5, 0.2), "valid")
    columns = np.arange(line.shape[1])
    white, black = np.interp(columns, places, paper), np.interp(columns, places, ink)
    scale = float(rng.uniform(170, 225)) / np.maximum(white - black, 10)
    return np.asarray(np.clip(225 + (line - white) * scale, 0, 255), np.uint8)


def _sensor_cap(rng: np.random.Generator, hardness: float) -> float:
    """Rows of a capital in the photo: 7 to 14 in a hard one, up to 36 in an easy one."""
    return float(rng.uniform(7, 14) if rng.random() < 0.15 + 0.35 * hardness else rng.uniform(12, 36))


def _resample(ink: Floats, printed: Printed, view: View, cap: float) -> Floats:
    """The ink in the sensor's pixels; drawn at least as large as it was printed, then averaged down."""
    drawn = max(cap, float(GLYPH_CAP) * 0.8)

    def size(rows_of_cap: float) -> tuple[float, float]:
        y = rows_of_cap / view.cap
        return rows_of_cap / GLYPH_CAP * printed.pitch / view.pitch, y

    x, y = size(drawn)
    matrix = np.diag([x, y, 1.0]) @ view.matrix
    full = (max(8, round(view.width * x)), max(8, round(LINE_HEIGHT * y)))
    coverage = cv2.warpPerspective(ink, matrix, full, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    if drawn > cap:
        x, y = size(cap)
        small = (max(8, round(view.width * x)), max(8, round(LINE_HEIGHT * y)))
        coverage = cv2.resize(coverage, small, interpolation=cv2.INTER_AREA)
    return np.asarray(coverage, np.float32)


def _light_and_paper(rng: np.random.Generator, coverage: Floats, stock: Stock, hardness: float) -> Floats:
    """Grey levels 0..255: paper with its pattern, ink, gradient, shadow, glare."""
    rows, columns = coverage.shape
    paper = float(rng.uniform(110, 250))
    contrast = np.float32(rng.uniform(0.9 - 0.7 * hardness, 0.98))
    background = np.full((rows, columns), paper, np.float32)
    for _ in range(int(rng.integers(0, 3))):
        depth = np.float32(rng.uniform(0, 0.12 + 0.3 * hardness)) * contrast
        background *= 1 - depth * stock.texture(rng, rows, columns)
    image = background * (1 - contrast * coverage)
    across = np.linspace(-1, 1, columns, dtype=np.float32)[None, :]
    if rng.random() < 0.6:
        down = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
        slope = rng.normal(0, 0.12 + 0.2 * hardness, 2)
        image *= np.clip(1 + np.float32(slope[0]) * across + np.float32(slope[1] / 3) * down, 0.3, 1.6)
    if rng.random() < 0.12 * (1 + hardness):  # the edge of a shadow
        soft = np.float32(rng.uniform(3, 60))
        edge = 1 / (1 + np.exp(np.clip((across - np.float32(rng.uniform(-1, 1))) * soft, -30, 30)))
        image *= 1 - np.float32(rng.uniform(0.1, 0.6)) * edge
    if rng.random() < 0.15 * (0.5 + hardness):
        image += _glare(rng, rows, columns, hardness)
    if rng.random() < 0.1:  # a foil shines over the ink
        image += np.float32(rng.uniform(5, 20 + 40 * hardness)) * stock.texture(rng, rows, columns)
    image = np.clip(image, 0, 255)
    if rng.random() < 0.4:
        image = 255 * np.power(image / 255, np.float32(np.exp(rng.normal(0, 0.35))))
    return np.asarray(image, np.float32)


def _glare(rng: np.random.Generator, rows: int, columns: int, hardness: float) -> Floats:
    """Bright spots; the ink below stays visible but for the middle of the worst."""
    glare = np.zeros((rows, columns), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        x = (np.arange(columns, dtype=np.float32) - np.float32(rng.uniform(0, columns))) / np.float32(
            rng.uniform(0.5, 5) * rows
        )
        y = (np.arange(rows, dtype=np.float32) - np.float32(rng.uniform(0, rows))) / np.float32(
            rng.uniform(0.3, 1.5) * rows
        )
        bright = np.float32(rng.uniform(20, 80 + 130 * hardness))
        glare += bright * np.exp(-(y * y))[:, None] * np.exp(-(x * x))[None, :]
    return glare


def _optics(rng: np.random.Generator, image: Floats, cap: float, hardness: float) -> Floats:
    """Out of focus, moved, or sharpened; sizes in shares of a capital."""
    kind = rng.random()
    strong = 0.12 * hardness
    if kind < 0.55:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.25, cap * float(rng.uniform(0.0, 0.02 + strong)))))
    elif kind < 0.75:
        image = np.asarray(cv2.filter2D(image, -1, _motion(rng, cap * float(rng.uniform(0.02, 0.08 + 3 * strong)))))
    elif kind < 0.87:
        image = np.asarray(cv2.filter2D(image, -1, _disk(cap * float(rng.uniform(0.02, 0.04 + 1.6 * strong)))))
    if rng.random() < 0.25:
        soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.6, 2.0)))
        image = image + np.float32(rng.uniform(0.2, 1.5)) * (image - soft)
    return np.asarray(image, np.float32)


def _motion(rng: np.random.Generator, length: float) -> Floats:
    size = max(3, int(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    angle = float(rng.uniform(0, np.pi))
    dx, dy = np.cos(angle) * length / 2, np.sin(angle) * length / 2
    half = size // 2
    start, end = (round(half - dx), round(half - dy)), (round(half + dx), round(half + dy))
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_AA)
    return np.asarray(kernel / max(float(kernel.sum()), 1e-3), np.float32)


def _disk(radius: float) -> Floats:
    half = max(1, int(np.ceil(radius)))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    kernel = np.clip(radius + 0.5 - np.sqrt(x * x + y * y), 0, 1).astype(np.float32)
    return np.asarray(kernel / max(float(kernel.sum()), 1e-3), np.float32)


def _compress(rng: np.random.Generator, grey: Grey, quality: int) -> Grey:
    """JPEG, with the grid of its blocks anywhere."""
    top, left = int(rng.integers(8)), int(rng.integers(8))
    framed = cv2.copyMakeBorder(grey, top, 0, left, 0, cv2.BORDER_REPLICATE)
    _, data = cv2.imencode(".jpg", framed, (cv2.IMWRITE_JPEG_QUALITY, quality))
    decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    if decoded is None:
        raise RuntimeError("OpenCV cannot decode what it has just encoded")
    return np.asarray(decoded[top:, left:], np.uint8)
