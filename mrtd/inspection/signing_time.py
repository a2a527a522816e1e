"""When was the document signed? (SECURITY.md 3.6; ICAO 9303-12 §5)

In this order: the signed signingTime attribute; the date of issue in DG12, if its hash passed; else it is not known.
The DSC's notBefore is never taken: it says when the key began to be used, and would make every check below pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from mrtd.evidence import ElementaryFile
from mrtd.inspection.data_groups import DataGroups
from mrtd.inspection.elementary_files import ReadFiles
from mrtd.inspection.signer import Signer


@dataclass(frozen=True, slots=True)
class SigningTime:
    """The span in which the document was signed: a moment, or a day in any time zone. `source` is for facts."""

    earliest: datetime
    latest: datetime
    source: str

    def within(self, not_before: datetime | None, not_after: datetime | None) -> bool:
        """Whether some moment of the span lies between the bounds; a bound of None is open."""
        return (not_before is None or not_before <= self.latest) and (not_after is None or self.earliest <= not_after)


def signing_time(signer: Signer, files: ReadFiles, groups: DataGroups) -> SigningTime | None:
    """The time at which the object of this signer was signed; None if nothing signed says it."""
    if signer.signing_time is not None:
        return SigningTime(signer.signing_time, signer.signing_time, "signing_time")
    dg12 = files.dg12
    if dg12 is None or ElementaryFile.DG12 not in groups.passed or signer.certificate is None:
        return None
    if dg12.date_of_issue is None:
        return None
    # a day without a time zone: from its first moment anywhere to its last
    midnight = datetime.combine(dg12.date_of_issue, time.min, tzinfo=UTC)
    try:
        return SigningTime(midnight - timedelta(hours=14), midnight + timedelta(hours=36), "dg12_issue_date")
    except OverflowError:  # the first or last day of the calendar: nobody issued a passport then
        return None
