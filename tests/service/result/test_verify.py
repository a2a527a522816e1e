"""`passkoll result verify`: what is believed, and each kind of hostile input with a code of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mrtd.pki.realm import Realm
from service.adapters.signing import FileSigner
from service.domain.claims import claims
from service.domain.result import TOKEN_TYPES
from service.usecases.verify_result import Expected, ResultRefusal, ResultRefusedError, verify_result
from tests.service.cli.conftest import run  # noqa: F401 - a fixture
from tests.service.conftest import ManualClock
from tests.service.findings import AT
from tests.service.result.basis import ISSUER, basis

EXPECTED = Expected(Realm.PRODUCTION, ISSUER.iss, ISSUER.aud)


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def compact(header: object, payload: object, sign: Callable[[bytes], bytes]) -> str:
    """A JWS made by hand, so that it can be wrong."""
    head, body = (base64url(json.dumps(part).encode()) for part in (header, payload))
    return f"{head}.{body}.{base64url(sign(f'{head}.{body}'.encode()))}"


class Stranger:
    """Somebody with a key of their own."""

    def __init__(self, curve: ec.EllipticCurve | None = None) -> None:
        self.key = ec.generate_private_key(curve or ec.SECP256R1())

    def sign(self, content: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(content, ec.ECDSA(hashes.SHA256())))
        size = (self.key.key_size + 7) // 8
        return r.to_bytes(size) + s.to_bytes(size)

    def jwk(self, kid: str) -> dict:
        numbers = self.key.public_key().public_numbers()
        x, y = (base64url(number.to_bytes(32)) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig"}


@pytest.fixture
def stranger() -> Stranger:
    return Stranger()


@pytest.fixture
def issuer_key() -> Stranger:
    """The key of the issuer, in hands that can also sign nonsense."""
    return Stranger()


@pytest.fixture
def keys(issuer_key: Stranger) -> dict:
    return {"keys": [issuer_key.jwk("k1")]}


HEADER = {"alg": "ES256", "kid": "k1", "typ": "verification-result+jwt"}


def good(**changes: object) -> dict:
    return json.loads(json.dumps(claims(ISSUER, basis(), AT))) | changes


def refusal(token: str | bytes, keys: dict, expected: Expected = EXPECTED, at=AT) -> ResultRefusal:
    content = token.encode() if isinstance(token, str) else token
    with pytest.raises(ResultRefusedError) as refused:
        verify_result(content, keys, expected, at)
    assert str(refused.value) == refused.value.code
    return refused.value.code


@pytest.mark.parametrize("realm", Realm)
def test_what_the_service_signs_is_believed(realm: Realm, tmp_path: Path, clock: ManualClock) -> None:
    signer = FileSigner.open(tmp_path, realm, clock)
    token = signer.sign(claims(replace(ISSUER, realm=realm), basis(), AT), TOKEN_TYPES[realm])
    result = verify_result(f" {token}\n".encode(), signer.public_keys(), replace(EXPECTED, realm=realm), AT)
    assert (result.level, result.kid) == (
        "specimen" if realm is Realm.SPECIMEN else "uncertified-loa3-nonresident",
        signer.all()[0].kid,
    )
    assert result.claims["sub"] == basis().verification.id
    assert "OEBERG" not in repr(result)


def test_hostile_headers(issuer_key: Stranger, stranger: Stranger, keys: dict) -> None:
    """RFC 8725 sections 2 and 3: none of these may ever be believed, though some signatures are right."""
    sign, payload = issuer_key.sign, good()
    assert verify_result(compact(HEADER, payload, sign).encode(), keys, EXPECTED, AT)
    public = json.dumps(keys["keys"][0]).encode()
    pem = issuer_key.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def hs256(secret: bytes) -> Callable[[bytes], bytes]:
        return lambda content: hmac.new(secret, content, hashlib.sha256).digest()

    hostile = {
        ResultRefusal.ALGORITHM: [
            (HEADER | {"alg": "none"}, lambda _: b""),
            (HEADER | {"alg": "None"}, lambda _: b""),
            (HEADER | {"alg": "HS256"}, hs256(public)),
            (HEADER | {"alg": "HS256"}, hs256(pem)),
            (HEADER | {"alg": "ES384"}, sign),
            (HEADER | {"alg": "es256"}, sign),
            (HEADER | {"alg": ["ES256"]}, sign),
            (HEADER | {"alg": None}, sign),
        ],
        ResultRefusal.UNEXPECTED_HEADER: [
            (HEADER | {"jwk": stranger.jwk("k1")}, stranger.sign),
            (HEADER | {"jku": "https://attacker.example"}, sign),
            (HEADER | {"x5c": []}, sign),
            (HEADER | {"crit": ["exp"]}, sign),
            (HEADER | {"b64": True}, sign),
            (HEADER | {"cty": "JWT"}, sign),
            ({"alg": "ES256", "kid": "k1"}, sign),
            ({"alg": "ES256", "typ": HEADER["typ"]}, sign),
        ],
        ResultRefusal.WRONG_TYPE: [
            (HEADER | {"typ": "JWT"}, sign),
            (HEADER | {"typ": "provided-claims+jwt"}, sign),
            (HEADER | {"typ": "audit-checkpoint+jwt"}, sign),
            (HEADER | {"typ": None}, sign),
        ],
        ResultRefusal.SPECIMEN: [(HEADER | {"typ": "specimen-result+jwt"}, sign)],
        ResultRefusal.UNKNOWN_KEY: [
            (HEADER | {"kid": "k2"}, sign),
            (HEADER | {"kid": None}, sign),
            (HEADER | {"kid": ["k1"]}, sign),
            (HEADER | {"kid": "../k1"}, sign),
        ],
        ResultRefusal.BAD_SIGNATURE: [
            (HEADER, stranger.sign),
            (HEADER, lambda _: b""),
            (HEADER, lambda _: bytes(64)),
            (HEADER, lambda content: issuer_key.key.sign(content, ec.ECDSA(hashes.SHA256()))),
            (HEADER, lambda content: sign(content) + b"\0"),
            (HEADER, lambda content: sign(content)[:-1]),
            (HEADER, Stranger(ec.SECP384R1()).sign),
        ],
    }
    for code, attempts in hostile.items():
        for header, signature in attempts:
            assert refusal(compact(header, payload, signature), keys) is code, header


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b".",
        b"..",
        b"a.b.c",
        b"....",
        b"e30.e30.e30",
        base64url(b"[]").encode() + b".e30.",
        base64url(b'"alg"').encode() + b".e30.",
        base64url(b"[" * 5000).encode() + b".e30.",
        b"\xff.\xff.\xff",
        b"{}",
        b"x" * (1 << 17),
    ],
    ids=range(12),
)
def test_what_is_no_jws(token: bytes, keys: dict) -> None:
    assert refusal(token, keys) is ResultRefusal.MALFORMED


def test_any_changed_character_is_noticed(issuer_key: Stranger, keys: dict) -> None:
    token = compact(HEADER, good(), issuer_key.sign)
    last = token.rindex(".")
    for place in range(0, last, 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert refusal(changed, keys) in (
            ResultRefusal.BAD_SIGNATURE,
            ResultRefusal.MALFORMED,
            ResultRefusal.ALGORITHM,
            ResultRefusal.UNEXPECTED_HEADER,
            ResultRefusal.WRONG_TYPE,
            ResultRefusal.UNKNOWN_KEY,
        )


def changed(*path: str, value: object = None, drop: bool = False) -> dict:
    whole = good()
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return whole


LEVEL = ("verified_claims", "verification", "assurance_level")
FRAMEWORK = ("verified_claims", "verification", "trust_framework")
CONTENTS = [
    (ResultRefusal.WRONG_ISSUER, good(iss="https://other.example")),
    (ResultRefusal.WRONG_ISSUER, good(iss=ISSUER.iss + "/")),
    (ResultRefusal.WRONG_AUDIENCE, good(aud="https://other.example")),
    (ResultRefusal.INCOMPLETE, good(aud=[ISSUER.aud])),
    (ResultRefusal.INCOMPLETE, good(jti=None)),
    (ResultRefusal.INCOMPLETE, good(exp="9999999999")),
    (ResultRefusal.INCOMPLETE, good(exp=1e12)),
    (ResultRefusal.INCOMPLETE, good(iat=True)),
    (ResultRefusal.INCOMPLETE, changed("exp", drop=True)),
    (ResultRefusal.INCOMPLETE, changed("iat", drop=True)),
    (ResultRefusal.INCOMPLETE, changed("verified_claims", drop=True)),
    (ResultRefusal.INCOMPLETE, changed("verified_claims", "claims", drop=True)),
    (ResultRefusal.INCOMPLETE, changed("verified_claims", value=[])),
    (ResultRefusal.INCOMPLETE, changed("passkoll", drop=True)),
    (ResultRefusal.INCOMPLETE, ["claims"]),
    (ResultRefusal.NOT_YET_VALID, good(nbf=int(AT.timestamp()) + 61)),
    (ResultRefusal.SPECIMEN, changed(*LEVEL, value="specimen")),
    (ResultRefusal.SPECIMEN, changed(*FRAMEWORK, value="specimen")),
    (ResultRefusal.UNKNOWN_LEVEL, changed(*LEVEL, value="loa4")),
    (ResultRefusal.UNKNOWN_LEVEL, changed(*LEVEL, value=None)),
    (ResultRefusal.UNKNOWN_LEVEL, changed(*LEVEL, value=["loa3"])),
    (ResultRefusal.UNKNOWN_LEVEL, changed(*FRAMEWORK, value="eidas")),
]


@pytest.mark.parametrize(("code", "content"), CONTENTS, ids=range(len(CONTENTS)))
def test_signed_but_not_what_is_expected(
    code: ResultRefusal, content: object, issuer_key: Stranger, keys: dict
) -> None:
    assert refusal(compact(HEADER, content, issuer_key.sign), keys) is code


def test_a_result_dressed_up_as_a_specimen(issuer_key: Stranger, keys: dict) -> None:
    header = HEADER | {"typ": "specimen-result+jwt"}
    expected = replace(EXPECTED, realm=Realm.SPECIMEN)
    assert refusal(compact(header, good(), issuer_key.sign), keys, expected) is ResultRefusal.UNKNOWN_LEVEL


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (-61, ResultRefusal.NOT_YET_VALID),
        (-60, None),
        (0, None),
        (959, None),
        (960, ResultRefusal.EXPIRED),
        (86_400, ResultRefusal.EXPIRED),
    ],
)
def test_time_with_a_minute_of_leeway(
    seconds: int, code: ResultRefusal | None, issuer_key: Stranger, keys: dict
) -> None:
    token, at = compact(HEADER, good(), issuer_key.sign), AT + timedelta(seconds=seconds)
    if code is None:
        verify_result(token.encode(), keys, EXPECTED, at)
    else:
        assert refusal(token, keys, at=at) is code


def test_a_key_that_was_retired_before(issuer_key: Stranger, keys: dict) -> None:
    token = compact(HEADER, good(), issuer_key.sign)
    (key,) = keys["keys"]
    assert verify_result(token.encode(), {"keys": [key | {"exp": int(AT.timestamp())}]}, EXPECTED, AT)
    early = {"keys": [key | {"exp": int(AT.timestamp()) - 61}]}
    assert refusal(token, early) is ResultRefusal.KEY_RETIRED
    revoked = {"keys": [key | {"revoked": {"revoked_at": 1}}]}
    assert refusal(token, revoked) is ResultRefusal.UNKNOWN_KEY


@pytest.mark.parametrize(
    "member",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256"},
        {"kty": ["EC"], "crv": {}, "x": 1, "y": None},
        {},
    ],
    ids=range(7),
)
def test_keys_that_are_none(member: dict, issuer_key: Stranger) -> None:
    token = compact(HEADER, good(), issuer_key.sign)
    assert refusal(token, {"keys": [member | {"kid": "k1"}]}) is ResultRefusal.UNKNOWN_KEY


@pytest.mark.parametrize("keys", [{}, {"keys": None}, {"keys": {}}, {"keys": ["k1"]}, {"keys": []}])
def test_a_set_without_keys(keys: dict, issuer_key: Stranger) -> None:
    assert refusal(compact(HEADER, good(), issuer_key.sign), keys) is ResultRefusal.UNKNOWN_KEY


def test_two_keys_of_one_name_are_none(issuer_key: Stranger, stranger: Stranger) -> None:
    keys = {"keys": [stranger.jwk("k1"), issuer_key.jwk("k1")]}
    assert refusal(compact(HEADER, good(), issuer_key.sign), keys) is ResultRefusal.UNKNOWN_KEY


# --- the command


@pytest.fixture
def files(tmp_path: Path, issuer_key: Stranger, keys: dict) -> tuple[str, str]:
    token, jwks = tmp_path / "result.jwt", tmp_path / "jwks.json"
    token.write_text(compact(HEADER, good(), issuer_key.sign))
    jwks.write_text(json.dumps(keys))
    return str(token), str(jwks)


NOW = ("--at", AT.isoformat())
PARTIES = ("--issuer", ISSUER.iss, "--audience", ISSUER.aud)


def test_in_words(run, files) -> None:  # noqa: F811
    token, jwks = files
    found = run("result", "verify", token, "--jwks", jwks, *PARTIES, *NOW)
    assert found.exit_code == 0
    assert "SIGNED AND IN TIME" in found.stdout
    assert "the process is not approved" in found.stdout
    assert "Åström-Öberg, Anna Maria" in found.stdout
    assert "NOT CHECKED" not in found.stdout
    assert run("result", "verify", token, "--jwks", jwks, *NOW).stdout.count("NOT CHECKED") == 2


def test_as_json(run, files, own_schema) -> None:  # noqa: F811
    token, jwks = files
    found = run("result", "verify", "-", "--jwks", jwks, *NOW, "--json", stdin=Path(token).read_text())
    answer = json.loads(found.stdout)
    assert (found.exit_code, answer["file"], answer["valid"], answer["reason"]) == (0, "-", True, None)
    result = answer["result"]
    assert (result["issuer_checked"], result["audience_checked"], result["realm"]) == (False, False, "production")
    own_schema.validate(result["claims"])


def test_a_refusal(run, files) -> None:  # noqa: F811
    token, jwks = files
    options = ("--jwks", jwks, "--audience", "https://other.example", *NOW)
    in_words = run("result", "verify", token, *options)
    assert (in_words.exit_code, "wrong_audience: it is for another recipient" in in_words.stdout) == (1, True)
    as_json = run("result", "verify", token, *options, "--json")
    answer = {"file": token, "valid": False, "reason": "wrong_audience", "result": None}
    assert (as_json.exit_code, json.loads(as_json.stdout)) == (1, answer)
    assert "Öberg" not in in_words.output + as_json.output


def test_a_specimen_is_no_result(run, tmp_path: Path, clock: ManualClock) -> None:  # noqa: F811
    signer = FileSigner.open(tmp_path / "keys", Realm.SPECIMEN, clock)
    claimed = claims(replace(ISSUER, realm=Realm.SPECIMEN), basis(), AT)
    (tmp_path / "jwt").write_text(signer.sign(claimed, TOKEN_TYPES[Realm.SPECIMEN]))
    (tmp_path / "jwks").write_text(json.dumps(dict(signer.public_keys())))
    options = (str(tmp_path / "jwt"), "--jwks", str(tmp_path / "jwks"), *NOW)
    taken = run("result", "verify", *options)
    assert (taken.exit_code, "SPECIMEN: nobody's identity" in taken.stdout) == (1, True)
    assert run("result", "verify", *options, "--realm", "specimen").exit_code == 0


def test_what_cannot_be_read(run, files, tmp_path: Path) -> None:  # noqa: F811
    token, jwks = files
    broken = tmp_path / "broken"
    for content in ("", "[]", "no json", '{"keys": 1}', "[" * 100_000, "x" * (1 << 21)):
        broken.write_text(content)
        assert run("result", "verify", token, "--jwks", str(broken), *NOW).exit_code == 2
    assert run("result", "verify", str(tmp_path / "none"), "--jwks", jwks, *NOW).exit_code == 2
    assert run("result", "verify", token, "--jwks", str(tmp_path / "none"), *NOW).exit_code == 2
    assert run("result", "verify", token, "--jwks", jwks, "--at", "yesterday").exit_code == 2
    assert run("result", "verify", token, "--jwks", "http://portal.example/jwks.json", *NOW).exit_code == 2
    assert run("result", "verify", token, "--jwks", "http://127.0.0.1:9/jwks.json", *NOW).exit_code == 3


@pytest.fixture
def publisher(keys: dict) -> Iterator[HTTPServer]:
    """An HTTP server of this machine: the keys, a redirect to them, and something endless."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response({"/redirect": 302}.get(self.path, 200))
            if self.path == "/redirect":
                self.send_header("Location", "/jwks.json")
            self.end_headers()
            self.wfile.write(json.dumps(keys).encode() if self.path == "/jwks.json" else b" " * (1 << 21))

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_keys_from_an_address(run, files, publisher: HTTPServer) -> None:  # noqa: F811
    host = f"http://127.0.0.1:{publisher.server_port}"
    codes = {
        path: run("result", "verify", files[0], "--jwks", f"{host}/{path}", *NOW).exit_code
        for path in ("jwks.json", "redirect", "endless")
    }
    assert codes == {"jwks.json": 0, "redirect": 3, "endless": 2}
