"""What routes are given: the services, the caller, an id from the path, the bytes of a body."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.api.v1.access import ACCESS
from service.api.v1.problems import IDEMPOTENCY_KEY, media_type
from service.domain.errors import ProblemCode, ServiceError
from service.domain.idempotency import MAX_KEY, KeyedRequest, keyed_request
from service.domain.identity import Principal
from service.wiring import Services

_BEARER: Final = HTTPBearer(auto_error=False, description="An access token; `passkoll serve` prints two at start.")
_VERIFICATION_ID: Final = re.compile(r"vs_[A-Z2-7]{26}")
_RESULT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

JSON: Final = "application/json"
CBOR: Final = "application/cbor"


def services(request: Request) -> Services:
    """The use cases of this application."""
    wired: Services = request.app.state.services
    return wired


def principal(
    request: Request,
    wired: Annotated[Services, Depends(services)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Principal:
    """Who is asking; refused unless the table of access lets this caller use this route."""
    server = request.scope.get("server") or ("", None)
    who = None if credentials is None else wired.identity.authenticate(credentials.credentials, str(server[0]))
    if who is None:
        raise ServiceError(ProblemCode.UNAUTHENTICATED)
    if not who.callers & ACCESS[request.scope["route"].operation_id]:
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
