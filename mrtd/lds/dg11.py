"""EF.DG11, additional personal details (ICAO 9303-10 §4.7.11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.lds.data_objects import DataObjects
from mrtd.lds.elementary_file import reading, stored_object
from mrtd.lds.oddity import Oddity

_FULL_NAME: Final = 0x5F0E
_OTHER_NAME: Final = 0x5F0F
_PERSONAL_NUMBER: Final = 0x5F10
_FULL_DATE_OF_BIRTH: Final = 0x5F2B
_PLACE_OF_BIRTH: Final = 0x5F11
_PERMANENT_ADDRESS: Final = 0x5F42
_TELEPHONE: Final = 0x5F12
_PROFESSION: Final = 0x5F13
_TITLE: Final = 0x5F14
_PERSONAL_SUMMARY: Final = 0x5F15
_PROOF_OF_CITIZENSHIP: Final = 0x5F16
_OTHER_TRAVEL_DOCUMENTS: Final = 0x5F17
_CUSTODY_INFORMATION: Final = 0x5F18
_KNOWN: Final = frozenset(
    {
        _FULL_NAME,
        _PERSONAL_NUMBER,
        _FULL_DATE_OF_BIRTH,
        _PLACE_OF_BIRTH,
        _PERMANENT_ADDRESS,
        _TELEPHONE,
        _PROFESSION,
        _TITLE,
        _PERSONAL_SUMMARY,
        _PROOF_OF_CITIZENSHIP,
        _OTHER_TRAVEL_DOCUMENTS,
        _CUSTODY_INFORMATION,
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Dg11:
    """Details of the holder, None where the file says nothing.

    Texts stand as stored: names in national characters with `<<` between primary and secondary identifier, places
    and addresses with `<` between their parts. `full_date_of_birth` holds the stored digits (`YYYYMMDD`, `00` for an
    unknown part), `date_of_birth` the day if they are one. `proof_of_citizenship` is a picture as stored.
    """

    full_name: str | None
    other_names: tuple[str, ...]
    personal_number: str | None
    full_date_of_birth: str | None
    date_of_birth: date | None
    place_of_birth: str | None
    permanent_address: str | None
    telephone: str | None
    profession: str | None
    title: str | None
    personal_summary: str | None
    proof_of_citizenship: bytes | None
    other_travel_documents: str | None
    custody_information: str | None
    oddities: frozenset[Oddity] = frozenset()
    trailing: int = 0

    def __repr__(self) -> str:
        return f"Dg11({len(self.oddities)} oddities)"


@reading(ElementaryFile.DG11)
def parse(data: bytes) -> Dg11:
    """Read EF.DG11 (ICAO 9303-10 §4.7.11).

    Raises:
        MalformedError: not a template of these data objects.
        DuplicateError: an object twice, other names excepted.
        LimitExceededError: too many or too long texts.
    """
    stored = stored_object(data, ElementaryFile.DG11)
    objects = DataObjects(stored.tlv, _KNOWN, repeated=_OTHER_NAME)
    birth = objects.date(_FULL_DATE_OF_BIRTH)
    return Dg11(
        full_name=objects.text(_FULL_NAME),
        other_names=objects.texts(_OTHER_NAME),
        personal_number=objects.text(_PERSONAL_NUMBER),
        full_date_of_birth=None if birth is None else birth.text,
        date_of_birth=None if birth is None else birth.day,
        place_of_birth=objects.text(_PLACE_OF_BIRTH),
        permanent_address=objects.text(_PERMANENT_ADDRESS),
        telephone=objects.text(_TELEPHONE),
        profession=objects.text(_PROFESSION),
        title=objects.text(_TITLE),
        personal_summary=objects.text(_PERSONAL_SUMMARY),
        proof_of_citizenship=objects.octets(_PROOF_OF_CITIZENSHIP),
        other_travel_documents=objects.text(_OTHER_TRAVEL_DOCUMENTS),
        custody_information=objects.text(_CUSTODY_INFORMATION),
        oddities=frozenset(objects.oddities),
        trailing=stored.trailing,
    )
