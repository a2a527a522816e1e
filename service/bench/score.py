"""What readings are worth: exact, wrong, confidently wrong, how long, how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import mean, median
from typing import Any, Final

_PERCENTILE: Final = 0.95
_KIB: Final = 1024


class Ending(StrEnum):
    """What became of one picture."""

    #: Every character is right, and the reader said that it is sure.
    EXACT = "exact"
    #: Every character is right, and a person is asked to look.
    EXACT_UNSURE = "exact_unsure"
    #: Something is wrong, and a person is asked to look.
    WRONG_UNSURE = "wrong_unsure"
    #: Something is wrong, and the reader said that it is sure: the worst of all.
    FALSE_ACCEPT = "false_accept"
    NOTHING = "nothing"
    #: No zone in the picture, and none was read.
    RIGHTLY_NOTHING = "rightly_nothing"


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """What one reader made of one picture. `sure`: it would be taken without a person.

    `seconds` by the clock, `cpu_s` on the processor: on a busy machine only the second one is the reader's own.
    """

    lines: tuple[str, ...] | None
    sure: bool
    seconds: float
    cpu_s: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One picture's outcome. `errors` of `characters` are wrong; `octets` is the size of the picture as sent."""

    file: str
    ending: Ending
    errors: int
    characters: int
    seconds: float
    cpu_s: float | None
    octets: int


def judge(file: str, printed: Sequence[str], attempt: Attempt, octets: int) -> Result:
    """Compare what was read with what is printed."""
    expected = "\n".join(printed)
    found = "\n".join(attempt.lines or ())
    return Result(
        file,
        _ending(printed, attempt),
        distance(expected, found) if printed else 0,
        len(expected),
        attempt.seconds,
        attempt.cpu_s,
        octets,
    )


def _ending(printed: Sequence[str], attempt: Attempt) -> Ending:
    if attempt.lines is None:
        return Ending.NOTHING if printed else Ending.RIGHTLY_NOTHING
    if tuple(attempt.lines) == tuple(printed):
        return Ending.EXACT if attempt.sure else Ending.EXACT_UNSURE
    return Ending.FALSE_ACCEPT if attempt.sure else Ending.WRONG_UNSURE


def distance(expected: str, found: str) -> int:
    """Characters to insert, remove or replace (Levenshtein)."""
    row = list(range(len(found) + 1))
    for count, wanted in enumerate(expected, 1):
        before, row[0] = row[0], count
        for place, given in enumerate(found, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (wanted != given))
    return row[-1]


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """The numbers of one reader at one size of upload; rates are shares from 0 to 1, times milliseconds."""
    zones = [result for result in results if result.characters]
    endings = {ending.value: sum(result.ending is ending for result in results) for ending in Ending}
    exact = endings[Ending.EXACT] + endings[Ending.EXACT_UNSURE]
    return {
        "pictures": len(results),
        "zones": len(zones),
        "exact_rate": _share(exact, len(zones)),
        "sure_rate": _share(endings[Ending.EXACT], len(zones)),
        "character_error_rate": _share(
            sum(result.errors for result in zones), sum(result.characters for result in zones)
        ),
        "false_accepts": endings[Ending.FALSE_ACCEPT],
        "endings": endings,
        **_times("", [result.seconds for result in results]),
        **_times("cpu_", [result.cpu_s for result in results if result.cpu_s is not None]),
        "mean_kib": round(mean(result.octets for result in results) / _KIB),
        "not_exact": [
            {"file": result.file, "ending": result.ending.value}
            for result in results
            if result.ending not in (Ending.EXACT, Ending.RIGHTLY_NOTHING)
        ],
    }


def _times(kind: str, seconds: Sequence[float]) -> dict[str, float | None]:
    """Median and 95th percentile in milliseconds."""
    times = sorted(second * 1000 for second in seconds)
    late = times[min(len(times) - 1, int(_PERCENTILE * len(times)))] if times else None
    return {
        f"{kind}median_ms": round(median(times), 1) if times else None,
        f"{kind}p95_ms": None if late is None else round(late, 1),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None
