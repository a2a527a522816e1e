"""A phone in software, for specimens: it enrols, pairs and gets tokens as an app does. Its key can be copied.

    phone = SoftwarePhone.enrol(text_of_the_qr_code)
    print(phone.fingerprint)                     # a second person confirms it at the console
    claimed = phone.claim(text_of_the_other_qr_code)
    print(claimed.number)                        # the person at the console compares it and confirms
    with phone.for_person(claimed.sign_in_code) as app:
        app.request("POST", "/v1/verifications", json={"kind": "reserve_card_no_pnr"})

Real phones keep their key in hardware (docs/devices.md). A service takes this one in the specimen realm alone.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import httpx2

from service.client.clock import NoClockError, ServiceClock
from service.client.dpop import TIMEOUT_S, Clock, DpopSession, SigningKey, Token, TokenEndpoint, proof
from service.domain.devices import fingerprint
from service.domain.qr import NoQrTextError, QrKind, read_qr
from service.domain.sign_in_codes import TOKEN_TYPE

WARNING: Final = (
    "UNSAFE: this phone is a program. Its key lies in software, nobody attests it, and anybody who reads it is this "
    "phone. Specimens only."
)
#: RFC 8693 §3: the token that the phone holds already speaks for the person.
_ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"
#: `PhoneError.code` where a file holds no phone.
NO_PHONE: Final = "no_phone"
#: Seconds between two looks at a pairing.
_POLL_S: Final = 1.0


class PhoneError(Exception):
    """The service did not do what the phone asked for; `code` is its problem, or what else happened."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class PhoneUnreachableError(PhoneError):
    """Nothing answers there."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the phone shows to the person whose sign-in it will get."""

    path: str
    administrator: str
    organisation: str
    number: str
    sign_in_code: str = field(repr=False)


def _aloud(words: str) -> None:
    sys.stderr.write(f"{words}\n")


