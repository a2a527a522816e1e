"""People who work with Passkoll: who they are, and what makes two of them two (SECURITY.md 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from service.domain.identity import Role

#: Others who must have verified the identifiers of a local account (SECURITY.md 7.3).
VOUCHERS: Final = 2


class PersonStatus(StrEnum):
    """Whether a person may act."""

    #: invited; nobody signed in yet
    INVITED = "invited"
    ACTIVE = "active"
    #: may not act until somebody with the right to do so says otherwise
    LOCKED = "locked"


class Grip(StrEnum):
    """What one person did to the account of another; for a while they cannot be each other's second reviewer."""

    CREATED = "created"
    RE_ENROLLED = "re_enrolled"
    RESET = "reset"
    VOUCHED = "vouched"
    ROLES = "roles"


@dataclass(frozen=True, slots=True)
class Handling:
    """Somebody did something to the account of a person."""

    grip: Grip
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the staff of an organisation.

    `id`: `pe_` and 26 characters. `areas`: issuing areas; None is the whole organisation. `hsa_id`: the employee id
    in HSA that an identity provider asserted, or that two others vouched for. `personal_number`: a keyed digest of
    the personal identity number, never the number. `names`: given and family name; `born`: birth date, ISO 8601. Both
    are there to see that nobody reviews their own passport. `vouched_by`: who verified the identifiers of a local
    account. `asserted_at`: when an identity provider last said that HSA-id and personal number are this person's.
    """

    id: str
    organisation: str
    roles: frozenset[Role]
    areas: frozenset[str] | None
    status: PersonStatus
    created_at: datetime
    names: tuple[str, str] = field(default=("", ""), repr=False)
    born: str | None = field(default=None, repr=False)
    hsa_id: str | None = field(default=None, repr=False)
    personal_number: bytes | None = field(default=None, repr=False)
    vouched_by: tuple[str, ...] = ()
    handlings: tuple[Handling, ...] = ()
    asserted_at: datetime | None = None

    @property
    def is_identified(self) -> bool:
        """Whether the identifiers count: there are some, and an identity provider or two others stand for them."""
        if self.hsa_id is None and self.personal_number is None:
            return False
        return self.asserted_at is not None or len({*self.vouched_by} - {self.id}) >= VOUCHERS


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a proof of who somebody is says: the person, the sign-in, and when the person was there."""

    person: Person
    session: str
    at: datetime
    #: how, as `amr` of RFC 8176 and our own words: `oidc`, `passkey`, `pwd`
    methods: tuple[str, ...]


class People(Protocol):
    """The rows of people."""

    def find(self, person_id: str) -> Person | None:
        """The person with this id, whatever the organisation."""
        ...

    def by_hsa_id(self, organisation: str, hsa_id: str) -> Person | None:
        """The person of an organisation with this HSA-id, in whatever case it is written."""
        ...

    def of(self, organisation: str) -> Sequence[Person]:
        """Everybody of an organisation, by id."""
        ...

    def holders(self, organisation: str, role: Role) -> frozenset[str]:
        """The ids of those who may act and have the role; nothing that is sealed is read."""
        ...

    def hold(self, organisation: str) -> Sequence[Person]:
        """As `of`; nobody else changes one of them until this transaction ends."""
        ...

    def digest(self, personal_number: str) -> bytes:
        """The keyed digest of a personal identity number of twelve digits (`Person.personal_number`)."""
        ...

    def add(self, person: Person) -> None:
        """A new one.

        Raises:
            ServiceError: `already_in_use`: somebody of the organisation has its HSA-id.
        """
        ...

    def save(self, person: Person) -> None:
        """What changed: roles, areas, status, identifiers, and the handlings that are new.

        Raises:
            ServiceError: `already_in_use`: somebody else of the organisation has its HSA-id.
        """
        ...


class SubjectTokens(Protocol):
    """Knows the person behind the `subject_token` of a token exchange (RFC 8693 §2.1)."""

    def verify(self, token: str, token_type: str, device_key: str, organisation: str) -> SignedIn | None:
        """Who signed in in the app; None where it proves nothing.

        Args:
            token: an ID token of the identity provider, or a one-time code of our own sign-in page.
            token_type: `urn:ietf:params:oauth:token-type:id_token` or `urn:passkoll:token-type:sign-in-code`.
            device_key: RFC 7638 thumbprint of the key of the phone. The sign-in was begun for this key: the `nonce`
                of an ID token, the challenge of a code. One that was begun for another key proves nothing.
            organisation: of the phone; a person of another one is nobody here.
        """
        ...
