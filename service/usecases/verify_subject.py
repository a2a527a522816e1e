"""Who signed in in the app: what a phone shows of them at the token endpoint (RFC 8693 §2.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeGuard

from service.domain.accounts import digest_of
from service.domain.audit import Action, AuditEntry, Details
from service.domain.errors import ServiceError
from service.domain.ids import ID_BYTES, session_id
from service.domain.one_time import code_digest
from service.domain.openid import OpenIdProvider
from service.domain.people import Person, SignedIn
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database, Work
from service.domain.sessions import LONGEST_SESSION, SESSION_BYTES, Session, may_act
from service.domain.sign_in import Method, nonce_for
from service.domain.sign_in_codes import TOKEN_TYPE
from service.usecases.finish_openid import known_person
from service.usecases.openid_words import refused

#: RFC 8693 §3.
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"


@dataclass(frozen=True, slots=True)
class VerifySubject:
    """Answers `service.domain.people.SubjectTokens`. Each sign-in on a phone is a session of its own."""

    database: Database
    clock: Clock
    randomness: Randomness
    provider: OpenIdProvider | None = None

    def verify(self, token: str, token_type: str, device_key: str, organisation: str) -> SignedIn | None:
        """Who signed in for this phone; None where nothing is proven."""
        if token_type == TOKEN_TYPE:
            return self._by_code(token, device_key, organisation)
        if token_type == ID_TOKEN and self.provider is not None:
            return self._by_id_token(self.provider, token, device_key, organisation)
        return None

    def _by_code(self, code: str, device_key: str, organisation: str) -> SignedIn | None:
        now = self.clock.now()
        with self.database.changing() as work:
            proof = work.sign_in_codes.consume(code_digest(code), device_key, now)
            if proof is None or proof.organisation != organisation:
                return None
            person = work.people.find(proof.person)
            before = work.sessions.find(proof.session)
            if not _acts(person, organisation) or before is None or not before.is_open(now):
                return None
            if before.device_key is not None:
                return SignedIn(person, before.id, proof.signed_in_at, proof.methods)
            # Confirmed at the console: the phone outlives a step-up there, and ends when it is told to.
            name = session_id(self.randomness.octets(ID_BYTES))
            session = _phone_session(name, person, proof.methods, proof.signed_in_at, now, device_key)
            self._add(work, session, person, now)
            return SignedIn(person, session.id, proof.signed_in_at, proof.methods)

    def _by_id_token(
        self, provider: OpenIdProvider, token: str, device_key: str, organisation: str
    ) -> SignedIn | None:
        now = self.clock.now()
        try:
            with refused():
                found = provider.read(token, nonce_for(device_key), now)
            with self.database.changing() as work:
                person = known_person(work, work.people.by_hsa_id(organisation, found.hsa_id), found, now)
                if not _acts(person, organisation):
                    return None
                # The same token again is the same sign-in, and stays ended once it was.
                seen = f"{found.subject}\0{found.issued.isoformat()}\0{device_key}"
                name = session_id(hashlib.sha256(seen.encode()).digest()[:ID_BYTES])
                session = work.sessions.find(name)
                if session is None:
                    method = Method.OIDC.word
                    session = _phone_session(name, person, (method,), found.at, now, device_key)
                    self._add(work, session, person, now)
                if not session.is_open(now) or (session.person, session.device_key) != (person.id, device_key):
                    return None
                return SignedIn(person, session.id, found.at, session.methods)
        except ServiceError:
            return None

    def _add(self, work: Work, session: Session, person: Person, now: datetime) -> None:
        # no cookie opens it: the digest is that of octets that nobody is told
        work.sessions.add(session, digest_of(self.randomness.octets(SESSION_BYTES)))
        details: Details = {"method": " ".join(session.methods), "session": session.id, "app": True}
        work.audit.write(AuditEntry(now, person.id, person.organisation, Action.SIGNED_IN, None, details))


def _acts(person: Person | None, organisation: str) -> TypeGuard[Person]:
    return person is not None and person.organisation == organisation and may_act(person)


def _phone_session(
    name: str, person: Person, methods: tuple[str, ...], at: datetime, now: datetime, device_key: str
) -> Session:
    return Session(name, person.id, methods, at, now, now, at + LONGEST_SESSION, device_key=device_key)
