"""Calls the service as a phone or a system does: with a key, an assertion for tokens, and a proof for each request.

    key = SigningKey.load(Path("portal.pem").read_bytes())
    tokens = TokenEndpoint("https://id.example.se", "cl_...", key, audience="https://id.example.se")
    with DpopSession("https://id.example.se", key, tokens.client_credentials) as portal:
        portal.request("GET", "/v1/orders/or_...")

The key of the proofs may be another one than that of the assertions where the client is a system: `DpopSession` is
given both. That of a phone is its enrolled key for either (docs/portal.md, docs/devices.md).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpx2
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ALGORITHM: Final = "ES256"
TOKEN_PATH: Final = "/v1/oauth/token"
REVOCATION_PATH: Final = "/v1/oauth/revoke"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
#: Seconds that an assertion lives; the service takes at most 60, and clocks differ.
ASSERTION_LIFE_S: Final = 30
#: Seconds before its end from which on a token is not used for another request.
RENEW_BEFORE_S: Final = 30
TIMEOUT_S: Final = 30.0

Clock = Callable[[], float]


class TokenRefusedError(Exception):
    """The service gave no token; `code` is its OAuth error, or what else happened."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class TokenUnreachableError(TokenRefusedError):
    """Nothing answers at the token endpoint."""


class SigningKey:
    """A P-256 key that this program holds itself. The key of a real phone never leaves its hardware."""

    def __init__(self, key: ECKey) -> None:
        if not key.is_private or key.curve_name != "P-256":
            raise ValueError("a private P-256 key is needed")
        self._key: Final = key
        public = ECKey.import_key(key.as_pem(private=False)).as_dict(private=False)
        #: the public part, as the four members of RFC 7638 §3.2
        self.jwk: Final = {name: str(public[name]) for name in ("kty", "crv", "x", "y")}
        self.thumbprint: Final = ECKey.import_key(dict(self.jwk)).thumbprint()

    @classmethod
    def generate(cls) -> Self:
        """A new one."""
        return cls(ECKey.generate_key("P-256"))

    @classmethod
    def load(cls, octets: bytes) -> Self:
        """From a PEM file (PKCS #8 or SEC 1) or a private JWK.

        Raises:
            ValueError: it is neither, or another kind of key.
        """
        try:
            if octets.lstrip().startswith(b"-----BEGIN"):
                load_pem_private_key(octets, None)
                return cls(ECKey.import_key(octets))
            return cls(ECKey.import_key(json.loads(octets)))
        except (JoseError, TypeError, AttributeError, KeyError, ValueError):
            raise ValueError("a private P-256 key is needed, in PEM or as a JWK") from None

    def private_pem(self) -> bytes:
        """The key itself, for a file that only its owner reads."""
        return self._key.as_pem(private=True)

    def sign(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        """A compact JWS."""
        return jwt.encode({**header, "alg": ALGORITHM}, dict(claims), self._key, algorithms=[ALGORITHM])


def proof(key: SigningKey, method: str, url: str, now: float, token: str | None = None) -> str:
    """A DPoP proof for one request (RFC 9449 §4.2); its address is without query and fragment."""
    claims: dict[str, object] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": url.partition("#")[0].partition("?")[0],
        "iat": int(now),
    }
    if token is not None:
        digest = hashlib.sha256(token.encode("ascii")).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return key.sign({"typ": "dpop+jwt", "jwk": key.jwk}, claims)


def assertion(key: SigningKey, client_id: str, audience: str, now: float) -> str:
    """Who the client is (RFC 7523 §3): for the service alone, once, for half a minute."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(16),
        "iat": int(now),
        "exp": int(now) + ASSERTION_LIFE_S,
    }
    return key.sign({"typ": "JWT", "kid": key.thumbprint}, claims)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and when it ends by the clock of this program."""

    text: str = field(repr=False)
    ends_at: float
    scope: str


