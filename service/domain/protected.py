"""Protected identity (skyddade personuppgifter): cases that exist only for those who are trusted with them.

RULES.md section 1: the extra role (KUR), hidden from lists and search, every access logged with a reason. The mark is
never taken away here: whether a protection ended is known elsewhere, and a case is short.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.identity import PEOPLE, Caller, Principal, Role
from service.domain.tokens import Scope

#: The scope of a portal that issues cards to people with protected identity.
PROTECTED_SCOPE: Final = Scope.PROTECTED_IDENTITY
#: Where a request says why (never in a URL, which is logged by whatever stands between).
REASON_HEADER: Final = "X-Passkoll-Reason-Code"


class AccessReason(StrEnum):
    """Why somebody opens a protected case; a closed list, since a text would name the person."""

    IDENTITY_CHECK = "identity_check"
    REVIEW = "review"
    HANDING_OVER = "handing_over"
    REVOCATION = "revocation"
    INVESTIGATION = "investigation"
    SUPPORT = "support"


def may_see_protected(who: Principal) -> bool:
    """Whether protected cases exist for `who`.

    A person needs the role, a portal the scope; the phone of a holder is bound to the one case that is the holder's.
    """
    if who.callers & PEOPLE:
        return Role.PROTECTED_IDENTITY in who.roles
    if Caller.HOLDER in who.callers:
        return who.only is not None
    return Caller.PORTAL in who.callers and PROTECTED_SCOPE in (who.scopes or ())


def reason_given(who: Principal) -> str:
    """Why `who` opens a protected case, for the audit trail.

    Raises:
        ServiceError: `access_reason_required`: a person gave none.
    """
    if who.access_reason is not None:
        return who.access_reason
    if who.callers & PEOPLE:
        pointer = f"/header/{REASON_HEADER}"
        raise ServiceError(ProblemCode.ACCESS_REASON_REQUIRED, errors=(FieldError(pointer, "missing"),))
    # Systems and holders do one thing with a case; what it is stands beside this entry.
    return "own_order"


def protects_new(who: Principal, *, wanted: bool, earlier: bool) -> bool:
    """Whether what `who` opens is protected: they say so, or an earlier attempt for the same order was.

    Raises:
        ServiceError: `forbidden`: they could not see what they open.
    """
    if wanted and not may_see_protected(who):
        raise ServiceError(ProblemCode.FORBIDDEN)
    return wanted or earlier
