"""EF.SOD and LDSSecurityObject, with asn1crypto as the independent reader."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import ClassVar

import pytest
from asn1crypto import algos, cms, core

from mrtd.errors import LimitExceededError, MalformedError
from mrtd.lds import lds_security_object, sod
from mrtd.lds.lds_security_object import LdsSecurityObject
from tests.budgets import heavy
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import only_typed_errors, real_files

SODS = ("*_20*/EF.SOD.bin", "specimen_*/EF.SOD.bin", "mock_*/EF.SOD.bin")


class _DataGroupHash(core.Sequence):
    _fields: ClassVar = [("number", core.Integer), ("value", core.OctetString)]


class _DataGroupHashes(core.SequenceOf):
    _child_spec = _DataGroupHash


class _VersionInfo(core.Sequence):
    _fields: ClassVar = [("lds_version", core.PrintableString), ("unicode_version", core.PrintableString)]


class _SecurityObject(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("hash_algorithm", algos.DigestAlgorithm),
        ("hashes", _DataGroupHashes),
        ("version_info", _VersionInfo, {"optional": True}),
    ]


def econtent(data: bytes) -> bytes:
    """The eContent of an EF.SOD, as asn1crypto finds it."""
    content_info = cms.ContentInfo.load(sod.parse(data).cms)
    return bytes(content_info["content"]["encap_content_info"]["content"].native)


@pytest.mark.real
def test_every_sod_agrees_with_asn1crypto(real_data: Path) -> None:
    files = real_files(real_data / "chips", *SODS)
    assert len(files) == 21
    for data in files:
        content = econtent(data)
        ours = lds_security_object.parse(content)
        theirs = _SecurityObject.load(content)
        assert ours.version == theirs["version"].native
        assert ours.digest_algorithm == theirs["hash_algorithm"]["algorithm"].dotted
        assert ours.data_group_hashes == tuple(
            (entry["number"].native, entry["value"].native) for entry in theirs["hashes"]
        )
        version_info = theirs["version_info"].native
        assert (ours.lds_version, ours.unicode_version) == (
            (version_info["lds_version"], version_info["unicode_version"]) if version_info else (None, None)
        )


@pytest.mark.real
@pytest.mark.parametrize(
    ("chip", "version", "digest", "lds_version"),
    [
        # ANALYSIS.md section 6.
        ("AT_2023", 0, "sha256", None),
        ("DE_2023", 1, "sha384", "0108"),
        ("FR_2017", 0, "sha256", None),
        ("GB_2011", 0, "sha256", None),
        ("ID_2025", 0, "sha256", None),
        ("KR_2020", 0, "sha256", None),
        ("NZ_2017", 0, "sha256", None),
        ("PH_2019", 0, "sha256", None),
        ("RU_2019", 0, "sha1", None),
        ("SG_2022-06", 1, "sha256", "0108"),
        ("US_2021", 0, "sha256", None),
        ("specimen_DE_bsi2008", 0, "sha1", None),
    ],
)
def test_versions_and_digests(real_data: Path, chip: str, version: int, digest: str, lds_version: str | None) -> None:
    security_object = read(real_data / "chips" / chip / "EF.SOD.bin")
    assert security_object.version == version
    assert algos.DigestAlgorithmId.map(security_object.digest_algorithm) == digest
    assert security_object.lds_version == lds_version
    assert all(1 <= number <= 16 for number, _ in security_object.data_group_hashes)


def read(path: Path) -> LdsSecurityObject:
    return lds_security_object.parse(econtent(path.read_bytes()))


@pytest.mark.real
@pytest.mark.parametrize(
    ("chip", "files"),
    [
        ("KR_2020", (14,)),
        ("specimen_DE_bsi2008", (1, 2, 3, 14)),
        ("specimen_DE_bsi_tr03105", (1, 14)),
        ("mock_ZKR_jack-miller-smith-rsa-4096-sha512", (1,)),
        ("mock_ZKR_john-miller-smith-rsa-2048-sha256", (1,)),
        ("mock_ZKR_mary-miller-smith-ecdsa-p256-sha256", (1,)),
        ("mock_ZKR_paul-miller-smith-ecdsa-p384-sha384", (1,)),
    ],
)
def test_the_hashes_are_those_of_the_files(real_data: Path, chip: str, files: tuple[int, ...]) -> None:
    folder = real_data / "chips" / chip
    security_object = read(folder / "EF.SOD.bin")
    hashes = dict(security_object.data_group_hashes)
    name = algos.DigestAlgorithmId.map(security_object.digest_algorithm)
    for number in files:
        assert hashlib.new(name, (folder / f"DG{number}.bin").read_bytes()).digest() == hashes[number]


@pytest.mark.real
def test_how_real_sods_are_wrapped(real_data: Path) -> None:
    for path in sorted((real_data / "chips").glob("*/EF.SOD.bin")):
        data = path.read_bytes()
        security_object = sod.parse(data)
        assert security_object.tag_77 is not path.parent.name.startswith("mock_")
        assert security_object.trailing == 0
        assert security_object.cms in data
        assert security_object.cms[0] == 0x30


#: PROVENANCE.md says what is wrong with each. What lies inside the ContentInfo is judged by the checks of the CMS.
MALFORMED = {
    "12277a62.bin": "wrapped well: eContentType",
    "1bacdf2e.bin": "wrapped well: signature",
    "3339ea1a.bin": "wrapped well: no SignerInfo",
    "55262c80.bin": "wrapped well: SignedData version 2",
    "6d3b6ce3.bin": "one byte behind the file",
    "78a2b951.bin": "wrapped well: a data-group hash",
    "9b8c545a.bin": "wrapped well: SignedData version 1",
    "c433a51a.bin": "wrapped well: a data-group hash",
    "c9d62231.bin": "wrapped well: the CMS is cut off further in",
    "de1b10af.bin": "wrapped well: LDSSecurityObject version 2",
    "f33762bb.bin": "wrapped well: eContentType id-data",
    "02812c66.bin": "an EF.CardSecurity: signature",
    "f7ed526e.bin": "an EF.CardSecurity: eContentType",
}


@pytest.mark.real
def test_malformed_files(real_data: Path) -> None:
    folder = real_data / "chips" / "malformed"
    assert {path.name for path in folder.iterdir()} == set(MALFORMED)
    for name, what in MALFORMED.items():
        security_object = sod.parse((folder / name).read_bytes())
        assert security_object.trailing == (1 if what == "one byte behind the file" else 0)
        assert security_object.tag_77 is not (
            what.startswith("an EF.CardSecurity") or name in ("3339ea1a.bin", "c9d62231.bin")
        )
    assert read(folder / "de1b10af.bin").version == 2


@pytest.mark.real
def test_changed_sods_raise_typed_errors_only(real_data: Path) -> None:
    only_typed_errors(sod.parse, real_files(real_data / "chips", *SODS), heavy)


@pytest.mark.real
def test_changed_security_objects_raise_typed_errors_only(real_data: Path) -> None:
    files = [econtent(data) for data in real_files(real_data / "chips", *SODS)]
    only_typed_errors(lds_security_object.parse, files, heavy)


CONTENT_INFO = der(0x30, der(0x06, b"\x2a\x03"), der(0xA0, der(0x30)))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "truncated"),
        (der(0x77), "not_one_object"),
        (der(0x77, CONTENT_INFO, CONTENT_INFO), "not_one_object"),
        (der(0x77, der(0x31)), "unexpected_tag"),
        (der(0x61, CONTENT_INFO), "unexpected_tag"),
        (der(0x77, CONTENT_INFO)[:-1], "truncated"),
    ],
)
def test_no_sod(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as error:
        sod.parse(data)
    assert (error.value.code, error.value.where) == (code, "EF.SOD")


def test_bytes_behind_the_file_are_counted_and_excluded() -> None:
    wrapped = sod.parse(der(0x77, CONTENT_INFO) + b"\0" * 5)
    assert (wrapped.cms, wrapped.tag_77, wrapped.trailing) == (CONTENT_INFO, True, 5)
    bare = sod.parse(CONTENT_INFO + b"\xff" * 3)
    assert (bare.cms, bare.tag_77, bare.trailing) == (CONTENT_INFO, False, 3)


SHA256 = der(0x06, bytes.fromhex("608648016503040201"))
HASHES = der(0x30, *(der(0x30, der(0x02, bytes((number,))), der(0x04, b"\xab" * 32)) for number in (1, 2)))


@pytest.mark.parametrize("parameters", [b"", der(0x05)])
def test_digest_parameters_absent_or_null(parameters: bytes) -> None:
    read = lds_security_object.parse(der(0x30, der(0x02, b"\0"), der(0x30, SHA256, parameters), HASHES))
    assert read.digest_algorithm == "2.16.840.1.101.3.4.2.1"
    assert read.data_group_hashes == ((1, b"\xab" * 32), (2, b"\xab" * 32))
    assert "ab" not in repr(read)


def test_duplicates_and_numbers_out_of_range_are_kept_for_the_checks() -> None:
    entries = [(0, b"\x01"), (1, b"\x02"), (1, b"\x03"), (17, b"\x04"), (-1, b"\x05")]
    hashes = der(0x30, *(der(0x30, der(0x02, n.to_bytes(1, signed=True)), der(0x04, v)) for n, v in entries))
    read = lds_security_object.parse(der(0x30, der(0x02, b"\0"), der(0x30, SHA256), hashes))
    assert list(read.data_group_hashes) == entries


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ((der(0x02, b"\0"), der(0x30, SHA256)), "bad_structure"),
        ((der(0x02, b"\0"), der(0x30, SHA256), HASHES, der(0x30), der(0x30)), "bad_structure"),
        ((der(0x02, b"\0"), der(0x30), HASHES), "bad_algorithm_identifier"),
        ((der(0x02, b"\0"), der(0x30, SHA256, der(0x05, b"\0")), HASHES), "bad_algorithm_identifier"),
        ((der(0x02, b"\0"), der(0x30, SHA256, der(0x30)), HASHES), "bad_algorithm_identifier"),
        ((der(0x02, b"\0"), der(0x30, SHA256), der(0x30, der(0x30, der(0x02, b"\1")))), "bad_structure"),
        ((der(0x02, b"\0"), der(0x30, SHA256), HASHES, der(0x30, der(0x13, b"0107"))), "bad_structure"),
        ((der(0x02, b"\0"), der(0x30, SHA256), HASHES, der(0x30, der(0x13, b"\xff"), der(0x13))), "bad_version_text"),
        ((der(0x04, b"\0"), der(0x30, SHA256), HASHES), "unexpected_tag"),
    ],
)
def test_no_security_object(members: tuple[bytes, ...], code: str) -> None:
    with pytest.raises(MalformedError) as error:
        lds_security_object.parse(der(0x30, *members))
    assert (error.value.code, error.value.where) == (code, "LDSSecurityObject")


def test_limits_of_the_security_object() -> None:
    entry = der(0x30, der(0x02, b"\1"), der(0x04))
    with pytest.raises(LimitExceededError, match="too_many_hashes"):
        lds_security_object.parse(der(0x30, der(0x02, b"\0"), der(0x30, SHA256), der(0x30, entry * 65)))
    with pytest.raises(LimitExceededError, match="integer_too_long"):
        lds_security_object.parse(der(0x30, der(0x02, b"\1" * 5), der(0x30, SHA256), HASHES))
    with pytest.raises(MalformedError, match="trailing_bytes"):
        lds_security_object.parse(der(0x30, der(0x02, b"\0"), der(0x30, SHA256), HASHES) + b"\0")
