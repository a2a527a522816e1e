"""Dumps from bytes: every format with real files, and every way to make one lie."""

from __future__ import annotations

import base64
import io
import json
import stat
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd import dump
from mrtd.errors import DuplicateError, LimitExceededError, MalformedError, MrtdError, UnsupportedError
from mrtd.evidence import MAX_DG2_SIZE, MAX_FILE_SIZE, ElementaryFile
from tests.budgets import heavy
from tests.mrtd.lds.mutations import edited

SOD = bytes.fromhex("7702 3000")
DG1 = bytes.fromhex("6103 5F1F00")


def zip_of(entries: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return stream.getvalue()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- formats -----------------------------------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.parametrize(
    ("chip", "files", "skipped"),
    [
        ("KR_2020", {"EF.DG14", "EF.SOD"}, 0),
        ("DE_2023", {"EF.SOD", "EF.CardSecurity"}, 0),
        ("GB_2011", {"EF.SOD"}, 1),
        ("mock_ZKR_johnny_rsa-2048-sha256", {"EF.SOD"}, 1),
        (
            "specimen_DE_bsi2008",
            {"EF.COM", "EF.SOD", "EF.DG1", "EF.DG2", "EF.DG3", "EF.DG4", "EF.DG14", "EF.DG15"},
            0,
        ),
        ("specimen_DE_bsi_tr03105", {"EF.SOD", "EF.DG1", "EF.DG14"}, 1),
    ],
)
def test_a_chip_is_the_same_in_every_format(real_data: Path, chip: str, files: set[str], skipped: int) -> None:
    entries = [(path.name, path.read_bytes()) for path in sorted((real_data / "chips" / chip).iterdir())]
    texts = {name: b64(data) for name, data in entries}
    url_texts = {name: base64.urlsafe_b64encode(data).decode().rstrip("=") for name, data in entries}
    dumps = [
        dump.from_files(entries),
        dump.loads(zip_of(entries), "x.zip"),
        dump.loads(zip_of([(f"{chip}/{name}", data) for name, data in entries]), "x.zip"),
        dump.loads(json.dumps(texts).encode(), "x.json"),
        dump.loads(json.dumps({"files": url_texts}, indent=1).encode(), "x"),
        dump.loads(cbor2.dumps({"files": dict(entries)}), "x.cbor"),
        dump.loads(cbor2.dumps(dict(entries)), "x.cbor"),
    ]
    for read in dumps:
        assert read.files.keys() == files
        assert read.skipped == skipped
        assert read.digests() == dumps[0].digests()
        assert read.active_authentication is None
        assert not read.claimed


@pytest.mark.real
def test_one_file(real_data: Path) -> None:
    data = (real_data / "chips" / "AT_2023" / "EF.SOD.bin").read_bytes()
    for name in ("EF.SOD.bin", "sod", "whatever.bin", ""):
        assert dump.loads(data, name).files == {ElementaryFile.SOD: data}
    security = (real_data / "chips" / "DE_2023" / "EF.CardSecurity.bin").read_bytes()
    assert dump.loads(security, "CardSecurity.bin").files == {ElementaryFile.CARD_SECURITY: security}
    for name in ("011D.bin", "whatever.bin"):
        with pytest.raises(MalformedError, match="unknown_format"):
            dump.loads(security, name)


def test_the_body_of_the_service() -> None:
    """API.md section 5."""
    body = {
        "files": {"EF.SOD": b64(SOD), "DG1": b64(DG1), "notes": "!"},
        "active_authentication": {"challenge": "AAECAwQFBgc", "response": b64(b"r" * 128)},
        "access": {"protocol": "PACE"},
        "source": "live",
        "provenance": {"source": "live", "challenge_issued": "2026-11-24T12:00:00Z", "Name": "x", "at": 7},
        "reviewer": "somebody",
    }
    as_bytes = body | {
        "files": {"EF.SOD": SOD, "DG1": DG1, "notes": b""},
        "active_authentication": {"challenge": bytes(range(8)), "response": b"r" * 128},
    }
    for read in (dump.loads(json.dumps(body).encode(), "-"), dump.loads(cbor2.dumps(as_bytes), "-")):
        assert read.files == {ElementaryFile.SOD: SOD, ElementaryFile.DG1: DG1}
        assert read.active_authentication is not None
        assert read.active_authentication.challenge == bytes(range(8))
        assert read.active_authentication.response == b"r" * 128
        assert read.skipped == 2
        assert read.claimed == {
            "access.protocol": "PACE",
            "source": "live",
            "provenance.source": "live",
            "provenance.challenge_issued": "2026-11-24T12:00:00Z",
        }
        assert "r" * 8 not in repr(read)


def test_absent_members_may_be_null() -> None:
    body = {"files": {"SOD": b64(SOD)}, "active_authentication": None, "access": None}
    assert dump.loads(json.dumps(body).encode(), "-").active_authentication is None


def test_a_case_folder_gives_claims_and_nothing_else() -> None:
    case = {
        "id": "x",
        "inspection_time": "2026-01-01T00:00:00Z",
        "provenance": {"source": "live"},
        "files": {"DG2": b64(b"u\0")},
        "active_authentication": {"challenge": "AA", "response": "AA"},
    }
    read = dump.from_files([("case/EF.SOD.bin", SOD), ("case/case.json", json.dumps(case).encode())])
    assert read.files == {ElementaryFile.SOD: SOD}
    assert read.active_authentication is None
    assert read.claimed == {"inspection_time": "2026-01-01T00:00:00Z", "provenance.source": "live"}
    assert read.skipped == 0
    for broken in (b"{", b"[]", b'{"source": "a", "source": "b"}'):
        read = dump.from_files([("EF.SOD", SOD), ("case.json", broken)])
        assert (read.claimed, read.skipped) == ({}, 1)


def test_claims_are_short_ascii() -> None:
    for value in ("Å", "a" * 65, "", "a\nb", 7, ["x"], True):
        body = {"files": {"SOD": b64(SOD)}, "source": value, "access": {"protocol": value}}
        assert not dump.loads(json.dumps(body).encode(), "-").claimed
    many = {"files": {"SOD": b64(SOD)}, "provenance": {f"k{number}": "v" for number in range(99)}}
    assert len(dump.loads(json.dumps(many).encode(), "-").claimed) == dump.MAX_CLAIMS


# --- names -------------------------------------------------------------------------------------------------------

NAMES = {
    ElementaryFile.SOD: (
        "EF.SOD",
        "EF_SOD.bin",
        "SOD.bin",
        "ef.sod.BIN",
        "EFSOD",
        "a/b/EF.SOD",
        "sod.dat",
        "011D",
        "0x011d",
    ),
    ElementaryFile.DG1: ("DG1.bin", "DG01", "EF.DG1", "Datagroup1.bin", "dg1", "0101", "EF_DG1.bin", "data_group_1"),
    ElementaryFile.DG10: ("DG10", "EF.DG10.bin", "Datagroup10.bin", "010A", "010a.bin"),
    ElementaryFile.DG16: ("DG16", "0110", "EF_DG16"),
    ElementaryFile.COM: ("EF.COM", "EF_COM.bin", "com", "011E"),
    ElementaryFile.CARD_ACCESS: ("EF.CardAccess", "CardAccess.bin", "card_access", "011C"),
    ElementaryFile.CARD_SECURITY: ("EF.CardSecurity", "CardSecurity.bin", "EF_CARD_SECURITY.bin"),
    ElementaryFile.ATR_INFO: ("EF.ATR/INFO", "EF.ATR", "ATR_INFO.bin", "x/EF.ATR/INFO", "2F01"),
    ElementaryFile.DIR: ("EF.DIR", "2F00"),
}


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, names in NAMES.items() for name in names])
def test_names(file: ElementaryFile, name: str) -> None:
    assert dump.from_files([(name, SOD)]).files.keys() == {file}


