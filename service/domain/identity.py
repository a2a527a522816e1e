"""Who is asking: people and the kinds of callers that routes are open to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Caller(StrEnum):
    """Who calls with what (API.md section 5)."""

    APP = "app"
    HOLDER = "holder"
    REVIEWER = "reviewer"
    PORTAL = "portal"
    HARNESS = "harness"


class Role(StrEnum):
    """What a person is trusted with beyond the routes of a caller (RULES.md section 6)."""

    RESPONSIBLE_ISSUER = "responsible_issuer"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated person or system.

    `id` names the person, not the account: two reviews need two of them (SECURITY.md 7.3). `organisation`: whose
    verifications it sees; what belongs to another one does not exist for it.
    """

    id: str
    organisation: str
    callers: frozenset[Caller]
    roles: frozenset[Role] = frozenset()
