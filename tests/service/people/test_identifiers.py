"""HSA-ids and personal identity numbers: the examples of Skatteverket and Inera, and whatever else is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.identifiers import hsa_id, personal_number


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("196408233234", "196408233234"),
        ("19640823-3234", "196408233234"),
        (" 196408233234 ", "196408233234"),
        ("197010632391", "197010632391"),
    ],
    ids=["SKV 704", "hyphen", "blanks", "coordination number of SKV 707"],
)
def test_examples_of_skatteverket(written: str, expected: str) -> None:
    assert personal_number(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "6408233234",
        "640823-3234",
        "196408233235",
        "196413233234",
        "196402303234",
        "19640823+3234",
        "",
        "1964082332344",
    ],
)
def test_what_is_no_personal_number(written: str) -> None:
    assert personal_number(written) is None


def test_one_changed_digit_is_always_seen() -> None:
    """ISO/IEC 7812-1: the check digit finds every single wrong digit."""
    right = "196408233234"
    for place in range(2, 12):
        for digit in "0123456789":
            changed = right[:place] + digit + right[place + 1 :]
            assert (personal_number(changed) == changed) is (changed == right) or digit == right[place]


@given(st.text(max_size=20))
def test_anything_else_is_none_or_twelve_digits(text: str) -> None:
    found = personal_number(text)
    assert found is None or (len(found) == 12 and found.isascii() and found.isdigit())
    assert found is None or personal_number(found) == found


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("SE2321000016-1003", "SE2321000016-1003"),
        ("se2321000016-100a", "SE2321000016-100A"),
        ("SE165565594230-1000", "SE165565594230-1000"),
        ("SE232100001-1003", None),
        ("2321000016-1003", None),
        ("SE2321000016", None),
        ("SE2321000016-1003; DROP", None),
        ("SE٢321000016-1003", None),
    ],
)
def test_hsa_ids(written: str, expected: str | None) -> None:
    assert hsa_id(written) == expected
