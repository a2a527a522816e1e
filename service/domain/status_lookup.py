"""What the register of the issuing state says of the document (RULES.md section 1, "Lost/stolen").

The answer is typed in once by a reviewer who asked the register. No number of a document passes through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from service.domain.errors import ProblemCode, ServiceError
from service.domain.judgement import Judgement
from service.domain.lifecycle import Course, Happening, staying
from service.domain.verification import CaseReason, NextStep, State, Verification


class StatusSource(StrEnum):
    """Who keeps the register."""

    POLISEN = "polisen"


class DocumentStatus(StrEnum):
    """What a register says. `unknown`: it could not be asked; `not_found`: it was, and knows no such document."""

    VALID = "valid"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    NOT_FOUND = "not_found"


class RegisteredDocument(StrEnum):
    """Which kind of document was asked about."""

    PASSPORT = "passport"


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """One answer of one register. `at` is aware, UTC."""

    source: StatusSource
    document: RegisteredDocument
    status: DocumentStatus
    at: datetime

    def basis(self) -> dict[str, object]:
        """What the decision hash covers."""
        return {"source": self.source.value, "document": self.document.value, "status": self.status.value}


#: States whose documents are looked up before anyone approves, and where.
REGISTERS: Final[Mapping[str, StatusSource]] = MappingProxyType({"SWE": StatusSource.POLISEN})

#: An ordinary Swedish passport that the register does not know is refused like a blocked one.
_REFUSING: Final = MappingProxyType(
    {
        DocumentStatus.BLOCKED: CaseReason.DOCUMENT_BLOCKED,
        DocumentStatus.NOT_FOUND: CaseReason.DOCUMENT_NOT_FOUND,
    }
)


def register_of(judgement: Judgement) -> StatusSource | None:
    """The register that knows the document; None where no register can be asked."""
    return REGISTERS.get(judgement.issuing_state or "")


def after_status(
    verification: Verification, judgement: Judgement, answer: StatusAnswer, earlier: StatusAnswer | None
) -> Course:
    """Where the case goes when a register answered.

    A document that is blocked or not found refuses, also after the first review. Any other answer comes before the
    reviews, since they are bound to it.

    Raises:
        ServiceError: `lookup_not_applicable`: another register, or none, knows the document; `already_recorded`.
    """
    verification.require(State.CHECKED, State.REVIEW_1)
    if register_of(judgement) is not answer.source:
        raise ServiceError(ProblemCode.LOOKUP_NOT_APPLICABLE, state=verification.state.value)
    refusing = _REFUSING.get(answer.status)
    if refusing is not None:
        return Course(Happening.STATUS_REFUSED, NextStep.STOP, refusing)
    if earlier is not None:
        raise ServiceError(ProblemCode.ALREADY_RECORDED, state=verification.state.value)
    return staying(verification, Happening.STATUS_TYPED_IN)


def require_status(judgement: Judgement, answer: StatusAnswer | None) -> None:
    """Refuse an approval where a register could say no and was not asked, or did say no."""
    if register_of(judgement) is None:
        return
    if answer is None:
        raise ServiceError(ProblemCode.STATUS_LOOKUP_REQUIRED)
    if answer.status in _REFUSING:
        raise ServiceError(ProblemCode.NOT_APPROVABLE)


def leaves_doubt(answer: StatusAnswer | None) -> bool:
    """Whether an approval needs a reason: the register could not be asked."""
    return answer is not None and answer.status is DocumentStatus.UNKNOWN
