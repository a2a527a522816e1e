"""A one-time way in without an authenticator, for specimens on this machine."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.account_rules import Acting, of_organisation
from service.domain.accounts import CHALLENGE_BYTES, digest_of
from service.domain.audit import Action, AuditEntry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.ids import ID_BYTES, sign_in_id
from service.domain.people import PersonStatus
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database
from service.domain.sign_in import SECRET_BYTES, SIGN_IN_TIME, Method, SignIn, SignInPolicy


@dataclass(frozen=True, slots=True)
class Link:
    """What is shown this once."""

    code: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class MakeSignInLink:
    """`passkoll admin sign-in-link`. Refused where the method is not on: in production, and beyond this machine."""

    database: Database
    clock: Clock
    randomness: Randomness
    policy: SignInPolicy

    def __call__(self, who: Acting, person_id: str) -> Link:
        """A code, good once and for five minutes.

        Raises:
            ServiceError: `forbidden`: not here; `not_found`; `wrong_state`: the account is locked.
        """
        if Method.LINK not in self.policy.methods:
            raise ServiceError(ProblemCode.FORBIDDEN)
        now = self.clock.now()
        code = urlsafe_b64encode(self.randomness.octets(SECRET_BYTES)).decode().rstrip("=")
        with self.database.changing() as work:
            person = of_organisation(work.people.find(person_id), who)
            if person.status is PersonStatus.LOCKED:
                raise ServiceError(ProblemCode.WRONG_STATE, state=person.status.value)
            name, unused = sign_in_id(self.randomness.octets(ID_BYTES)), self.randomness.octets(CHALLENGE_BYTES)
            until = now + SIGN_IN_TIME
            work.sign_ins.add(SignIn(name, Method.LINK, now, until, unused, person=person.id, state=digest_of(code)))
            details = {"person": person.id}
            work.audit.write(AuditEntry(now, who.id, who.organisation, Action.SIGN_IN_LINK_MADE, None, details))
        return Link(code, until)
