"""The table of states against independent lists."""

from __future__ import annotations

from importlib.resources import files

import pytest

from mrz import codes
from mrz.codes_data import CODES


def _iso3166_alpha2() -> set[str]:
    """The alpha-2 codes of the time zone database, which are those of ISO 3166-1."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return {line.split("\t")[0] for line in table.splitlines() if line and not line.startswith("#")}


#: Codes of travel documents that ISO 3166-1 does not assign (9303-3 section 5), and withdrawn ones.
TRAVEL_ONLY = {
    "D", "GBD", "GBN", "GBO", "GBP", "GBS", "RKS", "EUE", "UNO", "UNA", "UNK",
    "XBA", "XIM", "XCC", "XCE", "XCO", "XEC", "XPO", "XES", "XMP", "XOM", "XDC", "XXA", "XXB", "XXC", "XXX",
    "ANT", "NTZ", "UTO", "IAO", "ROM", "SCG", "TMP", "YUG", "ZAR", "ZIM",
}  # fmt: skip


def test_every_state_of_iso_3166_is_there_once() -> None:
    assigned = {code: entry for code, entry in CODES.items() if code not in TRAVEL_ONLY}
    assert len(assigned) == 249
    assert {entry.alpha2[0] for entry in assigned.values()} == _iso3166_alpha2()
    assert len({entry.alpha2[0] for entry in assigned.values()}) == 249
    assert set(CODES) >= TRAVEL_ONLY


@pytest.mark.parametrize(
    ("code", "alpha2"),
    [
        ("SWE", ("SE",)),
        ("D", ("DE",)),
        ("D<<", ("DE",)),
        ("GBR", ("GB",)),
        ("GBD", ("GB",)),
        ("GBN", ("GB",)),
        ("HKG", ("HK", "CN")),
        ("MAC", ("MO", "CN")),
        ("UNO", ("UN", "ZZ")),
        ("UNA", ("UN", "ZZ")),
        ("EUE", ("EU",)),
        ("RKS", ("KS", "XK")),
        ("UTO", ("UT",)),
        ("ZIM", ("ZW",)),
        ("XXA", ()),
        ("XOM", ()),
        ("QQQ", ()),
        ("", ()),
        ("swe", ()),
    ],
)
def test_alpha2(code: str, alpha2: tuple[str, ...]) -> None:
    assert codes.alpha2(code) == alpha2


def test_known_and_named() -> None:
    assert codes.is_known("D<<")
    assert codes.is_known("XXX")
    assert not codes.is_known("<<<")
    assert not codes.is_known("SE")
    assert codes.display_name("SWE") == "Sweden"
    assert codes.display_name("D<<") == "Germany"
    assert codes.display_name("QQQ") is None


def test_shape_of_the_table() -> None:
    for code, entry in CODES.items():
        assert code.isascii()
        assert code.isupper()
        assert len(code) in (1, 3)
        assert entry.name
        assert all(len(pair) == 2 and pair.isupper() for pair in entry.alpha2)
