"""Problem details (RFC 9457): one table of codes, and the handlers that turn every error into one.

No answer ever echoes a value of the request: it may be personal data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from mrtd.errors import MrtdError
from service.api.request_context import current_request_id, log
from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.log import named

MEDIA_TYPE: Final = "application/problem+json"
#: draft-ietf-httpapi-idempotency-key-header
IDEMPOTENCY_KEY: Final = "Idempotency-Key"


class Retry(StrEnum):
    """What the client may try next."""

    SAME_REQUEST = "same_request"
    AFTER_SECONDS = "after_seconds"
    NEW_PHOTO = "new_photo"
    NEW_CHIP_ATTEMPT = "new_chip_attempt"
    NEW_VERIFICATION = "new_verification"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """What all problems of one code have in common."""

    status: int
    retry: Retry
    title: str


C, P, R = ProblemCode, ProblemType, Retry

PROBLEMS: Final[Mapping[ProblemCode, ProblemType]] = MappingProxyType(
    {
        C.MALFORMED_REQUEST: P(400, R.NEVER, "The request cannot be read"),
        C.IDEMPOTENCY_KEY_REQUIRED: P(400, R.NEVER, "The request needs an Idempotency-Key"),
        C.UNAUTHENTICATED: P(401, R.NEVER, "Nobody is signed in"),
        C.INVALID_PROOF: P(401, R.SAME_REQUEST, "The proof of the key does not fit this request"),
        C.FORBIDDEN: P(403, R.NEVER, "This caller may not do that"),
        C.INSUFFICIENT_SCOPE: P(403, R.NEVER, "The token was not made for that"),
        C.NOT_FOUND: P(404, R.NEVER, "There is no such thing, or it is not yours"),
        C.METHOD_NOT_ALLOWED: P(405, R.NEVER, "This address does not know the method"),
        C.WRONG_STATE: P(409, R.NEVER, "This step is over, or not open yet"),
        C.CONFLICT: P(409, R.SAME_REQUEST, "Something else changed this at the same time, or it exists already"),
        C.ATTEMPT_LIMIT: P(409, R.NEW_VERIFICATION, "No more attempts in this verification"),
        C.CHALLENGE_USED: P(409, R.NEW_CHIP_ATTEMPT, "This challenge was answered before"),
        C.DECISION_CHANGED: P(409, R.NEVER, "What the review rests on has changed"),
        C.SAME_REVIEWER: P(409, R.NEVER, "The second review needs another person"),
        C.SECOND_ACCOUNT: P(409, R.NEVER, "Both accounts are of one person"),
        C.SAME_SESSION: P(409, R.NEVER, "Both reviews come from one sign-in"),
        C.SAME_SCREEN: P(409, R.NEVER, "One review needs another screen than that of the phone that captured"),
        C.OWN_PASSPORT: P(409, R.NEVER, "Nobody reviews their own passport"),
        C.HANDLED_ACCOUNT: P(409, R.NEVER, "One of the two changed the account of the other a short while ago"),
        C.IDENTIFIERS_UNVERIFIED: P(409, R.NEVER, "Nobody verified who the reviewer is"),
        C.SIGN_IN_REFUSED: P(403, R.NEVER, "What was shown signs nobody in"),
        C.OWN_ACCOUNT: P(409, R.NEVER, "Nobody changes their own account"),
        C.LAST_ADMINISTRATOR: P(409, R.NEVER, "Somebody must be left who can change accounts"),
        C.IDENTIFIERS_DIFFER: P(409, R.NEVER, "The account says something else than what was verified"),
        C.ALREADY_IN_USE: P(409, R.NEVER, "This belongs to another account"),
        C.STEP_UP_REQUIRED: P(403, R.SAME_REQUEST, "The reviewer must prove anew who they are"),
        C.OTHER_DEVICE: P(409, R.NEW_VERIFICATION, "Another phone captures in this verification"),
        C.ORDER_STATE: P(409, R.NEVER, "The order is past this step, or not there yet"),
        C.NOT_APPROVABLE: P(409, R.NEW_VERIFICATION, "People cannot approve what the machine could not establish"),
        C.TRUST_WITHDRAWN: P(409, R.NEVER, "Judged anew, the decision does not hold any more"),
        C.ORDER_MISMATCH: P(409, R.NEVER, "The result belongs to another order"),
        C.ALREADY_CONSUMED: P(409, R.NEVER, "The result was consumed before, by another request"),
        C.ALREADY_RECORDED: P(409, R.NEVER, "This was recorded before, and is recorded once"),
        C.LOOKUP_NOT_APPLICABLE: P(409, R.NEVER, "This register does not know documents of that state"),
        C.STATUS_LOOKUP_REQUIRED: P(409, R.NEVER, "The register of the issuing state must be asked first"),
        C.IN_PROGRESS: P(409, R.AFTER_SECONDS, "The same request is being worked on"),
        C.REQUEST_TIMEOUT: P(408, R.SAME_REQUEST, "The body came too slowly"),
        C.BODY_TOO_LARGE: P(413, R.NEVER, "The body is too large"),
        C.UNSUPPORTED_MEDIA_TYPE: P(415, R.NEVER, "This media type is not read here"),
        C.VALIDATION_FAILED: P(422, R.NEVER, "A value in the request is wrong"),
        C.UNREADABLE_DUMP: P(422, R.NEW_CHIP_ATTEMPT, "The files are no dump of a chip"),
        C.ACCESS_REASON_REQUIRED: P(422, R.NEVER, "A protected case is opened with a reason"),
        C.ATTESTATION_REFUSED: P(422, R.NEVER, "The key of this phone is not attested as it must be"),
        C.SAME_PERSON: P(409, R.NEVER, "This needs another person"),
        C.FINGERPRINT_MISMATCH: P(422, R.NEVER, "The phone shows another fingerprint than that of the enrolled key"),
        C.REASON_REQUIRED: P(422, R.NEVER, "A reason is needed here"),
        C.CHECKLIST_CONTRADICTED: P(422, R.NEVER, "The answers contradict the approval"),
        C.IDEMPOTENCY_MISMATCH: P(422, R.NEVER, "This Idempotency-Key came with another request before"),
        C.TOO_MANY_REQUESTS: P(429, R.AFTER_SECONDS, "Too many requests"),
        C.ERASED: P(410, R.NEVER, "This was erased when its time was over"),
        C.NOT_DISPLAYABLE: P(409, R.NEVER, "The picture cannot be shown"),
        C.RECORD_UNREADABLE: P(500, R.NEVER, "What was stored does not open"),
        C.INTERNAL_ERROR: P(500, R.SAME_REQUEST, "A fault in the service"),
        C.NOT_READY: P(503, R.AFTER_SECONDS, "The service cannot serve now"),
    }
)

#: Wrong values that one answer names; a caller mends the first few and asks again.
MAX_ERRORS: Final = 20

#: What the framework raises by number.
_BY_STATUS: Final = {
    400: C.MALFORMED_REQUEST,
    404: C.NOT_FOUND,
    405: C.METHOD_NOT_ALLOWED,
    408: C.REQUEST_TIMEOUT,
    413: C.BODY_TOO_LARGE,
    415: C.UNSUPPORTED_MEDIA_TYPE,
}


#: RFC 9449 §7.1: what a program is told that has no token, or one that is good for nothing here.
_CHALLENGES: Final = {
    C.UNAUTHENTICATED: 'DPoP algs="ES256"',
    C.INVALID_PROOF: 'DPoP algs="ES256", error="invalid_dpop_proof"',
    C.INSUFFICIENT_SCOPE: 'DPoP algs="ES256", error="insufficient_scope"',
}
#: The same, where a token was shown.
_BAD_TOKEN: Final = {"WWW-Authenticate": 'DPoP algs="ES256", error="invalid_token"'}


def problem(
    code: ProblemCode,
    *,
    state: str | None = None,
    errors: Sequence[FieldError] = (),
    retry_after_s: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer for a code."""
    known = PROBLEMS[code]
    content: dict[str, object] = {
        "type": f"urn:passkoll:problem:{code.value}",
        "title": known.title,
        "status": known.status,
        "code": code.value,
        "retry": known.retry.value,
        "request_id": current_request_id(),
        "state": state,
        "errors": [{"pointer": error.pointer, "code": error.code} for error in errors],
    }
    sent = dict(headers or {})
    if code in _CHALLENGES:
        sent.setdefault("WWW-Authenticate", _CHALLENGES[code])
    if retry_after_s is not None:
        sent["Retry-After"] = str(retry_after_s)
    return JSONResponse(content, known.status, sent, media_type=MEDIA_TYPE)


