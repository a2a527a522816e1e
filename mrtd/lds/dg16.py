"""EF.DG16, persons to notify (ICAO 9303-10 §4.7.16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds.data_objects import DataObjects
from mrtd.lds.elementary_file import count, reading, stored_object
from mrtd.lds.oddity import Oddity

#: The templates are A1, A2, ...; one octet of tag has room for 15.
MAX_PERSONS: Final = 15
_FIRST_TEMPLATE: Final = 0xA1
_DATE_RECORDED: Final = 0x5F50
_NAME: Final = 0x5F51
_TELEPHONE: Final = 0x5F52
_ADDRESS: Final = 0x5F53
_KNOWN: Final = frozenset({_DATE_RECORDED, _NAME, _TELEPHONE, _ADDRESS})


@dataclass(frozen=True, slots=True, repr=False)
class PersonToNotify:
    """One person; `date_recorded` holds the stored digits."""

    date_recorded: str | None
    name: str | None
    telephone: str | None
    address: str | None

    def __repr__(self) -> str:
        return "PersonToNotify()"


@dataclass(frozen=True, slots=True, repr=False)
class Dg16:
    """The persons in stored order."""

    persons: tuple[PersonToNotify, ...]
    oddities: frozenset[Oddity] = frozenset()
    trailing: int = 0

    def __repr__(self) -> str:
        return f"Dg16({len(self.persons)} persons)"


@reading(ElementaryFile.DG16)
def parse(data: bytes) -> Dg16:
    """Read EF.DG16 (ICAO 9303-10 §4.7.16).

    Raises:
        MalformedError: not a counter and templates of persons in their order.
        LimitExceededError: too many persons or too long texts.
    """
    stored = stored_object(data, ElementaryFile.DG16)
    objects = stored.tlv.children()
    if not 1 <= len(objects) <= MAX_PERSONS + 1:
        raise MalformedError("bad_count", detail=f"{len(objects)} objects")
    oddities: set[Oddity] = set()
    if count(objects[0], limit=MAX_PERSONS) != len(objects) - 1:
        oddities.add(Oddity.COUNT_DIFFERS)
    persons = []
    for number, template in enumerate(objects[1:]):
        details = DataObjects(template.expect(_FIRST_TEMPLATE + number), _KNOWN)
        recorded = details.date(_DATE_RECORDED)
        persons.append(
            PersonToNotify(
                date_recorded=None if recorded is None else recorded.text,
                name=details.text(_NAME),
                telephone=details.text(_TELEPHONE),
                address=details.text(_ADDRESS),
            )
        )
        oddities |= details.oddities
    return Dg16(tuple(persons), frozenset(oddities), stored.trailing)
