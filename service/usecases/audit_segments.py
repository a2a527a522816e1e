"""The parts of the chain that lead from the lines of one case to signed checkpoints.

Between the lines of a case stand those of others. Of these an archive holds the hash of their content alone, which
links the chain and tells nobody what they say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from service.domain.audit_chain import Break, BreakKind, Head, content_digest, link_digest, read_row
from service.domain.audit_checkpoint import AuditBrokenError
from service.domain.repositories import Work


def segments(work: Work, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """For each line the way to the next checkpoint; lines below the same checkpoint share one.

    Args:
        work: a transaction that reads.
        numbers: of the lines in the chain over everything, ascending.

    Raises:
        AuditBrokenError: an entry is missing or unreadable.
    """
    checkpoints = work.audit.checkpoints(numbers[0]) if numbers else ()
    ends = [checkpoint.number for checkpoint in checkpoints]
    found: list[dict[str, Any]] = []
    used = -1
    for number in numbers:
        at = bisect_left(ends, number)
        if at == len(ends):
            raise AuditBrokenError(Break(number, BreakKind.CHECKPOINT_INVALID))
        if at != used:
            found.append({"checkpoint": checkpoints[at].token, **_way(work, number, ends[at])})
            used = at
    return found


def _way(work: Work, first: int, last: int) -> dict[str, Any]:
    previous: str | None = None
    contents: list[str] = []
    for row in work.audit.rows(first - 1, last):
        entry = read_row(row)
        if entry is None:
            raise AuditBrokenError(Break(first + len(contents), BreakKind.UNREADABLE))
        previous = previous or entry.previous
        contents.append(content_digest(entry.content()))
    if len(contents) != last - first + 1:
        raise AuditBrokenError(Break(first + len(contents), BreakKind.MISSING))
    return {"first": first, "previous": previous, "contents": contents}


def followed(segment: Mapping[str, Any]) -> Head:
    """The entry that a segment ends with, computed from its hashes.

    Raises:
        ValueError: it is no segment.
    """
    first, digest, contents = segment.get("first"), segment.get("previous"), segment.get("contents")
    if type(first) is not int or type(digest) is not str or type(contents) is not list or not contents:
        raise ValueError("no segment of the chain")
    for number, content in enumerate(contents, start=first):
        if type(content) is not str:
            raise ValueError("no segment of the chain")
        digest = link_digest(number, digest, content)
    return Head(first + len(contents) - 1, digest)
