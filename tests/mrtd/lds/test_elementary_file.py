"""What all elementary files share."""

from __future__ import annotations

import pytest

from mrtd.errors import DuplicateError, LimitExceededError, MalformedError, UnsupportedError
from mrtd.evidence import ElementaryFile
from mrtd.lds import elementary_file
from mrtd.lds.elementary_file import TAGS, recognise, stored_object
from tests.mrtd.lds.build import der


def test_the_tags_are_those_of_the_standard() -> None:
    # ICAO 9303-10 §4: 61, 75, 63, 76 for DG1 to DG4, 65 to 70 for DG5 to DG16, 60 and 77 for EF.COM and EF.SOD.
    groups = [TAGS[ElementaryFile.of_data_group(number)] for number in range(1, 17)]
    assert groups == [0x61, 0x75, 0x63, 0x76, *range(0x65, 0x71)]
    assert (TAGS[ElementaryFile.COM], TAGS[ElementaryFile.SOD]) == (0x60, 0x77)


@pytest.mark.parametrize("file", list(TAGS))
def test_every_file_of_the_application_is_recognised(file: ElementaryFile) -> None:
    data = der(TAGS[file], der(0x5F10, b"x")) + b"\0\0"
    assert recognise(data) is file
    stored = stored_object(data, file)
    assert (stored.raw, stored.trailing) == (data[:-2], 2)


def test_other_contents_are_not_recognised() -> None:
    assert [recognise(data) for data in (b"", b"\x30\x00", b"\x31\x00", b"{}", b"PK")] == [None] * 5


@pytest.mark.parametrize("file", [ElementaryFile.ATR_INFO, ElementaryFile.DIR, ElementaryFile.DG1])
def test_another_tag_is_an_error_that_names_the_file(file: ElementaryFile) -> None:
    with pytest.raises(MalformedError) as error:
        stored_object(der(0x47, b"x"), file)
    assert (error.value.code, error.value.where) == ("unexpected_tag", file.value)


@pytest.mark.parametrize("kind", [MalformedError, LimitExceededError, DuplicateError, UnsupportedError])
def test_errors_keep_their_kind_and_their_first_place(kind: type[MalformedError]) -> None:
    with (
        pytest.raises(kind) as error,
        elementary_file.reading(ElementaryFile.DG14),
        elementary_file.reading("SecurityInfos"),
    ):
        raise kind("code", detail="words")
    assert type(error.value) is kind
    assert (error.value.code, error.value.where, error.value.detail) == ("code", "SecurityInfos", "words")
