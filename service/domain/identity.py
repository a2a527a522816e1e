"""Who is asking: people, phones and systems, and what a request shows of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final


class Caller(StrEnum):
    """Who calls with what (API.md section 5)."""

    APP = "app"
    HOLDER = "holder"
    REVIEWER = "reviewer"
    PORTAL = "portal"
    HARNESS = "harness"
    #: A phone by itself, before anybody signed in on it.
    DEVICE = "device"
    #: A signed-in person at the console, whatever the roles.
    STAFF = "staff"


#: Callers that are people who were signed in.
PEOPLE: Final = frozenset({Caller.APP, Caller.REVIEWER, Caller.STAFF})


class Role(StrEnum):
    """What a person is trusted with (RULES.md section 6, SECURITY.md 7.5)."""

    ID_ADMINISTRATOR = "id_administrator"
    RESPONSIBLE_ISSUER = "responsible_issuer"
    TRUST_ADMINISTRATOR = "trust_administrator"
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    #: May see the cases of people with protected identity (behörighet KUR); nothing by itself.
    PROTECTED_IDENTITY = "protected_identity"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated person or system.

    `id` names the person, not the account: two reviews need two of them (SECURITY.md 7.3). `organisation`: whose
    verifications it sees; what belongs to another one does not exist for it. `areas`: the issuing areas that the
    person works in; None is all of the organisation. `device`: the phone that acts (`act`, RFC 8693 §4.1).
    `session`: the sign-in, one for each time that the person proved who they are; `signed_in_at`: when that was last
    proved, for step-up. `only`: the one verification or order that this principal may touch. `scopes`: what a token
    allows; None where no token speaks, as in a session. `access_reason`: why this request opens protected cases,
    where it says so (`service.domain.protected.AccessReason`). `token`: the digest of the access token that speaks.
    """

    id: str
    organisation: str
    callers: frozenset[Caller]
    roles: frozenset[Role] = frozenset()
    areas: frozenset[str] | None = None
    device: str | None = None
    session: str | None = None
    signed_in_at: datetime | None = None
    only: str | None = None
    scopes: frozenset[str] | None = None
    #: the `decision_hash` that the last proof of who somebody is was made for (SECURITY.md 7.3)
    approves: str | None = None
    access_reason: str | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request shows of who asks; secrets stay out of `repr`.

    `path`: as it was asked for, without the query; with the configured public origin it is what a DPoP proof is for
    (`htu`, RFC 9449 §4.2). `local_address`: where this machine took the request. `scheme`: of the Authorization
    header, lower case; empty without one. `session`: the cookie. `csrf`: the header that only a page of our origin
    can send. `local_origin`: scheme, address and port where this machine took the request; what a proof is for where
    no public origin is configured, never what the `Host` header says.
    """

    method: str
    path: str
    local_address: str
    local_origin: str
    scheme: str = ""
    token: str = field(default="", repr=False)
    proof: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    csrf: str | None = field(default=None, repr=False)
