"""One line of the bench: a time of ours beside a baseline of the same run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Figure:
    """Microseconds of one call. `limit`, where there is one, is a promise for `ours`."""

    name: str
    baseline_name: str
    ours: float
    baseline: float
    limit: float | None = None

    @property
    def over(self) -> bool:
        """Whether the promise is broken."""
        return self.limit is not None and self.ours > self.limit

    def __str__(self) -> str:
        ratio = self.ours / self.baseline
        line = (
            f"{self.name:<48} {self.ours:>9.1f} us   {ratio:>6.2f} x  {self.baseline_name} ({self.baseline:.1f} us)"
        )
        if self.limit is None:
            return line
        return f"{line}{'   OVER' if self.over else ', below'} {self.limit:.0f} us"


def measure(
    name: str,
    ours: Callable[[], object],
    baseline_name: str,
    baseline: Callable[[], object],
    *,
    rounds: int = ROUNDS,
    limit: float | None = None,
) -> Figure:
    """Medians of rounds; both are interleaved, so that a slow moment of the machine meets both."""
    repeats = max(1, int(0.01 / max(_once(ours, 1), 1e-7)))
    baseline_repeats = max(1, int(0.01 / max(_once(baseline, 1), 1e-7)))
    gc.collect()
    pairs = [(_once(ours, repeats), _once(baseline, baseline_repeats)) for _ in range(rounds)]
    mine, other = zip(*pairs, strict=True)
    return Figure(name, baseline_name, statistics.median(mine) * 1e6, statistics.median(other) * 1e6, limit)


def _once(call: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats
