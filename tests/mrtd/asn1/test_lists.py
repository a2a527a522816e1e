"""Real master lists and a deviation list, decoded by pyasn1, against the readers of the hot path."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrtd import tlv
from mrtd.asn1 import deviation_list as asn1_deviation
from mrtd.asn1 import master_list as asn1_master
from mrtd.pki import master_list
from tests.mrtd.asn1.decoding import content, decoded, signed_data

MASTER_LISTS = (
    "DE_ML_2024-04-10.ml",
    "DE_ML_2025-03-05-08-05-28.ml",
    "DE_ML_2026-05-28-08-28-45.ml",
    "ICAO_ML_2023-09.ml",
    "IT_ML_old.ml",
    "NL_ML_2025-07-29.ml",
    "NL_ML_2026-07-22.ml",
)
BARE_LISTS = ("bare_masterList_tananaev.bin", "bare_masterlist-content_bc.bin")


@pytest.mark.real
def test_no_master_list_is_forgotten(real_data: Path) -> None:
    stored = {path.name for path in (real_data / "csca" / "masterlists").iterdir()}
    assert stored == {*MASTER_LISTS, *BARE_LISTS}


@pytest.mark.real
@pytest.mark.parametrize("name", MASTER_LISTS)
def test_master_list(name: str, real_data: Path) -> None:
    data = (real_data / "csca" / "masterlists" / name).read_bytes()
    read = master_list.parse(data)
    oracle = decoded(content(data), asn1_master.CscaMasterList())
    assert read.version == int(oracle["version"])
    assert read.certificates == tuple(bytes(item) for item in oracle["certList"])
    assert read.cms is not None
    assert read.cms.certificates == tuple(bytes(item) for item in signed_data(data)["certificates"])


@pytest.mark.real
@pytest.mark.parametrize("name", BARE_LISTS)
def test_master_list_without_signature(name: str, real_data: Path) -> None:
    data = (real_data / "csca" / "masterlists" / name).read_bytes()
    read = master_list.parse(data)
    oracle = decoded(data, asn1_master.CscaMasterList())
    assert read.version == int(oracle["version"])
    assert read.certificates == tuple(bytes(item) for item in oracle["certList"])
    assert read.cms is None


@pytest.mark.real
def test_deviation_list(real_data: Path) -> None:
    data = (real_data / "deviation" / "eRP_deviation_list.bin").read_bytes()
    econtent = content(data)
    oracle = decoded(econtent, asn1_deviation.DeviationList())
    version, deviations = tlv.read_only(econtent, tlv.SEQUENCE).children()
    assert tlv.integer(version) == int(oracle["version"]) == 0
    (deviation,) = deviations.children()
    documents, descriptions = deviation.children()
    (numbers,) = documents.children()
    assert numbers.tag == 0xA5
    # 169,422 numbers of nine characters, more than the reader lets one object hold.
    decoded_numbers = oracle["deviations"][0]["documents"]["documentNumbers"]
    assert len(decoded_numbers) == 169_422
    assert numbers.value == b"".join(b"\x13\x09" + bytes(number) for number in decoded_numbers)
    (description,) = descriptions.children()
    # 2.23.136.1.1.7.2.3 is id-Deviation-LDS-SODSignatureWrong (ICAO 9303-12 §10.2)
    assert tlv.oid(description.children()[0]) == str(oracle["deviations"][0]["descriptions"][0]["deviationType"])
