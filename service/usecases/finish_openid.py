"""Somebody comes back from the identity provider."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from service.domain.accounts import digest_of
from service.domain.errors import ProblemCode, ServiceError
from service.domain.openid import Asserted, OpenIdProvider, OpenIdRefusal, OpenIdRequest
from service.domain.people import Person, PersonStatus
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.sign_in import Method, SignIn, SignInPolicy
from service.usecases.finish_sign_in import Shown, belongs, end_other_session, require_session
from service.usecases.openid_words import problem, refused
from service.usecases.opening_sessions import Finished, OpenSession


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider's answer says (RFC 6749 §4.1.2, RFC 9207 §2)."""

    state: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    error: bool = False
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class FinishOpenId:
    """`GET /v1/sign-ins/oidc/callback`. Whom nobody invited does not get in, whatever the provider says."""

    database: Database
    clock: Clock
    policy: SignInPolicy
    open_session: OpenSession
    provider: OpenIdProvider | None = None

    def __call__(self, returned: Returned, shown: Shown) -> Finished:
        """Somebody signs in.

        Raises:
            ServiceError: `sign_in_refused`; `not_ready`: the provider cannot be reached.
        """
        provider = self.provider
        if provider is None:
            raise problem(OpenIdRefusal.NOT_CONFIGURED)
        now = self.clock.now()
        sign_in = self._taken(returned, shown, now)
        if returned.error or returned.code is None or returned.state is None:
            raise problem(OpenIdRefusal.DENIED)
        request = OpenIdRequest(
            self.policy.redirect_uri(shown.local_origin), returned.state, str(sign_in.nonce), str(sign_in.verifier)
        )
        # for a step-up: what they proved before this began is no proof now
        fresh = sign_in.began_at if sign_in.session is not None else None
        with refused():
            found = provider.redeem(returned.code, request, returned.issuer, fresh, now)
        with self.database.changing() as work:
            person = self._known(work, found, now)
            require_session(work, sign_in, shown.session)
            end_other_session(work, sign_in, shown.session, now)
            return self.open_session(work, replace(sign_in, ended_at=None), person.id, found.at, now)

    def _taken(self, returned: Returned, shown: Shown, now: datetime) -> SignIn:
        """The sign-in that this answer belongs to, used up whatever the answer is (code injection)."""
        with self.database.changing() as work:
            sign_in = None if returned.state is None else work.sign_ins.by_state(digest_of(returned.state))
            if sign_in is None or sign_in.method is not Method.OIDC or not sign_in.is_open(now):
                raise problem(OpenIdRefusal.UNKNOWN_STATE)
            if not belongs(sign_in, shown.binding, None):
                raise problem(OpenIdRefusal.OTHER_BROWSER)
            if not work.sign_ins.take_try(sign_in.id, 1):
                raise problem(OpenIdRefusal.UNKNOWN_STATE)
            return sign_in

    def _known(self, work: Work, found: Asserted, now: datetime) -> Person:
        person = work.people.by_hsa_id(self.policy.organisation, found.hsa_id)
        return known_person(work, person, found, now)


def known_person(work: Work, person: Person | None, found: Asserted, now: datetime) -> Person:
    """The person whom a provider speaks of, with what it says of them noted.

    Raises:
        ServiceError: `sign_in_refused`: nobody was invited with this HSA-id, the account is locked, or it has another
            personal number than the provider says.
    """
    if person is None:
        raise problem(OpenIdRefusal.UNKNOWN_PERSON)
    number = None if found.personal_number is None else work.people.digest(found.personal_number)
    if person.personal_number is not None and number is not None and person.personal_number != number:
        raise problem(OpenIdRefusal.OTHER_PERSON)
    if person.status is PersonStatus.LOCKED:
        raise ServiceError(ProblemCode.SIGN_IN_REFUSED)
    noted = replace(
        person,
        status=PersonStatus.ACTIVE,
        personal_number=person.personal_number or number,
        names=found.names or person.names,
        born=person.born or _born(found.personal_number),
        # Without the number nobody stands for the one that the account has: then two others must vouch.
        asserted_at=person.asserted_at if number is None else now,
    )
    work.people.save(noted)
    return noted


def _born(personal_number: str | None) -> str | None:
    """The birth date in a personal number; the day of a coordination number is 60 too high."""
    if personal_number is None:
        return None
    year, month, day = personal_number[:4], personal_number[4:6], int(personal_number[6:8]) % 60
    return f"{year}-{month}-{day:02}"