@pytest.mark.parametrize(
    "name",
    [
        "DG15_not_in_SOD.bin",
        "DSC.pem",
        "CSCA.der",
        "DG0",
        "DG00",
        "DG17",
        "DG001",
        "DG1.bin.bak",
        "DG1.jpg",
        "xDG1",
        "EF.DG",
        "0100",
        "0111",
        "011B",
        "011F",
        "__MACOSX/._EF.SOD.bin",
        "EF.SOD/readme",
        "sod.json",
        "DG１",
        "ſod",
        "DG1\n",
        "",
        "a/" * 200 + "DG1",
    ],
)
def test_other_names_are_skipped_and_counted(name: str) -> None:
    read = dump.from_files([(name, b"x"), ("EF.COM", b"c")])
    assert (read.files, read.skipped) == ({ElementaryFile.COM: b"c"}, 1)


def test_011d_is_the_sod_only_inside_the_application() -> None:
    """SECURITY.md 2.5: the master file's EF.CardSecurity has the same identifier."""
    bare = bytes.fromhex("3000")
    for name, data, found in (
        ("011D", SOD, True),
        ("011D.bin", bare, False),
        ("A0000002471001/011D", bare, True),
        ("x/a0000002471001/011d.bin", SOD, True),
        ("3F00/011D", SOD, False),
        ("MF/011D.bin", SOD, False),
        ("3F00/A0000002471001/011D", SOD, True),
    ):
        entries = [(name, data), ("EF.COM", b"c")]
        for read in (
            dump.from_files(entries),
            dump.loads(zip_of(entries), "-"),
            dump.loads(cbor2.dumps(dict(entries)), "-"),
        ):
            assert (ElementaryFile.SOD in read.files) is found, name
            assert read.skipped == (0 if found else 1)


