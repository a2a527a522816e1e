"""What a local account is proved with: invitations, passkeys and passwords (SECURITY.md 7.2, 7.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

#: Octets of the code of an invitation: nobody finds one by trying.
INVITATION_BYTES: Final = 32
INVITATION_TIME: Final = timedelta(hours=24)
#: Octets of a WebAuthn challenge (§13.4.3 asks for 16 at least).
CHALLENGE_BYTES: Final = 32
#: NIST SP 800-63B-4 §3.1.1.2: a password that is the only factor has 15 characters at least; no rule of composition.
MIN_PASSWORD: Final = 15
#: Beyond this a password only costs memory.
MAX_PASSWORD: Final = 256
MIN_LOGIN: Final = 3
MAX_LOGIN: Final = 64
#: Passkeys that one person may have.
MAX_PASSKEYS: Final = 10


def digest_of(secret: str | bytes) -> str:
    """SHA-256 in hex: what is kept of a random secret, which has too many bits to be found by trying."""
    octets = secret.encode() if isinstance(secret, str) else secret
    return hashlib.sha256(octets).hexdigest()


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody may make an account theirs, once.

    `digest`: of the code. `challenge`: what a passkey that is registered with it signs.
    """

    digest: str = field(repr=False)
    person: str
    challenge: bytes = field(repr=False)
    made_by: str
    made_at: datetime
    until: datetime
    used_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it may be used."""
        return self.used_at is None and now < self.until


@dataclass(frozen=True, slots=True)
class Passkey:
    """A public-key credential of a person (WebAuthn §4); `public_key` is a COSE_Key (RFC 9052 §7).

    `counter`: the signature counter (WebAuthn §6.1.1) of the last assertion; 0 of authenticators that count nothing.
    """

    credential: bytes = field(repr=False)
    person: str
    public_key: bytes = field(repr=False)
    counter: int
    backed_up: bool
    added_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Password:
    """How a person signs in without a passkey. `hash`: as PHC string, salted and slow."""

    person: str
    login: str = field(repr=False)
    hash: str = field(repr=False)
    set_at: datetime


class PasswordHasher(Protocol):
    """Makes hashes that take long to make."""

    def hashed(self, password: str) -> str:
        """The hash that is kept, with a salt of its own."""
        ...

    def matches(self, password: str, hashed: str | None) -> bool:
        """Whether this is the password; never for None, which takes as long to say."""
        ...


class UnprovenError(Exception):
    """What came from an authenticator proves nothing. Why it does not stays inside: it may name what was sent."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who passkeys are for (WebAuthn §4): the host of the public origin, and the origins whose pages may ask."""

    id: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """A credential that an authenticator made."""

    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    counter: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator answered, as JSON (WebAuthn §5.1 `toJSON`), and the credential that it names."""

    response: str = field(repr=False)
    credential: bytes = field(repr=False)
    #: the person whom the authenticator keeps it for; None where it does not say
    handle: bytes | None = field(repr=False)


class Authenticators(Protocol):
    """Knows WebAuthn. Every method raises UnprovenError for what proves nothing."""

    def registration(self, party: RelyingParty, person: str, challenge: bytes, known: Sequence[bytes]) -> str:
        """What a browser is given to make a credential with (JSON). `known`: those that the person has already."""
        ...

    def registered(self, response: str, party: RelyingParty, challenge: bytes) -> Registered:
        """The credential that was made for this challenge (WebAuthn §7.1)."""
        ...

    def request(self, party: RelyingParty, challenge: bytes, allowed: Sequence[bytes]) -> str:
        """What a browser is given to ask for a proof (JSON). Without `allowed`, the authenticator offers its own."""
        ...

    def answered(self, response: str) -> Assertion:
        """What a browser sent, read and not verified."""
        ...

    def proved(self, assertion: Assertion, party: RelyingParty, challenge: bytes, passkey: Passkey) -> Passkey:
        """The passkey after a proof for this challenge, with its new counter (WebAuthn §7.2)."""
        ...


class Accounts(Protocol):
    """What local accounts are proved with."""

    def invite(self, invitation: Invitation) -> None:
        """Keep a new one; others of the same person that are open end now."""
        ...

    def invitation(self, digest: str) -> Invitation | None:
        """The invitation whose code has this digest, used ones too."""
        ...

    def use_invitation(self, digest: str, at: datetime) -> bool:
        """Use it up; False if somebody did before."""
        ...

    def end_invitations(self, person_id: str, at: datetime) -> None:
        """What is open of a person is used up."""
        ...

    def passkeys(self, person_id: str) -> Sequence[Passkey]:
        """Those of a person, oldest first."""
        ...

    def passkey(self, credential: bytes) -> Passkey | None:
        """The passkey with this credential id."""
        ...

    def add_passkey(self, passkey: Passkey) -> None:
        """A new one.

        Raises:
            ServiceError: `already_in_use`: its credential id is registered (WebAuthn §7.1 step 26).
        """
        ...

    def used_passkey(self, passkey: Passkey, before: int) -> bool:
        """Keep counter and time of an assertion; False if the counter was no more `before` (used twice at once)."""
        ...

    def remove_passkeys(self, person_id: str) -> int:
        """All of a person; how many."""
        ...

    def password(self, login: str) -> Password | None:
        """The password of the account with this login name, in whatever case it is written."""
        ...

    def set_password(self, password: Password) -> None:
        """The only one of a person.

        Raises:
            ServiceError: `already_in_use`: the login name is another one's.
        """
        ...

    def remove_password(self, person_id: str) -> bool:
        """Whether there was one."""
        ...

    def has_password(self, person_id: str) -> bool:
        """Whether a person has one."""
        ...
