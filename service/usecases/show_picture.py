"""Show a reviewer the page or its zone as the camera saw it, and write down that it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.image import ImageKind
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.vault import ErasedError
from service.domain.verification import State
from service.usecases.recording import touched

#: What the audit says of a view.
_SHOWN: Final[Mapping[ImageKind, Action]] = MappingProxyType(
    {ImageKind.PAGE: Action.PAGE_SHOWN, ImageKind.MRZ_CROP: Action.MRZ_CROP_SHOWN}
)
#: Where a photo may still come.
_CAPTURING: Final = (State.CREATED, State.MRZ_CAPTURED)


@dataclass(frozen=True, slots=True)
class ShowPicture:
    """`GET /v1/verifications/{id}/page` and `.../mrz-crop`: a JPEG of our own making (SECURITY.md 7.4, 7.5)."""

    database: Database
    clock: Clock

    def __call__(self, who: Principal, verification_id: str, kind: ImageKind) -> bytes:
        """The newest picture of a kind.

        Raises:
            ServiceError: `wrong_state`: no photo came yet; `not_found`: none will, the lines came without one;
                `erased`.
        """
        now = touched(self.database, self.clock, who, verification_id)
        with self.database.changing() as work:
            records = [record for record in work.images.of(verification_id) if record.kind is kind]
            if not records:
                state = work.verifications.get(verification_id).state
                if state in _CAPTURING:
                    raise ServiceError(ProblemCode.WRONG_STATE, state=state.value)
                raise ServiceError(ProblemCode.NOT_FOUND)
            content = work.images.content(records[-1])
            if content is None:
                raise ErasedError
            # Durable before anybody sees it: every view is in the audit trail.
            work.audit.write(entry(who, now, _SHOWN[kind], verification_id))
        return content
