"""The routes of the hand-over to the second person (USERS.md "At the counter" 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from service.api.strict_json import StrictJsonRoute
from service.api.v1.dependencies import ServicesOf, VerificationId, Who
from service.api.v1.documented import problems
from service.api.v1.model import Answer, Request
from service.domain.errors import ProblemCode as Code
from service.domain.verification import State

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1", tags=["hand-overs"])

#: Longer than any way to write a code with its prefix, spaces and hyphens.
MAX_WRITTEN = 64


class HandOverOpened(Answer):
    """Shown once: the code is kept nowhere as it is."""

    id: Annotated[str, Field(description="its name in the audit trail")]
    code: Annotated[str, Field(description="6 characters, to be read out or typed; no I, L, O or U")]
    qr: Annotated[str, Field(description="what the QR code holds; opaque, no link")]
    expires_at: datetime


class ClaimHandOver(Request):
    code: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_WRITTEN,
            description="as it was typed or scanned; case, spaces and hyphens do not matter",
        ),
    ]


class HandOverClaimed(Answer):
    verification_id: str
    state: State
    links: dict[str, str]


@router.post(
    "/verifications/{id}/hand-overs",
    operation_id="open_hand_over",
    status_code=201,
    responses=problems(Code.NOT_FOUND, Code.WRONG_STATE, Code.CONFLICT),
)
def open_hand_over(who: Who, services: ServicesOf, verification_id: VerificationId) -> HandOverOpened:
    """Call the second person: a code that is good once and for 15 minutes; a new one ends the one before."""
    called = services.open_hand_over(who, verification_id)
    return HandOverOpened(
        id=called.hand_over.id, code=called.code, qr=called.qr, expires_at=called.hand_over.expires_at
    )


@router.post(
    "/hand-overs/claim",
    operation_id="claim_hand_over",
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.NOT_FOUND,
        Code.SAME_REVIEWER,
        Code.SECOND_ACCOUNT,
        Code.HANDLED_ACCOUNT,
        Code.IDENTIFIERS_UNVERIFIED,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
    ),
)
def claim_hand_over(who: Who, services: ServicesOf, request: ClaimHandOver) -> HandOverClaimed:
    """Find the case of a code, as the second person. A code that is wrong, used or too old is not found."""
    verification = services.claim_hand_over(who, request.code)
    own = f"/v1/verifications/{verification.id}"
    return HandOverClaimed(
        verification_id=verification.id,
        state=verification.state,
        links={"verification": own, "reviews": f"{own}/reviews"},
    )
