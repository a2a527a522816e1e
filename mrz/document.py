"""What a machine readable zone says: frozen types, safe to print in a log."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mrz.check_digits import CheckDigit
from mrz.formats import MrzFormat


class MrzNote(StrEnum):
    """Remarks about a zone; facts, never a judgement."""

    DOCUMENT_CODE_UNUSUAL = "document_code_unusual"
    ISSUING_STATE_UNKNOWN = "issuing_state_unknown"
    NATIONALITY_UNKNOWN = "nationality_unknown"
    LONG_DOCUMENT_NUMBER = "long_document_number"
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
    printed: str = field(repr=False)
    replaced: str = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class MrzFields:
    """The data elements of a zone (ICAO 9303-3 §4.2), fillers removed.

    Codes stand as printed without trailing fillers (`D`, `UTO`); names hold spaces where fillers were
    printed; a date is None while it is unknown or impossible; `sex` is `M`, `F`, `X`, or `` (printed `<`).
    `optional_data_2` exists in TD1 alone: the optional data of the middle line.
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
        return f"MrzFields({len(self.__slots__)} fields)"


@dataclass(frozen=True, slots=True, repr=False)
class MrzDocument:
    """A machine readable zone, read (ICAO 9303-3 §4).

    `valid` is true when every check digit holds; nothing else makes a zone invalid. `date_candidates`
    holds every date that a printed two-digit year can mean at `today`.
    """

    format: MrzFormat
    lines: tuple[str, ...]
    fields: MrzFields
    raw: Mapping[str, str]
    check_digits: tuple[CheckDigit, ...]
    repairs: tuple[Repair, ...]
    names_truncated: bool
    notes: tuple[MrzNote, ...]
    date_candidates: tuple[tuple[str, tuple[datetime.date, ...]], ...]
    valid: bool

    def __repr__(self) -> str:
        return f"MrzDocument(format={self.format.value}, valid={self.valid})"
