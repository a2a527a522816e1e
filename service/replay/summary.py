"""The numbers of a replay, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.replay.finding import Replayed, Status


@dataclass(frozen=True, slots=True)
class Group:
    """How many bare dumps came to the same end; `reason` is the one to tell first."""

    issuing_state: str
    outcome: str
    reason: str
    dumps: int


def by_end(replays: Iterable[Replayed]) -> tuple[Group, ...]:
    """The readable dumps by issuing state, outcome and reason, the most frequent first within a state."""
    ends = Counter(
        (replay.finding.issuing_state or "?", replay.finding.outcome or "?", replay.finding.reason or "-")
        for replay in replays
        if replay.status is Status.JUDGED and replay.finding is not None
    )
    ordered = sorted(ends.items(), key=lambda item: (item[0][0], -item[1], item[0]))
    return tuple(Group(*end, dumps) for end, dumps in ordered)


def by_namespace(replays: Sequence[Replayed]) -> Iterator[tuple[str, Counter[Status]]]:
    """The cases by namespace, in the order of their names, with the number of each status."""
    counts: dict[str, Counter[Status]] = {}
    for replay in replays:
        counts.setdefault(replay.name.rpartition("::")[0] or "?", Counter())[replay.status] += 1
    yield from sorted(counts.items())
