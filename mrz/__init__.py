"""Machine readable zones of travel documents: read, write, repair (ICAO 9303-3 to -7).

Pure: no I/O, no clock; the day against which two-digit years are resolved is an argument.
"""

from __future__ import annotations

from mrz.check_digits import CheckDigit
from mrz.document import MrzDocument, MrzFields, MrzNote, RawFields, Repair
from mrz.errors import FieldReason, FormatReason, MrzError, MrzFieldError, MrzFormatError
from mrz.formats import MrzFormat
from mrz.parser import parse
from mrz.repair import repair
from mrz.writer import format

__all__ = [
    "CheckDigit",
    "FieldReason",
    "FormatReason",
    "MrzDocument",
    "MrzError",
    "MrzFieldError",
    "MrzFields",
    "MrzFormat",
    "MrzFormatError",
    "MrzNote",
    "RawFields",
    "Repair",
    "format",
    "parse",
    "repair",
]
