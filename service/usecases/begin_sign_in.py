"""Begin to sign in, or to prove anew who one is."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace

from service.domain.accounts import CHALLENGE_BYTES, Authenticators, digest_of
from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.ids import ID_BYTES, sign_in_id
from service.domain.openid import OpenIdProvider, OpenIdRequest
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database
from service.domain.sign_in import (
    SECRET_BYTES,
    SIGN_IN_TIME,
    Method,
    SignIn,
    SignInPolicy,
    challenge_for,
    own_path,
)
from service.usecases.openid_words import refused


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that waits for its proof.

    `binding`: a cookie for the browser. `options`: what its authenticator is asked, as JSON. `redirect`: where the
    browser goes.
    """

    sign_in: SignIn
    binding: str | None = field(default=None, repr=False)
    options: str | None = field(default=None, repr=False)
    redirect: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BeginSignIn:
    """`POST /v1/sign-ins` and `POST /v1/sessions/step-up`.

    Nothing is said of anybody: which accounts there are shows in no answer, and a passkey is asked for without names.
    """

    database: Database
    clock: Clock
    randomness: Randomness
    authenticators: Authenticators
    policy: SignInPolicy
    provider: OpenIdProvider | None = None

    def __call__(
        self,
        method: Method,
        local_origin: str,
        *,
        device_key: str | None = None,
        return_to: str | None = None,
        only: str | None = None,
    ) -> Begun:
        """For somebody whom nobody knows yet; `device_key`: in the app on the phone with this key.

        Raises:
            ServiceError: `validation_failed`: this method is not on here; `not_ready`: the provider is out of reach.
        """
        # in the app the identity provider is asked by the app itself (RFC 8252)
        if device_key is not None and method is Method.OIDC:
            raise _off("/device_key")
        sign_in = replace(self._new(method), device_key=device_key, only=only)
        return self._begun(sign_in, local_origin, return_to)

    def step_up(
        self, who: Principal, method: Method, local_origin: str, decision_hash: str | None, return_to: str | None
    ) -> Begun:
        """For somebody who is signed in and approves `decision_hash` by it. A password is not enough for that.

        Raises:
            ServiceError: as for a sign-in; `forbidden`: whoever asks has no session of the console.
        """
        if method is Method.PASSWORD:
            raise _off("/method")
        with self.database.reading() as work:
            session = None if who.session is None else work.sessions.find(who.session)
        if session is None or session.device_key is not None:
            raise ServiceError(ProblemCode.FORBIDDEN)
        sign_in = replace(
            self._new(method, decision_hash),
            person=who.id,
            session=session.id,
            approves=decision_hash,
            only=session.only,
        )
        return self._begun(sign_in, local_origin, return_to)

    def _new(self, method: Method, decision_hash: str | None = None) -> SignIn:
        if method not in self.policy.methods:
            raise _off("/method")
        now = self.clock.now()
        challenge = challenge_for(self.randomness.octets(CHALLENGE_BYTES), decision_hash)
        name = sign_in_id(self.randomness.octets(ID_BYTES))
        return SignIn(name, method, now, now + SIGN_IN_TIME, challenge)

    def _begun(self, sign_in: SignIn, local_origin: str, return_to: str | None) -> Begun:
        binding = self._secret() if sign_in.device_key is None else None
        if binding is not None:
            sign_in = replace(sign_in, binding=digest_of(binding))
        if sign_in.method is Method.OIDC:
            return self._at_provider(sign_in, binding, local_origin, return_to)
        options = self._options(sign_in, local_origin) if sign_in.method is Method.PASSKEY else None
        with self.database.changing() as work:
            work.sign_ins.add(sign_in)
        return Begun(sign_in, binding, options)

    def _options(self, sign_in: SignIn, local_origin: str) -> str:
        allowed: list[bytes] = []
        if sign_in.person is not None:
            with self.database.reading() as work:
                allowed = [passkey.credential for passkey in work.accounts.passkeys(sign_in.person)]
        party = self.policy.party(local_origin)
        return self.authenticators.request(party, sign_in.challenge, allowed)

    def _at_provider(self, sign_in: SignIn, binding: str | None, local_origin: str, return_to: str | None) -> Begun:
        if self.provider is None:
            raise _off("/method")
        state, nonce, verifier = (self._secret() for _ in range(3))
        sign_in = replace(
            sign_in, state=digest_of(state), nonce=nonce, verifier=verifier, return_to=own_path(return_to)
        )
        request = OpenIdRequest(
            self.policy.redirect_uri(local_origin), state, nonce, verifier, fresh=sign_in.session is not None
        )
        with refused():
            redirect = self.provider.authorization_url(request)
        with self.database.changing() as work:
            work.sign_ins.add(sign_in)
        return Begun(sign_in, binding, None, redirect)

    def _secret(self) -> str:
        return urlsafe_b64encode(self.randomness.octets(SECRET_BYTES)).decode().rstrip("=")


def _off(pointer: str) -> ServiceError:
    return ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError(pointer, "not_available"),))
