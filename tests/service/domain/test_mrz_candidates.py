"""Lines that may stand on the page instead: what is changed, and that every check digit still holds."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mrz
from service.domain.live import MAX_CANDIDATES
from service.domain.mrz_candidates import candidates

TODAY = date(2026, 11, 24)
#: ICAO 9303-4, the specimen of Utopia, with another number: G and 6 differ by 10, and so do not under a check digit.
SPECIMEN = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


def passport(number: str) -> mrz.MrzDocument:
    """The specimen with this document number, and its check digits."""
    values = [(c, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".find(c)) for c in number.ljust(9, "<")]
    digit = sum(max(value, 0) * (7, 3, 1)[place % 3] for place, (_, value) in enumerate(values)) % 10
    second = number.ljust(9, "<") + str(digit) + SPECIMEN[1][10:43]
    covered = second[0:10] + second[13:20] + second[21:43]
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    composite = sum(max(alphabet.find(c), 0) * (7, 3, 1)[i % 3] for i, c in enumerate(covered)) % 10
    return mrz.parse(f"{SPECIMEN[0]}\n{second}{composite}", today=TODAY)


@pytest.mark.parametrize(
    ("printed", "read"),
    [("AB6123456", "ABG123456"), ("ABG123456", "AB6123456"), ("XL2345679", "X12345679"), ("U12345679", "012345679")],
)
def test_what_weighs_the_same_is_tried(printed: str, read: str) -> None:
    document = passport(read)
    assert document.valid
    numbers = [other.fields.document_number for other in candidates(document, TODAY)]
    assert printed in numbers


def test_two_slips_that_hide_each_other() -> None:
    """0 for O adds 24 times the weight: 7 and 1 make 192, 3 and 1 make 96, and 7 and 3 make 240, which is nothing."""
    document = passport("OOA345673")
    assert "00A345673" in [other.fields.document_number for other in candidates(document, TODAY)]


def test_a_card_of_three_lines() -> None:
    """ICAO 9303-5: the number stands in the first line."""
    lines = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
    document = mrz.parse(lines, today=TODAY)
    for other in candidates(document, TODAY):
        assert other.format is mrz.MrzFormat.TD1
        assert other.lines[0][:5] == document.lines[0][:5]
        assert other.lines[1:] == document.lines[1:]


@given(st.text("0123456789ABDGILOQSTUZ", min_size=9, max_size=9))
def test_whatever_the_number(number: str) -> None:
    document = passport(number)
    found = candidates(document, TODAY)
    assert len(found) <= MAX_CANDIDATES
    for other in found:
        assert other.valid
        changed = [place for place in range(44) if other.lines[1][place] != document.lines[1][place]]
        assert 1 <= len(changed) <= 2
        assert max(changed) < 9
        assert other.lines[0] == document.lines[0]
