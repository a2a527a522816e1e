"""The routes of whoever is signed in: who they are, where, and proving it anew (SECURITY.md 7.2, 7.3)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from service.api.strict_json import StrictJsonRoute
from service.api.v1 import cookies
from service.api.v1 import staff_schemas as schemas
from service.api.v1.dependencies import ServicesOf, Who, presented
from service.api.v1.documented import problems
from service.domain.errors import ProblemCode as Code
from service.domain.errors import ServiceError
from service.domain.identity import Presented
from service.domain.sessions import csrf_token

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1", tags=["sign-in"])

_SESSION_ID: Final = re.compile(r"ss_[A-Z2-7]{26}")


def session_id(value: Annotated[str, Path(alias="id", description="`ss_` and 26 characters")]) -> str:
    """The id in the path; whatever cannot be one is not found."""
    if _SESSION_ID.fullmatch(value) is None:
        raise ServiceError(Code.NOT_FOUND)
    return value


SessionId = Annotated[str, Depends(session_id)]
Shows = Annotated[Presented, Depends(presented)]


@router.get("/me", operation_id="show_me", responses=problems(Code.NOT_FOUND))
def show_me(who: Who, services: ServicesOf, shows: Shows) -> schemas.Me:
    """Who is signed in; with a session also what a page sends back as `X-Passkoll-CSRF`."""
    found = services.staff.own_sessions.me(who)
    csrf = None if shows.session is None or shows.scheme else csrf_token(shows.session)
    return schemas.me(found.person, found.session, csrf)


@router.get("/sessions", operation_id="list_sessions", responses=problems())
def list_sessions(who: Who, services: ServicesOf) -> schemas.Sessions:
    """Where one is signed in: browsers and phones."""
    found = services.staff.own_sessions.open_ones(who)
    return schemas.Sessions(sessions=[schemas.session_shown(session, who.session) for session in found])


@router.post(
    "/sessions/step-up",
    operation_id="begin_step_up",
    status_code=201,
    responses=problems(
        Code.MALFORMED_REQUEST, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_MEDIA_TYPE, Code.VALIDATION_FAILED
    ),
)
def begin_step_up(
    who: Who, services: ServicesOf, shows: Shows, response: Response, request: schemas.BeginStepUp
) -> schemas.SignInBegun:
    """Begin to prove anew who one is; finished as a sign-in, it gives the session a new cookie.

    With `decision_hash` a passkey signs that hash: the proof is one for this decision and no other.
    """
    begun = services.staff.begin.step_up(
        who, request.method, shows.local_origin, request.decision_hash, request.return_to
    )
    cookies.remember_sign_in(response, begun)
    return schemas.begun(begun)


@router.delete("/sessions/{id}", operation_id="end_session", status_code=204, responses=problems(Code.NOT_FOUND))
def end_session(who: Who, services: ServicesOf, response: Response, name: SessionId) -> None:
    """Sign out of one session; its tokens end with it."""
    services.staff.own_sessions.end(who, name)
    if name == who.session:
        cookies.sign_out(response)


@router.delete("/sessions", operation_id="end_all_sessions", responses=problems())
def end_all_sessions(who: Who, services: ServicesOf, response: Response) -> schemas.SessionsEnded:
    """Sign out everywhere: all browsers, all phones."""
    ended = services.staff.own_sessions.end_all(who)
    cookies.sign_out(response)
    return schemas.SessionsEnded(ended=ended)
