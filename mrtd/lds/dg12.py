"""EF.DG12, additional document details (ICAO 9303-10 §4.7.12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.lds.data_objects import DataObjects
from mrtd.lds.elementary_file import reading, stored_object
from mrtd.lds.oddity import Oddity

_ISSUING_AUTHORITY: Final = 0x5F19
_DATE_OF_ISSUE: Final = 0x5F26
_OTHER_PERSON: Final = 0x5F1A
_ENDORSEMENTS: Final = 0x5F1B
_TAX_EXIT_REQUIREMENTS: Final = 0x5F1C
_IMAGE_OF_FRONT: Final = 0x5F1D
_IMAGE_OF_REAR: Final = 0x5F1E
_PERSONALIZATION_TIME: Final = 0x5F55
_PERSONALIZATION_DEVICE: Final = 0x5F56
_KNOWN: Final = frozenset(
    {
        _ISSUING_AUTHORITY,
        _DATE_OF_ISSUE,
        _ENDORSEMENTS,
        _TAX_EXIT_REQUIREMENTS,
        _IMAGE_OF_FRONT,
        _IMAGE_OF_REAR,
        _PERSONALIZATION_TIME,
        _PERSONALIZATION_DEVICE,
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Dg12:
    """Details of the document, None where the file says nothing; texts as stored, as in `Dg11`.

    `date_of_issue` is the day, `raw` the stored digits it was read from. `personalization_time` holds the stored
    digits `YYYYMMDDhhmmss`.
    """

    issuing_authority: str | None
    date_of_issue: date | None
    raw: str | None
    other_persons: tuple[str, ...]
    endorsements: str | None
    tax_exit_requirements: str | None
    image_of_front: bytes | None
    image_of_rear: bytes | None
    personalization_time: str | None
    personalization_device: str | None
    oddities: frozenset[Oddity] = frozenset()
    trailing: int = 0

    def __repr__(self) -> str:
        return f"Dg12({len(self.oddities)} oddities)"


@reading(ElementaryFile.DG12)
def parse(data: bytes) -> Dg12:
    """Read EF.DG12 (ICAO 9303-10 §4.7.12).

    Raises:
        MalformedError: not a template of these data objects.
        DuplicateError: an object twice, other persons excepted.
        LimitExceededError: too many or too long texts.
    """
    stored = stored_object(data, ElementaryFile.DG12)
    objects = DataObjects(stored.tlv, _KNOWN, repeated=_OTHER_PERSON)
    issue = objects.date(_DATE_OF_ISSUE)
    personalization = objects.date(_PERSONALIZATION_TIME)
    return Dg12(
        issuing_authority=objects.text(_ISSUING_AUTHORITY),
        date_of_issue=None if issue is None else issue.day,
        raw=None if issue is None else issue.text,
        other_persons=objects.texts(_OTHER_PERSON),
        endorsements=objects.text(_ENDORSEMENTS),
        tax_exit_requirements=objects.text(_TAX_EXIT_REQUIREMENTS),
        image_of_front=objects.octets(_IMAGE_OF_FRONT),
        image_of_rear=objects.octets(_IMAGE_OF_REAR),
        personalization_time=None if personalization is None else personalization.text,
        personalization_device=objects.text(_PERSONALIZATION_DEVICE),
        oddities=frozenset(objects.oddities),
        trailing=stored.trailing,
    )