@pytest.mark.parametrize(
    "entries",
    [
        [("EF.SOD", SOD), ("SOD.bin", SOD)],
        [("DG1", DG1), ("DG01.bin", DG1 + b"x")],
        [("a/DG1", DG1), ("b/DG1", DG1)],
        [("DG1", DG1), ("0101", DG1)],
        [("dg1", DG1), ("DG1", DG1)],
    ],
)
def test_the_same_file_under_two_names(entries: list[tuple[str, bytes]]) -> None:
    makers = [
        lambda: dump.from_files(entries),
        lambda: dump.loads(zip_of(entries), "-"),
        lambda: dump.loads(cbor2.dumps({"files": dict(entries)}), "-"),
        lambda: dump.loads(json.dumps({name: b64(data) for name, data in entries}).encode(), "-"),
    ]
    for make in makers:
        with pytest.raises(DuplicateError):
            make()


def test_a_dump_without_files() -> None:
    for make in (
        lambda: dump.from_files([]),
        lambda: dump.from_files([("readme", b"")]),
        lambda: dump.loads(zip_of([]), "-"),
        lambda: dump.loads(b"{}", "-"),
        lambda: dump.loads(b'{"files": {}}', "-"),
        lambda: dump.loads(b"\xa0", "-"),
        lambda: dump.loads(b'{"active_authentication": {"challenge": "", "response": ""}}', "-"),
    ):
        with pytest.raises(MalformedError) as error:
            make()
        assert error.value.code == "no_files"


@pytest.mark.parametrize("data", [b"", b" ", b"hello", b"[]", b"\x80", b"\xff" * 9, b"-----BEGIN CMS-----"])
def test_no_dump(data: bytes) -> None:
    with pytest.raises(MalformedError, match="unknown_format"):
        dump.loads(data, "x.bin")


