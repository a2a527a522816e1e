"""EF.DG7, DG11, DG12, DG13, DG15, DG16: specimens, and what real files do to the standard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from asn1crypto.keys import PublicKeyInfo

from mrtd.errors import DuplicateError, LimitExceededError, MalformedError
from mrtd.lds import dg7, dg11, dg12, dg13, dg15, dg16
from mrtd.lds.oddity import Oddity
from tests.budgets import light
from tests.mrtd.biometrics.pictures import jpeg
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import only_typed_errors, real_files


def dg11_of(*objects: bytes) -> bytes:
    return der(0x6B, *objects)


def names(*values: bytes, count: int | None = None) -> bytes:
    number = len(values) if count is None else count
    return der(0xA0, der(0x02, bytes((number,))), *(der(0x5F0F, value) for value in values))


def test_the_example_of_the_standard() -> None:
    """ICAO 9303-10 §4.7.11, example: full name, place of birth, address, telephone, profession."""
    read = dg11.parse(
        dg11_of(
            der(0x5C, bytes.fromhex("5F0E5F115F425F125F13")),
            der(0x5F0E, b"SMITH<<JOHN<J"),
            der(0x5F11, b"ANYTOWN<MN"),
            der(0x5F42, b"123 MAPLE RD<ANYTOWN<MN"),
            der(0x5F12, b"16125551212"),
            der(0x5F13, b"TRAVEL<AGENT"),
        )
    )
    assert read.full_name == "SMITH<<JOHN<J"
    assert (read.place_of_birth, read.permanent_address) == ("ANYTOWN<MN", "123 MAPLE RD<ANYTOWN<MN")
    assert (read.telephone, read.profession) == ("16125551212", "TRAVEL<AGENT")
    assert (read.other_names, read.full_date_of_birth, read.title) == ((), None, None)
    assert not read.oddities
    assert "SMITH" not in repr(read)


@pytest.mark.real
def test_the_dg11_specimen(real_data: Path) -> None:
    read = dg11.parse(*real_files(real_data / "chips" / "specimen_extra_dgs", "DG11.bin"))
    assert (read.full_name, read.other_names) == ("Doe John", ("William",))
    assert (read.full_date_of_birth, read.date_of_birth) == ("19700101", date(1970, 1, 1))
    assert (read.other_travel_documents, read.custody_information) == ("123<123", "TEST")
    # Its tag list leaves out 5F17 and repeats nothing else wrong; the date is packed.
    assert read.oddities == {Oddity.BCD_DATE, Oddity.TAG_LIST_DIFFERS}


@pytest.mark.real
def test_the_dg12_specimen(real_data: Path) -> None:
    read = dg12.parse(*real_files(real_data / "chips" / "specimen_extra_dgs", "DG12.bin"))
    assert (read.issuing_authority, read.date_of_issue, read.raw) == ("TEST", date(2024, 1, 1), "20240101")
    assert (read.personalization_time, read.personalization_device) == ("20240101123059", "123")
    assert read.other_persons == ("William",)
    assert read.oddities == {Oddity.BCD_DATE}
    assert "TEST" not in repr(read)


@pytest.mark.parametrize(
    ("value", "text", "day", "oddities"),
    [
        (b"19701001", "19701001", date(1970, 10, 1), set()),
        (b"\x19\x70\x10\x01", "19701001", date(1970, 10, 1), {Oddity.BCD_DATE}),
        (b"19700000", "19700000", None, {Oddity.UNREADABLE_DATE}),
        (b"\x19\x70\x00\x00", "19700000", None, {Oddity.BCD_DATE, Oddity.UNREADABLE_DATE}),
        (b"20230229", "20230229", None, {Oddity.UNREADABLE_DATE}),
        (b"1970", "1970", None, {Oddity.UNREADABLE_DATE}),
        (b"701001", "701001", None, {Oddity.UNREADABLE_DATE}),
        (b"1970-10-01", "1970-10-01", None, {Oddity.UNREADABLE_DATE}),
        (b"01 OCT 70", "01 OCT 70", None, {Oddity.UNREADABLE_DATE}),
        ("١٩٧٠".encode(), None, None, {Oddity.UNREADABLE_DATE}),
        (b"", None, None, {Oddity.EMPTY_VALUE}),
    ],
)
def test_dates(value: bytes, text: str | None, day: date | None, oddities: set[Oddity]) -> None:
    read = dg11.parse(dg11_of(der(0x5F2B, value)))
    assert read.date_of_birth == day
    assert read.oddities == oddities
    if text is not None:
        assert read.full_date_of_birth == text


@pytest.mark.parametrize(
    ("value", "text", "oddities"),
    [
        ("Åström<<Örjan".encode(), "Åström<<Örjan", set()),
        ("Åström<<Örjan".encode("iso-8859-1"), "Åström<<Örjan", {Oddity.NOT_UTF8}),
        ("Щербак<<Анна".encode(), "Щербак<<Анна", set()),
        (b"SMITH<<JOHN\0\0", "SMITH<<JOHN", set()),
        (b"SMITH<<JOHN  ", "SMITH<<JOHN", set()),
        (b"", None, {Oddity.EMPTY_VALUE}),
        (b"<<<<<", None, {Oddity.FILLER_ONLY}),
        (b"\0\0\0", None, {Oddity.FILLER_ONLY}),
        (b"   ", None, {Oddity.FILLER_ONLY}),
        (b"\xff\xff", None, {Oddity.NOT_UTF8, Oddity.FILLER_ONLY}),
    ],
)
def test_texts(value: bytes, text: str | None, oddities: set[Oddity]) -> None:
    read = dg11.parse(dg11_of(der(0x5F0E, value)))
    assert (read.full_name, read.oddities) == (text, oddities)


@pytest.mark.parametrize(
    ("objects", "expected", "oddities"),
    [
        ((names(b"A<<B", b"C<<D"),), ("A<<B", "C<<D"), set()),
        ((names(b"A<<B", count=2),), ("A<<B",), {Oddity.COUNT_DIFFERS}),
        ((names(b"", b"C<<D"),), ("C<<D",), {Oddity.EMPTY_VALUE}),
        ((names(),), (), set()),
        ((der(0xA0),), (), {Oddity.EMPTY_VALUE}),
        # Hungary: names without the template.
        ((der(0x5F0F, b"A<<B"), der(0x5F0F, b"C<<D")), ("A<<B", "C<<D"), {Oddity.NAMES_WITHOUT_TEMPLATE}),
        ((der(0x5F0F, b"A<<B"), names(b"C<<D")), ("A<<B", "C<<D"), {Oddity.NAMES_WITHOUT_TEMPLATE}),
        ((der(0x5F0F),), (), {Oddity.NAMES_WITHOUT_TEMPLATE, Oddity.EMPTY_VALUE}),
    ],
)
def test_other_names(objects: tuple[bytes, ...], expected: tuple[str, ...], oddities: set[Oddity]) -> None:
    read = dg11.parse(dg11_of(*objects))
    assert (read.other_names, read.oddities) == (expected, oddities)


def test_the_tag_list_decides_nothing() -> None:
    read = dg11.parse(dg11_of(der(0x5C, b"\x5f\x0e\x5f"), der(0x5F10, b"123")))
    assert (read.personal_number, read.full_name) == ("123", None)
    assert read.oddities == {Oddity.TAG_LIST_DIFFERS}


def test_zeros_between_objects() -> None:
    read = dg11.parse(dg11_of(b"\0", der(0x5F10, b"123"), b"\0\0", der(0x5F0E, b"A<<B"), b"\0"))
    assert (read.personal_number, read.full_name) == ("123", "A<<B")
    assert read.oddities == {Oddity.PADDING_BETWEEN_OBJECTS}


def test_unknown_objects() -> None:
    assert dg11.parse(dg11_of(der(0x5F10, b"1"), der(0x5F79, b"2"))).oddities == {Oddity.UNKNOWN_OBJECT}
    with pytest.raises(MalformedError, match="unknown_objects"):
        dg11.parse(dg11_of(der(0x5F79, b"2")))
    assert not dg11.parse(dg11_of()).oddities


def test_the_same_object_twice() -> None:
    for parse, data in ((dg11.parse, dg11_of), (dg12.parse, lambda *objects: der(0x6C, *objects))):
        tag = 0x5F0E if parse is dg11.parse else 0x5F26
        with pytest.raises(DuplicateError):
            parse(data(der(tag, b"20240101"), der(tag, b"20250101")))


def test_names_and_texts_are_bounded() -> None:
    with pytest.raises(LimitExceededError, match="too_many_objects"):
        dg11.parse(dg11_of(*[der(0x5F0F, b"A")] * 65))
    with pytest.raises(MalformedError, match="bad_count"):
        dg11.parse(dg11_of(names(*[b"A"] * 65)))
    with pytest.raises(LimitExceededError, match="text_too_long"):
        dg11.parse(dg11_of(der(0x5F15, b"A" * 9000)))


@pytest.mark.real
def test_the_dg7_specimen(real_data: Path) -> None:
    data = real_files(real_data / "chips" / "specimen_extra_dgs", "DG7.bin")[0]
    (image,) = dg7.parse(data).images
    # ihdr: 008E lines, 0226 columns.
    assert (image.info.media_type, image.info.width, image.info.height) == ("image/jp2", 0x226, 0x8E)
    assert image.info.complete
    assert image.data == data[-289:]


def test_displayed_images() -> None:
    read = dg7.parse(der(0x67, der(0x02, b"\2"), der(0x5F43, jpeg(3, 5)), der(0x5F43, b"noise")))
    assert [image.info.media_type for image in read.images] == ["image/jpeg", None]
    assert read.oddities == {Oddity.NOT_AN_IMAGE}
    padded = dg7.parse(der(0x67, der(0x02, b"\2"), der(0x5F43, jpeg(3, 5) + b"\0")))
    assert padded.oddities == {Oddity.PADDED_IMAGE, Oddity.COUNT_DIFFERS}


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        ((), "bad_count"),
        ((der(0x02, b"\0"),), "bad_count"),
        ((der(0x02), der(0x5F43, b"x")), "bad_count"),
        ((der(0x02, b"\1\0\0"), der(0x5F43, b"x")), "bad_count"),
        ((der(0x02, b"\x0a"), der(0x5F43, b"x")), "bad_count"),
        ((der(0x02, b"\1"), *[der(0x5F43, b"x")] * 10), "bad_count"),
        ((der(0x02, b"\1"), der(0x5F40, b"x")), "unexpected_tag"),
    ],
)
def test_no_dg7(objects: tuple[bytes, ...], code: str) -> None:
    with pytest.raises(MalformedError) as error:
        dg7.parse(der(0x67, *objects))
    assert (error.value.code, error.value.where) == (code, "EF.DG7")


def test_optional_details_are_not_understood() -> None:
    read = dg13.parse(der(0x6D, b"anything \xff") + b"\0")
    assert (read.content, read.trailing) == (b"anything \xff", 1)
    assert repr(read) == "Dg13(10 bytes)"


@pytest.mark.real
def test_the_key_of_dg15_is_the_stored_one(real_data: Path) -> None:
    (data,) = real_files(real_data / "chips" / "specimen_DE_bsi2008", "DG15.bin")
    read = dg15.parse(data)
    theirs = PublicKeyInfo.load(data[3:], strict=True)
    assert read.spki == theirs.dump()
    assert theirs["algorithm"]["algorithm"].native == "rsa"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (der(0x6F), "not_one_object"),
        (der(0x6F, der(0x30), der(0x30)), "not_one_object"),
        (der(0x6F, der(0x31)), "unexpected_tag"),
        (der(0x6E, der(0x30)), "unexpected_tag"),
    ],
)
def test_no_dg15(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as error:
        dg15.parse(data)
    assert (error.value.code, error.value.where) == (code, "EF.DG15")


def test_persons_to_notify_as_in_the_standard() -> None:
    """ICAO 9303-10 §4.7.16, example."""
    person = der(
        0xA1,
        der(0x5F50, b"20020101"),
        der(0x5F51, b"SMITH<<CHARLES<R"),
        der(0x5F52, b"19525551212"),
        der(0x5F53, b"123 MAPLE RD<ANYTOWN<MN<55100"),
    )
    other = der(0xA2, der(0x5F51, b"BROWN<<MARY<J"))
    read = dg16.parse(der(0x70, der(0x02, b"\2"), person, other))
    first, second = read.persons
    assert (first.date_recorded, first.name, first.telephone) == ("20020101", "SMITH<<CHARLES<R", "19525551212")
    assert first.address == "123 MAPLE RD<ANYTOWN<MN<55100"
    assert (second.name, second.address) == ("BROWN<<MARY<J", None)
    assert not read.oddities
    assert "SMITH" not in repr(read) + repr(first)
    assert dg16.parse(der(0x70, der(0x02, b"\3"), person)).oddities == {Oddity.COUNT_DIFFERS}
    with pytest.raises(MalformedError):
        dg16.parse(der(0x70, der(0x02, b"\2"), other, person))


@pytest.mark.real
@pytest.mark.parametrize(
    ("parse", "patterns"),
    [
        (dg7.parse, ("specimen_extra_dgs/DG7.bin", "loose_dgs/DG67_*.bin")),
        (dg11.parse, ("specimen_extra_dgs/DG11.bin", "loose_dgs/DG6B_*.bin")),
        (dg12.parse, ("specimen_extra_dgs/DG12.bin",)),
        (dg15.parse, ("specimen_*/DG15*.bin", "loose_dgs/DG6F_*.bin")),
        (dg16.parse, ("loose_dgs/DG70_*.bin",)),
    ],
    ids=["DG7", "DG11", "DG12", "DG15", "DG16"],
)
def test_changed_files_raise_typed_errors_only(
    real_data: Path, parse: Callable[[bytes], object], patterns: tuple[str, ...]
) -> None:
    only_typed_errors(parse, real_files(real_data / "chips", *patterns), light)
