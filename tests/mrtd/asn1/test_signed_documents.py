"""Every real security object, decoded by pyasn1 and by the reader of the hot path, value by value."""

from __future__ import annotations

from pathlib import Path

import pytest
from asn1crypto.core import ObjectIdentifier

from mrtd.asn1 import lds_security_object as asn1_lds
from mrtd.lds import card_security, lds_security_object, sod
from mrtd.pki.cms import SignedData, parse_signed_data
from tests.mrtd.asn1.decoding import decoded, signed_data

#: Of the real documents; `malformed` and loose pieces are for the readers' own tests.
SECURITY_OBJECTS = (
    "AT_2023",
    "DE_2023",
    "FR_2017",
    "GB_2011",
    "ID_2025",
    "KR_2020",
    "NZ_2017",
    "PH_2019",
    "RU_2019",
    "SG_2022-06",
    "US_2021",
    "specimen_DE_bsi2008",
    "specimen_DE_bsi_tr03105",
    "mock_ZKR_jack-miller-smith-rsa-4096-sha512",
    "mock_ZKR_john-miller-smith-rsa-2048-sha256",
    "mock_ZKR_johnny_ecdsa-p256-sha256",
    "mock_ZKR_johnny_ecdsa-p384-sha384",
    "mock_ZKR_johnny_rsa-2048-sha256",
    "mock_ZKR_johnny_rsa-4096-sha512",
    "mock_ZKR_mary-miller-smith-ecdsa-p256-sha256",
    "mock_ZKR_paul-miller-smith-ecdsa-p384-sha384",
)


@pytest.mark.real
def test_no_security_object_is_forgotten(real_data: Path) -> None:
    assert {path.parent.name for path in real_data.glob("chips/*/EF.SOD.bin")} == set(SECURITY_OBJECTS)


@pytest.mark.real
@pytest.mark.parametrize("document", SECURITY_OBJECTS)
def test_security_object(document: str, real_data: Path) -> None:
    file = sod.parse((real_data / "chips" / document / "EF.SOD.bin").read_bytes())
    read = parse_signed_data(file.cms)
    assert_signed_data_equal(read, file.cms)
    assert read.econtent is not None
    content = lds_security_object.parse(read.econtent)
    oracle = decoded(read.econtent, asn1_lds.LDSSecurityObject())
    assert content.version == int(oracle["version"])
    assert content.digest_algorithm == str(oracle["hashAlgorithm"]["algorithm"])
    assert content.data_group_hashes == tuple(
        (int(entry["dataGroupNumber"]), bytes(entry["dataGroupHashValue"])) for entry in oracle["dataGroupHashValues"]
    )
    versions = oracle["ldsVersionInfo"]
    expected = (str(versions["ldsVersion"]), str(versions["unicodeVersion"])) if versions.isValue else (None, None)
    assert (content.lds_version, content.unicode_version) == expected


@pytest.mark.real
def test_card_security(real_data: Path) -> None:
    file = card_security.parse((real_data / "chips" / "DE_2023" / "EF.CardSecurity.bin").read_bytes())
    assert_signed_data_equal(parse_signed_data(file.cms), file.cms)


def assert_signed_data_equal(read: SignedData, content_info: bytes) -> None:
    """Each member of SignedData and of its SignerInfos (RFC 5652 §5.1, §5.3)."""
    oracle = signed_data(content_info)
    assert read.version == int(oracle["version"])
    assert read.digest_algorithms == tuple(str(item["algorithm"]) for item in oracle["digestAlgorithms"])
    assert read.econtent_type == str(oracle["encapContentInfo"]["eContentType"])
    assert read.econtent == bytes(oracle["encapContentInfo"]["eContent"])
    assert read.certificates == tuple(bytes(item) for item in oracle["certificates"])
    assert len(read.signer_infos) == len(oracle["signerInfos"])
    for signer, expected in zip(read.signer_infos, oracle["signerInfos"], strict=True):
        assert signer.version == int(expected["version"])
        if expected["sid"].getName() == "issuerAndSerialNumber":
            sid = expected["sid"]["issuerAndSerialNumber"]
            assert signer.sid_issuer == bytes(sid["issuer"])
            assert signer.sid_serial == int(sid["serialNumber"])
            assert signer.sid_ski is None
        else:
            assert signer.sid_ski == bytes(expected["sid"]["subjectKeyIdentifier"])
            assert (signer.sid_issuer, signer.sid_serial) == (None, None)
        assert signer.digest_algorithm == str(expected["digestAlgorithm"]["algorithm"])
        assert signer.attributes == tuple(
            (str(item["attrType"]), tuple(bytes(value) for value in item["attrValues"]))
            for item in expected["signedAttrs"]
        )
        assert signer.signature == bytes(expected["signature"])
        identifier = signer.signature_algorithm.children()[0]
        assert identifier.raw == _oid(str(expected["signatureAlgorithm"]["algorithm"]))


def _oid(dotted: str) -> bytes:
    return bytes(ObjectIdentifier(dotted).dump())
