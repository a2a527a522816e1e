"""Writing a machine readable zone: the inverse of `mrz.parse`."""

from __future__ import annotations

import datetime
import re
from typing import Final

from mrz.charset import FILLER
from mrz.check_digits import compute
from mrz.dates import print_date
from mrz.document import MrzFields
from mrz.errors import FieldReason, MrzFieldError
from mrz.formats import SPECS, FieldKind, FieldSpec, FormatSpec, MrzFormat

UNKNOWN_DATE: Final = FILLER * 6

_ALLOWED: Final = {
    FieldKind.LETTERS: re.compile(r"[A-Z]+"),
    FieldKind.DATE: re.compile(r"[0-9<X]{6}"),
    FieldKind.SEX: re.compile(r"[A-Z<]"),
    FieldKind.ANY: re.compile(r"([A-Z0-9<]*[A-Z0-9])?"),
}
_NUMBER: Final = re.compile(r"[A-Z0-9]([A-Z0-9<]*[A-Z0-9])?")
_NAME: Final = re.compile(r"[A-Z]+( [A-Z]+)*")


def format(
    fields: MrzFields,
    mrz_format: MrzFormat,
    *,
    printed_date_of_birth: str = UNKNOWN_DATE,
    printed_date_of_expiry: str = UNKNOWN_DATE,
) -> str:
    """Write a machine readable zone, lines joined by line feeds (ICAO 9303-3 §4, 9303-4 to -7).

    Check digits are computed; a document number of more than nine characters goes on in the optional
    data (TD1, TD2). `parse(format(fields, f), today=...).fields == fields` while the dates lie in the
    windows of `mrz.dates`.

    Args:
        fields: Names in A to Z with single spaces; no fillers at the end of anything.
        mrz_format: The format to write.
        printed_date_of_birth: What to print (`74<<<<`) while `fields.date_of_birth` is None.
        printed_date_of_expiry: The same for the date of expiry.

    Raises:
        MrzFieldError: A field does not fit its place.
    """
    spec = SPECS[mrz_format]
    if fields.optional_data_2 and not spec.has("optional_data_2"):
        raise MrzFieldError("optional_data_2", FieldReason.NOT_IN_FORMAT)
    number, optional_data, long_number = _write_number(spec, fields)
    values = {
        "document_code": fields.document_code,
        "issuing_state": fields.issuing_state,
        "nationality": fields.nationality,
        "document_number": number,
        "date_of_birth": _write_date(fields.date_of_birth, printed_date_of_birth),
        "date_of_expiry": _write_date(fields.date_of_expiry, printed_date_of_expiry),
        "sex": fields.sex,
        "name": _write_name(fields),
        "optional_data": optional_data,
        "optional_data_2": fields.optional_data_2,
    }
    page = [[FILLER] * spec.line_length for _ in range(spec.line_count)]
    for field in spec.fields:
        page[field.line - 1][field.first - 1 : field.last] = _fit(field, values[field.name])
    for digit in spec.check_digits:
        lines = tuple("".join(line) for line in page)
        covered = digit.covered(lines)
        empty = digit.filler_if_empty and not covered.strip(FILLER)
        overflowed = digit.field == "document_number" and long_number
        page[digit.line - 1][digit.position - 1] = FILLER if empty or overflowed else compute(covered)
    return "\n".join("".join(line) for line in page)


def _write_number(spec: FormatSpec, fields: MrzFields) -> tuple[str, str, bool]:
    """What stands in the number's place and in the optional data, and whether the number overflows."""
    number, optional_data = fields.document_number, fields.optional_data
    _require(_NUMBER, "document_number", number)
    place = spec.place("document_number").length
    overflow = number[place:]
    if not overflow:
        return number, optional_data, False
    room = spec.place("optional_data").length - len("d<")  # the check digit and the filler after it
    if not spec.long_number or len(overflow) > room or FILLER in number[place - 1 :]:
        raise MrzFieldError("document_number", FieldReason.TOO_LONG)
    tail = FILLER + optional_data if optional_data else ""
    return number[:place], overflow + compute(number) + tail, True


def _write_date(date: datetime.date | None, printed: str) -> str:
    return printed if date is None else print_date(date)


def _write_name(fields: MrzFields) -> str:
    """Primary identifier, two fillers, secondary identifier (ICAO 9303-3 §4.6); nothing is cut."""
    _require(_NAME, "primary_identifier", fields.primary_identifier)
    if not fields.secondary_identifier:
        return fields.primary_identifier.replace(" ", FILLER)
    _require(_NAME, "secondary_identifier", fields.secondary_identifier)
    return FILLER.join((*fields.primary_identifier.split(), "", *fields.secondary_identifier.split()))


def _fit(field: FieldSpec, value: str) -> str:
    """A value with fillers to the length of its place."""
    if len(value) > field.length:
        raise MrzFieldError(field.name, FieldReason.TOO_LONG)
    if field.kind is not FieldKind.NAME:  # checked identifier by identifier
        _require(_ALLOWED[field.kind], field.name, value)
    return value.ljust(field.length, FILLER)


def _require(pattern: re.Pattern[str], name: str, value: str) -> None:
    if not pattern.fullmatch(value):
        raise MrzFieldError(name, FieldReason.BAD_CHARACTER if value else FieldReason.MISSING)
