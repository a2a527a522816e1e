"""Prove who one is: by a passkey, a password, or a one-time link of the command line."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog

from service.domain.accounts import Authenticators, Passkey, PasswordHasher, UnprovenError, digest_of
from service.domain.errors import ProblemCode, ServiceError
from service.domain.ports import Clock
from service.domain.rate_limits import ACCOUNT
from service.domain.repositories import Database, Work
from service.domain.sign_in import MAX_TRIES, Method, SignIn, SignInPolicy
from service.usecases.limit_requests import LimitRequests
from service.usecases.opening_sessions import Finished, OpenSession

log: Final = structlog.stdlib.get_logger("passkoll.sign_in")


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody proves themself with; one of the three."""

    #: of `navigator.credentials.get()`, as JSON
    assertion: str | None = field(default=None, repr=False)
    login: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    link: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the request shows beside the answer.

    `binding`: the cookie of the browser that began it. `session`: the cookie of a session. `device_key`: thumbprint
    of the key that a DPoP proof was made with.
    """

    local_origin: str
    binding: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    device_key: str | None = None


@dataclass(frozen=True, slots=True)
class _Proof:
    """Who it is, and what of the account changes with the proof."""

    person: str
    passkey: Passkey | None = None
    before: int = 0


@dataclass(frozen=True, slots=True)
class FinishSignIn:
    """`POST /v1/sign-ins/{id}`. One answer for every refusal: why it was one is for nobody who guesses."""

    database: Database
    clock: Clock
    authenticators: Authenticators
    passwords: PasswordHasher
    limits: LimitRequests
    policy: SignInPolicy
    open_session: OpenSession

    def __call__(self, sign_in_id: str, answer: Answer, shown: Shown) -> Finished:
        """Somebody signs in.

        Raises:
            ServiceError: `not_found`: no sign-in of this browser or phone waits under that id; `sign_in_refused`;
                `too_many_requests`: this account was tried too often.
        """
        now = self.clock.now()
        sign_in = self._taken(sign_in_id, shown, now)
        proof = self._proof(sign_in, answer, shown.local_origin)
        if proof is None:
            log.info("a sign-in was refused", method=sign_in.method.value)
            raise ServiceError(ProblemCode.SIGN_IN_REFUSED)
        with self.database.changing() as work:
            if proof.passkey is not None:
                used = replace(proof.passkey, used_at=now)
                # of two who show the same proof at once, one is first (the counter did not move for the other)
                if not work.accounts.used_passkey(used, proof.before):
                    raise ServiceError(ProblemCode.SIGN_IN_REFUSED)
            require_session(work, sign_in, shown.session)
            end_other_session(work, sign_in, shown.session, now)
            return self.open_session(work, sign_in, proof.person, now, now)

    def _taken(self, sign_in_id: str, shown: Shown, now: datetime) -> SignIn:
        """The sign-in, with one of its tries used up."""
        with self.database.changing() as work:
            sign_in = work.sign_ins.find(sign_in_id)
            if sign_in is None or sign_in.method is Method.OIDC or not sign_in.is_open(now):
                raise ServiceError(ProblemCode.NOT_FOUND)
            if not belongs(sign_in, shown.binding, shown.device_key):
                raise ServiceError(ProblemCode.NOT_FOUND)
            if not work.sign_ins.take_try(sign_in.id, MAX_TRIES):
                raise ServiceError(ProblemCode.NOT_FOUND)
            return sign_in

    def _proof(self, sign_in: SignIn, answer: Answer, local_origin: str) -> _Proof | None:
        match sign_in.method:
            case Method.PASSKEY if answer.assertion is not None:
                return self._by_passkey(sign_in, answer.assertion, local_origin)
            case Method.PASSWORD if answer.login is not None and answer.password is not None:
                return self._by_password(answer.login, answer.password)
            case Method.LINK if answer.link is not None:
                return self._by_link(answer.link)
        return None

    def _by_passkey(self, sign_in: SignIn, response: str, local_origin: str) -> _Proof | None:
        try:
            assertion = self.authenticators.answered(response)
            with self.database.reading() as work:
                passkey = work.accounts.passkey(assertion.credential)
            if passkey is None:
                return None
            # WebAuthn §7.2 step 6: without a name the authenticator must say whose it is
            if assertion.handle is None and sign_in.person is None:
                return None
            if assertion.handle is not None and assertion.handle != passkey.person.encode():
                return None
            if sign_in.person is not None and sign_in.person != passkey.person:
                return None
            party = self.policy.party(local_origin, app=sign_in.device_key is not None)
            proved = self.authenticators.proved(assertion, party, sign_in.challenge, passkey)
        except UnprovenError:
            return None
        return _Proof(passkey.person, proved, passkey.counter)

    def _by_password(self, login: str, password: str) -> _Proof | None:
        # counted for unknown names too: the answer must not tell the two apart
        self.limits.target(ACCOUNT, login.casefold())
        with self.database.reading() as work:
            known = work.accounts.password(login)
        same = self.passwords.matches(password, None if known is None else known.hash)
        return _Proof(known.person) if same and known is not None else None

    def _by_link(self, link: str) -> _Proof | None:
        now = self.clock.now()
        with self.database.changing() as work:
            made = work.sign_ins.by_state(digest_of(link))
            good = made is not None and made.method is Method.LINK and made.is_open(now)
            if made is None or not good or made.person is None or not work.sign_ins.end(made.id, now):
                return None
            return _Proof(made.person)


def belongs(sign_in: SignIn, binding: str | None, device_key: str | None) -> bool:
    """Whether this browser, or the phone with this key, began it (login CSRF)."""
    if sign_in.device_key is not None:
        return device_key is not None and hmac.compare_digest(sign_in.device_key, device_key)
    if sign_in.binding is None or binding is None:
        return False
    return hmac.compare_digest(sign_in.binding, digest_of(binding))


def require_session(work: Work, sign_in: SignIn, cookie: str | None) -> None:
    """A step-up is for the session whose cookie the browser shows.

    Raises:
        ServiceError: `sign_in_refused`.
    """
    if sign_in.session is None:
        return
    session = None if cookie is None else work.sessions.by_digest(digest_of(cookie))
    if session is None or session.id != sign_in.session:
        raise ServiceError(ProblemCode.SIGN_IN_REFUSED)


def end_other_session(work: Work, sign_in: SignIn, cookie: str | None, now: datetime) -> None:
    """Whoever signs in where somebody else is signed in takes the browser over; the session before ends.

    A sign-in for one case leaves it: it is somebody else's hand on the same screen.
    """
    if cookie is None or sign_in.session is not None or sign_in.only is not None or sign_in.device_key is not None:
        return
    before = work.sessions.by_digest(digest_of(cookie))
    if before is not None:
        work.sessions.end(before.id, now)
