"""Who the holder is: DG1 always, DG11 and DG12 only as far as the judgement found them to be of the same document."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from mrtd.evidence import ChipEvidence, ElementaryFile
from mrtd.specimen import data_groups
from mrtd.specimen.holder import MARTA
from service.domain.holder import Holder
from service.domain.repositories import StoredEvidence
from service.usecases.reading_holder import holder_of
from tests.service.findings import AT, JUDGED


def read(document, dg_hash: str = "PASSED", dg11_dg1: str = "PASSED", **files: bytes) -> Holder:
    """The holder of a document, some files replaced, as a judgement with these statuses sees it."""
    stored = {**document.files, **{ElementaryFile[name]: data for name, data in files.items()}}
    checks = [
        {"id": "pa.dg_hash", "status": "PASSED"},
        {"id": "pa.dg_hash", "status": dg_hash},
        {"id": "cross.dg11_dg1", "status": dg11_dg1},
    ]
    judgement = replace(JUDGED, report=json.dumps({"checks": checks}).encode())
    return holder_of(StoredEvidence(ChipEvidence(stored), AT, None), judgement)


def test_all_three_data_groups(document) -> None:
    holder = read(document)
    assert (holder.names.family_name, holder.names.given_name) == ("Åkerström", "Märta Linnéa")
    assert (holder.printed.family_name, holder.printed.given_name) == ("AAKERSTROEM", "MAERTA LINNEA")
    assert holder.place_of_birth == "Ankeborg, Utopia"
    assert (holder.date_of_issuance, holder.issuing_authority) == (date(2026, 11, 24), "Utopia SPECIMEN")


@pytest.mark.parametrize("status", ["FAILED", "INDETERMINATE", "NOT_PERFORMED", "ABORTED", "NOT_APPLICABLE"])
def test_nothing_of_a_dg11_that_was_not_found_to_agree(document, status: str) -> None:
    """RULES.md section 4: the MRZ's name stands, and a birth place of somebody else is none."""
    holder = read(document, dg11_dg1=status)
    assert holder.names == holder.printed
    assert (holder.native, holder.place_of_birth) == (None, None)
    assert holder.date_of_issuance == date(2026, 11, 24)


def test_nothing_optional_without_its_hash(document) -> None:
    holder = read(document, dg_hash="FAILED")
    assert (holder.native, holder.place_of_birth, holder.date_of_issuance, holder.issuing_authority) == (None,) * 4


def test_optional_data_groups_that_cannot_be_read(document) -> None:
    holder = read(document, DG11=b"\x6b\x00\x00", DG12=b"no file")
    assert (holder.native, holder.place_of_birth, holder.date_of_issuance, holder.issuing_authority) == (None,) * 4


def test_a_dg11_without_a_border_between_the_names(document) -> None:
    """A result never guesses which part is the family name."""
    vague = data_groups.dg11(replace(MARTA, full_name=("Åkerström Märta Linnéa", "")))
    holder = read(document, DG11=vague)
    assert (holder.native, holder.place_of_birth) == (None, "Ankeborg, Utopia")


def test_a_swedish_number_on_the_chip_is_not_taken_along(document) -> None:
    """DG11 and the optional data of the MRZ of Swedish passports hold one; the holder has no place for it."""
    holder = read(document, DG11=data_groups.dg11(replace(MARTA, personal_number="196408233234")))
    values = [str(getattr(holder, name)) for name in Holder.__dataclass_fields__]
    assert not any("640823" in value for value in values)
    assert holder.names.family_name == "Åkerström"
