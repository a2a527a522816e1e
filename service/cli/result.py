"""`passkoll result verify`: whether a signed identity is to be believed, and what it says, in words."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import typer
from rich.console import Console

from mrtd.pki.realm import Realm
from service.cli.output import (
    BAD_MARK,
    GOOD_MARK,
    OPEN_MARK,
    ExitCode,
    complain,
    console,
    marked,
    print_json,
    refuse,
    shown_path,
)
from service.usecases.verify_result import (
    MAX_TOKEN_BYTES,
    Expected,
    ResultRefusal,
    ResultRefusedError,
    VerifiedResult,
    verify_result,
)

#: Of a JWK Set with some hundred keys.
MAX_JWKS_BYTES: Final = 1 << 20
TIMEOUT_S: Final = 10.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

#: One sentence for each refusal: what was found, never a value of the result.
_WHY: Final[Mapping[ResultRefusal, str]] = {
    ResultRefusal.MALFORMED: "this is no signed result (three parts with dots between)",
    ResultRefusal.UNEXPECTED_HEADER: "the header holds more or less than alg, kid and typ",
    ResultRefusal.ALGORITHM: "it is not signed with ES256, and nothing else is accepted",
    ResultRefusal.SPECIMEN: "it is a SPECIMEN: nobody's identity; --realm specimen accepts it for tests",
    ResultRefusal.WRONG_TYPE: "it is signed, but it is no result",
    ResultRefusal.UNKNOWN_KEY: "no key of the issuer has that kid; a compromised key is not among them",
    ResultRefusal.BAD_SIGNATURE: "the signature is not that of the content",
    ResultRefusal.WRONG_ISSUER: "it is from another issuer",
    ResultRefusal.WRONG_AUDIENCE: "it is for another recipient",
    ResultRefusal.EXPIRED: "its time is over; fetch it again",
    ResultRefusal.NOT_YET_VALID: "it was issued in the future; compare the clocks",
    ResultRefusal.KEY_RETIRED: "it was issued after its key had been retired",
    ResultRefusal.INCOMPLETE: "it lacks what every result has",
    ResultRefusal.UNKNOWN_LEVEL: "it names a level that does not exist",
}

_LEVELS: Final[Mapping[str, str]] = {
    "loa3": "trust level 3, of a person with a personnummer",
    "loa3-nonresident": "trust level 3 for people without a personnummer; it is not Svensk e-legitimation",
    "uncertified-loa3": "checked as for trust level 3; the process is not approved",
    "uncertified-loa3-nonresident": "checked as for trust level 3, for people without a personnummer; "
    "the process is not approved",
    "specimen": "SPECIMEN: nobody's identity",
}


def verify(
    file: str,
    jwks: str,
    *,
    issuer: str | None,
    audience: str | None,
    realm: Realm,
    at: datetime,
    as_json: bool,
) -> None:
    """Verify one result and say what it means.

    Raises:
        typer.Exit: always; 0 believed, 1 not to be believed, 2 unreadable, 3 the keys cannot be fetched.
    """
    token = _token(file)
    keys = _keys(jwks)
    name = "-" if file == "-" else shown_path(file)
    try:
        result = verify_result(token, keys, Expected(realm, issuer, audience), at)
    except ResultRefusedError as refused:
        if as_json:
            print_json({"file": name, "valid": False, "reason": refused.code.value, "result": None})
        else:
            screen = console()
            screen.print(marked(screen, "NOT TO BE BELIEVED", BAD_MARK), f"{refused.code}: {_WHY[refused.code]}")
        raise typer.Exit(ExitCode.NOT_ALL_GOOD) from None
    if as_json:
        print_json({"file": name, "valid": True, "reason": None, "result": _summary(result)})
    else:
        _tell(console(), result)
    raise typer.Exit(ExitCode.GOOD)


def _summary(result: VerifiedResult) -> dict[str, object]:
    claims = result.claims
    return {
        "kid": result.kid,
        "realm": result.expected.realm.value,
        "issuer_checked": result.expected.issuer is not None,
        "audience_checked": result.expected.audience is not None,
        "level": result.level.value,
        "claims": dict(claims),
    }


def _tell(screen: Console, result: VerifiedResult) -> None:
    claims = result.claims
    own, verified = claims["passkoll"], claims["verified_claims"]
    person = verified["claims"]
    screen.print(marked(screen, "SIGNED AND IN TIME", GOOD_MARK), f"by {claims['iss']} for {claims['aud']}")
    screen.print(f"  level       {result.level}: {_LEVELS[result.level]}")
    screen.print(f"  person      {person.get('family_name', '')}, {person.get('given_name', '')}")
    screen.print(f"  born        {person.get('birthdate', 'not known to the day')}")
    screen.print(f"  nationality {', '.join(person.get('nationalities', [])) or 'none stated'}")
    screen.print(f"  decided     {verified['verification'].get('time')}")
    screen.print(f"  valid until {_time(claims['exp'])}")
    screen.print(f"  chip proof  {own.get('chip_proof')} by {own.get('proof_origin')}")
    screen.print(f"  for order   {own.get('order_reference') or 'none: the first order that consumes it'}")
    screen.print(f"  result      {claims['jti']}")
    for checked, option in ((result.expected.issuer, "--issuer"), (result.expected.audience, "--audience")):
        if checked is None:
            screen.print(marked(screen, "NOT CHECKED", OPEN_MARK), f"name what you expect with {option}")
    screen.print(
        "Two people approved it. Consume it before you use it: only that shows that it was not revoked or used."
    )


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _token(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_TOKEN_BYTES + 1)
        with Path(file).open("rb") as stream:
            return stream.read(MAX_TOKEN_BYTES + 1)
    except OSError as error:
        refuse(f"{shown_path(file)} cannot be read: {error.strerror}")


def _keys(jwks: str) -> Mapping[str, Any]:
    content = _fetched(jwks) if urlsplit(jwks).scheme in ("http", "https") else _read(jwks)
    try:
        keys = json.loads(content)
    except (ValueError, RecursionError):
        refuse("what --jwks names is no JSON")
    if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
        refuse("what --jwks names is no JWK Set")
    return keys


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_JWKS_BYTES + 1)
    except OSError as error:
        refuse(f"{shown_path(path)} cannot be read: {error.strerror}")
    if len(content) > MAX_JWKS_BYTES:
        refuse("what --jwks names is too large for a JWK Set")
    return content


def _fetched(url: str) -> bytes:
    """The JWK Set at an address: whoever can change it on its way signs anything, so https, and no redirects."""
    if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in _LOOPBACK:
        refuse("keys are fetched by https, or from this machine")
    content = b""
    try:
        with httpx2.stream("GET", url, timeout=TIMEOUT_S, follow_redirects=False) as response:
            if response.status_code != httpx2.codes.OK:
                complain(f"the keys cannot be fetched: status {response.status_code}")
                raise typer.Exit(ExitCode.UNREACHABLE)
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_JWKS_BYTES:
                    refuse("what --jwks names is too large for a JWK Set")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        complain(f"the keys cannot be fetched ({type(error).__name__})")
        raise typer.Exit(ExitCode.UNREACHABLE) from None
    return content
