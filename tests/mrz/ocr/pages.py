"""The flat page of a test photo: personal data, guilloche, and a zone printed in the faces that are asked for.

The sizes are those of ICAO 9303-3 §4 (OCR-B size I: characters 2.54 mm apart, capitals 2.4 mm) and 9303-4 to -7.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

import mrz
from mrz.formats import SPECS, MrzFormat
from tests.mrz.ocr.faces import Face, Glyph, Grey, font_of

Points = npt.NDArray[np.float64]

#: Pixels of the flat page for a millimetre of it.
PAGE_SCALE: Final = 16.0
#: Millimetres from line to line, by the number of lines: a sixth and a quarter of an inch, and what cards make of it.
LINE_SPACINGS: Final = {3: (4.1, 4.7), 2: (5.9, 6.6)}
PITCH_MM: Final = 2.54
#: Width and height of a page in millimetres (ICAO 9303-4 to -7).
PAGE_SIZES: Final = {
    MrzFormat.TD1: (85.6, 54.0),
    MrzFormat.TD2: (105.0, 74.0),
    MrzFormat.TD3: (125.0, 88.0),
    MrzFormat.MRVA: (120.0, 80.0),
    MrzFormat.MRVB: (105.0, 74.0),
}
TEXT_FONTS: Final = tuple(
    Path("/usr/share/fonts/truetype") / name
    for name in (
        "dejavu/DejaVuSans.ttf",
        "dejavu/DejaVuSerif.ttf",
        "dejavu/DejaVuSans-Bold.ttf",
        "liberation/LiberationSans-Regular.ttf",
        "liberation/LiberationSerif-Italic.ttf",
        "dejavu/DejaVuSansMono.ttf",
        "liberation/LiberationMono-Regular.ttf",
    )
)
STATES: Final = (
    "SWE",
    "NOR",
    "FIN",
    "POL",
    "FRA",
    "ESP",
    "TUR",
    "IRN",
    "IND",
    "CHN",
    "USA",
    "BRA",
    "KEN",
    "UTO",
    "D",
)
SYLLABLES: Final = (
    "KA",
    "LO",
    "MIR",
    "SAN",
    "TE",
    "VO",
    "OD",
    "IL",
    "BRU",
    "GES",
    "ZI",
    "QUA",
    "HEN",
    "PY",
    "OO",
    "DX",
)


def word(rng: np.random.Generator, most: int) -> str:
    return "".join(str(rng.choice(SYLLABLES)) for _ in range(int(rng.integers(2, 5))))[:most]


def code(rng: np.random.Generator, length: int) -> str:
    return "".join(rng.choice(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for _ in range(length))


def make_lines(rng: np.random.Generator, mrz_format: MrzFormat) -> tuple[str, ...]:
    """A zone whose check digits hold, written by `mrz.format`."""
    document_code = {"TD3": "P", "TD1": "I", "TD2": "I", "MRV-A": "V", "MRV-B": "V"}[mrz_format.value]
    room = SPECS[mrz_format].place("optional_data").length
    optional = code(rng, int(rng.integers(1, room + 1))) if rng.random() < 0.4 else ""
    fields = mrz.MrzFields(
        document_code=document_code,
        issuing_state=str(rng.choice(STATES)),
        nationality=str(rng.choice(STATES)),
        primary_identifier=" ".join(word(rng, 9) for _ in range(int(rng.integers(1, 3)))),
        secondary_identifier=word(rng, 9) if rng.random() < 0.9 else "",
        document_number=code(rng, int(rng.choice([9, 9, 9, 8, 7]))),
        date_of_birth=datetime.date(1950, 1, 1) + datetime.timedelta(days=int(rng.integers(0, 25000))),
        date_of_expiry=datetime.date(2027, 1, 1) + datetime.timedelta(days=int(rng.integers(0, 3000))),
        sex=str(rng.choice(["F", "M", "<"])),
        optional_data=optional,
        optional_data_2="",
    )
    return tuple(mrz.format(fields, mrz_format).split("\n"))


def draw_text(canvas: Grey, text: str, x: float, y: float, font: ImageFont.FreeTypeFont, ink: int) -> None:
    """Write in place; what falls outside is cut."""
    picture = Image.fromarray(canvas)
    ImageDraw.Draw(picture).text((x, y), text, font=font, fill=ink)
    canvas[:] = np.asarray(picture)


def guilloche(rng: np.random.Generator, canvas: Grey) -> Grey:
    """Fine wavy lines in families, as security printing has them."""
    height, width = canvas.shape
    columns = np.arange(0, width, 6)
    layer = canvas.copy()
    for _ in range(int(rng.integers(1, 4))):
        ink = int(rng.integers(140, 225))
        gap, swing = float(rng.uniform(9, 40)), float(rng.uniform(5, 60))
        period, phase, slope = float(rng.uniform(80, 700)), float(rng.uniform(0, 6)), float(rng.uniform(-0.6, 0.6))
        for offset in np.arange(-height, 2 * height, gap):
            rows = offset + slope * columns + swing * np.sin(columns * 2 * np.pi / period + phase + offset / 130)
            curve = np.stack([columns, rows], axis=1).astype(np.int32)
            cv2.polylines(layer, [curve], False, ink, int(rng.integers(1, 3)), cv2.LINE_AA)
    return cv2.addWeighted(layer, share := float(rng.uniform(0.3, 1.0)), canvas, 1 - share, 0)


def _glyph(face: Face, character: str, cap_px: float, weight: int) -> Glyph:
    """One character, thicker or thinner by `weight` pixels."""
    glyph = face.glyph(character, cap_px)
    if not weight:
        return glyph
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(weight) + 1, abs(weight) + 1))
    cell = cv2.erode(glyph.cell, disc) if weight > 0 else cv2.dilate(glyph.cell, disc)
    return Glyph(np.asarray(cell, np.uint8), glyph.left, glyph.width, glyph.baseline)


def _print_line(
    rng: np.random.Generator, page: Grey, text: str, left: float, baseline: float, face: Face, weight: int, ink: float
) -> Points:
    """Print one line of the zone; returns the corners of its text."""
    pitch = PITCH_MM * PAGE_SCALE
    cap_px = face.cap_height * pitch
    for index, character in enumerate(text):
        glyph = _glyph(face, character, cap_px, weight)
        height, width = glyph.cell.shape
        x = left + index * pitch + round((pitch - glyph.width) / 2) - glyph.left
        y = baseline - glyph.baseline
        place = np.float64([[1, 0, x + rng.normal(0, 0.4) - int(x)], [0, 1, y + rng.normal(0, 0.4) - int(y)]])
        cell = cv2.warpAffine(glyph.cell, place, (width + 2, height + 2), borderValue=255).astype(np.float32) / 255
        strength = ink * float(np.clip(rng.normal(1, 0.05), 0.7, 1.1))
        top, start = max(int(y), 0), int(x)
        target = page[top : top + height + 2, start : start + width + 2]
        cell = cell[: target.shape[0], : target.shape[1]]
        target[:] = np.clip(target * (1 - strength * (1 - cell)), 0, 255)
    right = left + len(text) * pitch
    top = baseline - cap_px
    return np.array([[left, top], [right, top], [right, baseline], [left, baseline]])


def make_page(
    rng: np.random.Generator, mrz_format: MrzFormat, lines: tuple[str, ...], faces: Sequence[Face]
) -> tuple[Grey, list[Points]]:
    """A data page with its machine readable zone, set in one of the faces."""
    width, height = (round(side * PAGE_SCALE) for side in PAGE_SIZES[mrz_format])
    page = np.full((height, width), int(rng.integers(175, 250)), np.uint8)
    page = guilloche(rng, page) if rng.random() < 0.8 else page
    page = personal_data(rng, page, round(height * 0.66))
    if rng.random() < 0.5:  # many issuers leave the zone plain
        band = page[round(height - 23.2 * PAGE_SCALE) :]
        band[:] = cv2.addWeighted(band, 0.25, np.full_like(band, 240), 0.75, 0)
    face = faces[int(rng.integers(len(faces)))]
    weight, ink = int(rng.integers(-1, 4)), float(rng.uniform(0.6, 0.98))
    spacing = float(rng.uniform(*LINE_SPACINGS[len(lines)])) * PAGE_SCALE
    text_width = len(lines[0]) * PITCH_MM * PAGE_SCALE
    left = (width - text_width) / 2 + float(rng.uniform(-1.5, 1.5)) * PAGE_SCALE
    last = height - float(rng.uniform(3.2, 7.5)) * PAGE_SCALE
    cells = [
        _print_line(rng, page, text, left, last - (len(lines) - 1 - index) * spacing, face, weight, ink)
        for index, text in enumerate(lines)
    ]
    return page, cells


def personal_data(rng: np.random.Generator, page: Grey, floor: int) -> Grey:
    """Portrait, labels and values above row `floor`."""
    width = page.shape[1]
    portrait = page[round(floor * 0.2) : round(floor * 0.95), round(width * 0.04) : round(width * 0.3)]
    shades = cv2.resize(
        rng.integers(40, 220, (7, 6)).astype(np.uint8), portrait.shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    portrait[:] = cv2.addWeighted(portrait, 0.3, shades, 0.7, 0)
    label, value = font_of(TEXT_FONTS[int(rng.integers(0, 4))], 26), font_of(TEXT_FONTS[int(rng.integers(0, 5))], 44)
    draw_text(
        page, f"{word(rng, 9)} {word(rng, 9)} PASSPORT", width * 0.33, floor * 0.05, font_of(TEXT_FONTS[2], 60), 60
    )
    for row in range(int(rng.integers(4, 7))):
        y = floor * (0.2 + 0.12 * row)
        if y > floor - 80:
            break
        for column in range(int(rng.integers(1, 3))):
            x = width * (0.33 + 0.33 * column)
            draw_text(page, f"{word(rng, 8).title()} / {word(rng, 8).title()}", x, y, label, 90)
            draw_text(page, word(rng, 12), x, y + 30, value, int(rng.integers(15, 70)))
    return page
