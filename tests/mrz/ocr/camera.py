"""The desk, the light and the camera of a test photo."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tests.mrz.ocr.faces import Grey, font_of
from tests.mrz.ocr.pages import PAGE_SCALE, PITCH_MM, TEXT_FONTS, Points, draw_text, word


def bend(rng: np.random.Generator, page: Grey, cells: list[Points], depth: float) -> tuple[Grey, list[Points]]:
    """Let the page arch by `depth` of its width, as a page near the spine does."""
    if not depth:
        return page, cells
    height, width = page.shape
    centre = float(rng.uniform(0.3, 0.7)) * width
    rise = depth * width * float(rng.choice([-1, 1]))

    def shift(columns: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        return rise * (((columns - centre) / (width / 2)) ** 2 - 0.4)

    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    bent = cv2.remap(
        page, columns, (rows - shift(columns)).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    moved = [np.stack([cell[:, 0], cell[:, 1] + shift(cell[:, 0])], axis=1) for cell in cells]
    return bent, moved


def make_desk(rng: np.random.Generator, height: int, width: int) -> Grey:
    """A table top with a few things on it."""
    grain = rng.normal(0, 1, (max(height // 24, 2), max(width // 240, 2))).astype(np.float32)
    grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC)
    desk = np.clip(
        rng.integers(30, 220) + grain * rng.uniform(3, 22) + rng.normal(0, rng.uniform(0, 6), (height, width)), 0, 255
    )
    desk = desk.astype(np.uint8)
    for _ in range(int(rng.integers(0, 5))):
        middle = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        size = (int(rng.integers(40, 1 + width // 3 + 40)), int(rng.integers(30, height // 4 + 40)))
        corners = cv2.boxPoints((middle, size, float(rng.uniform(0, 180)))).astype(np.int32)
        cv2.fillPoly(desk, [corners], int(rng.integers(10, 250)), cv2.LINE_AA)
    if rng.random() < 0.5:
        font = font_of(TEXT_FONTS[int(rng.integers(0, len(TEXT_FONTS)))], int(rng.integers(14, 40)))
        for row in range(int(rng.integers(2, 9))):
            words = " ".join(word(rng, 9).lower() for _ in range(6))
            draw_text(
                desk, words, width * 0.05, height * 0.03 + row * font.size * 1.5, font, int(rng.integers(0, 90))
            )
    return desk


def shoot(
    rng: np.random.Generator, page: Grey, cells: list[Points], pitch: float, tilt: float, turns: int, depth: float
) -> tuple[Grey, list[Points]]:
    """Lay the page on a desk and look at it from a hand's height."""
    scale = pitch / (PITCH_MM * PAGE_SCALE)
    page = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cells = [cell * scale for cell in cells]
    height, width = page.shape
    yaw, nod = (np.radians(rng.uniform(-18, 18, 2))) * depth
    distance = 1.6 * width
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)

    def project(points: Points) -> Points:
        x, y = (points - [width / 2, height / 2]).T
        across = x * np.cos(yaw)
        away = x * np.sin(yaw)
        down = y * np.cos(nod) + away * np.sin(nod)
        away = away * np.cos(nod) - y * np.sin(nod)
        shrink = distance / (distance + away)
        angle = np.radians(tilt + 90 * turns)
        seen = np.stack([across * shrink, down * shrink])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray((turn @ seen).T)

    corners = project(flat)
    margin = rng.uniform(0.02, 0.35, 4) * width
    low, high = corners.min(axis=0) - margin[:2], corners.max(axis=0) + margin[2:]
    size = np.ceil(high - low).astype(int)
    view = cv2.getPerspectiveTransform(flat.astype(np.float32), (corners - low).astype(np.float32))
    scene = make_desk(rng, int(size[1]), int(size[0]))
    mask = cv2.warpPerspective(np.full(page.shape, 255, np.uint8), view, tuple(size), flags=cv2.INTER_LINEAR)
    shade = cv2.GaussianBlur(mask, (0, 0), max(width * 0.01, 1))
    scene = (scene * (1 - 0.45 * (shade / 255.0))).astype(np.uint8)
    seen = cv2.warpPerspective(page, view, tuple(size), flags=cv2.INTER_CUBIC)
    alpha = mask.astype(np.float32) / 255
    scene = (scene * (1 - alpha) + seen * alpha).astype(np.uint8)
    if depth and rng.random() < 0.3:
        _finger(rng, scene, corners - low, width)
    return scene, [project(cell) - low for cell in cells]


