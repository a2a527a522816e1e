"""EF.DG2: real specimens, records built by the field table of ISO/IEC 19794-5, and what goes wrong with them."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from mrtd.biometrics.portrait import RecordFormat
from mrtd.errors import DuplicateError, LimitExceededError, MalformedError, UnsupportedError
from mrtd.lds import dg2
from mrtd.lds.oddity import Oddity
from tests.budgets import heavy
from tests.mrtd.biometrics.pictures import jpeg
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import only_typed_errors, real_files

JP2_START = bytes.fromhex("0000000C6A5020200D0A870A")
JPEG = jpeg(240, 320)


def face(
    image: bytes, *, points: int = 0, size: tuple[int, int] = (240, 320), kind: int = 0, length: int = 0
) -> bytes:
    """Facial Information, Feature Points, Image Information, Image Data (ISO/IEC 19794-5:2005 §5)."""
    body = b"\x01" * 8 * points + struct.pack(">BBHHBBHH", 1, kind, *size, 1, 2, 0, 0) + image
    return struct.pack(">IH14x", length or 20 + len(body), points) + body


def record(*faces: bytes, length: int = 0, count: int | None = None, version: bytes = b"010\0") -> bytes:
    body = b"".join(faces)
    number = len(faces) if count is None else count
    return struct.pack(">4s4sIH", b"FAC\0", version, length or 14 + len(body), number) + body


def dg2_of(*blocks: bytes, tag: int = 0x5F2E, count: int | None = None) -> bytes:
    header = der(0xA1, der(0x87, b"\x01\x01"), der(0x88, b"\x00\x08"))
    number = der(0x02, bytes((len(blocks) if count is None else count,)))
    return der(0x75, der(0x7F61, number, *(der(0x7F60, header, der(tag, block)) for block in blocks)))


@pytest.mark.real
def test_the_bsi_specimen(real_data: Path) -> None:
    data = (real_data / "chips" / "specimen_DE_bsi2008" / "DG2.bin").read_bytes()
    read = dg2.parse(data)
    (portrait,) = read.faces
    assert portrait.data == data[data.index(JP2_START) :]
    assert (portrait.media_type, portrait.complete, portrait.padding) == ("image/jp2", True, 0)
    assert (portrait.record_format, portrait.face_image_type, portrait.image_data_type) == (
        RecordFormat.ISO_19794_5,
        1,
        1,
    )
    # The record says 337 x 449 (0151, 01C1), the picture's own header 413 x 531 (ihdr: 0213 lines, 019D columns).
    assert (portrait.width, portrait.height) == (413, 531)
    assert read.oddities == {Oddity.IMAGE_SIZE_DIFFERS}


@pytest.mark.real
def test_the_specimen_of_iso_39794(real_data: Path) -> None:
    data = (real_data / "chips" / "specimen_extra_dgs" / "dg2_silver_mandatory_fields.bin").read_bytes()
    (portrait,) = dg2.parse(data).faces
    assert portrait.record_format is RecordFormat.ISO_39794_5
    start = data.index(JP2_START)
    assert portrait.data == data[start : start + 15000]
    assert (portrait.media_type, portrait.width, portrait.height, portrait.complete) == ("image/jp2", 413, 531, True)


def test_a_jpeg_as_the_field_table_says() -> None:
    read = dg2.parse(dg2_of(record(face(JPEG, points=3))))
    (portrait,) = read.faces
    assert portrait.data == JPEG
    assert (portrait.media_type, portrait.width, portrait.height) == ("image/jpeg", 240, 320)
    assert portrait.complete
    assert not read.oddities
    assert "240" not in repr(read)


def test_several_faces_in_records_and_templates() -> None:
    other = jpeg(16, 16)
    read = dg2.parse(dg2_of(record(face(JPEG), face(other, size=(16, 16))), record(face(JPEG))))
    assert [portrait.data for portrait in read.faces] == [JPEG, other, JPEG]


def test_padding_behind_the_picture_is_kept_and_reported() -> None:
    (portrait,) = dg2.parse(dg2_of(record(face(JPEG + b"\0" * 100)))).faces
    assert portrait.data == JPEG + b"\0" * 100
    assert portrait.padding == 100
    assert portrait.complete
    assert portrait.oddities == {Oddity.PADDED_IMAGE}


@pytest.mark.parametrize(
    ("block", "oddity"),
    [
        (record(face(JPEG), length=99_999), Oddity.RECORD_LENGTH_DIFFERS),
        (record(face(JPEG), length=1), Oddity.RECORD_LENGTH_DIFFERS),
        (record(face(JPEG, length=99_999)), Oddity.RECORD_LENGTH_DIFFERS),
        (record(face(JPEG, length=1)), Oddity.RECORD_LENGTH_DIFFERS),
        (record(face(JPEG, kind=1)), Oddity.IMAGE_TYPE_DIFFERS),
        (record(face(JPEG, size=(320, 240))), Oddity.IMAGE_SIZE_DIFFERS),
    ],
)
def test_a_record_that_is_wrong_about_its_picture(block: bytes, oddity: Oddity) -> None:
    read = dg2.parse(dg2_of(block))
    assert [portrait.data for portrait in read.faces] == [JPEG]
    assert read.oddities == {oddity}


def test_what_is_no_picture_is_a_fact() -> None:
    (portrait,) = dg2.parse(dg2_of(record(face(b"GIF89a", size=(10, 20))))).faces
    assert (portrait.media_type, portrait.complete, portrait.width, portrait.height) == (None, False, 10, 20)
    (portrait,) = dg2.parse(dg2_of(record(face(JPEG[:-2])))).faces
    assert (portrait.media_type, portrait.complete) == ("image/jpeg", False)


def test_an_old_record_under_the_constructed_tag() -> None:
    (portrait,) = dg2.parse(dg2_of(record(face(JPEG)), tag=0x7F2E)).faces
    assert portrait.data == JPEG


def test_a_wrong_count_of_templates() -> None:
    assert dg2.parse(dg2_of(record(face(JPEG)), count=3)).oddities == {Oddity.COUNT_DIFFERS}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (der(0x75), "missing_object"),
        (der(0x75, der(0x7F61)), "no_faces"),
        (dg2_of(), "no_faces"),
        (dg2_of(record()), "no_faces"),
        (dg2_of(*[record(face(JPEG))] * 10, count=9), "too_many_templates"),
        (dg2_of(b""), "not_a_facial_record"),
        (dg2_of(b"FIR\0" + record(face(JPEG))[4:]), "not_a_facial_record"),
        (dg2_of(record(face(JPEG)[:30])), "truncated"),
        (dg2_of(record(face(JPEG)[:15])), "truncated"),
        (dg2_of(record(face(JPEG, length=99_999), face(JPEG))), "bad_length"),
        (dg2_of(record(face(JPEG), count=2)), "truncated"),
        (dg2_of(der(0xA1, der(0x65)), tag=0x7F2E), "no_faces"),
        (dg2_of(der(0x30), tag=0x7F2E), "missing_object"),
    ],
)
def test_no_dg2(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as error:
        dg2.parse(data)
    assert (error.value.code, error.value.where) == (code, "EF.DG2")


def test_other_versions_are_unsupported() -> None:
    with pytest.raises(UnsupportedError, match="facial_record_version"):
        dg2.parse(dg2_of(record(face(JPEG), version=b"030\0")))


def test_a_face_without_a_flat_picture_is_unsupported() -> None:
    block = der(0xA1, der(0x65, der(0xA1, der(0x30, der(0xA1, der(0xA1))))))
    with pytest.raises(UnsupportedError, match="iso39794"):
        dg2.parse(dg2_of(block, tag=0x7F2E))


def test_faces_are_bounded() -> None:
    with pytest.raises(LimitExceededError, match="too_many_faces"):
        dg2.parse(dg2_of(record(face(JPEG), count=9)))
    with pytest.raises(LimitExceededError, match="too_many_faces"):
        dg2.parse(dg2_of(der(0xA1, der(0x65, der(0xA1, *[der(0x30)] * 9))), tag=0x7F2E))


def test_the_same_object_twice() -> None:
    block = der(0x5F2E, record(face(JPEG)))
    with pytest.raises(DuplicateError):
        dg2.parse(der(0x75, der(0x7F61, der(0x02, b"\1"), der(0x7F60, block, block))))


def test_repr_shows_no_content() -> None:
    (portrait,) = dg2.parse(dg2_of(record(face(JPEG)))).faces
    assert repr(replace(portrait, data=b"secret")) == "FaceImage(image/jpeg, 240x320, 6 bytes)"


@pytest.mark.real
def test_changed_files_raise_typed_errors_only(real_data: Path) -> None:
    files = real_files(real_data / "chips", "specimen_*/DG2.bin", "specimen_*/dg2_*.bin")
    files += [dg2_of(record(face(JPEG, points=2), face(JPEG))), dg2_of(record(face(JPEG)), record(face(JPEG)))]
    only_typed_errors(dg2.parse, files, heavy)