class SoftwarePhone:
    """A phone that is enrolled, waiting for its second person or not.

    Args:
        url: scheme and authority of the service, as it knows itself.
        key: the enrolled key.
        device_id: `de_` and 26 characters.
        audience: the `issuer` of the service.
        clock: seconds since 1970; a service for specimens of another time has another clock.
        http: an own connection to the service, where a program has one.
        say: where it says what it is.
    """

    def __init__(
        self,
        url: str,
        key: SigningKey,
        device_id: str,
        *,
        audience: str,
        clock: Clock = time.time,
        http: httpx2.Client | None = None,
        say: Callable[[str], None] = _aloud,
    ) -> None:
        self.url: Final = url.rstrip("/")
        self.key: Final = key
        self.id: Final = device_id
        self.audience: Final = audience
        self._clock: Final = clock
        self._http: Final = http or _connection()
        self.tokens: Final = TokenEndpoint(self.url, device_id, key, audience=audience, clock=clock, http=self._http)
        say(WARNING)

    @classmethod
    def enrol(
        cls,
        qr: str,
        *,
        key: SigningKey | None = None,
        clock: Clock | None = None,
        http: httpx2.Client | None = None,
        say: Callable[[str], None] = _aloud,
    ) -> Self:
        """Enrol with the text of an invitation; the phone then waits for a second person.

        Without a `clock`, that of the service.

        Raises:
            PhoneError: the text is no invitation, or the service refuses.
        """
        try:
            content = read_qr(QrKind.ENROLMENT, qr)
        except NoQrTextError:
            raise PhoneError("no_invitation") from None
        own, key = http or _connection(), key or SigningKey.generate()
        configuration = _asked(own, "GET", f"{content.origin}/.well-known/passkoll-configuration", 200)
        clock, audience = clock or _told(configuration), configuration["issuer"]
        address = f"{content.origin}/v1/devices"
        body = {"code": content.code, "attestation": {"format": "none"}}
        headers = {"DPoP": proof(key, "POST", address, clock())}
        enrolled = _asked(own, "POST", address, 201, json=body, headers=headers)
        return cls(content.origin, key, enrolled["id"], audience=audience, clock=clock, http=own, say=say)

    @classmethod
    def load(
        cls,
        file: Path,
        *,
        clock: Clock | None = None,
        http: httpx2.Client | None = None,
        say: Callable[[str], None] = _aloud,
    ) -> Self:
        """A phone that `save` wrote. Without a `clock`, that of its service.

        Raises:
            PhoneError: the file is none, or the service is not there.
        """
        try:
            kept = json.loads(file.read_bytes())
            key = SigningKey.load(base64.b64decode(kept["key"]))
            url, name, audience = (str(kept[member]) for member in ("url", "id", "audience"))
        except (OSError, ValueError, KeyError, TypeError):
            raise PhoneError(NO_PHONE) from None
        own = http or _connection()
        clock = clock or _told(_asked(own, "GET", f"{url}/.well-known/passkoll-configuration", 200))
        return cls(url, key, name, audience=audience, clock=clock, http=own, say=say)

    def save(self, file: Path) -> None:
        """Keep it, its key included, for the owner of the file alone; never over another one."""
        kept = {
            "url": self.url,
            "id": self.id,
            "audience": self.audience,
            "key": base64.b64encode(self.key.private_pem()).decode(),
        }
        with open(file, "x", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
            json.dump(kept, stream)

    def now(self) -> datetime:
        """The time at its service, in whole seconds."""
        return datetime.fromtimestamp(int(self._clock()), UTC)

    @property
    def fingerprint(self) -> str:
        """What its screen shows to the second person."""
        return fingerprint(self.key.thumbprint)

    def by_itself(self) -> DpopSession:
        """Requests of the phone, before anybody signed in on it."""
        return self._session(self.tokens.client_credentials)

    def claim(self, qr: str) -> Claimed:
        """Claim the pairing on the screen of a console.

        Raises:
            PhoneError: the text is no pairing of this service, or the service refuses.
        """
        try:
            content = read_qr(QrKind.PAIRING, qr)
        except NoQrTextError:
            raise PhoneError("no_pairing") from None
        if content.origin != self.url:
            # A code of another service would make the phone talk to whoever put it up.
            raise PhoneError("other_service")
        response = self.by_itself().request("POST", "/v1/pairings/claim", json={"code": content.code})
        shown = _content(response, 200)
        path = f"/v1/pairings/{shown['id']}"
        return Claimed(path, shown["administrator"], shown["organisation"], shown["number"], shown["sign_in_code"])

    def wait_for(self, claimed: Claimed, sleep: Callable[[float], None] = time.sleep) -> None:
        """Wait until the person at the console says that the number is the same.

        Raises:
            PhoneError: `expired`: nobody did.
        """
        session = self.by_itself()
        while (state := _content(session.request("GET", claimed.path), 200)["state"]) != "confirmed":
            if state == "expired":
                raise PhoneError("expired")
            sleep(_POLL_S)

    def sign_in(self, link: str) -> DpopSession:
        """Requests for the person who signs in on this phone with a one-time link (`passkoll admin sign-in-link`).

        Raises:
            PhoneError: the service refuses.
        """
        begin = {"method": "link", "device_key": self.key.thumbprint}
        begun = _asked(self._http, "POST", f"{self.url}/v1/sign-ins", 201, json=begin)
        address = f"{self.url}/v1/sign-ins/{begun['id']}"
        headers = {"DPoP": proof(self.key, "POST", address, self._clock())}
        finished = _asked(self._http, "POST", address, 200, json={"link": link}, headers=headers)
        return self.for_person(finished["sign_in_code"])

    def for_person(self, subject_token: str, subject_token_type: str = TOKEN_TYPE) -> DpopSession:
        """Requests for the person who signed in on the phone.

        The sign-in is used with the first of them. After that the token renews itself while requests come; when none
        came for longer than a token lives, the person signs in again.
        """
        held: list[Token] = []

        def token() -> Token:
            proved = (held.pop().text, _ACCESS_TOKEN) if held else (subject_token, subject_token_type)
            held.append(self.tokens.exchange(*proved))
            return held[-1]

        return self._session(token)

    def _session(self, provider: Callable[[], Token]) -> DpopSession:
        return DpopSession(self.url, self.key, provider, clock=self._clock, http=self._http)


def _connection() -> httpx2.Client:
    return httpx2.Client(timeout=TIMEOUT_S, trust_env=False)


def _asked(http: httpx2.Client, method: str, address: str, expected: int, **options: Any) -> Any:  # noqa: ANN401
    try:
        return _content(http.request(method, address, **options), expected)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise PhoneUnreachableError(type(error).__name__) from None


def _told(configuration: Any) -> Clock:  # noqa: ANN401 JSON
    """The clock of a service."""
    try:
        return ServiceClock.told(configuration).seconds
    except NoClockError as error:
        raise PhoneError(error.code) from None


def _content(response: httpx2.Response, expected: int) -> Any:  # noqa: ANN401 JSON
    """The JSON of an answer; anything but the expected status is a problem with a code."""
    try:
        content = response.json()
        code = content.get("code", response.status_code)
    except (ValueError, AttributeError):
        raise PhoneError(f"status {response.status_code}") from None
    if response.status_code != expected:
        raise PhoneError(str(code))
    return content
