"""The routes of one verification, in the order in which a counter uses them."""

from __future__ import annotations

from fastapi import APIRouter, Response

from mrtd import dump
from service.api.strict_json import StrictJsonRoute
from service.api.v1 import answers, schemas
from service.api.v1.dependencies import ServicesOf, StructuredBody, VerificationId, Who
from service.api.v1.documented import CHIP, body, problems
from service.domain.errors import ProblemCode as Code
from service.domain.review import Face, Inspection

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/verifications", tags=["verifications"])


@router.post(
    "",
    operation_id="open_verification",
    status_code=201,
    responses=problems(
        Code.MALFORMED_REQUEST, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_MEDIA_TYPE, Code.VALIDATION_FAILED
    ),
)
def open_verification(who: Who, services: ServicesOf, request: schemas.OpenVerification) -> schemas.Opened:
    """Open a verification: one passport before one counter."""
    return answers.opened(services.open_verification(who, request.kind, request.order_reference))


@router.get("/{id}", operation_id="show_verification", responses=problems(Code.NOT_FOUND))
def show_verification(who: Who, services: ServicesOf, verification_id: VerificationId) -> schemas.Shown:
    """Show where a verification stands; poll this, or follow `next_step`."""
    return answers.shown(services.show_verification(verification_id), who)


@router.post(
    "/{id}/mrz",
    operation_id="capture_mrz",
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.ATTEMPT_LIMIT,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
        Code.NOT_READY,
    ),
)
def capture_mrz(
    who: Who, services: ServicesOf, verification_id: VerificationId, request: schemas.CaptureMrz
) -> schemas.Captured:
    """Give the printed MRZ: read by the app, typed, or confirmed by a person against the page.

    A chip that was judged before is judged again with the new lines.
    """
    return answers.captured(services.capture_mrz(who, verification_id, request.lines, request.source))


@router.post(
    "/{id}/chip-challenges",
    operation_id="issue_chip_challenge",
    status_code=201,
    responses=problems(Code.NOT_FOUND, Code.WRONG_STATE, Code.CONFLICT, Code.ATTEMPT_LIMIT, Code.TOO_MANY_REQUESTS),
)
def issue_chip_challenge(who: Who, services: ServicesOf, verification_id: VerificationId) -> schemas.ChallengeIssued:
    """Make a challenge for Active Authentication: 8 bytes, 120 seconds, one answer."""
    return answers.challenge_issued(services.issue_challenge(who, verification_id))


@router.post(
    "/{id}/chip",
    operation_id="submit_chip",
    openapi_extra=body(CHIP),
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.CHALLENGE_USED,
        Code.ATTEMPT_LIMIT,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.UNREADABLE_DUMP,
        Code.NOT_READY,
    ),
)
def submit_chip(
    who: Who, services: ServicesOf, verification_id: VerificationId, content: StructuredBody
) -> schemas.ChipJudged:
    """Give what was read from the chip; a chip that fails is answered with 200 and its report."""
    evidence = dump.loads(content, "body")
    return answers.chip_judged(services.submit_chip(who, verification_id, evidence))


@router.post(
    "/{id}/reviews",
    operation_id="review_verification",
    status_code=201,
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.DECISION_CHANGED,
        Code.SAME_REVIEWER,
        Code.NOT_APPROVABLE,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
        Code.REASON_REQUIRED,
        Code.CHECKLIST_CONTRADICTED,
    ),
)
def review_verification(
    who: Who, services: ServicesOf, verification_id: VerificationId, request: schemas.ReviewVerification
) -> schemas.Shown:
    """Decide, as the person who is signed in. Two different persons must approve; one refusal refuses."""
    result = services.review_verification(
        who,
        verification_id,
        request.decision,
        Inspection(**request.inspection.model_dump()),
        Face(**request.face.model_dump()),
        request.reason,
        request.decision_hash,
    )
    return answers.shown(result, who)


@router.post(
    "/{id}/cancel",
    operation_id="cancel_verification",
    responses=problems(Code.NOT_FOUND, Code.WRONG_STATE, Code.CONFLICT),
)
def cancel_verification(who: Who, services: ServicesOf, verification_id: VerificationId) -> schemas.Opened:
    """Cancel a verification that nobody needs any more."""
    return answers.opened(services.cancel_verification(who, verification_id))


@router.get(
    "/{id}/result",
    operation_id="fetch_result",
    response_class=Response,
    responses=problems(Code.NOT_FOUND, Code.WRONG_STATE, Code.CONFLICT, Code.NOT_APPROVABLE)
    | {
        200: {
            "description": "A JWS (ES256) with OpenID Identity Assurance `verified_claims`.",
            "content": {"application/jwt": {"schema": {"type": "string"}}},
        }
    },
)
def fetch_result(who: Who, services: ServicesOf, verification_id: VerificationId) -> Response:
    """Fetch the signed identity: the same `jti` and `txn` each time, fresh `iat` and `exp`."""
    return Response(services.fetch_result(who, verification_id), media_type="application/jwt")