def test_sizes() -> None:
    assert dump.from_files([("SOD", b"x" * MAX_FILE_SIZE), ("DG2", b"x" * MAX_DG2_SIZE)]).files
    for entries in ([("SOD", b"x" * (MAX_FILE_SIZE + 1))], [("DG2", b"x" * (MAX_DG2_SIZE + 1))]):
        with pytest.raises(LimitExceededError, match="file_too_large"):
            dump.from_files(entries)
    with pytest.raises(LimitExceededError, match="dump_too_large"):
        dump.loads(b"{" + b" " * dump.MAX_DUMP_SIZE, "-")
    with pytest.raises(LimitExceededError, match="too_many_entries"):
        dump.from_files((f"{number}", b"") for number in range(dump.MAX_ENTRIES + 1))
    with pytest.raises(LimitExceededError, match="too_many_entries"):
        dump.loads(json.dumps({f"{number}": "" for number in range(dump.MAX_ENTRIES + 1)}).encode(), "-")


# --- JSON and CBOR -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"EF.SOD": "dwA=", "EF.SOD": "dwA="}', DuplicateError),
        ('{"files": {"SOD": "dwA="}, "files": {"SOD": "dwA="}}', DuplicateError),
        ('{"files": {"SOD": "dwA="}, "access": {"protocol": "BAC", "protocol": "PACE"}}', DuplicateError),
        ('{"SOD": "dwA=", "\\u0053OD": "dwA="}', DuplicateError),
        ('{"SOD": 1.5}', MalformedError),
        ('{"SOD": NaN}', MalformedError),
        ('{"SOD": 7}', MalformedError),
        ('{"SOD": null}', MalformedError),
        ('{"SOD": "d*A="}', MalformedError),
        ('{"SOD": "dwAAA"}', MalformedError),
        ('{"SOD": "ö"}', MalformedError),
        ('{"SOD": "dwA="} {}', MalformedError),
        ('{"SOD": "dwA="', MalformedError),
        ('{"files": "x"}', MalformedError),
        ('{"files": {"SOD": "dwA="}, "active_authentication": []}', MalformedError),
        ('{"files": {"SOD": "dwA="}, "active_authentication": {}}', MalformedError),
        ('{"files": {"SOD": "dwA="}, "active_authentication": {"challenge": "AA"}}', MalformedError),
        ('{"SOD": ' + "[" * 100_000 + "]" * 100_000 + "}", LimitExceededError),
        ('{"SOD": ' + "9" * 10_000 + "}", MalformedError),
    ],
)
def test_bad_json(text: str, kind: type[MrtdError]) -> None:
    with pytest.raises(kind) as error:
        dump.loads(text.encode(), "-")
    assert type(error.value) is kind


def test_json_in_another_encoding() -> None:
    text = json.dumps({"SOD": b64(SOD)})
    assert dump.loads(b"\xef\xbb\xbf" + text.encode(), "-").files
    with pytest.raises(MalformedError):
        dump.loads(b'{"\xff": ""}', "-")
    with pytest.raises(MalformedError, match="unknown_format"):
        dump.loads(text.encode("utf-16"), "-")


def test_base64_with_line_ends() -> None:
    text = base64.encodebytes(bytes(range(200)) * 2).decode()
    assert dump.loads(json.dumps({"DG1": text}).encode(), "-").files[ElementaryFile.DG1] == bytes(range(200)) * 2


