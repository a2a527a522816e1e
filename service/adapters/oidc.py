"""The identity provider of the organisation: discovery, codes, tokens (OpenID Connect, RFC 6749, 7636, 9207)."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx2
import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from service.domain.openid import (
    ALGORITHMS,
    Asserted,
    ClaimNames,
    Expected,
    OpenIdRefusal,
    OpenIdRefusedError,
    OpenIdRequest,
    asserted,
)

log: Final = structlog.stdlib.get_logger("passkoll.openid")

#: How long what the provider publishes is believed.
METADATA_AGE_S: Final = 3600.0
#: An unknown key is looked for anew, but not more often: anybody can name one in a token.
KEYS_AGAIN_S: Final = 60.0
TIMEOUT_S: Final = 10.0
#: A document of the provider, its keys or its answer.
MAX_ANSWER: Final = 256 * 1024
MAX_TOKEN: Final = 32 * 1024
MAX_CODE: Final = 4096
MIN_RSA_BITS: Final = 2048
_DISCOVERY: Final = "/.well-known/openid-configuration"
_SCOPE: Final = "openid profile"


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """What we are at the provider. `secret`: of `client_secret_basic`. `app_client_id`: who the app is there."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    acr: frozenset[str]
    names: ClaimNames
    app_client_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization: str
    token: str
    jwks: str
    answers_name_issuer: bool


