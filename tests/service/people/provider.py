"""An identity provider on this machine that says whatever a test wants it to; its tokens are signed by hand."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.service.tokens.keys import Key, base64url, compact

CLIENT, SECRET = "passkoll client", "s:e c/r+e%t"
APP_CLIENT = "passkoll-app"
LOA3 = "http://id.sambi.se/loa/loa3"
HSA_ID = "SE2321000016-100A"
NUMBER = "196408233234"


@dataclass
class Provider:
    """What it answers; `claims` and `header` replace what belongs into its tokens, None takes it away."""

    url: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    ec_key: Key = field(default_factory=Key)
    kid: str = "one"
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    jwks: list[dict[str, Any]] | None = None
    sign: Any = None
    #: codes that were given, with the request that they are for
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def authorize(self, address: str, at: datetime) -> dict[str, str]:
        """What the person's browser comes back with, after they proved who they are at `at`."""
        request = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = request | {"at": str(int(at.timestamp()))}
        return {"code": code, "state": request["state"], "iss": self.url}

    def token(self, audience: str, nonce: str | None, at: int, issued: int | None = None) -> str:
        """An ID token (OpenID Connect Core §2)."""
        now = at if issued is None else issued
        says = {
            "iss": self.url,
            "sub": "subject-1",
            "aud": audience,
            "exp": now + 300,
            "iat": now,
            "auth_time": at,
            "nonce": nonce,
            "acr": LOA3,
            "employeeHsaId": HSA_ID,
            "credentialPersonalIdentityNumber": NUMBER,
            "given_name": "Åsa",
            "family_name": "Ek",
        } | self.claims
        header = {"alg": "RS256", "kid": self.kid} | self.header
        present = [{name: value for name, value in part.items() if value is not None} for part in (header, says)]
        return compact(present[0], present[1], self.sign or self.rs256)

    def rs256(self, octets: bytes) -> bytes:
        """RFC 7518 §3.3."""
        return self.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())

    @property
    def jwk(self) -> dict[str, str]:
        """The public key."""
        numbers = self.key.public_key().public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        return {
            "kty": "RSA",
            "kid": self.kid,
            "use": "sig",
            "n": base64url(numbers.n.to_bytes(size)),
            "e": base64url(numbers.e.to_bytes(3)),
        }

    def get(self, path: str) -> object:
        """Discovery and keys."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
            } | self.metadata
        return {"keys": [self.jwk] if self.jwks is None else self.jwks}

    def post(self, body: str, authorization: str) -> tuple[int, object]:
        """The token endpoint: client_secret_basic (RFC 6749 §2.3.1) and PKCE (RFC 7636 §4.6)."""
        self.asked.append("/token")
        form = {name: values[0] for name, values in parse_qs(body).items()}
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if given != "passkoll+client:s%3Ae+c%2Fr%2Be%25t":
            return 401, {"error": "invalid_client"}
        request = self.codes.pop(form["code"], None)
        challenge = base64url(hashlib.sha256(form["code_verifier"].encode()).digest())
        if request is None or challenge != request["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != request["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        at = int(request["at"])
        return 200, {
            "token_type": "Bearer",
            "access_token": "x",
            "id_token": self.token(CLIENT, request["nonce"], at),
        }


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """The provider, on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(503 if provider.down else 200, provider.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(*provider.post(body, self.headers["Authorization"]))

        def answer(self, status: int, content: object) -> None:
            octets = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
