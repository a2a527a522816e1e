"""What routes are given: the services, the caller, an id from the path, the bytes of a body."""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Header, Path, Request
from fastapi.security import HTTPAuthorizationCredentials
from fastapi.security.http import HTTPBase
from starlette.requests import HTTPConnection

from service.api.client_address import seen
from service.api.rate_limit import limit_public
from service.api.v1.access import ACCESS, LIMITED, PUBLIC, ROLES, SCOPES
from service.api.v1.problems import IDEMPOTENCY_KEY, PROBLEMS, media_type
from service.domain.errors import ProblemCode, ServiceError
from service.domain.idempotency import MAX_KEY, KeyedRequest, keyed_request
from service.domain.identity import PEOPLE, Caller, Presented, Principal
from service.domain.protected import REASON_HEADER, AccessReason
from service.wiring import Services

_ACCESS_TOKEN: Final = HTTPBase(
    scheme="DPoP",
    scheme_name="AccessToken",
    auto_error=False,
    description="An access token of `POST /v1/oauth/token`, with a proof of its key in the header `DPoP` (RFC 9449).",
)
_VERIFICATION_ID: Final = re.compile(r"vs_[A-Z2-7]{26}")
_RESULT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: `__Host-`: set by this host over TLS for all of it, and by nobody else (RFC 6265bis §4.1.3.2).
SESSION_COOKIE: Final = "__Host-passkoll"
#: Of somebody who signed in for one case on the screen of another person, whose own session goes on beside it.
CASE_COOKIE: Final = "__Host-passkoll-case"
#: `case`: the request is made in that one.
SESSION_HEADER: Final = "X-Passkoll-Session"
#: A page of another origin cannot send it without being asked about first.
CSRF_HEADER: Final = "X-Passkoll-CSRF"

#: Stands for a scheme where several were named: nobody is known by it, and it is no request without one.
SEVERAL: Final = "several"
#: Where in the scope of a request `admit` leaves who asks.
_PRINCIPAL: Final = "passkoll.principal"

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
#: A WebSocket begins as a request of HTTP (RFC 6455 §4.1), and a proof is for its address in that form.
_HTTP_SCHEMES: Final = {"ws": "http", "wss": "https"}
_WEBSOCKET: Final = "websocket"

JSON: Final = "application/json"
CBOR: Final = "application/cbor"


def services(request: HTTPConnection) -> Services:
    """The use cases of this application."""
    wired: Services = request.app.state.services
    return wired


def presented(request: HTTPConnection) -> Presented:
    """What a request shows of who asks. A header that comes twice shows nothing.

    A cookie alone opens no WebSocket: browsers send it wherever the page that asks came from (RFC 6455 §10.2).
    """
    server, port = request.scope.get("server") or ("", None)
    several = len(request.headers.getlist("Authorization")) > 1
    scheme, _, token = (SEVERAL if several else _once(request, "Authorization") or "").partition(" ")
    cookie = request.cookies.get(session_cookie(request))
    spoken: str = request.scope["scheme"]
    return Presented(
        request.scope.get("method", "GET"),
        (request.scope.get("raw_path") or quote(request.scope["path"]).encode()).decode("latin-1"),
        str(server),
        _origin(_HTTP_SCHEMES.get(spoken, spoken), str(server), port),
        scheme.lower(),
        token.strip(),
        _once(request, "DPoP"),
        None if request.scope["type"] == _WEBSOCKET and not scheme else cookie,
        _once(request, CSRF_HEADER),
    )


def public_origin(request: HTTPConnection) -> str:
    """How clients know this service: as it is configured, or as this machine took the request."""
    return services(request).tokens.origin or presented(request).local_origin


def session_cookie(request: HTTPConnection) -> str:
    """Which of the two cookies a request means."""
    return CASE_COOKIE if _once(request, SESSION_HEADER) == "case" else SESSION_COOKIE


def _origin(scheme: str, host: str, port: int | None) -> str:
    """An origin (RFC 6454 §6.2): a default port is not written."""
    written = f"[{host}]" if ":" in host else host
    return f"{scheme}://{written}" if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{scheme}://{written}:{port}"


def _once(request: HTTPConnection, name: str) -> str | None:
    values = request.headers.getlist(name)
    return values[0] if len(values) == 1 else None