def problem_of(request: HTTPConnection, error: ServiceError) -> JSONResponse:
    """The answer for what a use case or a rule of access refused."""
    showed_token = error.code is C.UNAUTHENTICATED and "Authorization" in request.headers
    return problem(
        error.code,
        state=error.state,
        errors=error.errors,
        retry_after_s=error.retry_after_s,
        headers=_BAD_TOKEN if showed_token else None,
    )


def handle_problems(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""

    @app.exception_handler(ServiceError)
    def on_service_error(request: Request, error: ServiceError) -> JSONResponse:
        return problem_of(request, error)

    @app.exception_handler(MrtdError)
    def on_unreadable_bytes(_request: Request, error: MrtdError) -> JSONResponse:
        return problem(C.UNREADABLE_DUMP, errors=(FieldError(f"/{error.where}", error.code),))

    @app.exception_handler(RequestValidationError)
    def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if any(item["type"] == "json_invalid" for item in found):
            return problem(C.MALFORMED_REQUEST)
        if any(item["type"] == "missing" and item["loc"] == ("header", IDEMPOTENCY_KEY) for item in found):
            return problem(C.IDEMPOTENCY_KEY_REQUIRED)
        if any(item["loc"] == ("body",) for item in found) and media_type(request) not in ("application/json", ""):
            return problem(C.UNSUPPORTED_MEDIA_TYPE)
        return problem(
            C.VALIDATION_FAILED, errors=[_field_error(item["loc"], item["type"]) for item in found[:MAX_ERRORS]]
        )

    @app.exception_handler(HTTPException)
    def on_framework_error(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(_BY_STATUS.get(error.status_code, C.INTERNAL_ERROR), headers=error.headers)

    @app.exception_handler(Exception)
    def on_fault(_request: Request, error: Exception) -> JSONResponse:
        # Named here, and not handed on as an exception: a logger that is not ours might print variables.
        log.error("fault", request_id=current_request_id(), **named(error))
        return problem(C.INTERNAL_ERROR)


def media_type(request: Request) -> str:
    """The media type of the body, without parameters, in lower case; empty if none is named."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _field_error(place: Sequence[str | int], code: str) -> FieldError:
    """Where in the request; the name of a member that the schema does not know is the caller's word and left out."""
    where, *parts = place[:-1] if code == "extra_forbidden" else place
    names = parts if where == "body" else [where, *parts]
    return FieldError("".join(f"/{name}" for name in names), code)
