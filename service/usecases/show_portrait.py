"""Show a reviewer the portrait of the chip, and write down that it was shown."""

from __future__ import annotations

from dataclasses import dataclass

from mrtd.biometrics.image import JPEG, JPEG_2000
from mrtd.biometrics.portrait import FaceImage
from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.lds import dg2
from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.ports import Clock, PortraitConverter
from service.domain.repositories import Database, StoredEvidence
from service.domain.retention import RetentionClass
from service.domain.vault import ErasedError
from service.usecases.recording import touched


@dataclass(frozen=True, slots=True)
class ShowPortrait:
    """`GET /v1/verifications/{id}/portrait`: EF.DG2 as a JPEG, for the comparison of faces."""

    database: Database
    clock: Clock
    converter: PortraitConverter

    def __call__(self, who: Principal, verification_id: str) -> bytes:
        """The first picture of EF.DG2.

        Raises:
            ServiceError: `not_found`; `wrong_state`: no chip was read yet; `erased`; `not_displayable`.
        """
        now = touched(self.database, self.clock, who, verification_id)
        with self.database.changing() as work:
            stored = work.evidence.latest(verification_id)
            if stored is None:
                state = work.verifications.get(verification_id).state
                raise ServiceError(ProblemCode.WRONG_STATE, state=state.value)
            face = _face(stored)
            # Durable before anybody sees it: every view is in the audit trail (RULES.md section 1).
            work.audit.write(entry(who, now, Action.PORTRAIT_SHOWN, verification_id))
        picture = face.data[: len(face.data) - face.padding]
        return picture if face.media_type == JPEG else self.converter.to_jpeg(picture)


def _face(stored: StoredEvidence) -> FaceImage:
    """The picture, if it is whole and of a kind that can be shown."""
    if RetentionClass.PORTRAIT in stored.erased:
        raise ErasedError
    try:
        face = dg2.parse(stored.evidence.files[ElementaryFile.DG2]).faces[0]
    except (KeyError, MrtdError):
        raise ServiceError(ProblemCode.NOT_DISPLAYABLE) from None
    if face.media_type not in (JPEG, JPEG_2000) or not face.complete:
        raise ServiceError(ProblemCode.NOT_DISPLAYABLE)
    return face
