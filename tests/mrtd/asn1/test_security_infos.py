"""SecurityInfos of real chips, decoded by pyasn1 and by the reader of the hot path, value by value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyasn1.codec.der.encoder import encode
from pyasn1.error import SubstrateUnderrunError

from mrtd.asn1 import security_infos as asn1_infos
from mrtd.errors import MalformedError
from mrtd.lds import card_access, card_security, dg14, security_infos
from mrtd.lds.security_infos import SecurityInfos
from tests.mrtd.asn1.decoding import content, decoded

#: Published EF.CardAccess files and literals of other projects' tests (PROVENANCE).
CARD_ACCESS_FILES = (
    "02b0b865", "0b9f173b", "10b65efc", "2cb0026f", "52f1d487", "5ea75ddb", "73a219a7", "74a6d37a", "8f172ba5",
    "91bf318a", "92674ee1", "b8390f35", "bf72ea1a", "f8f38177",
)  # fmt: skip
CUT_OFF = ("3d65f9ab", "47960aaa", "8f0f2612", "d656a1c4")
DG14_FILES = (
    "KR_2020/DG14.bin",
    "specimen_DE_bsi2008/DG14.bin",
    "specimen_DE_bsi_tr03105/DG14.bin",
    "loose_dgs/DG6E_0bdf42c0.bin",
    "loose_dgs/DG6E_56139d69.bin",
    "loose_dgs/DG6E_5f6c9ef2.bin",
    "loose_dgs/DG6E_9e7dbda6.bin",
    "loose_dgs/DG6E_a1253f7c.bin",
    "loose_dgs/DG6E_aff8c921.bin",
)


@pytest.mark.real
def test_no_file_is_forgotten(real_data: Path) -> None:
    loose = real_data / "chips" / "loose_dgs"
    assert {path.stem for path in loose.glob("SECINFOS_*")} == {
        f"SECINFOS_{name}" for name in CARD_ACCESS_FILES + CUT_OFF
    }
    stored = {*(real_data / "chips").glob("*/DG14.bin"), *loose.glob("DG6E_*")}
    assert stored == {real_data / "chips" / name for name in DG14_FILES}


@pytest.mark.real
@pytest.mark.parametrize("name", DG14_FILES)
def test_dg14(name: str, real_data: Path) -> None:
    data = (real_data / "chips" / name).read_bytes()
    assert_equal(dg14.parse(data).security_infos, data[_header_length(data) :])


@pytest.mark.real
@pytest.mark.parametrize("name", CARD_ACCESS_FILES)
def test_card_access(name: str, real_data: Path) -> None:
    data = (real_data / "chips" / "loose_dgs" / f"SECINFOS_{name}.bin").read_bytes()
    assert_equal(card_access.parse(data).security_infos, data)


@pytest.mark.real
@pytest.mark.parametrize("name", CUT_OFF)
def test_both_readers_refuse_what_is_cut_off(name: str, real_data: Path) -> None:
    data = (real_data / "chips" / "loose_dgs" / f"SECINFOS_{name}.bin").read_bytes()
    with pytest.raises(MalformedError, match="truncated"):
        card_access.parse(data)
    with pytest.raises(SubstrateUnderrunError):
        decoded(data, asn1_infos.SecurityInfos())


@pytest.mark.real
def test_card_security(real_data: Path) -> None:
    data = (real_data / "chips" / "DE_2023" / "EF.CardSecurity.bin").read_bytes()
    econtent = content(card_security.parse(data).cms)
    assert_equal(card_security.security_infos(econtent), econtent)


@pytest.mark.real
@pytest.mark.parametrize("name", ["ca_transcript_AT", "ca_transcript_FR"])
def test_dg14_of_recorded_sessions(name: str, real_data: Path) -> None:
    recorded = json.loads((real_data / "vectors" / f"{name}.json").read_text())
    data = bytes.fromhex(recorded["dg14"])
    assert_equal(dg14.parse(data).security_infos, data[_header_length(data) :])


def assert_equal(read: SecurityInfos, set_of: bytes) -> None:
    """The entries as stored, and the typed views of those that the reader types."""
    oracle = decoded(set_of, asn1_infos.SecurityInfos())
    assert [(info.oid, info.required_raw, info.optional_raw) for info in read.infos] == [
        (str(item["protocol"]), bytes(item["requiredData"]), _any(item["optionalData"])) for item in oracle
    ]
    assert len(read.infos) > 0
    for public_key in read.chip_authentication_public_keys:
        item = _typed(oracle, public_key.oid, public_key.spki, asn1_infos.ChipAuthenticationPublicKeyInfo())
        assert public_key.spki == bytes(encode(item["chipAuthenticationPublicKey"]))
        assert public_key.key_id == _integer(item["keyId"])
    for info in read.chip_authentication_infos:
        item = _by_oid(oracle, info.oid, info.key_id, "keyId", asn1_infos.ChipAuthenticationInfo())
        assert (info.version, info.key_id) == (int(item["version"]), _integer(item["keyId"]))
    for pace in read.pace_infos:
        item = _by_oid(oracle, pace.oid, pace.parameter_id, "parameterId", asn1_infos.PACEInfo())
        assert (pace.version, pace.parameter_id) == (int(item["version"]), _integer(item["parameterId"]))
    for active in read.active_authentication_infos:
        item = _only(oracle, active.oid, asn1_infos.ActiveAuthenticationInfo())
        assert active.version == int(item["version"])
        assert active.signature_algorithm == str(item["signatureAlgorithm"])
    for terminal in read.terminal_authentication_infos:
        versions = {
            int(decoded(bytes(encode(item)), asn1_infos.TerminalAuthenticationInfo())["version"])
            for item in oracle
            if str(item["protocol"]) == terminal.oid
        }
        assert terminal.version in versions


def test_terminal_authentication_with_a_file_identifier() -> None:
    # BSI TR-03110-3 A.1.1.3: version 1 names EF.CVCA by file and short file identifier.
    info = asn1_infos.TerminalAuthenticationInfo()
    info["protocol"] = "0.4.0.127.0.7.2.2.2"
    info["version"] = 1
    info["efCVCA"]["fid"] = bytes.fromhex("011C")
    info["efCVCA"]["sfid"] = b"\x1c"
    infos = asn1_infos.SecurityInfos()
    infos[0] = decoded(bytes(encode(info)), asn1_infos.SecurityInfo())
    read = security_infos.parse(bytes(encode(infos)))
    assert read.terminal_authentication_infos[0].version == 1
    assert read.infos[0].optional_raw == bytes.fromhex("30070402011C04011C")


def _typed(oracle: Any, oid: str, contained: bytes, spec: Any) -> Any:
    (item,) = (
        encoded
        for encoded in (bytes(encode(entry)) for entry in oracle if str(entry["protocol"]) == oid)
        if contained in encoded
    )
    return decoded(item, spec)


def _by_oid(oracle: Any, oid: str, number: int | None, member: str, spec: Any) -> Any:
    found = [decoded(bytes(encode(entry)), spec.clone()) for entry in oracle if str(entry["protocol"]) == oid]
    (item,) = [entry for entry in found if _integer(entry[member]) == number]
    return item


def _only(oracle: Any, oid: str, spec: Any) -> Any:
    (item,) = [bytes(encode(entry)) for entry in oracle if str(entry["protocol"]) == oid]
    return decoded(item, spec)


def _any(value: Any) -> bytes | None:
    return bytes(value) if value.isValue else None


def _integer(value: Any) -> int | None:
    return int(value) if value.isValue else None


def _header_length(data: bytes) -> int:
    return 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)
