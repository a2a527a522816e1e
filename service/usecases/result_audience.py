"""Which portal a verification and its result are for: no other one of the organisation may know of it."""

from __future__ import annotations

from service.domain.clients import Client
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.repositories import Work
from service.domain.verification import Verification


def portal_of(work: Work, verification: Verification) -> Client | None:
    """The portal whose order a verification is for, or which opened it; None where an administrator did alone."""
    order = None if verification.order_id is None else work.orders.find(verification.order_id)
    return work.clients.find(verification.created_by if order is None else order.client)


def require_no_other_portal(work: Work, who: Principal, verification: Verification) -> None:
    """It is not the matter of another portal than the one that asks, if it is a portal that asks.

    Raises:
        ServiceError: `not_found`: it is.
    """
    if Caller.PORTAL not in who.callers or work.clients.find(who.id) is None:
        return
    portal = portal_of(work, verification)
    if portal is not None and portal.id != who.id:
        raise ServiceError(ProblemCode.NOT_FOUND)


def audience_of(work: Work, verification: Verification, default: str) -> str:
    """`aud` of the result of a verification.

    That of the portal whose order it is for, or which opened it; `default` where an administrator did without an
    order of a portal.
    """
    client = portal_of(work, verification)
    return default if client is None else client.audience


def require_recipient(work: Work, who: Principal, verification: Verification, default: str) -> None:
    """The result is for whoever asks.

    Raises:
        ServiceError: `not_found`: it is for another portal.
    """
    client = work.clients.find(who.id)
    own = default if client is None else client.audience
    if own != audience_of(work, verification, default):
        raise ServiceError(ProblemCode.NOT_FOUND)