@pytest.mark.parametrize(
    ("encoded", "kind"),
    [
        ("A2 63534F44 40 63534F44 40", DuplicateError),
        ("A1 6566696C6573 A2 63534F44 40 63534F44 40", DuplicateError),
        ("A1 6566 696C 6573 A1 63534F44 40 00", MalformedError),
        ("A1 63534F44 C240", MalformedError),
        ("A1 63534F44 D81C40", MalformedError),
        ("D9D9F7A0", MalformedError),
        ("A1 63534F44 F93C00", MalformedError),
        ("A1 63534F44 FB3FF0000000000000", MalformedError),
        ("A1 63534F44 F7", MalformedError),
        ("A1 63534F44 5F41FF40FF", MalformedError),
        ("BF 63534F44 40 FF", MalformedError),
        ("A1 01 40", MalformedError),
        ("A1 43534F44 40", MalformedError),
        ("A1 63FFFFFF 40", MalformedError),
        ("A1 63534F44 5B7FFFFFFFFFFFFFFF", MalformedError),
        ("A1 63534F44 18", MalformedError),
        ("BB 7FFFFFFFFFFFFFFF", LimitExceededError),
        ("A1 63534F44 9A00010000", LimitExceededError),
        ("A1 63534F44 84" + "990500" * 4, LimitExceededError),
        ("A1 63534F44" + "81" * 20 + "00", LimitExceededError),
        ("A1", MalformedError),
        ("A0 00", MalformedError),
    ],
)
def test_bad_cbor(encoded: str, kind: type[MrtdError]) -> None:
    with pytest.raises(kind) as error:
        dump.loads(bytes.fromhex(encoded), "-")
    assert type(error.value) is kind


def test_keys_given_twice_in_an_inner_map() -> None:
    inner = b"\xa2" + (cbor2.dumps("SOD") + cbor2.dumps(SOD)) * 2
    with pytest.raises(DuplicateError, match="duplicate_key"):
        dump.loads(b"\xa1" + cbor2.dumps("files") + inner, "-")


def test_the_response_is_bounded() -> None:
    for challenge, response in ((b"c" * 65, b""), (b"", b"r" * 1025)):
        body = {"files": {"SOD": SOD}, "active_authentication": {"challenge": challenge, "response": response}}
        with pytest.raises(LimitExceededError, match="response_too_large"):
            dump.loads(cbor2.dumps(body), "-")


# --- zip ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../EF.SOD", "a/../EF.SOD", "/EF.SOD", "C:EF.SOD", "c:/EF.SOD", "a\\EF.SOD", "..", "EF.SOD\0.txt", ""]
)
def test_names_that_lead_outside(name: str) -> None:
    info = zipfile.ZipInfo("EF.SOD")
    info.filename = name
    with pytest.raises(MalformedError, match="unsafe_name"):
        dump.loads(zip_of([(info, SOD)]), "-")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices(kind: int) -> None:
    info = zipfile.ZipInfo("EF.SOD")
    info.external_attr = (kind | 0o777) << 16
    with pytest.raises(MalformedError, match="special_file"):
        dump.loads(zip_of([(info, b"/etc/passwd"), ("DG1", DG1)]), "-")


def test_folders_are_no_entries() -> None:
    folder = zipfile.ZipInfo("chip/")
    folder.external_attr = (stat.S_IFDIR | 0o755) << 16
    read = dump.loads(zip_of([(folder, b""), ("chip/EF.SOD", SOD)]), "-")
    assert (read.files, read.skipped) == ({ElementaryFile.SOD: SOD}, 0)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("readme", "readme"), ("EF.SOD", "EF.SOD"), ("readme", "README")])
def test_a_name_twice(names: tuple[str, str]) -> None:
    with pytest.raises(DuplicateError):
        dump.loads(zip_of([(name, SOD) for name in names]), "-")


def test_bombs() -> None:
    bomb = zip_of([("DG2", b"\0" * MAX_DG2_SIZE)])
    assert len(bomb) < 2_000
    with pytest.raises(LimitExceededError, match="zip_ratio"):
        dump.loads(bomb, "-")
    padded = zip_of([("EF.SOD", SOD + b"\0" * 60_000)])
    assert dump.loads(padded, "-").files[ElementaryFile.SOD].startswith(SOD)
    many = zip_of([(f"{number}", b"") for number in range(dump.MAX_ENTRIES + 1)])
    with pytest.raises(LimitExceededError, match="too_many_entries"):
        dump.loads(many, "-")
    large = zip_of([(f"{number}", b"\0" * 60_000) for number in range(150)])
    with pytest.raises(LimitExceededError, match="zip_too_large"):
        dump.loads(large, "-")


