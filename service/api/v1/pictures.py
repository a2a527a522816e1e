"""The routes of the pictures of the page: for reviewers, each view in the audit trail, nothing cached."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from service.api.strict_json import GuardedRoute
from service.api.v1.dependencies import ServicesOf, VerificationId, Who
from service.api.v1.documented import problems
from service.domain.errors import ProblemCode as Code
from service.domain.image import PICTURE_TYPE, ImageKind

router = APIRouter(route_class=GuardedRoute, prefix="/v1/verifications", tags=["verifications"])


def _described(what: str) -> dict[int | str, dict[str, Any]]:
    answered = problems(Code.NOT_FOUND, Code.WRONG_STATE, Code.ERASED, Code.RECORD_UNREADABLE, Code.NOT_READY)
    content = {PICTURE_TYPE: {"schema": {"type": "string", "format": "binary"}}}
    return answered | {200: {"description": what, "content": content}}


_PAGE: Final = _described("The photo of the page, as JPEG, its longer side at most 1,600 pixels.")
_CROP: Final = _described("The cut of the machine readable zone, as JPEG.")


@router.get("/{id}/page", operation_id="show_page", response_class=Response, responses=_PAGE)
def show_page(who: Who, services: ServicesOf, verification_id: VerificationId) -> Response:
    """Show the photo of the page beside the passport in hand. Every view is written down."""
    return Response(services.show_picture(who, verification_id, ImageKind.PAGE), media_type=PICTURE_TYPE)


@router.get("/{id}/mrz-crop", operation_id="show_mrz_crop", response_class=Response, responses=_CROP)
def show_mrz_crop(who: Who, services: ServicesOf, verification_id: VerificationId) -> Response:
    """Show the zone that was read beside its lines. Every view is written down."""
    return Response(services.show_picture(who, verification_id, ImageKind.MRZ_CROP), media_type=PICTURE_TYPE)
