"""The route that reads photos of the page."""

from __future__ import annotations

from fastapi import APIRouter

from service.api.strict_json import GuardedRoute
from service.api.v1 import answers, image_body, schemas
from service.api.v1.dependencies import ServicesOf, VerificationId, Who
from service.api.v1.documented import problems
from service.api.v1.image_body import ImagesOf
from service.domain.errors import ProblemCode as Code

router = APIRouter(route_class=GuardedRoute, prefix="/v1/verifications", tags=["verifications"])


@router.post(
    "/{id}/mrz-image",
    operation_id="capture_photo",
    openapi_extra=image_body.DESCRIBED,
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
        Code.ERASED,
        Code.TOO_MANY_REQUESTS,
        Code.RECORD_UNREADABLE,
        Code.NOT_READY,
    ),
)
def capture_photo(
    who: Who, services: ServicesOf, verification_id: VerificationId, content: ImagesOf
) -> schemas.PhotoCaptured:
    """Give a photo of the page, or up to five of the same page.

    They are read and forgotten. A small picture of the page, and the cut of its zone, are kept for the reviewers
    until the case is decided, at most a day; a new photo takes their place.

    `accepted`: every character is certain. `confirm`: a person compares the weak ones with the page and sends the
    lines as `confirmed`. `unreadable`: the advice says how to take a better photo. All three are 200.
    """
    return answers.photo_captured(services.capture_photo(who, verification_id, image_body.images(content)))
