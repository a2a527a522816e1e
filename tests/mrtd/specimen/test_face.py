"""Pictures in DG2 and DG7: by the tables of the standards, and against the real sample of ISO/IEC 39794."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mrtd import tlv
from mrtd.biometrics.portrait import RecordFormat
from mrtd.lds import dg2, dg7
from mrtd.specimen import face
from mrtd.tlv import Tlv


def tags(item: Tlv) -> tuple[object, ...]:
    """The tree of tags, pictures and numbers left out."""
    return (item.tag, *(tags(child) for child in item.children())) if item.constructed else (item.tag,)


def test_facial_record_by_its_table() -> None:
    picture = face.jpeg()
    record = face.facial_record(replace(picture, feature_points=2, padding=5))
    # ISO/IEC 19794-5:2005 §5.4: "FAC", "010", length, number of faces
    assert record[:8] == b"FAC\x00010\x00"
    assert int.from_bytes(record[8:12]) == len(record)
    assert record[12:14] == b"\x00\x01"
    # §5.5: length of the face, number of feature points; §5.6: eight octets a point; §5.7: type, JPEG, 240 x 320
    assert int.from_bytes(record[14:18]) == len(record) - 14
    assert record[18:20] == b"\x00\x02"
    information = record[34 + 16 : 34 + 16 + 12]
    assert information[:6] == bytes.fromhex("0100 00F0 0140")
    assert record[62:] == picture.data + bytes(5)


@pytest.mark.real
def test_iso_39794_has_the_shape_of_the_real_sample(real_data: Path) -> None:
    sample = (real_data / "chips" / "specimen_extra_dgs" / "dg2_silver_mandatory_fields.bin").read_bytes()
    (real,) = tlv.read(sample).children()[0].children()[1:]
    (made,) = tlv.read(face.dg2_iso39794(face.jpeg_2000())).children()[0].children()[1:]
    assert tags(made.children()[1]) == tags(real.children()[1])
    (real_format,) = (item.value for item in made.children()[0].children() if item.tag == 0x88)
    assert real_format == b"\x00\x2a"


@pytest.mark.parametrize(
    ("picture", "media_type"),
    [(face.jpeg(), "image/jpeg"), (face.jpeg_2000(), "image/jp2"), (face.jpeg_2000(grey=True), "image/jp2")],
    ids=["jpeg", "jp2", "jp2-grey"],
)
def test_what_the_reader_finds(picture: face.Picture, media_type: str) -> None:
    (old,) = dg2.parse(face.dg2(picture)).faces
    (new,) = dg2.parse(face.dg2_iso39794(picture)).faces
    for found, record_format in ((old, RecordFormat.ISO_19794_5), (new, RecordFormat.ISO_39794_5)):
        assert found.data == picture.data
        assert (found.media_type, found.width, found.height, found.complete) == (media_type, 240, 320, True)
        assert found.record_format is record_format


def test_jp2_by_its_boxes() -> None:
    # ISO/IEC 15444-1 §I.5.3.1: ihdr holds height, width, number of components
    for grey, components in ((False, 3), (True, 1)):
        data = face.jpeg_2000(grey=grey).data
        start = data.index(b"ihdr") + 4
        assert int.from_bytes(data[start : start + 4]) == 320
        assert int.from_bytes(data[start + 4 : start + 8]) == 240
        assert int.from_bytes(data[start + 8 : start + 10]) == components
    stream = face.codestream(face.jpeg_2000()).data
    # SOC first, EOC last (ISO/IEC 15444-1 §A.4)
    assert (stream[:2], stream[-2:]) == (b"\xff\x4f", b"\xff\xd9")


def test_several_faces_and_padding() -> None:
    faces = dg2.parse(face.dg2(replace(face.jpeg(), padding=9), face.jpeg_2000())).faces
    assert [found.media_type for found in faces] == ["image/jpeg", "image/jp2"]
    assert faces[0].padding == 9
    assert len(dg2.parse(face.dg2_of_templates(face.jpeg(), face.jpeg())).faces) == 2


def test_signature_mark() -> None:
    (mark,) = dg7.parse(face.dg7(face.signature_mark())).images
    assert (mark.info.media_type, mark.info.width, mark.info.height) == ("image/jpeg", 200, 60)


def test_nothing_of_the_picture_is_in_a_repr() -> None:
    assert repr(face.jpeg()) == "Picture(240x320, 9013 octets)"
