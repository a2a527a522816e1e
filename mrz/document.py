"""What a machine readable zone says: frozen types, safe to print in a log."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from mrz.check_digits import CheckDigit
from mrz.formats import MrzFormat
from mrz.swedish import SwedishPersonalNumber, read_personal_number


class MrzNote(StrEnum):
    """Remarks about a zone; facts, never a judgement."""

    DOCUMENT_CODE_UNUSUAL = "document_code_unusual"
    ISSUING_STATE_UNKNOWN = "issuing_state_unknown"
    NATIONALITY_UNKNOWN = "nationality_unknown"
    LONG_DOCUMENT_NUMBER = "long_document_number"
    #: The check digit of a long number fails by the standard, and holds if its filler counts as a place.
    LONG_NUMBER_CHECK_COUNTS_FILLER = "long_number_check_counts_filler"
    DATE_OF_BIRTH_UNKNOWN = "date_of_birth_unknown"
    DATE_OF_BIRTH_INVALID = "date_of_birth_invalid"
    DATE_OF_BIRTH_AMBIGUOUS = "date_of_birth_ambiguous"
    DATE_OF_EXPIRY_UNKNOWN = "date_of_expiry_unknown"
    DATE_OF_EXPIRY_INVALID = "date_of_expiry_invalid"
    SEX_PRINTED_AS_X = "sex_printed_as_x"
    SEX_INVALID = "sex_invalid"
    NAME_MAY_BE_TRUNCATED = "name_may_be_truncated"
    NO_PRIMARY_IDENTIFIER = "no_primary_identifier"
    NO_SECONDARY_IDENTIFIER = "no_secondary_identifier"
    NAME_FILLERS_UNUSUAL = "name_fillers_unusual"
    DIGIT_IN_NAME = "digit_in_name"


class RawFields(Mapping[str, str]):
    """The printed form of each field, in the order of the zone; immutable, hashable, silent in `repr`."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self._items: Final = dict(items)

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"RawFields({len(self)} fields)"


@dataclass(frozen=True, slots=True)
class Repair:
    """One character that was changed because a check digit proves the change (line, column from 1)."""

    field: str
    line: int
    column: int
    printed: str = dataclasses.field(repr=False)
    replaced: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class MrzFields:
    """The data elements of a zone (ICAO 9303-4 to -7, data structures).

    Codes and numbers stand as printed, without the fillers at their end (`D`, `UTO`); names hold one
    space where fillers were printed; a date is None while it is unknown or impossible; `sex` is the
    printed character (`M`, `F`, `<`; anything else is noted). `optional_data_2` exists in TD1 alone:
    the optional data of the middle line.
    """

    document_code: str
    issuing_state: str
    nationality: str
    document_number: str
    date_of_birth: datetime.date | None
    date_of_expiry: datetime.date | None
    sex: str
    primary_identifier: str
    secondary_identifier: str
    optional_data: str = ""
    optional_data_2: str = ""

    def __repr__(self) -> str:
        return f"MrzFields({len(dataclasses.fields(self))} fields)"


@dataclass(frozen=True, slots=True, repr=False)
class MrzDocument:
    """A machine readable zone, read (ICAO 9303-3 §4).

    `raw` holds the printed characters of each field of the format (`name` as one field). `valid` is true
    when every check digit holds; nothing else makes a zone invalid. `date_candidates` holds, for each
    known date, every date that its two-digit year can mean, earliest first.
    """

    format: MrzFormat
    lines: tuple[str, ...]
    fields: MrzFields
    raw: RawFields
    check_digits: tuple[CheckDigit, ...]
    repairs: tuple[Repair, ...]
    names_truncated: bool
    notes: tuple[MrzNote, ...]
    date_candidates: tuple[tuple[str, tuple[datetime.date, ...]], ...]
    valid: bool

    def __repr__(self) -> str:
        return f"MrzDocument(format={self.format.value}, valid={self.valid})"

    @property
    def swedish_personal_number(self) -> SwedishPersonalNumber | None:
        """Facts about the personal number field of a Swedish document, None for every other state."""
        if self.fields.issuing_state != "SWE":
            return None
        return read_personal_number(self.fields.optional_data, self.fields.date_of_birth)

    @property
    def mrz_information(self) -> str:
        """What the chip's key is made from: number and dates with their check digits (ICAO 9303-11 §9.7.2).

        A document number that goes on in the optional data of a card (9303-5 §4.2.2) goes in whole, a short one with
        its fillers.
        """
        printed = {digit.field: digit.printed for digit in self.check_digits}
        number = self.raw["document_number"]
        if len(self.fields.document_number) > len(number):
            number = self.fields.document_number
        parts = (number, self.raw["date_of_birth"], self.raw["date_of_expiry"])
        fields = ("document_number", "date_of_birth", "date_of_expiry")
        return "".join(part + printed[field] for part, field in zip(parts, fields, strict=True))

    def to_json(self) -> dict[str, Any]:
        """The object that `passkoll mrz parse --json` prints: plain strings, booleans, lists, null."""
        swedish = self.swedish_personal_number
        return {
            "format": self.format.value,
            "lines": list(self.lines),
            "valid": self.valid,
            "fields": {
                spec.name: _json_value(getattr(self.fields, spec.name)) for spec in dataclasses.fields(self.fields)
            },
            "raw": dict(self.raw),
            "check_digits": [
                {
                    "field": digit.field,
                    "printed": digit.printed,
                    "computed": digit.computed,
                    "ok": digit.ok,
                    "filler": digit.filler,
                }
                for digit in self.check_digits
            ],
            "repairs": [
                {
                    "field": repair.field,
                    "line": repair.line,
                    "column": repair.column,
                    "printed": repair.printed,
                    "replaced": repair.replaced,
                }
                for repair in self.repairs
            ],
            "names_truncated": self.names_truncated,
            "notes": [note.value for note in self.notes],
            "date_candidates": {name: [date.isoformat() for date in dates] for name, dates in self.date_candidates},
            "swedish_personal_number": None if swedish is None else swedish.to_json(),
        }


def _json_value(value: str | datetime.date | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime.date) else value
