"""Signing in: begun, proved once, and over (SECURITY.md 7.2; WebAuthn; OpenID Connect Core)."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit

from service.domain.accounts import RelyingParty

#: How long somebody has to prove who they are.
SIGN_IN_TIME: Final = timedelta(minutes=5)
#: Wrong answers to one sign-in; then another one must be begun, which is where they are counted for each source.
MAX_TRIES: Final = 5
#: Octets of what binds a sign-in to the browser that began it, of `state` and of the PKCE verifier (RFC 7636 §7.1).
SECRET_BYTES: Final = 32

#: Where the identity provider sends the browser back to.
CALLBACK_PATH: Final = "/v1/sign-ins/oidc/callback"
#: Our own pages, all of them. No address of somebody else's has one of these forms.
_OWN_PATH: Final = re.compile(r"/|/console/(?:verifications/vs_[A-Z2-7]{26}|hand-over|accounts)?")


class Method(StrEnum):
    """How somebody proves who they are."""

    PASSKEY = "passkey"
    PASSWORD = "password"
    OIDC = "oidc"
    #: a one-time link that the command line made; the specimen realm on loopback alone
    LINK = "link"

    @property
    def word(self) -> str:
        """The word of `SignedIn.methods`; that of a password is the one of RFC 8176 §2."""
        return "pwd" if self is Method.PASSWORD else self.value


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that was begun.

    `challenge`: what a passkey signs. `binding`: digest of the cookie of the browser that began it, so that nobody
    is signed in to another one's account (login CSRF). `device_key`: thumbprint of the key of the phone, where the
    app signs in; then there is no cookie. `person`, `session`: whose, and which session it replaces, for a step-up.
    `approves`: the `decision_hash` that the person approves by it. `state`: digest of OAuth's `state`; `nonce`,
    `verifier`: of the OpenID request. `return_to`: one of our own paths.
    """

    id: str
    method: Method
    began_at: datetime
    until: datetime
    challenge: bytes = field(repr=False)
    binding: str | None = field(default=None, repr=False)
    device_key: str | None = None
    person: str | None = None
    session: str | None = None
    approves: str | None = None
    only: str | None = None
    state: str | None = field(default=None, repr=False)
    nonce: str | None = field(default=None, repr=False)
    verifier: str | None = field(default=None, repr=False)
    return_to: str | None = None
    tries: int = 0
    ended_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it may still be proved."""
        return self.ended_at is None and now < self.until and self.tries < MAX_TRIES


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """How people may sign in at an installation.

    `organisation`: whose people. `methods`: which of them are on. `public_origin`: how browsers reach us; None where
    they ask this machine directly. `app_origins`: what an app is called in place of an origin, where a phone's own
    authenticator answers it (`android:apk-key-hash:`).
    """

    organisation: str
    methods: frozenset[Method]
    public_origin: str | None = None
    app_origins: frozenset[str] = frozenset()

    def origin(self, local_origin: str) -> str:
        """Our origin; never what a `Host` header says."""
        return self.public_origin or local_origin

    def party(self, local_origin: str, *, app: bool = False) -> RelyingParty:
        """Who passkeys are for."""
        origin = self.origin(local_origin)
        return RelyingParty(urlsplit(origin).hostname or "", (origin, *(sorted(self.app_origins) if app else ())))

    def redirect_uri(self, local_origin: str) -> str:
        """Where the identity provider sends the browser back to."""
        return self.origin(local_origin) + CALLBACK_PATH


def own_path(text: str | None) -> str:
    """Where to go after a sign-in: one of our own pages, or the first one (CWE-601)."""
    return text if text is not None and _OWN_PATH.fullmatch(text) else "/"


def challenge_for(random: bytes, decision_hash: str | None) -> bytes:
    """What a passkey signs: random octets, and behind them the hash of the decision that is approved by it."""
    return random if decision_hash is None else random + bytes.fromhex(decision_hash)


def nonce_for(device_key: str) -> str:
    """The `nonce` (OpenID Connect Core §3.1.2.1) of a sign-in on the phone whose key has this thumbprint.

    The app sends its user to the identity provider by itself (RFC 8252). The ID token that comes back is worth
    something on this phone alone, since another one cannot prove that key.
    """
    return urlsafe_b64encode(hashlib.sha256(b"passkoll sign-in " + device_key.encode()).digest()).decode().rstrip("=")


class SignIns(Protocol):
    """Sign-ins that were begun."""

    def add(self, sign_in: SignIn) -> None:
        """A new one."""
        ...

    def find(self, sign_in_id: str) -> SignIn | None:
        """The sign-in with this id."""
        ...

    def by_state(self, digest: str) -> SignIn | None:
        """The sign-in whose `state` has this digest."""
        ...

    def take_try(self, sign_in_id: str, most: int) -> bool:
        """Count an answer before it is looked at; False if there were `most` of them, or it is over."""
        ...

    def end(self, sign_in_id: str, at: datetime) -> bool:
        """It is over; False if it was (two answers at once)."""
        ...

    def forget_before(self, moment: datetime) -> None:
        """Delete those that ran out before this."""
        ...