def admit(request: HTTPConnection) -> None:
    """Find out who asks, before anything of the body is read; refused unless the table of access lets them.

    Raises:
        ServiceError: `unauthenticated`, `forbidden`, `too_many_requests`.
    """
    wired = services(request)
    operation = request.scope["route"].operation_id
    address = seen(request.scope).address
    if operation in PUBLIC:
        limit_public(wired.limit_requests, operation, address)
        return
    try:
        who = wired.identity.authenticate(presented(request))
        if who is None:
            raise ServiceError(ProblemCode.UNAUTHENTICATED)
    except ServiceError as error:
        if PROBLEMS[error.code].status == HTTPStatus.UNAUTHORIZED:
            wired.limit_requests.stranger(address)
        raise
    wired.limit_requests.known(who)
    _require_access(who, operation)
    request.scope[_PRINCIPAL] = replace(who, access_reason=_access_reason(request))


def _access_reason(request: HTTPConnection) -> str | None:
    """Why protected cases are opened; what is no reason of the list is none."""
    given = _once(request, REASON_HEADER)
    return given if given in set(AccessReason) else None


def principal(
    request: Request,
    # only described by these: what counts is read by `admit`
    _credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_ACCESS_TOKEN)],
    _access_reason: Annotated[
        str | None,
        Header(
            alias=REASON_HEADER,
            description="Why a case of a person with protected identity is opened, by those who may: "
            + ", ".join(f"`{reason.value}`" for reason in AccessReason)
            + ". It is written in the audit trail.",
        ),
    ] = None,
) -> Principal:
    """Who is asking, as `admit` found."""
    return admitted(request)


def admitted(request: HTTPConnection) -> Principal:
    """Who is asking, as `admit` found."""
    who: Principal = request.scope[_PRINCIPAL]
    return who


def _require_access(who: Principal, operation: str) -> None:
    """The table of access. A route that is not in it is nobody's."""
    callers = who.callers & ACCESS.get(operation, frozenset())
    needed = ROLES.get(operation)
    # A role is of a person: what is open to a system or a phone as well is open to it without one.
    if not callers or (needed is not None and callers <= PEOPLE and not who.roles & needed):
        raise ServiceError(ProblemCode.FORBIDDEN)
    if who.only is not None and operation not in LIMITED:
        raise ServiceError(ProblemCode.FORBIDDEN)
    if who.scopes is not None and callers != {Caller.DEVICE} and not who.scopes & SCOPES.get(operation, frozenset()):
        raise ServiceError(ProblemCode.INSUFFICIENT_SCOPE)


def verification_id(value: Annotated[str, Path(alias="id", description="`vs_` and 26 characters")]) -> str:
    """The id in the path; whatever cannot be one is not found."""
    if _VERIFICATION_ID.fullmatch(value) is None:
        raise ServiceError(ProblemCode.NOT_FOUND)
    return value


def result_id(value: Annotated[str, Path(alias="jti", description="the `jti` of the result")]) -> str:
    """The id in the path; whatever cannot be one is not found."""
    if _RESULT_ID.fullmatch(value) is None:
        raise ServiceError(ProblemCode.NOT_FOUND)
    return value


async def structured_body(request: Request, _who: Annotated[Principal, Depends(principal)]) -> bytes:
    """A body in JSON or CBOR, as bytes: what is hashed later is what was sent. Read only for known callers."""
    kind = media_type(request)
    if kind not in (JSON, CBOR):
        raise ServiceError(ProblemCode.UNSUPPORTED_MEDIA_TYPE)
    body = await request.body()
    if not _looks_like(body, kind):
        raise ServiceError(ProblemCode.MALFORMED_REQUEST)
    return body


def _looks_like(body: bytes, kind: str) -> bool:
    """Whether a body starts as its media type says; archives have no way in here (API.md section 5)."""
    if kind == JSON:
        return body.lstrip(b" \t\r\n").startswith(b"{")
    # RFC 8949 §3.1: major type 5 is a map.
    return bool(body) and body[0] >> 5 == 5


async def keyed(
    request: Request,
    who: Annotated[Principal, Depends(principal)],
    key: Annotated[
        str,
        Header(
            alias=IDEMPOTENCY_KEY,
            pattern=r"^[\x21-\x7e]+$",
            min_length=1,
            max_length=MAX_KEY,
            description="Made by the client, one for each thing that it wants done, and the same one when it asks "
            "again: the answer is then the same, and nothing is done twice. Kept 24 hours.",
        ),
    ],
) -> KeyedRequest:
    """The request with its key. Who asks was settled before, and may ask."""
    subject = "/".join(request.path_params.values()) or None
    route: str = request.scope["route"].path
    return keyed_request(who, request.method, route, subject, key, await request.body())


ServicesOf = Annotated[Services, Depends(services)]
Who = Annotated[Principal, Depends(principal)]
PublicOrigin = Annotated[str, Depends(public_origin)]
VerificationId = Annotated[str, Depends(verification_id)]
ResultId = Annotated[str, Depends(result_id)]
StructuredBody = Annotated[bytes, Depends(structured_body)]
Keyed = Annotated[KeyedRequest, Depends(keyed)]