class TokenEndpoint:
    """Asks for tokens, for one client.

    Args:
        url: scheme and authority of the service, as it knows itself (its public origin).
        client_id: `cl_...` of a system, `de_...` of a phone.
        key: the registered or enrolled key.
        audience: the `issuer` of the service, from `/.well-known/passkoll-configuration`.
        proof_key: the key that tokens are bound to; by default the same.
        clock: seconds since 1970; a service for specimens of another time has another clock.
        http: an own connection to the service, where a program has one.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        key: SigningKey,
        *,
        audience: str,
        proof_key: SigningKey | None = None,
        clock: Clock = time.time,
        http: httpx2.Client | None = None,
    ) -> None:
        self._url: Final = url.rstrip("/")
        self._client_id: Final = client_id
        self._key: Final = key
        self._audience: Final = audience
        self._proof_key: Final = proof_key or key
        self._clock: Final = clock
        self._http: Final = http or httpx2.Client(timeout=TIMEOUT_S, trust_env=False)

    def client_credentials(self, scope: str | None = None) -> Token:
        """A token for the client itself.

        Raises:
            TokenRefusedError: there is none.
        """
        return self._token({"grant_type": "client_credentials"} | ({} if scope is None else {"scope": scope}))

    def exchange(self, subject_token: str, subject_token_type: str, scope: str | None = None) -> Token:
        """A token for the person who signed in on this phone (RFC 8693).

        Raises:
            TokenRefusedError: there is none.
        """
        form = {"grant_type": EXCHANGE, "subject_token": subject_token, "subject_token_type": subject_token_type}
        return self._token(form | ({} if scope is None else {"scope": scope}))

    def revoke(self, token: Token) -> None:
        """Make an end of a token (RFC 7009).

        Raises:
            TokenRefusedError: the service does not know this client.
        """
        self._post(REVOCATION_PATH, {"token": token.text})

    def _token(self, form: Mapping[str, str]) -> Token:
        asked_at = self._clock()
        try:
            answer = self._post(TOKEN_PATH, form).json()
            return Token(str(answer["access_token"]), asked_at + int(answer["expires_in"]), str(answer["scope"]))
        except (ValueError, KeyError, TypeError):
            raise TokenRefusedError("no token in the answer: is this the service?") from None

    def _post(self, path: str, form: Mapping[str, str]) -> httpx2.Response:
        now, address = self._clock(), self._url + path
        who = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion(self._key, self._client_id, self._audience, now),
        }
        headers = {"DPoP": proof(self._proof_key, "POST", address, now)}
        try:
            response = self._http.post(address, data={**form, **who}, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise TokenUnreachableError(type(error).__name__) from None
        if not response.is_success:
            raise TokenRefusedError(_refusal(response))
        return response


class DpopSession:
    """Requests with a token and a proof each; a token that is about to end is replaced. Good for several threads.

    Args:
        url: as of `TokenEndpoint`.
        key: the key that the tokens are bound to.
        token_provider: gives a token.
        clock, http: as of `TokenEndpoint`.
    """

    def __init__(
        self,
        url: str,
        key: SigningKey,
        token_provider: Callable[[], Token],
        *,
        clock: Clock = time.time,
        http: httpx2.Client | None = None,
    ) -> None:
        self.url: Final = url.rstrip("/")
        self._key: Final = key
        self._provider: Final = token_provider
        self._clock: Final = clock
        self._http: Final = http or httpx2.Client(timeout=TIMEOUT_S, trust_env=False)
        self._guard: Final = threading.Lock()
        self._token: Token | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response:  # noqa: ANN401 as httpx2 takes them
        """Send one; `options` are those of httpx2.

        A token that the service does not know any more is replaced once: whoever ended it said why.

        Raises:
            TokenRefusedError: there is no token.
            httpx2.HTTPError: the service cannot be reached.
        """
        token = self._current()
        response = self._send(method, path, token, options)
        if response.status_code == httpx2.codes.UNAUTHORIZED and _is_unknown(response):
            response = self._send(method, path, self._replaced(token), options)
        return response

    def headers(self, method: str, path: str) -> dict[str, str]:
        """What shows who asks, for one request that another library sends.

        Raises:
            TokenRefusedError: there is no token.
        """
        return self._shown(method, self.url + path, self._current())

    def _send(self, method: str, path: str, token: Token, options: Mapping[str, Any]) -> httpx2.Response:
        address = self.url + path
        headers = {**options.get("headers", {}), **self._shown(method, address, token)}
        return self._http.request(method, address, **{**options, "headers": headers})

    def _shown(self, method: str, address: str, token: Token) -> dict[str, str]:
        return {
            "Authorization": f"DPoP {token.text}",
            "DPoP": proof(self._key, method, address, self._clock(), token.text),
        }

    def _current(self) -> Token:
        with self._guard:
            if self._token is None or self._clock() >= self._token.ends_at - RENEW_BEFORE_S:
                self._token = self._provider()
            return self._token

    def _replaced(self, old: Token) -> Token:
        """A new token, unless another thread got one meanwhile."""
        with self._guard:
            if self._token is old or self._token is None:
                self._token = self._provider()
            return self._token


def _refusal(response: httpx2.Response) -> str:
    """The OAuth error, or the code of a problem."""
    try:
        answer = response.json()
        return str(answer.get("error") or answer["code"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"status {response.status_code}"


def _is_unknown(response: httpx2.Response) -> bool:
    """Whether the token is what was refused, and not the proof (RFC 9449 §7.1)."""
    return 'error="invalid_token"' in response.headers.get("WWW-Authenticate", "")
