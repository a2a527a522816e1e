"""Two-digit years against a given day."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrz.dates import (
    EXPIRY_YEARS_BACK,
    OLDEST_HOLDER_YEARS,
    DateState,
    print_date,
    read_date_of_birth,
    read_date_of_expiry,
)
from tests.budgets import light
from tests.mrz.zones import TODAY


def _years(dates: tuple[datetime.date, ...]) -> list[int]:
    return [date.year for date in dates]


@pytest.mark.parametrize(
    ("printed", "years"),
    [
        ("740812", [1974]),
        ("261124", [1926, 2026]),  # born today, or a hundred years ago
        ("261125", [1926]),  # not born tomorrow
        ("060101", [1906, 2006]),
        ("051231", [2005]),  # 1905 lies before the oldest holder
        ("000229", [2000]),
    ],
)
def test_birth_candidates_end_today(printed: str, years: list[int]) -> None:
    read = read_date_of_birth(printed, TODAY)
    assert _years(read.candidates) == years
    assert read.resolved == read.candidates[-1]


@pytest.mark.parametrize(
    ("printed", "year"),
    [("261123", 2026), ("251231", 2025), ("360101", 2036), ("751231", 2075), ("760101", 1976), ("991231", 1999)],
)
def test_expiry_lies_within_its_window(printed: str, year: int) -> None:
    read = read_date_of_expiry(printed, TODAY)
    assert read.resolved is not None
    assert read.resolved.year == year
    assert read.candidates == (read.resolved,)


def test_a_leap_day_is_sought_in_the_centuries_that_have_it() -> None:
    assert _years(read_date_of_birth("000229", datetime.date(2010, 1, 1)).candidates) == [2000]
    assert read_date_of_birth("000229", datetime.date(1999, 1, 1)).state is DateState.INVALID


@pytest.mark.parametrize("printed", ["<<<<<<", "7408<<", "74<<<<", "<<0812", "74XX<<", "XXXXXX"])
def test_unknown_parts_make_no_date(printed: str) -> None:
    for read in (read_date_of_birth(printed, TODAY), read_date_of_expiry(printed, TODAY)):
        assert (read.state, read.candidates, read.resolved) == (DateState.UNKNOWN, (), None)


@pytest.mark.parametrize("printed", ["740800", "740012", "741312", "740832", "7408X2", "74<812", "ABCDEF", "74O812"])
def test_impossible_dates(printed: str) -> None:
    for read in (read_date_of_birth(printed, TODAY), read_date_of_expiry(printed, TODAY)):
        assert (read.state, read.candidates, read.resolved) == (DateState.INVALID, (), None)


@light
@given(date=st.dates(), today=st.dates())
def test_what_is_printed_is_read_within_the_windows(date: datetime.date, today: datetime.date) -> None:
    birth = read_date_of_birth(print_date(date), today)
    assert all(candidate <= today for candidate in birth.candidates)
    assert all(print_date(candidate) == print_date(date) for candidate in birth.candidates)
    if date <= today and today.year - date.year <= OLDEST_HOLDER_YEARS:
        assert date in birth.candidates
    expiry = read_date_of_expiry(print_date(date), today)
    if 0 <= date.year - (today.year - EXPIRY_YEARS_BACK) < 100:
        assert expiry.resolved == date


def test_nothing_personal_in_repr() -> None:
    assert repr(read_date_of_birth("740812", TODAY)) == "ReadDate(known, 1 candidates)"
