"""EF.DG1 with the specimens of ICAO 9303-4, -5 and -6."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mrtd.errors import DuplicateError, MalformedError
from mrtd.lds import dg1
from tests.budgets import heavy
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import only_typed_errors, real_files

TODAY = date(2026, 11, 24)
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6"
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def dg1_of(mrz: str) -> bytes:
    return der(0x61, der(0x5F1F, mrz.encode()))


@pytest.mark.parametrize(
    ("mrz", "number"), [(TD1, "D23145890"), (TD2, "D23145890"), (TD3, "L898902C3")], ids=["TD1", "TD2", "TD3"]
)
def test_the_specimens_of_the_standard(mrz: str, number: str, request: pytest.FixtureRequest) -> None:
    read = dg1.parse(dg1_of(mrz), today=TODAY)
    assert read.mrz_text == mrz
    assert read.document.format.value == request.node.callspec.id
    assert read.document.valid
    assert read.document.fields.document_number == number
    assert read.document.fields.date_of_birth == date(1974, 8, 12)
    assert (read.document.fields.primary_identifier, read.document.fields.secondary_identifier) == (
        "ERIKSSON",
        "ANNA MARIA",
    )
    assert "ERIKSSON" not in repr(read)


@pytest.mark.real
@pytest.mark.parametrize("chip", ["specimen_DE_bsi2008", "specimen_DE_bsi_tr03105"])
def test_the_german_specimens(real_data: Path, chip: str) -> None:
    read = dg1.parse((real_data / "chips" / chip / "DG1.bin").read_bytes(), today=TODAY)
    assert read.document.valid
    assert (read.document.fields.issuing_state, read.document.fields.primary_identifier) == ("D", "MUSTERMANN")


@pytest.mark.real
def test_the_mocks_print_what_no_zone_may_hold(real_data: Path) -> None:
    """PROVENANCE.md: their check digits are `_`."""
    files = real_files(real_data / "chips", "mock_*/DG1.bin")
    assert len(files) == 4
    for data in files:
        with pytest.raises(MalformedError) as error:
            dg1.parse(data, today=TODAY)
        assert error.value.code == "bad_character"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (der(0x61), "missing_object"),
        (der(0x61, der(0x5F1F)), "bad_length"),
        (dg1_of(TD3[:-1]), "bad_length"),
        (dg1_of(TD3.lower()), "bad_character"),
        (dg1_of("\n" + TD3[1:]), "bad_character"),
        (dg1_of(TD3[:44] + "\n" + TD3[45:]), "bad_character"),
        (dg1_of("V" + TD3[1:]), "unknown_format"),
        (dg1_of("7" + TD3[1:]), "unknown_format"),
        (der(0x75, der(0x5F1F, TD3.encode())), "unexpected_tag"),
    ],
)
def test_no_dg1(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as error:
        dg1.parse(data, today=TODAY)
    assert (error.value.code, error.value.where) == (code, "EF.DG1")
    assert "UTO" not in str(error.value)


def test_two_zones_are_none() -> None:
    zone = der(0x5F1F, TD3.encode())
    with pytest.raises(DuplicateError):
        dg1.parse(der(0x61, zone, zone), today=TODAY)


def test_wrong_check_digits_are_facts() -> None:
    read = dg1.parse(dg1_of(TD3[:-1] + "7"), today=TODAY)
    assert not read.document.valid


def test_bytes_behind_the_file_are_counted() -> None:
    assert dg1.parse(dg1_of(TD3) + b"\0" * 7, today=TODAY).trailing == 7


@pytest.mark.real
def test_changed_files_raise_typed_errors_only(real_data: Path) -> None:
    files = [dg1_of(TD1), dg1_of(TD2), *real_files(real_data / "chips", "specimen_*/DG1.bin", "mock_*/DG1.bin")]
    only_typed_errors(lambda data: dg1.parse(data, today=TODAY), files, heavy)
