"""EF.DG1, the machine readable zone (ICAO 9303-10 §4.7.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import mrz
from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds.elementary_file import by_tag, reading, required, stored_object

_MRZ: Final = 0x5F1F
#: Line length by number of characters: TD1 3 x 30, TD2 2 x 36, TD3 2 x 44.
_LINE_LENGTHS: Final = MappingProxyType({90: 30, 72: 36, 88: 44})
_CHARACTERS: Final = re.compile(rb"[A-Z0-9<]*")


@dataclass(frozen=True, slots=True, repr=False)
class Dg1:
    """The zone as the chip holds it, and as it was read.

    `mrz_text` is the content of the data object, one run of characters without line ends.
    """

    mrz_text: str
    document: mrz.MrzDocument
    trailing: int = 0

    def __repr__(self) -> str:
        return f"Dg1(format={self.document.format.value}, valid={self.document.valid})"


@reading(ElementaryFile.DG1)
def parse(data: bytes, *, today: date) -> Dg1:
    """Read EF.DG1 (ICAO 9303-10 §4.7.1).

    A wrong check digit or an impossible date is a fact of the document, told by `document`, and no error.

    Args:
        data: the file.
        today: the day against which two-digit years are resolved.

    Raises:
        MalformedError: not one MRZ, of another length than TD1, TD2 or TD3 or with other characters.
    """
    stored = stored_object(data, ElementaryFile.DG1)
    value = required(by_tag(stored.tlv.children()), _MRZ).value
    if len(value) not in _LINE_LENGTHS:
        raise MalformedError("bad_length", detail=f"{len(value)} characters")
    if not _CHARACTERS.fullmatch(value):
        raise MalformedError("bad_character")
    text = value.decode("ascii")
    length = _LINE_LENGTHS[len(text)]
    lines = "\n".join(text[start : start + length] for start in range(0, len(text), length))
    try:
        document = mrz.parse(lines, today=today)
    except mrz.MrzFormatError as error:
        raise MalformedError(error.reason.value) from error
    if document.format.value not in ("TD1", "TD2", "TD3"):
        raise MalformedError("unknown_format", detail="a visa is no eMRTD")
    return Dg1(text, document, stored.trailing)
