"""SecurityInfos in DG14, EF.CardAccess and EF.CardSecurity, with asn1crypto as the independent reader."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from asn1crypto import cms, core

from mrtd.errors import DuplicateError, LimitExceededError, MalformedError
from mrtd.lds import atr_info, card_access, card_security, dg14, security_infos
from mrtd.lds.atr_info import AtrInfo
from mrtd.lds.security_infos import ActiveAuthenticationInfo, ChipAuthenticationInfo, PaceInfo, SecurityInfos
from tests.budgets import light
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import only_typed_errors, real_files


class _SecurityInfo(core.Sequence):
    _fields: ClassVar = [
        ("protocol", core.ObjectIdentifier),
        ("required", core.Any),
        ("optional", core.Any, {"optional": True}),
    ]


class _SecurityInfos(core.SetOf):
    _child_spec = _SecurityInfo


def same_as_asn1crypto(ours: SecurityInfos, stored: bytes) -> None:
    theirs = _SecurityInfos.load(stored, strict=True)
    assert [info.oid for info in ours.infos] == [info["protocol"].dotted for info in theirs]
    assert [info.required_raw for info in ours.infos] == [info["required"].dump() for info in theirs]
    assert [info.optional_raw or b"" for info in ours.infos] == [info["optional"].dump() for info in theirs]


def econtent_of_card_security(data: bytes) -> bytes:
    content_info = cms.ContentInfo.load(card_security.parse(data).cms)
    return bytes(content_info["content"]["encap_content_info"]["content"].native)


@pytest.mark.real
def test_every_dg14_agrees_with_asn1crypto(real_data: Path) -> None:
    files = real_files(real_data / "chips", "*/DG14.bin", "loose_dgs/DG6E_*.bin")
    assert len(files) == 9
    for data in files:
        same_as_asn1crypto(dg14.parse(data).security_infos, data[data.index(0x31) :])


@pytest.mark.real
def test_the_german_card_security(real_data: Path) -> None:
    (data,) = real_files(real_data / "chips" / "DE_2023", "EF.CardSecurity.bin")
    content = econtent_of_card_security(data)
    infos = card_security.security_infos(content)
    same_as_asn1crypto(infos, content)
    # ANALYSIS.md section 6: two Chip Authentication keys.
    assert sorted(key.key_id or 0 for key in infos.chip_authentication_public_keys) == [13, 72]
    assert {key.oid for key in infos.chip_authentication_public_keys} == {"0.4.0.127.0.7.2.2.1.2"}
    assert all(key.spki in content for key in infos.chip_authentication_public_keys)


@pytest.mark.real
def test_the_korean_dg14(real_data: Path) -> None:
    (data,) = real_files(real_data / "chips" / "KR_2020", "DG14.bin")
    infos = dg14.parse(data).security_infos
    (key,) = infos.chip_authentication_public_keys
    assert key.spki in data
    assert not infos.active_authentication_infos


def infos_of(*members: bytes) -> bytes:
    return der(0x31, *members)


def info(oid: str, required: bytes, *optional: bytes) -> bytes:
    return der(0x30, core.ObjectIdentifier(oid).dump(), required, *optional)


ONE, TWO, THIRTEEN = (der(0x02, bytes((number,))) for number in (1, 2, 13))


def test_card_access_of_the_standard() -> None:
    """ICAO 9303-11 Appendix G.1: PACE with ECDH, generic mapping, AES-128, brainpoolP256r1."""
    data = bytes.fromhex("31143012060A04007F0007020204020202010202010D")
    read = card_access.parse(data + b"\0\0")
    assert read.security_infos.pace_infos == (PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),)
    assert read.trailing == 2
    same_as_asn1crypto(read.security_infos, data)


def test_typed_views() -> None:
    spki = der(0x30, der(0x30), der(0x03, b"\0"))
    parameters = der(0x30, core.ObjectIdentifier("1.2.3").dump())
    read = security_infos.parse(
        infos_of(
            info("0.4.0.127.0.7.2.2.3.2.2", ONE, THIRTEEN),
            info("0.4.0.127.0.7.2.2.1.2", spki),
            info("0.4.0.127.0.7.2.2.1.1", spki, TWO),
            info("2.23.136.1.1.5", ONE, core.ObjectIdentifier("0.4.0.127.0.7.1.1.4.1.3").dump()),
            info("0.4.0.127.0.7.2.2.4.6.4", TWO),
            info("0.4.0.127.0.7.2.2.4.2", parameters, ONE),
            info("0.4.0.127.0.7.2.2.3.2", parameters),
            info("0.4.0.127.0.7.2.2.2", ONE, der(0x30)),
            info("1.2.840.113549", der(0x04, b"whatever")),
        )
    )
    assert read.chip_authentication_infos == (ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.2", 1, 13),)
    assert [(key.spki, key.key_id) for key in read.chip_authentication_public_keys] == [(spki, None), (spki, 2)]
    assert read.active_authentication_infos == (
        ActiveAuthenticationInfo("2.23.136.1.1.5", 1, "0.4.0.127.0.7.1.1.4.1.3"),
    )
    assert read.pace_infos == (PaceInfo("0.4.0.127.0.7.2.2.4.6.4", 2, None),)
    assert [(item.domain_parameter, item.parameter_id) for item in read.pace_domain_parameter_infos] == [
        (parameters, 1)
    ]
    assert [item.version for item in read.terminal_authentication_infos] == [1]
    assert len(read.infos) == 9


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        (der(0x30), "unexpected_tag"),
        (infos_of(der(0x31)), "unexpected_tag"),
        (infos_of(der(0x30)), "bad_security_info"),
        (infos_of(der(0x30, core.ObjectIdentifier("1.2.3").dump())), "bad_security_info"),
        (infos_of(info("1.2.3", ONE, ONE, ONE)), "bad_security_info"),
        (infos_of(info("2.23.136.1.1.5", ONE)), "bad_security_info"),
        (infos_of(info("0.4.0.127.0.7.2.2.3.2.2", der(0x04, b"\1"))), "unexpected_tag"),
        (infos_of(info("0.4.0.127.0.7.2.2.1.2", der(0x04, b"\1"))), "unexpected_tag"),
        (infos_of(info("0.4.0.127.0.7.2.2.4.2.2", ONE, der(0x02))), "empty_integer"),
        (infos_of() + b"\0", "trailing_bytes"),
    ],
)
def test_no_security_infos(stored: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as error:
        security_infos.parse(stored)
    assert (error.value.code, error.value.where) == (code, "SecurityInfos")


def test_entries_are_bounded() -> None:
    assert len(security_infos.parse(infos_of(*[info("1.2.3", ONE)] * 64)).infos) == 64
    with pytest.raises(LimitExceededError, match="too_many_infos"):
        security_infos.parse(infos_of(*[info("1.2.3", ONE)] * 65))


@pytest.mark.parametrize("data", [der(0x6E), der(0x6E, der(0x31), der(0x31)), der(0x6F, der(0x31))])
def test_no_dg14(data: bytes) -> None:
    with pytest.raises(MalformedError) as error:
        dg14.parse(data)
    assert error.value.where == "EF.DG14"


@pytest.mark.parametrize("data", [b"", der(0x31), der(0x77, der(0x30))])
def test_no_card_security(data: bytes) -> None:
    with pytest.raises(MalformedError) as error:
        card_security.parse(data)
    assert error.value.where == "EF.CardSecurity"


def test_atr_info() -> None:
    """ICAO 9303-10 §3.11.1: card capabilities and extended length information."""
    lengths = der(0x7F66, der(0x02, b"\x03\xe8"), der(0x02, b"\x00\xff\xff"))
    data = b"\0" + der(0x43, b"\x90") + der(0x47, b"\x99\x21\xc0") + lengths + b"\xff\xff"
    assert atr_info.parse(data) == AtrInfo(bytes.fromhex("9921C0"), 1000, 65535)
    assert atr_info.parse(b"") == AtrInfo(None, None, None)


@pytest.mark.parametrize(
    "data", [der(0x7F66, der(0x02, b"\1")), der(0x7F66, *[der(0x02, b"\xff")] * 2), der(0x7F66, der(0x04)), b"\x47"]
)
def test_no_atr_info(data: bytes) -> None:
    with pytest.raises(MalformedError) as error:
        atr_info.parse(data)
    assert error.value.where == "EF.ATR/INFO"


def test_atr_info_with_an_object_twice() -> None:
    with pytest.raises(DuplicateError):
        atr_info.parse(der(0x47, b"1") * 2)


@pytest.mark.real
def test_changed_files_raise_typed_errors_only(real_data: Path) -> None:
    chips = real_data / "chips"
    only_typed_errors(dg14.parse, real_files(chips, "*/DG14.bin", "loose_dgs/DG6E_*.bin"), light)
    only_typed_errors(card_access.parse, real_files(chips, "loose_dgs/SECINFOS_*.bin"), light)
    content = econtent_of_card_security(real_files(chips, "DE_2023/EF.CardSecurity.bin")[0])
    only_typed_errors(card_security.security_infos, [content], light)
    only_typed_errors(card_security.parse, real_files(chips, "DE_2023/EF.CardSecurity.bin"), light)
    atr = der(0x7F66, der(0x02, b"\x03\xe8"), der(0x02, b"\x00\xff\xff"))
    only_typed_errors(atr_info.parse, [atr, der(0x47, b"\x99\x21\xc0")], light)
