"""The face in DG2: a picture that a person can see (ICAO 9303-10 §4.7.2)."""

from __future__ import annotations

from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar
from mrtd.inspection.elementary_files import ReadFiles
from mrtd.inspection.reason import Reason

_CHECK: Final = "dg2.image_decodes"


def check_portrait(files: ReadFiles) -> CheckResult:
    """`dg2.image_decodes`: the first face is a whole JPEG or JPEG 2000 with a size; pixels are not decoded here."""
    if ElementaryFile.DG2 not in files.sent:
        return CheckResult(_CHECK, CheckStatus.NOT_PERFORMED, ElementaryFile.DG2, Reason.NO_EVIDENCE)
    dg2 = files.dg2
    if dg2 is None or not dg2.faces:
        if any(one.subject == ElementaryFile.DG2 and one.reason is Reason.UNKNOWN_VERSION for one in files.results):
            return CheckResult(_CHECK, CheckStatus.INDETERMINATE, ElementaryFile.DG2, Reason.UNSUPPORTED)
        return CheckResult(_CHECK, CheckStatus.NOT_PERFORMED, ElementaryFile.DG2, Reason.EARLIER_STEP)
    face = dg2.faces[0]
    facts: dict[str, Scalar] = {
        "faces": len(dg2.faces),
        "media_type": face.media_type,
        "width": face.width,
        "height": face.height,
    }
    status, reason = CheckStatus.PASSED, None
    if face.media_type is None or not face.complete or not (face.width and face.height):
        status, reason = CheckStatus.FAILED, Reason.NOT_AN_IMAGE
    elif len(dg2.faces) > 1:
        reason = Reason.SEVERAL_FACES
    return CheckResult(_CHECK, status, ElementaryFile.DG2, reason, facts)