class OidcProvider:
    """Answers `service.domain.openid.OpenIdProvider`."""

    def __init__(self, settings: OidcSettings, client: httpx2.Client | None = None) -> None:
        self._settings: Final = settings
        self._client: Final = client or httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)
        self._lock: Final = threading.Lock()
        self._metadata: tuple[_Metadata, float] | None = None
        self._keys: tuple[KeySet, float] | None = None

    def authorization_url(self, request: OpenIdRequest) -> str:
        names = self._settings.names
        # OpenID Connect Core §5.5: what is essential, by name
        id_token: dict[str, Any] = {
            "acr": {"essential": True, "values": sorted(self._settings.acr)},
            "auth_time": {"essential": True},
            names.hsa_id: {"essential": True},
        }
        id_token |= dict.fromkeys((names.personal_number, *names.names))
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": request.redirect_uri,
            "scope": _SCOPE,
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": code_challenge(request.verifier),
            "code_challenge_method": "S256",
            "acr_values": " ".join(sorted(self._settings.acr)),
            "claims": json.dumps({"id_token": id_token}, separators=(",", ":")),
        }
        if request.fresh:
            asked |= {"prompt": "login", "max_age": "0"}
        where = self._described().authorization
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    def redeem(
        self, code: str, request: OpenIdRequest, issuer: str | None, not_before: datetime | None, now: datetime
    ) -> Asserted:
        described = self._described()
        # RFC 9207 §2.4: an answer of another provider is not sent to this one (mix-up)
        if issuer != self._settings.issuer and (issuer is not None or described.answers_name_issuer):
            raise OpenIdRefusedError(OpenIdRefusal.WRONG_ISSUER)
        if not 0 < len(code) <= MAX_CODE:
            raise OpenIdRefusedError(OpenIdRefusal.MALFORMED)
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.redirect_uri,
            "code_verifier": request.verifier,
        }
        who = httpx2.BasicAuth(_form(self._settings.client_id), _form(self._settings.secret))
        answer = self._json("POST", described.token, OpenIdRefusal.TOKEN_ENDPOINT, data=body, auth=who)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OpenIdRefusedError(OpenIdRefusal.MALFORMED)
        return self._asserted(token, self._settings.client_id, request.nonce, not_before, now)

    def read(self, token: str, nonce: str, now: datetime) -> Asserted:
        if self._settings.app_client_id is None:
            raise OpenIdRefusedError(OpenIdRefusal.NOT_CONFIGURED)
        return self._asserted(token, self._settings.app_client_id, nonce, None, now)

    def _asserted(
        self, token: str, audience: str, nonce: str, not_before: datetime | None, now: datetime
    ) -> Asserted:
        settings = self._settings
        expected = Expected(settings.issuer, audience, nonce, settings.acr, settings.names, not_before)
        return asserted(self._claims(token), expected, now)

    def _claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that the provider signed.

        Raises:
            OpenIdRefusedError: it did not.
        """
        if len(token) > MAX_TOKEN:
            raise OpenIdRefusedError(OpenIdRefusal.MALFORMED)
        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError):
            raise OpenIdRefusedError(OpenIdRefusal.MALFORMED) from None
        key_id = header.get("kid")
        if "crit" in header or not (key_id is None or isinstance(key_id, str)):
            raise OpenIdRefusedError(OpenIdRefusal.MALFORMED)
        try:
            signed = jws.deserialize_compact(token, self._key(key_id), algorithms=list(ALGORITHMS))
            claims = json.loads(signed.payload)
        except (JoseError, ValueError, TypeError):
            raise OpenIdRefusedError(OpenIdRefusal.SIGNATURE) from None
        if not isinstance(claims, dict):
            raise OpenIdRefusedError(OpenIdRefusal.MALFORMED)
        return claims

    def _key(self, key_id: str | None) -> RSAKey | ECKey:
        """The key with this id; without an id, the only one there is (OpenID Connect Core §10.1)."""
        for again in (False, True):
            keys = self._published(again=again)
            found = [
                key
                for key in keys.keys
                if isinstance(key, RSAKey | ECKey)
                and (key_id is None or key.kid == key_id)
                and key.get("use") in (None, "sig")
            ]
            if len(found) == 1:
                if isinstance(found[0], RSAKey) and found[0].public_key.key_size < MIN_RSA_BITS:
                    break
                return found[0]
        raise OpenIdRefusedError(OpenIdRefusal.SIGNATURE)

    def _published(self, *, again: bool) -> KeySet:
        with self._lock:
            known = self._keys
        oldest = KEYS_AGAIN_S if again else METADATA_AGE_S
        if known is not None and time.monotonic() - known[1] < oldest:
            return known[0]
        answer = self._json("GET", self._described().jwks, OpenIdRefusal.METADATA)
        members = answer.get("keys")
        if not isinstance(members, list):
            raise OpenIdRefusedError(OpenIdRefusal.METADATA)
        # keys of kinds that nobody here knows are for others
        usable = [member for member in members if isinstance(member, dict) and member.get("kty") in ("RSA", "EC")]
        try:
            keys = KeySet.import_key_set({"keys": [_public(member) for member in usable]})
        except (JoseError, ValueError, TypeError, KeyError):
            raise OpenIdRefusedError(OpenIdRefusal.METADATA) from None
        with self._lock:
            self._keys = keys, time.monotonic()
        return keys

    def _described(self) -> _Metadata:
        """What the provider says of itself (OpenID Connect Discovery §4)."""
        with self._lock:
            known = self._metadata
        if known is not None and time.monotonic() - known[1] < METADATA_AGE_S:
            return known[0]
        issuer = self._settings.issuer
        answer = self._json("GET", issuer.removesuffix("/") + _DISCOVERY, OpenIdRefusal.METADATA)
        # §4.3: another name here would be another provider
        if answer.get("issuer") != issuer:
            raise OpenIdRefusedError(OpenIdRefusal.WRONG_ISSUER)
        described = _Metadata(
            self._endpoint(answer, "authorization_endpoint"),
            self._endpoint(answer, "token_endpoint"),
            self._endpoint(answer, "jwks_uri"),
            answer.get("authorization_response_iss_parameter_supported") is True,
        )
        with self._lock:
            self._metadata = described, time.monotonic()
        return described

    def _endpoint(self, answer: Mapping[str, Any], name: str) -> str:
        """An address of the provider, by TLS where the provider itself is."""
        value = answer.get(name)
        if not isinstance(value, str) or not value.isascii() or urlsplit(value).fragment:
            raise OpenIdRefusedError(OpenIdRefusal.METADATA)
        if urlsplit(value).scheme not in ("https", urlsplit(self._settings.issuer).scheme):
            raise OpenIdRefusedError(OpenIdRefusal.METADATA)
        return value

    def _json(self, method: str, url: str, problem: OpenIdRefusal, **sent: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """What the provider answers, when that is a JSON object with status 200."""
        try:
            with self._client.stream(method, url, headers={"Accept": "application/json"}, **sent) as answer:
                content = b""
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > MAX_ANSWER:
                        raise OpenIdRefusedError(problem)
        except httpx2.HTTPError as error:
            log.warning("the identity provider cannot be reached", error=type(error).__name__)
            raise OpenIdRefusedError(OpenIdRefusal.UNREACHABLE) from None
        try:
            found = json.loads(content) if answer.status_code == httpx2.codes.OK else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise OpenIdRefusedError(problem)
        return found


def _public(member: Mapping[str, Any]) -> dict[str, Any]:
    """A key without what a provider should never publish."""
    return {name: value for name, value in member.items() if name in _PUBLIC}


_PUBLIC: Final = frozenset({"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"})


def code_challenge(verifier: str) -> str:
    """`S256` of RFC 7636 §4.2."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).decode().rstrip("=")


def _form(text: str) -> str:
    """As RFC 6749 §2.3.1 writes names and secrets of clients in the Authorization header."""
    return urlencode({"": text})[1:]
