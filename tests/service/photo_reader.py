"""A photo reader that says what a test planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import mrz
from service.domain.errors import ServiceError
from service.domain.photo import ImageFault, PhotoAdvice, PhotoExamination, PhotoReading

TODAY = date(2026, 11, 24)


def read(
    lines: Sequence[str],
    *,
    weak: tuple[tuple[int, int], ...] = (),
    certain: bool | None = None,
    repairs: tuple[mrz.Repair, ...] = (),
) -> PhotoExamination:
    """A photo that was read; certain unless characters are weak or the test says otherwise."""
    document = replace(mrz.parse("\n".join(lines), today=TODAY), repairs=repairs)
    reading = PhotoReading(
        document=document,
        engine="planned",
        certain=not weak if certain is None else certain,
        confidence=tuple((1.0,) * len(line) for line in document.lines),
        weak=weak,
        quad=((10.0, 20.0), (1000.0, 20.0), (1000.0, 90.0), (10.0, 90.0)),
    )
    return PhotoExamination(reading, (PhotoAdvice.BLUR,) if weak else ())


def unreadable(*advice: PhotoAdvice, fault: ImageFault | None = None) -> PhotoExamination:
    """A photo that was not read."""
    return PhotoExamination(None, advice, fault)


class PlannedReader:
    """Answers `service.domain.ports.MrzReader`; `asked` holds the pictures of each request."""

    def __init__(self) -> None:
        self.plan: PhotoExamination | ServiceError = unreadable(PhotoAdvice.NO_MRZ)
        self.asked: list[list[bytes]] = []

    def start(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to give back."""

    def examine(self, images: Sequence[bytes], today: date) -> PhotoExamination:
        """What was planned."""
        assert today == TODAY
        self.asked.append(list(images))
        if isinstance(self.plan, ServiceError):
            raise self.plan
        return self.plan
