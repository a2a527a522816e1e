"""EF.COM, with the example of ICAO 9303-10 §4.6.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrtd.errors import DuplicateError, MalformedError
from mrtd.lds import com
from mrtd.lds.com import Com
from tests.budgets import light
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import only_typed_errors, real_files


def com_of(lds: bytes, unicode: bytes, tags: bytes) -> bytes:
    return der(0x60, der(0x5F01, lds), der(0x5F36, unicode), der(0x5C, tags))


def test_the_example_of_the_standard() -> None:
    """LDS 1.7, Unicode 4.0.0, data groups 1, 2, 4 and 12."""
    data = bytes.fromhex("60165F0104303130375F36063034303030305C046175766C")
    assert com.parse(data) == Com("0107", "040000", (1, 2, 4, 12))
    assert com_of(b"0107", b"040000", b"\x61\x75\x76\x6c") == data


@pytest.mark.real
def test_the_bsi_specimen(real_data: Path) -> None:
    (data,) = real_files(real_data / "chips" / "specimen_DE_bsi2008", "EF.COM.bin")
    assert com.parse(data) == Com("0107", "040000", (1, 2, 3, 14))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (com_of(b"107", b"040000", b"\x61"), "bad_version"),
        (com_of(b"01x7", b"040000", b"\x61"), "bad_version"),
        (com_of(b"0107", b"4000", b"\x61"), "bad_version"),
        (com_of(b"0107", b"040000", b"\x60"), "unknown_data_group"),
        (com_of(b"0107", b"040000", b"\x77"), "unknown_data_group"),
        (der(0x60, der(0x5C, b"\x61")), "missing_object"),
        (der(0x60), "missing_object"),
        (der(0x61), "unexpected_tag"),
    ],
)
def test_no_com(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as error:
        com.parse(data)
    assert (error.value.code, error.value.where) == (code, "EF.COM")


def test_duplicates() -> None:
    with pytest.raises(DuplicateError, match="duplicate_data_group"):
        com.parse(com_of(b"0107", b"040000", b"\x61\x75\x61"))
    with pytest.raises(DuplicateError, match="duplicate_tag"):
        com.parse(der(0x60, der(0x5C, b"\x61"), der(0x5C, b"\x75")))


@pytest.mark.real
def test_changed_files_raise_typed_errors_only(real_data: Path) -> None:
    files = real_files(real_data / "chips", "specimen_DE_bsi2008/EF.COM.bin", "loose_dgs/COM_*.bin")
    only_typed_errors(com.parse, files, light)
