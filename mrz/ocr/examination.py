"""From up to five photos of one document to one honest reading (the rule: a wrong reading is worse than none)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mrz.document import MrzNote
from mrz.errors import MrzFormatError
from mrz.formats import FormatSpec
from mrz.ocr.decode import Decoded, decode
from mrz.ocr.engine import Observation, OcrEngine, Sighting
from mrz.ocr.fuse import add_photos, average_crops, show_one_zone
from mrz.ocr.grammar import Place
from mrz.ocr.onnx_engine import default_engine
from mrz.ocr.reading import Advice, MrzExamination, MrzReading
from mrz.parser import detect_format, read_lines

#: Photos of one document; more bring cost and no certainty.
MAX_IMAGES: Final = 5
#: Zones nearly read that are handed over; beyond these a person is better served by a new photo.
MAX_CANDIDATES: Final = 3

#: A date that does not exist is misread, or the document is not what it should be: a person looks at it.
_INVALID_DATES: Final = {
    MrzNote.DATE_OF_BIRTH_INVALID: "date_of_birth",
    MrzNote.DATE_OF_EXPIRY_INVALID: "date_of_expiry",
}

#: Travel documents last ten years, a few cards longer, and nobody shows one that ended a generation ago. Two 3 that
#: are read as 8 in one date leave its check digit as it was (5 times two odd weights is a multiple of ten): a person
#: looks at a date that is further away.
FARTHEST_EXPIRY: Final = datetime.timedelta(days=15 * 366)


def examine(images: Sequence[bytes], *, today: datetime.date, engine: OcrEngine | None = None) -> MrzExamination:
    """Read the machine readable zone from photos of one document.

    Args:
        images: One to `MAX_IMAGES` photos (JPEG, PNG, WebP, HEIC), all of the same page.
        today: The day against which two-digit years are resolved (see `mrz.dates`).
        engine: What reads; the packaged network by default.

    Raises:
        ValueError: No photo, or more than `MAX_IMAGES`.
        ImageError: One of them is no photo that is looked at.
    """
    if not 1 <= len(images) <= MAX_IMAGES:
        raise ValueError(f"{len(images)} photos; from 1 to {MAX_IMAGES} can be examined")
    reader = default_engine() if engine is None else engine
    observations = [reader.read(image) for image in images]
    best = [zone for zone in map(_best_of, observations, range(len(observations))) if zone is not None]
    shown = (zone for zone in best if zone.decoded.complete or zone.decoded.nearly)
    zones = sorted(shown, key=_plausibility, reverse=True)
    if len(zones) > 1:
        zones = _fuse(zones)
    readings = [_reading(zone, reader.name, today) for zone in zones]
    reading = readings[0] if zones and zones[0].decoded.complete and readings[0] is not None else None
    advice = () if reading is not None and reading.certain else _advice(observations)
    found = tuple(one for one in readings if one is not None and one is not reading)
    return MrzExamination(reading, advice, found[:MAX_CANDIDATES])


def read_mrz(image: bytes, *, today: datetime.date, engine: OcrEngine | None = None) -> MrzReading | None:
    """The reading of one photo, None where `examine` has none.

    Raises:
        ImageError: The octets are no photo that is looked at.
    """
    return examine([image], today=today, engine=engine).reading


@dataclass(frozen=True, slots=True, eq=False)
class _Zone:
    """A zone as decoded, and where it was seen best: on the photo of this number."""

    sighting: Sighting
    decoded: Decoded
    photo: int


def _best_of(observation: Observation, photo: int) -> _Zone | None:
    """The best zone of one photo."""
    zones = [_Zone(sighting, sighting.decoded, photo) for sighting in observation.sightings]
    return max(zones, key=_plausibility, default=None)


def _plausibility(zone: _Zone) -> tuple[bool, bool, float]:
    return zone.decoded.certain, zone.decoded.complete, zone.decoded.score


def _fuse(zones: list[_Zone]) -> list[_Zone]:
    """All photos as one zone, first of the list; if they show different ones, none of them is believed."""
    shape = zones[0].sighting.shape
    best = zones[0]
    alike = [zone.sighting for zone in zones if zone.sighting.shape == shape]
    others = [zone for zone in zones if zone.sighting.shape != shape]
    views = [average_crops(sighting.crops) for sighting in alike]
    if not show_one_zone(views) or any(zone.decoded.complete for zone in others):
        return [replace(zone, decoded=replace(zone.decoded, complete=False, certain=False)) for zone in zones]
    witnesses = [crop for sighting in alike for crop in sighting.crops]
    fused = decode(
        add_photos(views),
        witnesses,
        trusted=any(sighting.trusted for sighting in alike),
        scored=all(sighting.scored for sighting in alike),
    )
    return zones if fused is None else [replace(best, decoded=fused), *others]


def _reading(zone: _Zone, engine: str, today: datetime.date) -> MrzReading | None:
    """The zone as a reading; None where the characters make no zone that `mrz.parse` knows."""
    decoded = zone.decoded
    try:
        spec = detect_format(decoded.lines)
    except MrzFormatError:
        return None
    if spec is not decoded.spec:
        return None
    document = read_lines(spec, decoded.lines, today=today, repairs=decoded.repairs)
    doubtful = [name for note, name in _INVALID_DATES.items() if note in document.notes]
    expiry = document.fields.date_of_expiry
    if expiry is not None and abs(expiry - today) > FARTHEST_EXPIRY:
        doubtful.append("date_of_expiry")
    weak = tuple(sorted({*decoded.weak, *(place for name in doubtful for place in _at(spec, name))}))
    return MrzReading(
        document=document,
        confidence=tuple(tuple(line) for line in decoded.confidence.tolist()),
        weak=weak,
        certain=decoded.certain and document.valid and not weak,
        engine=engine,
        quad=zone.sighting.quad,
        picture=zone.sighting.picture,
        photo=zone.photo,
    )


def _at(spec: FormatSpec, name: str) -> list[Place]:
    field = spec.place(name)
    return [(field.line, column) for column in range(field.first, field.last + 1)]


def _advice(observations: Sequence[Observation]) -> tuple[Advice, ...]:
    """What all photos suffer from; `no_mrz` only if no photo showed anything like a zone."""
    seen = [observation for observation in observations if Advice.NO_MRZ not in observation.advice]
    given = {one for observation in seen or observations for one in observation.advice}
    return tuple(one for one in Advice if one in given)
