"""Sessions of the console: kept by the server, revocable, and proved by a cookie (SECURITY.md 7.2)."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from service.domain.identity import Caller, Presented, Principal, Role
from service.domain.people import Person, PersonStatus

#: Octets of the cookie: nobody finds one by trying.
SESSION_BYTES: Final = 32
#: A session that nobody used for so long has ended.
IDLE_TIME: Final = timedelta(minutes=30)
#: However much it was used: a working day, and no second one.
LONGEST_SESSION: Final = timedelta(hours=10)
#: When a session was used is written no more often than this.
SEEN_EVERY: Final = timedelta(minutes=1)
#: Proofs that say that the person was there with something of their own. A password alone is none of them.
STRONG_METHODS: Final = frozenset({"passkey", "oidc", "link"})
#: Methods of HTTP that change nothing (RFC 9110 §9.2.1) need no proof that our own page sent them.
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_REVIEWING: Final = frozenset({Role.ID_ADMINISTRATOR, Role.RESPONSIBLE_ISSUER})


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in at the console, from one proof of who somebody is to the next.

    `methods`: as `service.domain.people.SignedIn`. `proved_at`: when the person proved who they are. `began_at`: when
    the first of the sessions that followed each other by step-up began; the longest time counts from it. `approves`:
    the `decision_hash` that the proof was made for. `only`: the one case that it may touch. `device_key`: thumbprint
    of the key of the phone whose app was signed in; no cookie opens such a session.
    """

    id: str
    person: str
    methods: tuple[str, ...]
    proved_at: datetime
    began_at: datetime
    seen_at: datetime
    until: datetime
    ended_at: datetime | None = None
    approves: str | None = None
    only: str | None = None
    device_key: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it may be used. A phone locks itself when nobody uses it."""
        idle = self.device_key is None and now - self.seen_at >= IDLE_TIME
        return self.ended_at is None and now < self.until and not idle

    @property
    def is_strong(self) -> bool:
        """Whether the proof was good enough for an approval at level 3."""
        return bool(STRONG_METHODS & set(self.methods))


def principal_of(session: Session, person: Person) -> Principal:
    """Who a session speaks for. Proof by a password alone has no time: it is none for what needs a fresh proof."""
    callers = {Caller.STAFF, Caller.REVIEWER} if person.roles & _REVIEWING else {Caller.STAFF}
    return Principal(
        person.id,
        person.organisation,
        frozenset(callers),
        person.roles,
        person.areas,
        session=session.id,
        signed_in_at=session.proved_at if session.is_strong else None,
        only=session.only,
        approves=session.approves,
    )


def may_act(person: Person) -> bool:
    """Whether a person may do anything at all."""
    return person.status is PersonStatus.ACTIVE


def csrf_token(cookie: str) -> str:
    """What a page of ours sends back beside the cookie; another origin can read neither.

    It is made from the cookie, so that it is another one for each session and nothing has to be kept.
    """
    made = hmac.digest(cookie.encode(), b"passkoll csrf", "sha256")
    return urlsafe_b64encode(made).decode().rstrip("=")


def proves_origin(presented: Presented) -> bool:
    """Whether a request with a session's cookie was sent by a page of our own, where that matters (CSRF)."""
    if presented.method in SAFE_METHODS:
        return True
    if presented.session is None or presented.csrf is None:
        return False
    return hmac.compare_digest(presented.csrf.encode(), csrf_token(presented.session).encode())


class Sessions(Protocol):
    """The sessions of people."""

    def add(self, session: Session, digest: str) -> None:
        """A new one; `digest` is that of its cookie."""
        ...

    def by_digest(self, digest: str) -> Session | None:
        """The session whose cookie has this digest, ended ones too."""
        ...

    def find(self, session_id: str) -> Session | None:
        """The session with this id."""
        ...

    def of(self, person_id: str) -> Sequence[Session]:
        """Those of a person that were not ended, oldest first; some of them may have run out."""
        ...

    def seen(self, session_id: str, at: datetime) -> None:
        """It was used."""
        ...

    def end(self, session_id: str, at: datetime) -> bool:
        """It opens nothing any more; False if it had ended."""
        ...

    def end_all(self, person_id: str, at: datetime) -> int:
        """All of a person; how many were open."""
        ...

    def forget_before(self, moment: datetime) -> None:
        """Delete those that ended, or could not be used any more, before this."""
        ...
