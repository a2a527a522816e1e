"""The route of the portrait: for reviewers, each view in the audit trail, nothing cached (SECURITY.md 7.5)."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.api.strict_json import GuardedRoute
from service.api.v1.dependencies import ServicesOf, VerificationId, Who
from service.api.v1.documented import problems
from service.domain.errors import ProblemCode as Code

router = APIRouter(route_class=GuardedRoute, prefix="/v1/verifications", tags=["verifications"])


@router.get(
    "/{id}/portrait",
    operation_id="show_portrait",
    response_class=Response,
    responses=problems(
        Code.NOT_FOUND,
        Code.WRONG_STATE,
        Code.ERASED,
        Code.NOT_DISPLAYABLE,
        Code.TOO_MANY_REQUESTS,
        Code.RECORD_UNREADABLE,
        Code.NOT_READY,
    )
    | {
        200: {
            "description": "The portrait of the chip, as JPEG.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def show_portrait(who: Who, services: ServicesOf, verification_id: VerificationId) -> Response:
    """Show the portrait of the chip beside the person. Every view is written down."""
    return Response(services.show_portrait(who, verification_id), media_type="image/jpeg")
