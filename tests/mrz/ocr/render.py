"""`python -m tests.mrz.ocr.render FOLDER`: a folder of photos for `passkoll bench mrz`, from a seed.

    python -m tests.mrz.ocr.render build/photos --photos 2000 --negatives 1000 --seed 1 --font CUT.ttf --near MONO.otf

A photo follows from its number, `--seed` and the faces in their order. Its zone is set in one of the cuts of OCR-B
that `tests.mrz.ocr.strokes` draws or that `--font` names, each as often as every other; one in `NEAR_EVERY` is set in
a face of `--near`, if there is any. All else is by lot, as `photos.photo` draws it:

| | |
|---|---|
| zone | TD3 50 %, TD1 25 %, TD2 15 %, MRV-A and MRV-B 5 % each; names and numbers by lot; 40 % with optional data |
| page | guilloche on 80 %; in half of the photos it is paler under the zone; ink 60 to 98 %, thinner to bolder |
| pose | upright 50 %, else on a side or its head; tilt normal with 9 degrees, and 15 % even to 30 degrees |
| | perspective to 18 degrees each way; half arched by up to 1.2 % of the width; a desk with things and text on it |
| size | 12.5 to 42 pixels from one character to the next, even in the logarithm; 15 % cropped tight |
| light | fall-off to 30 %; the edge of a shadow 35 %; a reflection over a part of the zone 30 %; a finger 30 % |
| camera | defocus (70 %) or motion (30 %) to 8.5 % of the pitch; noise to 7 levels; quality 45 to 95 |
| file | JPEG 85 % (a quarter of them turned by EXIF), WebP 7 %, PNG 4 %, HEIC 4 %, which needs pillow-heif |

`labels.tsv` says what is printed, `conditions.tsv` how each photo was taken.

`--small` makes photos for a repository: 14 to 18 pixels a character, quality 35 to 65, PNG cropped tight and grey,
and what has more than 40 KiB all the same is left out, so that noise and busy desks are a little fewer.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from tests.mrz.ocr.faces import Face, FontFile
from tests.mrz.ocr.files import FileKind, draw_kind, encode_as
from tests.mrz.ocr.photos import PITCH_RANGE_PX, QUALITY_RANGE, Photo, negative, photo
from tests.mrz.ocr.strokes import CUTS

NEAR_EVERY: Final = 10
SMALL_PITCH_PX: Final = (14.0, 18.0)
SMALL_QUALITY: Final = (35, 65)
SMALL_MAX_OCTETS: Final = 40 * 1024
#: Numbers of one seed, so that two seeds share no photo.
_NUMBERS: Final = 1_000_000
_LABELS: Final = ("file", "type", "lines")
_CONDITIONS: Final = (
    "file",
    "face",
    "quarter_turns",
    "tilt_degrees",
    "pitch_px",
    "tight",
    "blur",
    "glare",
    "quality",
)


def take(
    seed: int, number: int, cuts: Sequence[Face], near: Sequence[Face], *, small: bool
) -> tuple[str, str, Photo]:
    """Photo `number` of a seed: the name of its file, the name of its face, and the photo."""
    rng = np.random.default_rng([0x5EED, seed, number])
    faces = near if near and number % NEAR_EVERY == NEAR_EVERY - 1 else cuts
    face, kind = faces[int(rng.integers(len(faces)))], draw_kind(rng)
    taken = photo(
        seed * _NUMBERS + number,
        faces=(face,),
        pitch_range=SMALL_PITCH_PX if small else PITCH_RANGE_PX,
        quality_range=SMALL_QUALITY if small else QUALITY_RANGE,
        tight=True if small and kind is FileKind.PNG else None,
        encoder=partial(encode_as, kind, grey=small and kind is FileKind.PNG),
    )
    return f"{seed}-{number:04}.{kind}", face.name, taken


def render(
    folder: Path,
    *,
    seed: int,
    photos: int,
    negatives: int = 0,
    cuts: Sequence[Face] = CUTS,
    near: Sequence[Face] = (),
    small: bool = False,
) -> None:
    """Write pictures and tables.

    Args:
        folder: where; made if it is not there.
        seed: below 2^32, what makes this folder another than others.
        photos: how many pictures with a zone.
        negatives: how many without.
        cuts: faces that are cuts of OCR-B.
        near: faces close to it.
        small: photos for a repository.
    """
    folder.mkdir(parents=True, exist_ok=True)
    labels, conditions = [], []
    numbers = itertools.count()
    while len(conditions) < photos:
        name, face, taken = take(seed, next(numbers), cuts, near, small=small)
        if small and len(taken.data) > SMALL_MAX_OCTETS:
            continue
        (folder / name).write_bytes(taken.data)
        labels.append(label(name, taken))
        conditions.append((name, face, *_conditions(taken)))
    for number in range(negatives):
        name = f"{seed}-none-{number:04}.{FileKind.JPEG}"
        (folder / name).write_bytes(negative(seed * _NUMBERS + number))
        labels.append((name, "NONE", ""))
    _write(folder / "labels.tsv", _LABELS, labels)
    _write(folder / "conditions.tsv", _CONDITIONS, conditions)


def label(name: str, taken: Photo) -> tuple[str, str, str]:
    """What `labels.tsv` says of a photo."""
    return name, taken.format.value.replace("-", ""), "|".join(taken.lines)


def _conditions(taken: Photo) -> tuple[object, ...]:
    how = taken.conditions
    pose = (how.quarter_turns, f"{how.tilt_degrees:.1f}", f"{how.pitch_px:.1f}", int(how.tight))
    return (*pose, f"{how.blur:.3f}", int(how.glare), how.jpeg_quality)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
        writer.writerows([columns, *rows])


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mrz.ocr.render", description="photos for passkoll bench")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--negatives", type=int, default=0)
    parser.add_argument("--font", type=Path, action="append", default=[], help="a further cut of OCR-B")
    parser.add_argument("--near", type=Path, action="append", default=[], help="a face close to OCR-B")
    parser.add_argument("--small", action="store_true", help="photos of at most 40 KiB")
    given = parser.parse_args()
    render(
        given.folder,
        seed=given.seed,
        photos=given.photos,
        negatives=given.negatives,
        cuts=(*CUTS, *map(FontFile, given.font)),
        near=tuple(map(FontFile, given.near)),
        small=given.small,
    )


if __name__ == "__main__":
    _main()
