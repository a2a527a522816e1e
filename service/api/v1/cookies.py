"""The cookies of browsers (RFC 6265bis). `__Host-`: set by this host over TLS for all of it, and by nobody else."""

from __future__ import annotations

from typing import Final, Literal

from fastapi import Request, Response

from service.api.v1.dependencies import CASE_COOKIE, SESSION_COOKIE, session_cookie
from service.domain.sessions import LONGEST_SESSION
from service.domain.sign_in import SIGN_IN_TIME
from service.usecases.begin_sign_in import Begun
from service.usecases.finish_sign_in import Shown
from service.usecases.opening_sessions import Finished

#: Binds a sign-in to the browser that began it. Lax: the identity provider sends the browser back from its own site.
SIGN_IN_COOKIE: Final = "__Host-passkoll-sign-in"


def shown(request: Request, local_origin: str, *, device_key: str | None = None) -> Shown:
    """What a browser, or the app on a phone, shows beside its proof."""
    session = request.cookies.get(session_cookie(request))
    return Shown(local_origin, request.cookies.get(SIGN_IN_COOKIE), session, device_key)


def remember_sign_in(response: Response, begun: Begun) -> None:
    """Bind a sign-in to this browser."""
    if begun.binding is not None:
        _set(response, SIGN_IN_COOKIE, begun.binding, int(SIGN_IN_TIME.total_seconds()), "lax")


def sign_in(response: Response, finished: Finished) -> None:
    """Give the browser its session, and take the cookie of the sign-in away."""
    if finished.cookie is None:
        return
    name = SESSION_COOKIE if finished.session.only is None else CASE_COOKIE
    _set(response, name, finished.cookie, int(LONGEST_SESSION.total_seconds()), "strict")
    _set(response, SIGN_IN_COOKIE, "", 0, "lax")


def sign_out(response: Response) -> None:
    """Take the cookies of sessions away; the server has ended the session already."""
    for name in (SESSION_COOKIE, CASE_COOKIE):
        _set(response, name, "", 0, "strict")


def _set(response: Response, name: str, value: str, max_age: int, same_site: Literal["lax", "strict"]) -> None:
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite=same_site)