def test_a_size_that_lies() -> None:
    """The directory says 4 bytes, the stream holds 60 000."""
    honest = zip_of([("EF.SOD", b"\0" * 60_000), ("DG1", DG1)])
    lying = honest.replace(struct.pack("<I", 60_000), struct.pack("<I", 4))
    assert lying != honest
    with pytest.raises(MalformedError):
        dump.loads(lying, "-")


def test_members_are_read_within_what_is_left() -> None:
    archive = zip_of([("a", b"x" * 600), ("b", b"x" * 600)])
    limits = dump.ZipLimits(total=1_200)
    assert len(list(dump.zip_entries(archive, wanted=lambda _: True, limits=limits))) == 2
    with pytest.raises(LimitExceededError):
        list(dump.zip_entries(archive, wanted=lambda _: True, limits=dump.ZipLimits(total=1_199)))


def test_encrypted_and_unknown_methods() -> None:
    plain = zip_of([("EF.SOD", SOD)])
    for offset, signature in ((6, b"PK\3\4"), (8, b"PK\1\2")):
        place = plain.index(signature) + offset
        plain = plain[:place] + bytes((plain[place] | 1,)) + plain[place + 1 :]
    with pytest.raises(MalformedError, match="encrypted"):
        dump.loads(plain, "-")
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(UnsupportedError, match="zip_method"):
            dump.loads(zip_of([("EF.SOD", SOD)], method), "-")


def test_damaged_archives() -> None:
    archive = zip_of([("EF.SOD", SOD * 100), ("DG1", DG1)], zipfile.ZIP_STORED)
    assert dump.loads(archive, "-").files
    for damaged in (archive[:-1], archive[:40], b"PK", archive.replace(SOD, DG1[:4], 1)):
        with pytest.raises(MalformedError):
            dump.loads(damaged, "-")


def test_unknown_members_are_not_even_read() -> None:
    archive = zip_of([("EF.SOD", SOD), ("holiday.jpg", b"photograph" * 9)], zipfile.ZIP_STORED)
    read = dump.loads(archive.replace(b"photograph", b"ruined----", 1), "-")
    assert (read.files, read.skipped) == ({ElementaryFile.SOD: SOD}, 1)


# --- hostile bytes -----------------------------------------------------------------------------------------------


@pytest.mark.real
def test_changed_dumps_raise_typed_errors_only(real_data: Path) -> None:
    chips = real_data / "chips"
    folders = ("KR_2020", "DE_2023", "specimen_DE_bsi_tr03105", "mock_ZKR_johnny_rsa-2048-sha256")
    seeds: list[bytes] = []
    for folder in folders:
        entries = [(path.name, path.read_bytes()) for path in sorted((chips / folder).iterdir())]
        body = {
            "files": dict(entries),
            "active_authentication": {"challenge": bytes(8), "response": bytes(64)},
            "access": {"protocol": "PACE"},
        }
        texts = body | {
            "files": {name: b64(data) for name, data in entries},
            "active_authentication": {"challenge": b64(bytes(8)), "response": b64(bytes(64))},
        }
        seeds += [
            zip_of(entries),
            zip_of(entries, zipfile.ZIP_STORED),
            json.dumps(texts).encode(),
            cbor2.dumps(body),
        ]
    seen = {"answered": 0, "refused": 0}

    @heavy
    @given(st.composite(lambda draw: edited(draw(st.sampled_from(seeds)), draw))(), st.sampled_from(("EF.SOD", "x")))
    def run(data: bytes, name: str) -> None:
        try:
            read = dump.loads(data, name)
        except MrtdError as error:
            seen["refused"] += 1
            places.add(error.where)
        else:
            seen["answered"] += 1
            assert all(len(content) <= file.max_size for file, content in read.files.items())
            assert all(key.isascii() and value.isascii() for key, value in read.claimed.items())

    places: set[str] = set()
    run()
    assert "" not in places
    assert min(seen.values()) > 0
