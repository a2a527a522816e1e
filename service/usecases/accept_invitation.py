"""Somebody who was invited makes the account theirs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from service.domain.accounts import (
    MAX_PASSWORD,
    MIN_PASSWORD,
    Authenticators,
    Invitation,
    Passkey,
    Password,
    PasswordHasher,
    Registered,
    UnprovenError,
    digest_of,
)
from service.domain.audit import Action, AuditEntry, Details
from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.people import Person, PersonStatus
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.sign_in import Method, SignInPolicy


@dataclass(frozen=True, slots=True)
class Offer:
    """Whom an invitation is for, and what their authenticator is asked to make."""

    person: Person
    until: datetime
    options: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody will sign in with: a passkey, a password, or both. `registration`: of the browser, as JSON."""

    registration: str | None = field(default=None, repr=False)
    login: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    """`POST /v1/invitations/show` and `POST /v1/invitations/accept`. Nobody is signed in by it."""

    database: Database
    clock: Clock
    authenticators: Authenticators
    passwords: PasswordHasher
    policy: SignInPolicy

    def show(self, code: str, local_origin: str) -> Offer:
        """Whom it is for.

        Raises:
            ServiceError: `not_found`: there is none, or it was used, or its time is over.
        """
        now = self.clock.now()
        with self.database.reading() as work:
            invitation, person = _open(work, code, now)
            known = [passkey.credential for passkey in work.accounts.passkeys(person.id)]
        party = self.policy.party(local_origin)
        options = self.authenticators.registration(party, person.id, invitation.challenge, known)
        return Offer(person, invitation.until, options)

    def __call__(self, code: str, choice: Choice, local_origin: str) -> Person:
        """Use it up.

        Raises:
            ServiceError: as `show`; `validation_failed`: there is neither passkey nor password, or one that is not
                good enough; `already_in_use`: login name or passkey are another account's.
        """
        now = self.clock.now()
        with self.database.reading() as work:
            invitation, person = _open(work, code, now)
        made = self._registered(choice, invitation, local_origin)
        password = self._password(choice, person, now)
        if made is None and password is None:
            raise _wrong("/registration", "missing")
        with self.database.changing() as work:
            _, person = _open(work, code, now)
            if not work.accounts.use_invitation(digest_of(code), now):
                raise ServiceError(ProblemCode.NOT_FOUND)
            if made is not None:
                work.accounts.add_passkey(
                    Passkey(made.credential, person.id, made.public_key, made.counter, made.backed_up, now)
                )
            if password is not None:
                work.accounts.set_password(password)
            active = replace(person, status=PersonStatus.ACTIVE)
            work.people.save(active)
            details: Details = {"person": person.id, "passkey": made is not None, "password": password is not None}
            work.audit.write(
                AuditEntry(now, person.id, person.organisation, Action.INVITATION_ACCEPTED, None, details)
            )
            return active

    def _registered(self, choice: Choice, invitation: Invitation, local_origin: str) -> Registered | None:
        if choice.registration is None:
            return None
        party = self.policy.party(local_origin)
        try:
            return self.authenticators.registered(choice.registration, party, invitation.challenge)
        except UnprovenError:
            raise _wrong("/registration", "unproven") from None

    def _password(self, choice: Choice, person: Person, now: datetime) -> Password | None:
        login, password = choice.login, choice.password
        if login is None and password is None:
            return None
        if Method.PASSWORD not in self.policy.methods:
            raise _wrong("/password", "not_available")
        if login is None or password is None:
            raise _wrong("/login" if login is None else "/password", "missing")
        # NIST SP 800-63B-4 §3.1.1.2: length, no rule of composition, and nothing that everybody tries first
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise _wrong("/password", "too_short" if len(password) < MIN_PASSWORD else "too_long")
        if login.casefold() in password.casefold() or len(set(password)) < MIN_PASSWORD // 3:
            raise _wrong("/password", "too_simple")
        return Password(person.id, login, self.passwords.hashed(password), now)


def _open(work: Work, code: str, now: datetime) -> tuple[Invitation, Person]:
    invitation = work.accounts.invitation(digest_of(code))
    person = None if invitation is None else work.people.find(invitation.person)
    if invitation is None or person is None or not invitation.is_open(now) or person.status is PersonStatus.LOCKED:
        raise ServiceError(ProblemCode.NOT_FOUND)
    return invitation, person


def _wrong(pointer: str, code: str) -> ServiceError:
    return ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError(pointer, code),))
