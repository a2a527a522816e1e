"""The face in DG2: a whole picture, one of it, of a kind that can be shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mrtd.biometrics.portrait import FaceImage
from mrtd.errors import MalformedError, UnsupportedError
from mrtd.evidence import ElementaryFile
from mrtd.inspection.elementary_files import ReadFiles, read_files, unreadable
from mrtd.inspection.portrait import check_portrait
from mrtd.lds.dg2 import Dg2
from tests.mrtd.inspection.documents import AT, findings, genuine_document, inspected

DG2 = ElementaryFile.DG2
FACE: FaceImage = read_files({DG2: genuine_document().files[DG2]}, today=AT.date()).dg2.faces[0]


def files(*faces: FaceImage) -> ReadFiles:
    return ReadFiles(frozenset({DG2}), {DG2: b""}, {DG2: Dg2(faces)}, ())


@pytest.mark.parametrize(
    ("faces", "expected"),
    [
        ((FACE,), ("PASSED", None)),
        ((FACE, FACE), ("PASSED", "several_faces")),
        ((replace(FACE, complete=False),), ("FAILED", "not_an_image")),
        ((replace(FACE, media_type=None),), ("FAILED", "not_an_image")),
        ((replace(FACE, width=0),), ("FAILED", "not_an_image")),
    ],
)
def test_faces(faces, expected):
    result = check_portrait(files(*faces))
    assert (result.status.value, result.reason and result.reason.value) == expected
    assert (result.facts["faces"], result.facts["media_type"]) == (len(faces), faces[0].media_type)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UnsupportedError("iso39794", DG2), ("INDETERMINATE", "unsupported")),
        (MalformedError("truncated", DG2), ("NOT_PERFORMED", "earlier_step")),
    ],
)
def test_a_file_that_cannot_be_read(error, expected):
    result = check_portrait(ReadFiles(frozenset({DG2}), {DG2: b""}, {}, (unreadable(DG2, error),)))
    assert (result.status.value, result.reason.value) == expected


def test_not_sent():
    result = check_portrait(ReadFiles(frozenset(), {}, {}))
    assert (result.status.value, result.reason.value) == ("NOT_PERFORMED", "no_evidence")


def test_the_specimen_has_a_portrait():
    assert findings(inspected(genuine_document()), "dg2.image_decodes") == [("EF.DG2", "PASSED", None)]
