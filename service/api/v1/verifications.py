"""The routes of one verification, in the order in which a counter uses them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from mrtd import dump
from service.api.strict_json import StrictJsonRoute
from service.api.v1 import answers, schemas
from service.api.v1.dependencies import (
    JSON,
    Keyed,
    PublicOrigin,
    ServicesOf,
    StructuredBody,
    VerificationId,
    Who,
)
from service.api.v1.documented import CHIP, ONCE, body, problems
from service.api.v1.life_schemas import VerificationsListed, WhichVerifications
from service.domain.errors import ProblemCode as Code
from service.domain.review import Face, Inspection

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/verifications", tags=["verifications"])


@router.post(
    "",
    operation_id="open_verification",
    status_code=201,
    response_model=schemas.Opened,
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.REASON_REQUIRED,
        Code.NOT_FOUND,
        Code.ORDER_MISMATCH,
        Code.ORDER_STATE,
        Code.TOO_MANY_REQUESTS,
        *ONCE,
    ),
)
def open_verification(
    who: Who, services: ServicesOf, keyed: Keyed, origin: PublicOrigin, request: schemas.OpenVerification
) -> Response:
    """Open a verification: one passport before one counter."""
    answer = services.answer_once(
        keyed,
        lambda once: services.open_verification(
            who,
            request.kind,
            request.order_reference,
            request.retry_reason,
            once,
            area=request.area,
            protected=request.protected,
        ),
        lambda verification: answers.octets(answers.opened(verification, origin)),
    )
    return Response(answer, 201, media_type=JSON)


@router.get("", operation_id="list_verifications", responses=problems(Code.VALIDATION_FAILED))
def list_verifications(
    who: Who, services: ServicesOf, _wanted: Annotated[WhichVerifications, Query()]
) -> VerificationsListed:
    """List what the caller opened, newest first, at most 50."""
    return answers.listed(services.list_verifications(who))


@router.get("/{id}", operation_id="show_verification", responses=problems(Code.NOT_FOUND))
def show_verification(who: Who, services: ServicesOf, verification_id: VerificationId) -> schemas.Shown:
    """Show where a verification stands; poll this, or follow `next_step`."""
    return answers.shown(services.show_verification(who, verification_id), who)


@router.post(
    "/{id}/mrz",
    operation_id="capture_mrz",
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.ATTEMPT_LIMIT,
        Code.OTHER_DEVICE,
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
    return answers.captured(services.capture_mrz(who, verification_id, request.lines, request.source, request.can))


@router.post(
    "/{id}/chip-challenges",
    operation_id="issue_chip_challenge",
    status_code=201,
    responses=problems(
        Code.NOT_FOUND, Code.WRONG_STATE, Code.CONFLICT, Code.OTHER_DEVICE, Code.ATTEMPT_LIMIT, Code.TOO_MANY_REQUESTS
    ),
)
def issue_chip_challenge(who: Who, services: ServicesOf, verification_id: VerificationId) -> schemas.ChallengeIssued:
    """Make a challenge for Active Authentication: 8 bytes, 120 seconds, one answer."""
    return answers.challenge_issued(services.issue_challenge(who, verification_id))


@router.post(
    "/{id}/chip",
    operation_id="submit_chip",
    openapi_extra=body(CHIP),
    response_model=schemas.ChipJudged,
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CHALLENGE_USED,
        Code.OTHER_DEVICE,
        Code.ATTEMPT_LIMIT,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.UNREADABLE_DUMP,
        Code.NOT_READY,
        *ONCE,
    ),
)
def submit_chip(
    who: Who, services: ServicesOf, verification_id: VerificationId, keyed: Keyed, content: StructuredBody
) -> Response:
    """Give what was read from the chip; a chip that fails is answered with 200 and its report."""
    evidence = dump.loads(content, "body")
    answer = services.answer_once(
        keyed,
        lambda once: services.submit_chip(who, verification_id, evidence, once),
        lambda judged: answers.octets(answers.chip_judged(judged)),
    )
    return Response(answer, media_type=JSON)


@router.post(
    "/{id}/reviews",
    operation_id="review_verification",
    status_code=201,
    response_model=schemas.Shown,
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.DECISION_CHANGED,
        Code.SAME_REVIEWER,
        Code.SECOND_ACCOUNT,
        Code.SAME_SESSION,
        Code.SAME_SCREEN,
        Code.OWN_PASSPORT,
        Code.HANDLED_ACCOUNT,
        Code.IDENTIFIERS_UNVERIFIED,
        Code.STEP_UP_REQUIRED,
        Code.NOT_APPROVABLE,
        Code.STATUS_LOOKUP_REQUIRED,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.REASON_REQUIRED,
        Code.CHECKLIST_CONTRADICTED,
        *ONCE,
    ),
)
def review_verification(
    who: Who,
    services: ServicesOf,
    verification_id: VerificationId,
    keyed: Keyed,
    request: schemas.ReviewVerification,
) -> Response:
    """Decide, as the person who is signed in. Two different persons must approve; one refusal refuses."""
    answer = services.answer_once(
        keyed,
        lambda once: services.review_verification(
            who,
            verification_id,
            request.decision,
            Inspection(**request.inspection.model_dump()),
            Face(**request.face.model_dump()),
            request.reason,
            request.decision_hash,
            once,
            printed_name=None if request.printed_name is None else request.printed_name.model_dump(),
            remote=request.remote,
        ),
        lambda result: answers.octets(answers.shown(result, who)),
    )
    return Response(answer, 201, media_type=JSON)


@router.post(
    "/{id}/cancel",
    operation_id="cancel_verification",
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
    ),
)
def cancel_verification(
    who: Who,
    services: ServicesOf,
    verification_id: VerificationId,
    origin: PublicOrigin,
    request: schemas.CancelVerification | None = None,
) -> schemas.Opened:
    """Cancel a verification that nobody needs any more; a reviewer can say that fraud is suspected."""
    suspected = request is not None and request.suspected_fraud
    return answers.opened(services.cancel_verification(who, verification_id, suspected_fraud=suspected), origin)


@router.get(
    "/{id}/result",
    operation_id="fetch_result",
    response_class=Response,
    responses=problems(
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.CONFLICT,
        Code.NOT_APPROVABLE,
        Code.SECOND_ACCOUNT,
        Code.OWN_PASSPORT,
        Code.IDENTIFIERS_UNVERIFIED,
        Code.ORDER_STATE,
        Code.TRUST_WITHDRAWN,
        Code.ERASED,
        Code.RECORD_UNREADABLE,
    )
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
