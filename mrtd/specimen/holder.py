"""Who a specimen document is made out to, and its MRZ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import mrz
from mrtd.specimen.certificates import ISSUING_STATE


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """A person who does not exist.

    `primary_identifier` and `secondary_identifier` are in the letters of the MRZ (ICAO 9303-3 §6), cut as the issuer
    of a TD3 cuts them (9303-4 §4.2.3); `full_name` is in national characters, for DG11. `sex` is `M`, `F` or `<`.
    `printed_date_of_birth` is the MRZ's text where a part of the date is unknown; then `date_of_birth` is None.
    `optional_data` is for the MRZ; `personal_number` for DG11.
    """

    primary_identifier: str
    secondary_identifier: str
    full_name: tuple[str, str]
    date_of_birth: date | None
    sex: str
    place_of_birth: tuple[str, ...]
    nationality: str = ISSUING_STATE
    printed_date_of_birth: str = "<<<<<<"
    full_date_of_birth_text: str | None = None
    optional_data: str = ""
    personal_number: str = ""

    @property
    def full_date_of_birth(self) -> str:
        """`YYYYMMDD` for DG11; unknown parts are 00 (ICAO 9303-10 §4.7.11)."""
        if self.full_date_of_birth_text is not None:
            return self.full_date_of_birth_text
        return "00000000" if self.date_of_birth is None else self.date_of_birth.strftime("%Y%m%d")

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
    holder: Holder,
    *,
    document_number: str,
    date_of_expiry: date | None,
    issuing_state: str = ISSUING_STATE,
    document_code: str = "P",
) -> tuple[str, str]:
    """The two lines of a TD3 document (ICAO 9303-4 §4.2); without an expiry its place holds fillers.

    Raises:
        MrzFieldError: a value does not fit its field.
    """
    fields = mrz.MrzFields(
        document_code=document_code,
        issuing_state=issuing_state,
        nationality=holder.nationality,
        document_number=document_number,
        date_of_birth=holder.date_of_birth,
        date_of_expiry=date_of_expiry,
        sex=holder.sex,
        primary_identifier=holder.primary_identifier,
        secondary_identifier=holder.secondary_identifier,
        optional_data=holder.optional_data,
    )
    text = mrz.format(fields, mrz.MrzFormat.TD3, printed_date_of_birth=holder.printed_date_of_birth)
    first, second = text.split("\n")
    return first, second
