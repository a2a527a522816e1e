"""Zones of other holders and states."""

from __future__ import annotations

from datetime import date

from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.holder import Holder, machine_readable_zone


def zone_of(
    holder: Holder, *, issuing_state: str = "UTO", date_of_expiry: date | None = bench.EXPIRES
) -> tuple[str, str]:
    return machine_readable_zone(
        holder,
        document_number=bench.PASSPORT.document_number,
        date_of_expiry=date_of_expiry,
        issuing_state=issuing_state,
    )
