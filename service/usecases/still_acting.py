"""Whether the phone that asks was revoked while its request was worked on (SECURITY.md 7.1)."""

from __future__ import annotations

from service.domain.devices import DeviceStatus
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.repositories import Work


def require_still_acting(work: Work, who: Principal) -> None:
    """Refuse to keep what a phone sent that may not act any more; from here to the commit nobody revokes it.

    Who asks was settled before the request was worked on, and judging a chip takes a while. Rows of phones are never
    deleted, so that only what is no phone of this database has none.

    Raises:
        ServiceError: `unauthenticated`.
    """
    device = None if who.device is None else work.devices.held(who.device)
    if device is not None and device.status is not DeviceStatus.ACTIVE:
        raise ServiceError(ProblemCode.UNAUTHENTICATED)
