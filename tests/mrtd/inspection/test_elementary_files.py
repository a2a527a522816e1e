"""`lds.parse`: every file that was sent is read by its standard, and what is odd about it is said."""

from __future__ import annotations

import pytest

from mrtd.errors import LimitExceededError, MalformedError, UnsupportedError
from mrtd.evidence import ElementaryFile
from mrtd.inspection.elementary_files import read_files, unreadable
from tests.mrtd.inspection.cms_builder import der
from tests.mrtd.inspection.documents import AT, genuine_document

F = ElementaryFile
#: A file that is not what its name says.
NOT_A_FILE = b"\x30\x03\x02\x01"


def results(files: dict[ElementaryFile, bytes]) -> dict[str, tuple[str, str | None, dict]]:
    return {
        str(one.subject): (one.status.value, one.reason and one.reason.value, dict(one.facts))
        for one in read_files(files, today=AT.date()).results
    }


def test_the_specimen_is_read():
    read = read_files(genuine_document().files, today=AT.date())
    assert {one.status.value for one in read.results} == {"PASSED"}
    parts = (read.com, read.sod, read.dg1, read.dg2, read.dg11, read.dg12, read.dg14, read.dg15)
    assert all(part is not None for part in parts)
    assert (read.card_access, read.card_security) == (None, None)


@pytest.mark.parametrize("name", F)
def test_any_file_can_be_broken(name):
    status, reason, facts = results({name: NOT_A_FILE})[name]
    assert (status, reason) == ("FAILED", "malformed")
    assert set(facts) == {"code"}


@pytest.mark.parametrize("name", F)
def test_any_file_can_be_empty(name):
    status, reason, _ = results({name: b""})[name]
    # EF.ATR/INFO and EF.DIR are rows of objects, and a row may be empty
    expected = ("PASSED", None) if name in (F.ATR_INFO, F.DIR) else ("FAILED", "malformed")
    assert (status, reason) == expected


@pytest.mark.parametrize("number", [3, 4, 5, 6, 8, 9, 10, 13])
def test_groups_without_a_reader_of_their_own_are_recognised_by_their_tag(number):
    """ICAO 9303-10 §4.7: tags of the data groups."""
    tags = {3: 0x63, 4: 0x76, 5: 0x65, 6: 0x66, 8: 0x68, 9: 0x69, 10: 0x6A, 13: 0x6D}
    name = F.of_data_group(number)
    assert results({name: der(tags[number], b"")})[name] == ("PASSED", None, {})
    other = tags[number] ^ 1
    assert results({name: der(other, b"")})[name][0] == "FAILED"


def test_trailing_bytes_and_oddities_are_facts():
    dg11 = der(0x6B, b"\x5c\x02\x5f\x0e", b"\x5f\x0e\x00") + b"\0\0\0"
    status, reason, facts = results({F.DG11: dg11})[F.DG11]
    assert (status, reason) == ("PASSED", None)
    assert facts == {"trailing_bytes": 3, "oddities": "empty_value"}


def test_the_slice_that_is_parsed_is_the_one_that_is_hashed():
    dg1 = genuine_document().files[F.DG1]
    read = read_files({F.DG1: dg1 + b"padding"}, today=AT.date())
    assert read.stored[F.DG1] == dg1


def test_only_what_every_passport_has_is_missed():
    assert results({}) == {
        "EF.SOD": ("NOT_PERFORMED", "no_evidence", {}),
        "EF.DG1": ("NOT_PERFORMED", "no_evidence", {}),
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MalformedError("truncated", "EF.DG7", "secret"), ("FAILED", "malformed", {"code": "truncated"})),
        (LimitExceededError("too_deep"), ("FAILED", "malformed", {"code": "too_deep"})),
        (UnsupportedError("iso39794"), ("INDETERMINATE", "unknown_version", {"code": "iso39794"})),
    ],
)
def test_an_error_is_a_code(error, expected):
    result = unreadable(F.DG7, error)
    assert (result.status.value, result.reason.value, dict(result.facts)) == expected
