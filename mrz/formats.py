"""The five formats as field tables, to be laid beside the data structures of ICAO 9303-4 to -7.

Lines and positions count from 1, as in the standard. A table is the whole truth about a format: the
reader, the writer and the repair of misread characters all walk it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class MrzFormat(StrEnum):
    """The sizes of a machine readable zone (ICAO 9303-4 to -7)."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"
    MRVA = "MRV-A"
    MRVB = "MRV-B"


class FieldKind(StrEnum):
    """Which characters a field may hold (ICAO 9303-3 §4.3 and the notes of the data structures)."""

    LETTERS = "letters"
    DATE = "date"
    SEX = "sex"
    NAME = "name"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One row of a data structure: name, line, first and last position, kind of characters."""

    name: str
    line: int
    first: int
    last: int
    kind: FieldKind

    @property
    def length(self) -> int:
        """How many characters the field holds."""
        return self.last - self.first + 1

    def read(self, lines: tuple[str, ...]) -> str:
        """The printed characters of this field."""
        return lines[self.line - 1][self.first - 1 : self.last]


@dataclass(frozen=True, slots=True)
class CheckDigitSpec:
    """One check digit: where it is printed and what it covers, in the order of calculation.

    `filler_if_empty` says that `<` may stand for 0 when the covered field holds fillers only.
    """

    field: str
    line: int
    position: int
    covers: tuple[tuple[int, int, int], ...]
    filler_if_empty: bool = False

    def read(self, lines: tuple[str, ...]) -> str:
        """The printed character."""
        return lines[self.line - 1][self.position - 1]

    def covered(self, lines: tuple[str, ...]) -> str:
        """The characters that the digit is computed over."""
        return "".join(lines[line - 1][first - 1 : last] for line, first, last in self.covers)


@dataclass(frozen=True, slots=True)
class FormatSpec:
    """A data structure: number and length of the lines, fields, check digits.

    `long_number` says that a document number may overflow into `optional_data` (TD1 and TD2).
    """

    format: MrzFormat
    line_count: int
    line_length: int
    fields: tuple[FieldSpec, ...]
    check_digits: tuple[CheckDigitSpec, ...]
    long_number: bool = False

    def has(self, name: str) -> bool:
        """Whether the format has a field of that name."""
        return any(spec.name == name for spec in self.fields)

    def place(self, name: str) -> FieldSpec:
        """The place of a field that the format has."""
        return next(spec for spec in self.fields if spec.name == name)


_LETTERS, _DATE, _SEX = FieldKind.LETTERS, FieldKind.DATE, FieldKind.SEX
_NAME, _ANY = FieldKind.NAME, FieldKind.ANY

#: ICAO 9303-5 §4.2.2 and §4.2.4: a card of size TD1, three lines of 30.
TD1: Final = FormatSpec(
    MrzFormat.TD1,
    3,
    30,
    (
        FieldSpec("document_code", 1, 1, 2, _LETTERS),
        FieldSpec("issuing_state", 1, 3, 5, _LETTERS),
        FieldSpec("document_number", 1, 6, 14, _ANY),
        FieldSpec("optional_data", 1, 16, 30, _ANY),
        FieldSpec("date_of_birth", 2, 1, 6, _DATE),
        FieldSpec("sex", 2, 8, 8, _SEX),
        FieldSpec("date_of_expiry", 2, 9, 14, _DATE),
        FieldSpec("nationality", 2, 16, 18, _LETTERS),
        FieldSpec("optional_data_2", 2, 19, 29, _ANY),
        FieldSpec("name", 3, 1, 30, _NAME),
    ),
    (
        CheckDigitSpec("document_number", 1, 15, ((1, 6, 14),)),
        CheckDigitSpec("date_of_birth", 2, 7, ((2, 1, 6),)),
        CheckDigitSpec("date_of_expiry", 2, 15, ((2, 9, 14),)),
        CheckDigitSpec("composite", 2, 30, ((1, 6, 30), (2, 1, 7), (2, 9, 15), (2, 19, 29))),
    ),
    long_number=True,
)

#: ICAO 9303-6 §4.2.2 and §4.2.4: a document of size TD2, two lines of 36.
TD2: Final = FormatSpec(
    MrzFormat.TD2,
    2,
    36,
    (
        FieldSpec("document_code", 1, 1, 2, _LETTERS),
        FieldSpec("issuing_state", 1, 3, 5, _LETTERS),
        FieldSpec("name", 1, 6, 36, _NAME),
        FieldSpec("document_number", 2, 1, 9, _ANY),
        FieldSpec("nationality", 2, 11, 13, _LETTERS),
        FieldSpec("date_of_birth", 2, 14, 19, _DATE),
        FieldSpec("sex", 2, 21, 21, _SEX),
        FieldSpec("date_of_expiry", 2, 22, 27, _DATE),
        FieldSpec("optional_data", 2, 29, 35, _ANY),
    ),
    (
        CheckDigitSpec("document_number", 2, 10, ((2, 1, 9),)),
        CheckDigitSpec("date_of_birth", 2, 20, ((2, 14, 19),)),
        CheckDigitSpec("date_of_expiry", 2, 28, ((2, 22, 27),)),
        CheckDigitSpec("composite", 2, 36, ((2, 1, 10), (2, 14, 20), (2, 22, 35))),
    ),
    long_number=True,
)

#: ICAO 9303-4 §4.2.2 and §4.2.4: a passport, two lines of 44.
TD3: Final = FormatSpec(
    MrzFormat.TD3,
    2,
    44,
    (
        FieldSpec("document_code", 1, 1, 2, _LETTERS),
        FieldSpec("issuing_state", 1, 3, 5, _LETTERS),
        FieldSpec("name", 1, 6, 44, _NAME),
        FieldSpec("document_number", 2, 1, 9, _ANY),
        FieldSpec("nationality", 2, 11, 13, _LETTERS),
        FieldSpec("date_of_birth", 2, 14, 19, _DATE),
        FieldSpec("sex", 2, 21, 21, _SEX),
        FieldSpec("date_of_expiry", 2, 22, 27, _DATE),
        FieldSpec("optional_data", 2, 29, 42, _ANY),
    ),
    (
        CheckDigitSpec("document_number", 2, 10, ((2, 1, 9),)),
        CheckDigitSpec("date_of_birth", 2, 20, ((2, 14, 19),)),
        CheckDigitSpec("date_of_expiry", 2, 28, ((2, 22, 27),)),
        CheckDigitSpec("optional_data", 2, 43, ((2, 29, 42),), filler_if_empty=True),
        CheckDigitSpec("composite", 2, 44, ((2, 1, 10), (2, 14, 20), (2, 22, 43))),
    ),
)


def _visa(mrz_format: MrzFormat, line_length: int) -> FormatSpec:
    """A visa has no composite check digit and none over the optional data (ICAO 9303-7)."""
    return FormatSpec(
        mrz_format,
        2,
        line_length,
        (
            FieldSpec("document_code", 1, 1, 2, _LETTERS),
            FieldSpec("issuing_state", 1, 3, 5, _LETTERS),
            FieldSpec("name", 1, 6, line_length, _NAME),
            FieldSpec("document_number", 2, 1, 9, _ANY),
            FieldSpec("nationality", 2, 11, 13, _LETTERS),
            FieldSpec("date_of_birth", 2, 14, 19, _DATE),
            FieldSpec("sex", 2, 21, 21, _SEX),
            FieldSpec("date_of_expiry", 2, 22, 27, _DATE),
            FieldSpec("optional_data", 2, 29, line_length, _ANY),
        ),
        (
            CheckDigitSpec("document_number", 2, 10, ((2, 1, 9),)),
            CheckDigitSpec("date_of_birth", 2, 20, ((2, 14, 19),)),
            CheckDigitSpec("date_of_expiry", 2, 28, ((2, 22, 27),)),
        ),
    )


#: ICAO 9303-7 §4.2.2: a visa of format A, two lines of 44.
MRVA: Final = _visa(MrzFormat.MRVA, 44)
#: ICAO 9303-7, the same for format B: two lines of 36.
MRVB: Final = _visa(MrzFormat.MRVB, 36)

SPECS: Final = {spec.format: spec for spec in (TD1, TD2, TD3, MRVA, MRVB)}
