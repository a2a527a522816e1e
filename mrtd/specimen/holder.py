"""Who a specimen document is made out to, and its MRZ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import mrz
from mrtd.specimen.certificates import ISSUING_STATE


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """A person who does not exist.

    `primary_identifier` and `secondary_identifier` are in the letters of the MRZ (ICAO 9303-3 §6); `full_name` is in
    national characters, for DG11. `sex` is `M`, `F` or `<`.
    """

    primary_identifier: str
    secondary_identifier: str
    full_name: tuple[str, str]
    date_of_birth: date
    sex: str
    place_of_birth: tuple[str, ...]
    nationality: str = ISSUING_STATE

    def __repr__(self) -> str:
        return "Holder()"


#: The person of the demo: letters that the MRZ must transliterate.
MARTA: Holder = Holder(
    primary_identifier="AAKERSTROEM",
    secondary_identifier="MAERTA LINNEA",
    full_name=("Åkerström", "Märta Linnéa"),
    date_of_birth=date(1984, 3, 17),
    sex="F",
    place_of_birth=("Ankeborg", "Utopia"),
)


def machine_readable_zone(
    holder: Holder, *, document_number: str, date_of_expiry: date, issuing_state: str = ISSUING_STATE
) -> tuple[str, str]:
    """The two lines of a TD3 document (ICAO 9303-4 §4.2).

    Raises:
        MrzFieldError: a value does not fit its field.
    """
    fields = mrz.MrzFields(
        document_code="P",
        issuing_state=issuing_state,
        nationality=holder.nationality,
        document_number=document_number,
        date_of_birth=holder.date_of_birth,
        date_of_expiry=date_of_expiry,
        sex=holder.sex,
        primary_identifier=holder.primary_identifier,
        secondary_identifier=holder.secondary_identifier,
    )
    first, second = mrz.format(fields, mrz.MrzFormat.TD3).split("\n")
    return first, second
