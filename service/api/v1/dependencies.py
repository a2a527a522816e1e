"""What routes are given: the services, the caller, an id from the path, the bytes of a body."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Header, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.api.v1.access import ACCESS, ROLES
from service.api.v1.problems import IDEMPOTENCY_KEY, media_type
from service.domain.errors import ProblemCode, ServiceError
from service.domain.idempotency import MAX_KEY, KeyedRequest, keyed_request
from service.domain.identity import PEOPLE, Presented, Principal
from service.wiring import Services

_BEARER: Final = HTTPBearer(auto_error=False, description="An access token; `passkoll serve` prints two at start.")
_VERIFICATION_ID: Final = re.compile(r"vs_[A-Z2-7]{26}")
_RESULT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: `__Host-`: set by this host over TLS for all of it, and by nobody else (RFC 6265bis §4.1.3.2).
SESSION_COOKIE: Final = "__Host-passkoll"
#: A page of another origin cannot send it without being asked about first.
CSRF_HEADER: Final = "X-Passkoll-CSRF"

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

JSON: Final = "application/json"
CBOR: Final = "application/cbor"


def services(request: Request) -> Services:
    """The use cases of this application."""
    wired: Services = request.app.state.services
    return wired


def presented(request: Request) -> Presented:
    """What a request shows of who asks. A header that comes twice shows nothing."""
    server, port = request.scope.get("server") or ("", None)
    scheme, _, token = (_once(request, "Authorization") or "").partition(" ")
    return Presented(
        request.method,
        (request.scope.get("raw_path") or quote(request.scope["path"]).encode()).decode("latin-1"),
        str(server),
        _origin(request.scope["scheme"], str(server), port),
        scheme.lower(),
        token.strip(),
        _once(request, "DPoP"),
        request.cookies.get(SESSION_COOKIE),
        _once(request, CSRF_HEADER),
    )


def _origin(scheme: str, host: str, port: int | None) -> str:
    """An origin (RFC 6454 §6.2): a default port is not written."""
    written = f"[{host}]" if ":" in host else host
    return f"{scheme}://{written}" if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{scheme}://{written}:{port}"


def _once(request: Request, name: str) -> str | None:
    values = request.headers.getlist(name)
    return values[0] if len(values) == 1 else None


def principal(
    request: Request,
    wired: Annotated[Services, Depends(services)],
    # only described by it: what counts is read by `presented`
    _credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Principal:
    """Who is asking; refused unless the table of access lets this caller use this route."""
    who = wired.identity.authenticate(presented(request))
    if who is None:
        raise ServiceError(ProblemCode.UNAUTHENTICATED)
    operation = request.scope["route"].operation_id
    callers = who.callers & ACCESS[operation]
    needed = ROLES.get(operation)
    # A role is of a person: what is open to a system or a phone as well is open to it without one.
    if not callers or (needed is not None and callers <= PEOPLE and not who.roles & needed):
        raise ServiceError(ProblemCode.FORBIDDEN)
    return who


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
VerificationId = Annotated[str, Depends(verification_id)]
ResultId = Annotated[str, Depends(result_id)]
StructuredBody = Annotated[bytes, Depends(structured_body)]
Keyed = Annotated[KeyedRequest, Depends(keyed)]
