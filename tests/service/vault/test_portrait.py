"""Reviewers see the portrait of the chip; each view is written down."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import pytest
from PIL import Image

from mrtd.evidence import ElementaryFile
from mrtd.specimen import face
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile
from service.adapters.portraits import PortraitProcess
from service.domain.errors import ProblemCode, ServiceError
from service.domain.retention import RetentionClass


def case_of(path: str) -> str:
    return path.rpartition("/")[2]


def shown_by(services, case_id: str) -> list[str]:
    """Who saw it, by the audit trail."""
    with services.database.reading() as work:
        views = [entry for entry in work.audit.of(case_id) if entry.action == "portrait_shown"]
        return [work.audit.person(entry.actor) for entry in views]


def test_a_jpeg_as_the_chip_has_it(counter, services, document) -> None:
    case = counter.checked(document)
    answer = counter.get(f"{case}/portrait", person=1)
    assert answer.status_code == 200
    assert answer.content == face.jpeg().data
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_view_is_written_down(counter, services, document) -> None:
    case = counter.checked(document)
    for person in (0, 1, 1):
        counter.get(f"{case}/portrait", person=person)
    seen = shown_by(services, case_of(case))
    assert [name[-1] for name in seen] == ["1", "2", "2"]


def test_without_its_audit_entry_nothing_is_shown(counter, services, document, monkeypatch) -> None:
    from service.adapters.db.audit import AuditRows

    def broken(_self, _entry):
        raise OSError("no space left")

    case = counter.checked(document)
    monkeypatch.setattr(AuditRows, "write", broken)
    answer = counter.get(f"{case}/portrait")
    assert answer.status_code == 500
    assert face.jpeg().data not in answer.content


@pytest.mark.parametrize("picture", [face.jpeg_2000(), face.jpeg_2000(grey=True)], ids=["colour", "grey"])
def test_jpeg_2000_becomes_jpeg(counter, issuer, picture: face.Picture) -> None:
    """By the pixels: another decoding of the original, but for what JPEG loses."""
    document = issuer.issue(MARTA, IssuingProfile(groups={2: face.dg2(picture)}))
    answer = counter.get(f"{counter.checked(document)}/portrait")
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as got, Image.open(io.BytesIO(picture.data)) as original:
        assert (got.format, got.size) == ("JPEG", (240, 320))
        pairs = zip(got.convert("L").tobytes(), original.convert("L").tobytes(), strict=True)
        differences = [abs(one - other) for one, other in pairs]
    assert sum(differences) / len(differences) < 4


def test_padding_behind_the_picture_is_not_handed_on(counter, issuer) -> None:
    padded = replace(face.jpeg(), padding=7)
    document = issuer.issue(MARTA, IssuingProfile(groups={2: face.dg2(padded)}))
    assert counter.get(f"{counter.checked(document)}/portrait").content == face.jpeg().data


def test_before_a_chip_was_read(counter, document) -> None:
    answer = counter.get(f"{counter.captured(document)}/portrait")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_a_case_of_nobody_and_no_token(counter, document) -> None:
    assert counter.get(f"/v1/verifications/vs_{'A' * 26}/portrait").status_code == 404
    case = counter.checked(document)
    assert counter.client.get(f"{case}/portrait").status_code == 401


def test_after_its_erasure_the_report_stays(counter, services, document) -> None:
    case = counter.checked(document)
    before = counter.get(case).json()
    with services.database.changing() as work:
        work.vault.erase(case_of(case), RetentionClass.PORTRAIT)
    answer = counter.get(f"{case}/portrait")
    assert (answer.status_code, answer.json()["code"]) == (410, "erased")
    assert counter.get(case).json() == before
    assert shown_by(services, case_of(case)) == []


@pytest.mark.parametrize("how", ["broken", "missing"])
def test_what_is_no_picture_is_not_shown(counter, services, document, how: str) -> None:
    files = dict(document.files)
    if how == "missing":
        del files[ElementaryFile.DG2]
    else:
        files[ElementaryFile.DG2] = files[ElementaryFile.DG2][:-200]
    case = counter.captured(document)
    counter.read_chip(case, replace(document, files=files))
    answer = counter.get(f"{case}/portrait")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_displayable")


def test_a_damaged_blob_is_told_in_words(counter, services, settings, document) -> None:
    case = counter.checked(document)
    for blob in (settings.data_dir / "blobs").iterdir():
        if blob.is_file():
            sealed = blob.read_bytes()
            blob.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    answer = counter.get(f"{case}/portrait")
    assert (answer.status_code, answer.json()["code"]) == (500, "record_unreadable")


def test_nonsense_ends_with_the_process() -> None:
    for nonsense in (b"", b"\xff\xd8\xff", face.jpeg().data, face.jpeg_2000().data[:400], b"GIF89a"):
        with pytest.raises(ServiceError) as refused:
            PortraitProcess().to_jpeg(nonsense)
        assert refused.value.code is ProblemCode.NOT_DISPLAYABLE


def test_a_bomb_ends_with_the_process() -> None:
    """A picture of 15,000 by 15,000 pixels in a few octets: the limit of memory, not the machine's."""
    out = io.BytesIO()
    with Image.new("RGB", (64, 64)) as small:
        small.save(out, "JPEG2000", no_jp2=True)
    stream = bytearray(out.getvalue())
    # SIZ (ISO/IEC 15444-1 §A.5.1): Xsiz and Ysiz, then the size of a tile
    for at in (8, 12, 24, 28):
        stream[at : at + 4] = (15_000).to_bytes(4, "big")
    with pytest.raises(ServiceError) as refused:
        PortraitProcess().to_jpeg(bytes(stream))
    assert refused.value.code is ProblemCode.NOT_DISPLAYABLE


def test_a_large_portrait_fits_into_the_limit() -> None:
    """2,000 by 2,600 pixels: more than ten times what chips hold."""
    out = io.BytesIO()
    with Image.effect_noise((2_000, 2_600), 40).convert("RGB") as large:
        large.save(out, "JPEG2000", quality_mode="rates", quality_layers=[40])
    with Image.open(io.BytesIO(PortraitProcess().to_jpeg(out.getvalue()))) as got:
        assert got.size == (2_000, 2_600)


def test_a_process_that_hangs_is_ended() -> None:
    hanging = PortraitProcess((sys.executable, "-c", "import signal; signal.pause()"), timeout_s=0.2)
    with pytest.raises(ServiceError) as refused:
        hanging.to_jpeg(b"")
    assert refused.value.code is ProblemCode.NOT_DISPLAYABLE
