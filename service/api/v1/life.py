"""The routes of what people record of a verification beside their reviews."""

from __future__ import annotations

from fastapi import APIRouter

from service.api.strict_json import StrictJsonRoute
from service.api.v1 import answers, life_schemas, schemas
from service.api.v1.dependencies import ServicesOf, VerificationId, Who
from service.api.v1.documented import problems
from service.domain.errors import ProblemCode as Code

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/verifications", tags=["verifications"])

_WRITES = (
    Code.MALFORMED_REQUEST,
    Code.NOT_FOUND,
    Code.WRONG_STATE,
    Code.CONFLICT,
    Code.BODY_TOO_LARGE,
    Code.UNSUPPORTED_MEDIA_TYPE,
    Code.VALIDATION_FAILED,
)


@router.post(
    "/{id}/notice",
    operation_id="give_notice",
    status_code=201,
    responses=problems(*_WRITES, Code.ATTEMPT_LIMIT),
)
def give_notice(
    who: Who, services: ServicesOf, verification_id: VerificationId, request: life_schemas.GiveNotice
) -> life_schemas.NoticeRecorded:
    """Record that the person was given the organisation's information text, before anything is captured."""
    return answers.notice_recorded(
        services.give_notice(who, verification_id, request.version, request.language, request.given_at)
    )


@router.post(
    "/{id}/status-lookups",
    operation_id="look_up_status",
    status_code=201,
    responses=problems(*_WRITES, Code.LOOKUP_NOT_APPLICABLE, Code.ALREADY_RECORDED),
)
def look_up_status(
    who: Who, services: ServicesOf, verification_id: VerificationId, request: life_schemas.LookUpStatus
) -> schemas.Shown:
    """Record what the register of the issuing state says; once, before the reviews. No number is sent here.

    A document that is blocked or not found refuses at once, also after the first review.
    """
    shown = services.look_up_status(who, verification_id, request.source, request.document, request.status)
    return answers.shown(shown, who)


@router.post(
    "/{id}/revoke",
    operation_id="revoke_verification",
    responses=problems(*_WRITES, Code.SAME_REVIEWER, Code.SECOND_ACCOUNT, Code.DECISION_CHANGED),
)
def revoke_verification(
    who: Who, services: ServicesOf, verification_id: VerificationId, request: life_schemas.RevokeVerification
) -> schemas.Shown:
    """Revoke an approval. The responsible issuer requests it; another person confirms it with the same reason."""
    return answers.shown(services.revoke_verification(who, verification_id, request.reason, request.note), who)


@router.post(
    "/{id}/protect",
    operation_id="protect_verification",
    responses=problems(Code.NOT_FOUND, Code.CONFLICT, Code.ACCESS_REASON_REQUIRED, Code.VALIDATION_FAILED),
)
def protect_verification(who: Who, services: ServicesOf, verification_id: VerificationId) -> schemas.Shown:
    """Mark the case as that of a person with protected identity, by who has the role for such cases.

    From here on it exists only for them, stands in no list, and each access says why (`X-Passkoll-Reason-Code`) and
    is written down. The mark stays.
    """
    return answers.shown(services.protect_verification(who, verification_id), who)