def _finger(rng: np.random.Generator, scene: Grey, corners: Points, width: int) -> None:
    """A finger tip holds the page at its upper edge, away from the zone."""
    share = float(rng.uniform(0.1, 0.9))
    spot = corners[0] * (1 - share) + corners[1] * share
    axes = (int(width * 0.03), int(width * 0.06))
    cv2.ellipse(
        scene, tuple(int(v) for v in spot), axes, float(rng.uniform(0, 180)), 0, 360, int(rng.integers(90, 190)), -1
    )


def light(rng: np.random.Generator, scene: Grey, quads: list[Points], pitch: float, glare: bool) -> Grey:
    """Fall-off, the edge of a shadow, and a reflection that dulls a few characters without hiding them."""
    height, width = scene.shape
    columns, rows = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    angle = rng.uniform(0, 2 * np.pi)
    lit = 1 + rng.uniform(0, 0.3) * (columns * np.cos(angle) + rows * np.sin(angle))
    if rng.random() < 0.35:
        edge = columns * np.cos(angle + 1) + rows * np.sin(angle + 1) - rng.uniform(-0.4, 0.4)
        lit *= 1 - rng.uniform(0.15, 0.5) / (1 + np.exp(-edge * rng.uniform(8, 120)))
    out = np.clip(scene * lit * rng.uniform(0.75, 1.1), 0, 255)
    if glare:
        line = quads[int(rng.integers(0, len(quads)))]
        spot = line[0] + (line[1] - line[0]) * rng.uniform(0, 1)
        reach = pitch * rng.uniform(3, 14)
        far = ((columns + 1) / 2 * width - spot[0]) ** 2 + ((rows + 1) / 2 * height - spot[1]) ** 2
        veil = rng.uniform(0.2, 0.75) * np.exp(-far / (2 * reach**2))
        out = out * (1 - veil) + 255 * veil
    return out.astype(np.uint8)


def crop(rng: np.random.Generator, scene: Grey, quads: list[Points], pitch: float) -> tuple[Grey, list[Points]]:
    """Cut the photo down to the zone and little more, the sides being those of the photo."""
    points = np.concatenate(quads)
    spare = pitch * rng.uniform(0.6, 4, 4)
    low = np.maximum(np.floor(points.min(axis=0) - spare[:2]), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + spare[2:]), scene.shape[::-1]).astype(int)
    return scene[low[1] : high[1], low[0] : high[0]], [quad - low for quad in quads]


def sense(rng: np.random.Generator, scene: Grey, blur: float, noise: float) -> Grey:
    """Defocus or a shaken hand, then the sensor's noise."""
    out = scene
    if blur > 0.2:
        if rng.random() < 0.3:
            length = max(round(blur * 3), 2)
            smear = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(rng.uniform(0, 180)), 1)
            kernel = np.zeros((length, length), np.float32)
            kernel[length // 2] = 1
            kernel = cv2.warpAffine(kernel, smear, (length, length))
            out = cv2.filter2D(out, -1, kernel / kernel.sum())
        else:
            out = cv2.GaussianBlur(out, (0, 0), blur)
    if noise:
        out = np.clip(out + rng.normal(0, rng.uniform(0, 7) * noise, out.shape), 0, 255).astype(np.uint8)
    return out


def encode(rng: np.random.Generator, scene: Grey, quality: int) -> bytes:
    """A colour JPEG with a slight cast."""
    cast = rng.uniform(0.9, 1.0, 3)
    colour = np.stack([np.clip(scene * share, 0, 255).astype(np.uint8) for share in cast], axis=2)
    done, octets = cv2.imencode(".jpg", colour, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return bytes(octets)
