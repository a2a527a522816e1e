"""114 zones from the tests of 13 other projects, each with a plain 7-3-1 computation beside it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

import mrz
from tests.conftest import REAL_DATA
from tests.mrz.zones import TODAY

pytestmark = pytest.mark.real

COUNT = 114
NAMES = {
    "doc": "document_number",
    "dob": "date_of_birth",
    "exp": "date_of_expiry",
    "opt": "optional_data",
    "comp": "composite",
}

#: Entries that are no machine readable zone, and why.
REFUSED = {
    46: "former French national identity card: the size of TD2, a layout of its own",
    47: "former French national identity card",
    48: "former French national identity card",
    55: "the two lines of a visa in the wrong order",
}

#: Check digits that the plain computation fails and the standard's holds.
LONG_NUMBER = "the number goes on in the optional data, and so does its check digit"
EXPLAINED = {
    (9, "doc"): LONG_NUMBER,
    (10, "doc"): LONG_NUMBER,
    (22, "doc"): LONG_NUMBER,
    (32, "doc"): LONG_NUMBER,
    (33, "doc"): LONG_NUMBER,
    (34, "doc"): "nine characters, the check digit alone in the optional data",
    (36, "doc"): LONG_NUMBER,
    (38, "doc"): LONG_NUMBER,
    (39, "doc"): LONG_NUMBER,
}

#: A long number whose check digit fails in both computations, since the issuer counted the filler.
FILLER_COUNTED = 37

#: Entries whose letters in a digit's place are proven misreadings, and what was changed.
REPAIRED = {
    23: {"date_of_birth", "date_of_expiry", "composite"},
    86: {"date_of_birth", "date_of_expiry", "composite"},
    94: {"date_of_expiry"},
}


@functools.cache
def _collection() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((REAL_DATA / "mrz" / "mrz_collection.json").read_bytes())
    return entries


@pytest.fixture
def entry(real_data: Path, index: int) -> dict[str, Any]:
    return _collection()[index]


def test_the_collection_is_whole(real_data: Path) -> None:
    assert len(_collection()) == COUNT


@pytest.mark.parametrize("index", [index for index in range(COUNT) if index not in REFUSED])
def test_format_and_check_digits(index: int, entry: dict[str, Any]) -> None:
    document = mrz.parse(entry["mrz"], today=TODAY)
    assert document.format == entry["format"]
    ours = {digit.field: digit.ok for digit in document.check_digits}
    assert set(ours) == {NAMES[name] for name in entry["checks"]}
    for name, plain in entry["checks"].items():
        explained = (index, name) in EXPLAINED
        assert ours[NAMES[name]] is (not plain if explained else plain), name
    assert document.valid is all(ours.values())


@pytest.mark.parametrize("index", REFUSED)
def test_refused(index: int, entry: dict[str, Any]) -> None:
    with pytest.raises(mrz.MrzFormatError) as caught:
        mrz.parse(entry["mrz"], today=TODAY)
    assert caught.value.reason is mrz.FormatReason.UNKNOWN_FORMAT


@pytest.mark.parametrize("index", [index for index in range(COUNT) if index not in REFUSED])
def test_oddities_are_told(index: int, entry: dict[str, Any]) -> None:
    document = mrz.parse(entry["mrz"], today=TODAY)
    long = mrz.MrzNote.LONG_DOCUMENT_NUMBER in document.notes
    assert long is ("long-document-number" in entry["oddities"])
    counted = mrz.MrzNote.LONG_NUMBER_CHECK_COUNTS_FILLER in document.notes
    assert counted is (index == FILLER_COUNTED)
    filler = any(digit.field == "optional_data" and digit.filler for digit in document.check_digits)
    # A visa has no such check digit; there the collection means a filler in the optional data.
    if document.format is mrz.MrzFormat.TD3:
        assert filler is ("personal-number-check-is-filler" in entry["oddities"])
    # The one entry with an unknown date of birth among those that are zones is a refused one.
    assert mrz.MrzNote.DATE_OF_BIRTH_UNKNOWN not in document.notes


@pytest.mark.parametrize("index", [index for index in range(COUNT) if index not in REFUSED])
def test_repair(index: int, entry: dict[str, Any]) -> None:
    printed, repaired = (read(entry["mrz"], today=TODAY) for read in (mrz.parse, mrz.repair))
    assert {made.field for made in repaired.repairs} == REPAIRED.get(index, set())
    if index in REPAIRED:
        assert repaired.valid
        assert not printed.valid
    else:
        assert repaired == printed


@pytest.mark.parametrize("index", [index for index in range(COUNT) if index not in REFUSED])
def test_unbroken_text_reads_the_same(index: int, entry: dict[str, Any]) -> None:
    document = mrz.parse(entry["mrz"], today=TODAY)
    assert mrz.parse("".join(document.lines), today=TODAY) == document


def test_all_txt_holds_the_same_zones(real_data: Path) -> None:
    blocks = (real_data / "mrz" / "all.txt").read_text().strip().split("\n\n")
    assert {block.strip() for block in blocks} == {entry["mrz"] for entry in _collection()}
