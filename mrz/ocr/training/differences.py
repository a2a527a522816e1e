"""Readings against what was printed: character errors, whole lines, confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mrz.ocr.line_image import ALPHABET

#: Missing or added characters in the table of confusions.
GAP: Final = "-"


@dataclass(frozen=True, slots=True)
class Scores:
    """Results over lines: errors and confusions are counts, the latter by (printed, read)."""

    lines: int
    characters: int
    errors: int
    exact_lines: int
    confusions: tuple[tuple[str, str, int], ...]

    @property
    def error_rate(self) -> float:
        """Character errors for each printed character."""
        return self.errors / max(1, self.characters)

    @property
    def exact_rate(self) -> float:
        """Lines without an error."""
        return self.exact_lines / max(1, self.lines)


def read_greedily(frames: npt.NDArray[np.float32]) -> str:
    """The text of the best path: repeats merged, blanks dropped."""
    best = frames.argmax(axis=1)
    kept = best[np.flatnonzero(np.diff(best, prepend=0))]
    return "".join(ALPHABET[index - 1] for index in kept if index)


def compare(pairs: Sequence[tuple[str, str]]) -> Scores:
    """Count differences of (printed, read) pairs along their best alignment."""
    confusions: Counter[tuple[str, str]] = Counter()
    for printed, read in pairs:
        confusions.update(_differences(printed, read))
    return Scores(
        lines=len(pairs),
        characters=sum(len(printed) for printed, _ in pairs),
        errors=confusions.total(),
        exact_lines=sum(printed == read for printed, read in pairs),
        confusions=tuple((*pair, count) for pair, count in confusions.most_common()),
    )


def _differences(printed: str, read: str) -> list[tuple[str, str]]:
    """Exchanged, missing and added characters of a cheapest alignment."""
    costs = np.zeros((len(printed) + 1, len(read) + 1), np.int32)
    costs[:, 0], costs[0] = np.arange(len(printed) + 1), np.arange(len(read) + 1)
    for i, a in enumerate(printed, 1):
        for j, b in enumerate(read, 1):
            costs[i, j] = min(costs[i - 1, j - 1] + (a != b), costs[i - 1, j] + 1, costs[i, j - 1] + 1)
    found: list[tuple[str, str]] = []
    i, j = len(printed), len(read)
    while i or j:
        if i and j and costs[i, j] == costs[i - 1, j - 1] + (printed[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            if printed[i] != read[j]:
                found.append((printed[i], read[j]))
        elif i and costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
            found.append((printed[i], GAP))
        else:
            j -= 1
            found.append((GAP, read[j]))
    return found
