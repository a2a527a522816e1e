"""The structural walk over JPEG and JPEG 2000."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.biometrics.image import MAX_PIXELS, ImageInfo, inspect_image
from tests.budgets import light
from tests.mrtd.biometrics.pictures import box, codestream, jp2, jpeg, segment
from tests.mrtd.lds.mutations import edited, real_files

#: Width and height as file(1) prints them.
REAL_SIZES = {
    "ij_id1.jpg": (1040, 738),
    "ij_id2.jpg": (707, 492),
    "pe_25_pass-uto.jpg": (275, 184),
    "pe_id-che.jpg": (282, 179),
    "pe_id-rou.jpg": (600, 424),
    "pe_id-usa.jpg": (570, 228),
    "pe_pass-chn.jpg": (500, 341),
    "pe_pass-cze2.jpg": (600, 416),
    "pe_pass-hrv.jpg": (600, 421),
    "pe_pass-ltu.jpg": (559, 395),
    "pe_pass-lva.jpg": (1504, 1346),
    "pe_pass-polx.jpg": (600, 419),
    "pe_pass-uto.jpg": (793, 536),
    "pe_pass2-uto.jpg": (761, 640),
    "pe_tests_passport-td2.jpg": (1340, 956),
    "pe_tests_passport-td3.jpg": (1334, 880),
}


@pytest.mark.real
@pytest.mark.parametrize("name", REAL_SIZES)
def test_real_pictures(real_data: Path, name: str) -> None:
    data = (real_data / "mrz-images" / name).read_bytes()
    assert inspect_image(data) == ImageInfo("image/jpeg", *REAL_SIZES[name], complete=True)
    assert not inspect_image(data[:-2]).complete
    assert not inspect_image(data[: len(data) // 2]).complete


@pytest.mark.parametrize("picture", [jpeg(3, 5), codestream(3, 5), jp2(codestream(3, 5))], ids=["jpeg", "j2c", "jp2"])
def test_whole_cut_and_padded(picture: bytes) -> None:
    whole = inspect_image(picture)
    assert (whole.width, whole.height, whole.complete, whole.trailing) == (3, 5, True, 0)
    for end in range(len(picture)):
        assert not inspect_image(picture[:end]).complete
    for padding in (b"\0" * 9, b"\xff" * 9):
        assert not inspect_image(padding).complete


@pytest.mark.parametrize("padding", [b"\0" * 9, b"\xff" * 9, b"\xff\xd9"])
def test_bytes_behind_the_end_are_counted(padding: bytes) -> None:
    assert inspect_image(jpeg(3, 5) + padding) == ImageInfo("image/jpeg", 3, 5, complete=True, trailing=len(padding))
    assert inspect_image(codestream(3, 5) + padding).trailing == len(padding)
    padded = inspect_image(jp2(codestream(3, 5) + padding))
    assert (padded.complete, padded.trailing) == (True, len(padding))


@pytest.mark.parametrize("form", ["short", "long", "open"])
def test_forms_of_boxes(form: str) -> None:
    assert inspect_image(jp2(codestream(7, 9), form=form)) == ImageInfo("image/jp2", 7, 9, complete=True)


def test_boxes_behind_the_codestream_are_counted() -> None:
    behind = box(b"xml ", b"<a/>")
    assert inspect_image(jp2(codestream(7, 9), behind=behind)).trailing == len(behind)


def test_the_last_tile_part_may_be_open() -> None:
    picture = codestream(7, 9, last_open=True)
    assert inspect_image(picture).complete
    assert not inspect_image(picture[:-1]).complete


def test_the_size_is_without_the_offset() -> None:
    picture = inspect_image(codestream(7, 9, offset=100))
    assert (picture.width, picture.height) == (7, 9)


@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xC2])
def test_frames(frame: int) -> None:
    assert inspect_image(jpeg(7, 9, frame=frame)).complete


@pytest.mark.parametrize(
    "picture",
    [
        jpeg(0, 5),
        jpeg(5, 0),
        jpeg(65535, 65535),
        codestream(0, 5),
        codestream(2**31, 2**31),
        codestream(3, 5, tiles=0),
        jpeg(3, 5, frame=0xC4),
        b"\xff\xd8" + segment(0xC0, b"\x08\0\5"),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + segment(0xC0, bytes(6)) * 2,
        b"\xff\xd8\xff\xd8",
        b"\xff\xd8\xff\x00",
        jp2(b""),
        jp2(codestream(3, 5))[:40],
        jp2(codestream(3, 5)[:-2]),
    ],
)
def test_incomplete(picture: bytes) -> None:
    found = inspect_image(picture)
    assert found.media_type is not None
    assert not found.complete


def test_pixels_are_bounded() -> None:
    assert inspect_image(jpeg(6000, 4000)).complete
    assert MAX_PIXELS == 6000 * 4000
    assert not inspect_image(jpeg(6001, 4000)).complete


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF", b"\0" * 100])
def test_other_things_are_no_pictures(data: bytes) -> None:
    assert inspect_image(data) == ImageInfo(None)


@pytest.mark.parametrize(
    ("picture", "complete"),
    [
        (jpeg(3, 5, scan=b"\xff\x00" * 200_000), True),
        (jpeg(3, 5, scan=b"\xff" * 400_000), True),
        (jpeg(3, 5, scan=b"\xff\xd0" * 200_000), True),
        (jp2(codestream(3, 5, tiles=10_000)), True),
        (b"\xff\xd8" + segment(0xE0, b"") * 100_000, False),
    ],
    ids=["stuffing", "fill", "restarts", "tiles", "segments"],
)
def test_many_small_parts(picture: bytes, complete: bool) -> None:
    """Half a megabyte of the smallest parts; a walk that looked at any of them twice per part would not come back."""
    assert inspect_image(picture).complete is complete


@pytest.mark.real
def test_changed_pictures_never_raise(real_data: Path) -> None:
    dg7 = real_files(real_data / "chips", "specimen_extra_dgs/DG7.bin")[0]
    pictures = [jpeg(240, 320), codestream(240, 320), jp2(codestream(240, 320)), dg7[dg7.index(b"\0\0\0\x0cjP") :]]
    complete: list[bool] = []

    @light
    @given(st.composite(lambda draw: edited(draw(st.sampled_from(pictures)), draw))())
    def run(data: bytes) -> None:
        found = inspect_image(data)
        complete.append(found.complete)
        assert 0 <= found.trailing <= len(data)
        assert not found.complete or 0 < found.width * found.height <= MAX_PIXELS

    run()
    assert 0 < sum(complete) < len(complete)
