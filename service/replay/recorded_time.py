"""When a bare dump says that it was read. A claim: good enough to replay it by, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from mrtd.evidence import ChipEvidence

#: Names under which readers record the time, the most telling first.
_CLAIMS: Final = ("inspection_time", "captured_at", "read_at")
#: Far beyond every travel document, and far from the ends of the calendar.
_YEARS: Final = range(1950, 2201)


def recorded_time(evidence: ChipEvidence) -> datetime | None:
    """The recorded time of a dump in UTC, whole seconds; None where it says none with a time zone (RFC 3339)."""
    for name in _CLAIMS:
        text = evidence.claimed.get(name)
        if text is None:
            continue
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            continue
        if at.tzinfo is not None and at.year in _YEARS:
            return at.astimezone(UTC).replace(microsecond=0)
    return None
