"""Data groups: their hashes by hashlib, DG1 by positions counted in the standard."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Final

from asn1crypto import cms, parser

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.inspection import CheckStatus, InspectionReport
from mrtd.inspection.reason import Reason
from mrtd.lds import dg1
from tests.oracles.answers import UNREADABLE, Answer
from tests.oracles.unwrapping import DG1_TAG, LdsSecurityObject, content, content_info, first

_HASHES: Final = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


def our_hashes(report: InspectionReport) -> Answer:
    """Each data group that was sent and is listed, and whether its hash is the listed one."""
    found = {
        (str(result.subject), result.status is CheckStatus.PASSED)
        for result in report.results("pa.dg_hash")
        if result.status is CheckStatus.PASSED or result.reason is Reason.MISMATCH
    }
    return tuple(sorted(found)) or UNREADABLE


def hashlib_hashes(files: Mapping[ElementaryFile, bytes]) -> Answer:
    """The same by asn1crypto and hashlib; octets behind a file's own object belong to nothing (SECURITY.md 2.5)."""
    try:
        signed = cms.ContentInfo.load(content_info(files[ElementaryFile.SOD]), strict=True)["content"]
        lds = LdsSecurityObject.load(bytes(signed["encap_content_info"]["content"].__bytes__()), strict=True)
    except (ValueError, TypeError, KeyError):
        return UNREADABLE
    algorithm = _HASHES.get(lds["digest_algorithm"]["algorithm"].dotted)
    if algorithm is None:
        return UNREADABLE
    listed: dict[int, list[bytes]] = {}
    for entry in lds["hashes"]:
        listed.setdefault(int(entry["number"]), []).append(entry["value"].native)
    found: set[tuple[str, bool]] = set()
    for file, data in files.items():
        number = file.data_group
        if number is not None and number in listed:
            value = hashlib.new(algorithm, first(data), usedforsecurity=False).digest()
            found |= {(file.value, value == expected) for expected in listed[number]}
    return tuple(sorted(found)) or UNREADABLE


#: (name, line, first, last) from 9303-4 §4.2.2 (TD3), 9303-6 §4.2.2 (TD2), 9303-5 §4.2.2 (TD1).
_FIELDS: Final = {
    (2, 44): "document_code 1 1 2, issuing_state 1 3 5, name 1 6 44, document_number 2 1 9, nationality 2 11 13, "
    "date_of_birth 2 14 19, sex 2 21 21, date_of_expiry 2 22 27, optional_data 2 29 42",
    (2, 36): "document_code 1 1 2, issuing_state 1 3 5, name 1 6 36, document_number 2 1 9, nationality 2 11 13, "
    "date_of_birth 2 14 19, sex 2 21 21, date_of_expiry 2 22 27, optional_data 2 29 35",
    (3, 30): "document_code 1 1 2, issuing_state 1 3 5, document_number 1 6 14, optional_data 1 16 30, "
    "date_of_birth 2 1 6, sex 2 8 8, date_of_expiry 2 9 14, nationality 2 16 18, optional_data_2 2 19 29, "
    "name 3 1 30",
}
#: The places that each check digit covers, and its own, in the zone written as one line (9303-3 §4.9).
_DIGITS: Final = {
    (2, 44): {
        "document_number": (range(44, 53), 53),
        "date_of_birth": (range(57, 63), 63),
        "date_of_expiry": (range(65, 71), 71),
        "optional_data": (range(72, 86), 86),
        "composite": ((*range(44, 54), *range(57, 64), *range(65, 87)), 87),
    },
    (2, 36): {
        "document_number": (range(36, 45), 45),
        "date_of_birth": (range(49, 55), 55),
        "date_of_expiry": (range(57, 63), 63),
        "composite": ((*range(36, 46), *range(49, 56), *range(57, 71)), 71),
    },
    (3, 30): {
        "document_number": (range(5, 14), 14),
        "date_of_birth": (range(30, 36), 36),
        "date_of_expiry": (range(38, 44), 44),
        "composite": ((*range(5, 30), *range(30, 37), *range(38, 45), *range(48, 59)), 59),
    },
}
_SHAPES: Final = {88: (2, 44), 72: (2, 36), 90: (3, 30)}


def our_mrz(data: bytes, today: date) -> Answer:
    """The printed fields, and whether each check digit holds."""
    try:
        document = dg1.parse(data, today=today).document
    except MrtdError:
        return UNREADABLE
    return tuple(sorted(document.raw.items())), tuple(sorted((one.field, one.ok) for one in document.check_digits))


def counted_mrz(data: bytes) -> Answer:
    """The same by position."""
    inside = content(data, DG1_TAG)
    try:
        kind, _, number, _, zone, _ = parser.parse(inside or b"", strict=True)
    except ValueError:
        return UNREADABLE
    shape = _SHAPES.get(len(zone))
    if (kind, number) != (APPLICATION_CLASS, 31) or shape is None or not zone.isascii():
        return UNREADABLE
    text = zone.decode("ascii")
    if not all(character.isdigit() or character == "<" or "A" <= character <= "Z" for character in text):
        return UNREADABLE
    lines = [text[start : start + shape[1]] for start in range(0, len(text), shape[1])]
    fields = {}
    for words in _FIELDS[shape].split(", "):
        name, line, begin, end = words.split()
        fields[name] = lines[int(line) - 1][int(begin) - 1 : int(end)]
    digits = [(name, _holds(text, name, covered, place)) for name, (covered, place) in _DIGITS[shape].items()]
    return tuple(sorted(fields.items())), tuple(sorted(digits))


APPLICATION_CLASS: Final = 1


def _holds(text: str, name: str, covered: tuple[int, ...] | range, place: int) -> bool:
    """7-3-1 (ICAO 9303-3 §4.9); a filler stands for 0 over a personal number that is not used (9303-4 §4.2.2.2)."""
    characters = [text[position] for position in covered]
    if text[place] == "<":
        return name == "optional_data" and set(characters) == {"<"}
    total = sum(_value(character) * (7, 3, 1)[index % 3] for index, character in enumerate(characters))
    return text[place] == str(total % 10)


def _value(character: str) -> int:
    return 0 if character == "<" else int(character, 36)
