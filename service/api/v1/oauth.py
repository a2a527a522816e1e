"""Access tokens: how they are asked for, and how they are ended.

This is where OAuth clients ask, so it answers as they expect: forms in, JSON out, and errors as RFC 6749 §5.2 has
them. Problems of RFC 9457 are answered only where no OAuth error fits: a body that is too large, too many requests, a
service that is not ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.responses import JSONResponse

from service.api.request_context import current_request_id
from service.api.strict_json import GuardedRoute
from service.api.v1.dependencies import ServicesOf, presented
from service.api.v1.documented import public_problems
from service.api.v1.model import Answer
from service.api.v1.problems import media_type
from service.domain.errors import ProblemCode as Code
from service.domain.grants import (
    ASSERTION_TYPE,
    MAX_VALUE,
    SECRETS,
    ClientProof,
    GrantType,
    RevocationRequest,
    TokenRequest,
    members_of,
)
from service.domain.identity import Presented
from service.domain.proofs import ALGORITHM, CLIENT_ALGORITHMS
from service.domain.tokens import OAuthError, OAuthErrorCode, Scope

router = APIRouter(route_class=GuardedRoute, tags=["tokens"])

TOKEN_PATH: Final = "/v1/oauth/token"
REVOCATION_PATH: Final = "/v1/oauth/revoke"
FORM: Final = "application/x-www-form-urlencoded"
#: Members of a form: ours have thirteen.
MAX_FIELDS: Final = 32


class TokenAnswer(Answer):
    """An access token (RFC 6749 §5.1, RFC 8693 §2.2.1), bound to the key of the DPoP proof."""

    access_token: str
    token_type: Literal["DPoP"]
    expires_in: int
    scope: str
    issued_token_type: str | None = None


class OAuthProblem(Answer):
    """Why there is no token (RFC 6749 §5.2)."""

    error: OAuthErrorCode
    error_description: str
    request_id: str


async def form_of(request: Request) -> Mapping[str, str]:
    """The form in the body, each of its members once (RFC 6749 §3.2).

    Raises:
        OAuthError: `invalid_request`: it is none, or holds what an OAuth client does not send here.
    """
    if request.url.query:
        raise _malformed("parameters belong into the body, not into the address")
    if media_type(request) != FORM:
        raise _malformed(f"the body is {FORM}")
    try:
        body = (await request.body()).decode("ascii")
        pairs = parse_qsl(body, True, True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise _malformed("the body is no form") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _malformed("a parameter came twice")
    if SECRETS & form.keys():
        raise _malformed("clients prove themselves by client_assertion")
    if any(len(value) > MAX_VALUE for value in form.values()):
        raise _malformed("a parameter is too long")
    return form


def shown(request: Request) -> Presented:
    """What the request shows; here nobody says in a header who it is, but by an assertion and a proof.

    Raises:
        OAuthError: `invalid_request`: a second way of saying who it is (RFC 6749 §2.3).
    """
    found = presented(request)
    if found.scheme:
        raise _malformed("clients prove themselves by client_assertion, not by an Authorization header")
    return found


def _malformed(description: str) -> OAuthError:
    return OAuthError(OAuthErrorCode.INVALID_REQUEST, description)


_TEXT: Final = {"type": "string", "maxLength": MAX_VALUE}
_CLIENT: Final = {
    "client_assertion_type": {"const": ASSERTION_TYPE},
    "client_assertion": _TEXT,
    "client_id": _TEXT,
}


def _body(members: Mapping[str, Any], *required: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": _CLIENT | dict(members),
        "required": ["client_assertion_type", "client_assertion", *required],
    }
    proof = {
        "name": "DPoP",
        "in": "header",
        "required": True,
        "description": "A proof of the key that the token will be bound to (RFC 9449 §4).",
        "schema": {"type": "string"},
    }
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}, "parameters": [proof]}


_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {
        "model": OAuthProblem,
        "description": ", ".join(f"`{code.value}`" for code in OAuthErrorCode) + " (RFC 6749 §5.2)",
    },
    **public_problems(Code.BODY_TOO_LARGE, Code.TOO_MANY_REQUESTS, Code.NOT_READY),
}
_TOKEN_BODY: Final = _body(
    {
        "grant_type": {"enum": [grant.value for grant in GrantType]},
        "scope": _TEXT,
        "subject_token": _TEXT,
        "subject_token_type": _TEXT,
        "requested_token_type": _TEXT,
    },
    "grant_type",
)
_REVOCATION_BODY: Final = {
    "requestBody": _body({"token": _TEXT, "token_type_hint": _TEXT}, "token")["requestBody"],
}

Form = Annotated[Mapping[str, str], Depends(form_of)]
Shown = Annotated[Presented, Depends(shown)]


@router.post(
    TOKEN_PATH,
    operation_id="issue_token",
    responses=_ERRORS,
    openapi_extra=_TOKEN_BODY,
    response_model_exclude_none=True,
)
def issue_token(services: ServicesOf, who: Shown, form: Form) -> TokenAnswer:
    """Give an access token to a phone or a system, or to a phone for the person who signed in on it.

    Who asks proves itself by a signed assertion whose `aud` is the issuer alone (RFC 7523), and its key by a DPoP
    proof (RFC 9449). A token lives ten minutes.
    """
    issued = services.tokens.issue(
        who, ClientProof(**members_of(ClientProof, form)), TokenRequest(**members_of(TokenRequest, form))
    )
    token = issued.token
    return TokenAnswer(
        access_token=issued.text,
        token_type="DPoP",
        expires_in=int((token.expires_at - token.issued_at).total_seconds()),
        scope=" ".join(sorted(token.scopes)),
        issued_token_type=issued.issued_token_type,
    )


@router.get("/.well-known/oauth-authorization-server", operation_id="show_authorization_server")
def show_authorization_server(
    services: ServicesOf, asked: Annotated[Presented, Depends(presented)]
) -> dict[str, Any]:
    """Where and how tokens are asked for (RFC 8414)."""
    origin = services.tokens.origin or asked.local_origin
    return {
        "issuer": services.issuer.iss,
        "token_endpoint": f"{origin}{TOKEN_PATH}",
        "revocation_endpoint": f"{origin}{REVOCATION_PATH}",
        "jwks_uri": f"{origin}/.well-known/jwks.json",
        "grant_types_supported": [grant.value for grant in GrantType],
        "response_types_supported": [],
        "scopes_supported": [scope.value for scope in Scope],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "dpop_signing_alg_values_supported": [ALGORITHM],
    }


@router.post(
    REVOCATION_PATH,
    operation_id="revoke_token",
    responses=_ERRORS,
    openapi_extra=_REVOCATION_BODY,
    response_class=Response,
)
def revoke_token(services: ServicesOf, _who: Shown, form: Form) -> Response:
    """Make an end of a token of one's own (RFC 7009). What is no such token has ended already."""
    services.tokens.revoke(
        ClientProof(**members_of(ClientProof, form)), RevocationRequest(**members_of(RevocationRequest, form))
    )
    return Response(status_code=200)


def handle_oauth_errors(app: FastAPI) -> None:
    """Answer as RFC 6749 §5.2 has it, with the number of the request for whoever helps."""

    @app.exception_handler(OAuthError)
    def on_oauth_error(_request: Request, error: OAuthError) -> JSONResponse:
        content = OAuthProblem(error=error.code, error_description=error.description, request_id=current_request_id())
        return JSONResponse(content.model_dump(mode="json"), 400)
