"""The routes of invitations and sign-ins: open to anyone, and limited (SECURITY.md 7.2)."""

from __future__ import annotations

import json
import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from service.api.strict_json import StrictJsonRoute
from service.api.v1 import cookies
from service.api.v1 import staff_schemas as schemas
from service.api.v1.dependencies import ServicesOf, presented
from service.api.v1.documented import public_problems
from service.domain.errors import ProblemCode as Code
from service.domain.errors import ServiceError
from service.domain.identity import Presented
from service.domain.sessions import csrf_token
from service.domain.sign_in_codes import CODE_AGE, TOKEN_TYPE
from service.usecases.accept_invitation import Choice
from service.usecases.finish_openid import Returned
from service.usecases.opening_sessions import Finished

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1", tags=["sign-in"])

_SIGN_IN_ID: Final = re.compile(r"si_[A-Z2-7]{26}")
_BODY: Final = (
    Code.MALFORMED_REQUEST,
    Code.BODY_TOO_LARGE,
    Code.UNSUPPORTED_MEDIA_TYPE,
    Code.VALIDATION_FAILED,
    Code.TOO_MANY_REQUESTS,
    Code.NOT_READY,
)
#: Of `code` and `state`: longer ones are nobody's.
_MAX_PARAMETER: Final = 4096


def sign_in_id(value: Annotated[str, Path(alias="id", description="`si_` and 26 characters")]) -> str:
    """The id in the path; whatever cannot be one is not found."""
    if _SIGN_IN_ID.fullmatch(value) is None:
        raise ServiceError(Code.NOT_FOUND)
    return value


SignInId = Annotated[str, Depends(sign_in_id)]
Shows = Annotated[Presented, Depends(presented)]
Parameter = Annotated[str | None, Query(max_length=_MAX_PARAMETER)]


@router.post("/sign-ins", operation_id="begin_sign_in", status_code=201, responses=public_problems(*_BODY))
def begin_sign_in(
    services: ServicesOf, shows: Shows, response: Response, request: schemas.BeginSignIn
) -> schemas.SignInBegun:
    """Begin to sign in; it must be proved within five minutes, by the browser or the phone that began it."""
    begun = services.staff.begin(
        request.method,
        shows.local_origin,
        device_key=request.device_key,
        return_to=request.return_to,
        only=request.only,
    )
    cookies.remember_sign_in(response, begun)
    return schemas.begun(begun)


@router.post(
    "/sign-ins/{id}",
    operation_id="finish_sign_in",
    responses=public_problems(*_BODY, Code.NOT_FOUND, Code.SIGN_IN_REFUSED, Code.INVALID_PROOF),
)
def finish_sign_in(
    services: ServicesOf,
    shows: Shows,
    http: Request,
    response: Response,
    name: SignInId,
    request: schemas.FinishSignIn,
) -> schemas.SignedIn:
    """Prove who one is. In the app with a DPoP proof of the phone's key, and the answer is a one-time code."""
    device_key = None if shows.proof is None else services.verify_proof(shows).thumbprint
    shown = cookies.shown(http, shows.local_origin, device_key=device_key)
    finished = services.staff.finish(name, request.proof(), shown)
    cookies.sign_in(response, finished)
    return _signed_in(finished)


@router.get(
    "/sign-ins/oidc/callback",
    operation_id="finish_openid_sign_in",
    response_class=HTMLResponse,
    responses=public_problems(Code.SIGN_IN_REFUSED, Code.VALIDATION_FAILED, Code.TOO_MANY_REQUESTS, Code.NOT_READY),
)
def finish_openid_sign_in(
    services: ServicesOf,
    shows: Shows,
    http: Request,
    state: Parameter = None,
    code: Parameter = None,
    error: Parameter = None,
    iss: Parameter = None,
) -> HTMLResponse:
    """Where the identity provider sends the browser back to.

    The answer is a page of ours that leads on: a redirect would still be the provider's navigation, on which browsers
    hold back the cookie of the session (SameSite=Strict).
    """
    if any(len(http.query_params.getlist(name)) > 1 for name in ("state", "code", "error", "iss")):
        # RFC 6749 §3.1: which of two counts is not ours to choose
        raise ServiceError(Code.SIGN_IN_REFUSED)
    returned = Returned(state, code, error is not None, iss)
    finished = services.staff.finish_openid(returned, cookies.shown(http, shows.local_origin))
    # one of our own paths, and nothing in them means anything in HTML
    onward = finished.return_to
    page = HTMLResponse(
        '<!doctype html><html lang="sv"><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="0;url={onward}"><title>Passkoll</title>'
        f'<p><a href="{onward}">Passkoll</a></p></html>'
    )
    cookies.sign_in(page, finished)
    return page


@router.post(
    "/invitations/show",
    operation_id="show_invitation",
    responses=public_problems(*_BODY, Code.NOT_FOUND),
)
def show_invitation(services: ServicesOf, shows: Shows, request: schemas.ShowInvitation) -> schemas.InvitationShown:
    """Whom an invitation is for, and what their authenticator is asked to make."""
    offer = services.staff.accept.show(request.code, shows.local_origin)
    given, family = offer.person.names
    return schemas.InvitationShown(
        given_name=given,
        family_name=family,
        organisation=offer.person.organisation,
        expires_at=offer.until,
        public_key=json.loads(offer.options),
    )


@router.post(
    "/invitations/accept",
    operation_id="accept_invitation",
    status_code=201,
    responses=public_problems(*_BODY, Code.NOT_FOUND, Code.ALREADY_IN_USE),
)
def accept_invitation(
    services: ServicesOf, shows: Shows, request: schemas.AcceptInvitation
) -> schemas.InvitationAccepted:
    """Make the account one's own. Nobody is signed in by it."""
    registration = None if request.registration is None else json.dumps(request.registration)
    choice = Choice(registration, request.login, request.password)
    return schemas.InvitationAccepted(person=services.staff.accept(request.code, choice, shows.local_origin).id)


def _signed_in(finished: Finished) -> schemas.SignedIn:
    if finished.code is not None:
        return schemas.SignedIn(
            sign_in_code=finished.code, subject_token_type=TOKEN_TYPE, expires_in=int(CODE_AGE.total_seconds())
        )
    csrf = None if finished.cookie is None else csrf_token(finished.cookie)
    return schemas.SignedIn(me=schemas.me(finished.person, finished.session, csrf))
