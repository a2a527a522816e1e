"""Count requests, and refuse those that are too many."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.rate_limits import Limit, RateLimiter, RequestLimits, counted_address
from service.domain.vault import UnreadableError


@dataclass(frozen=True, slots=True)
class LimitRequests:
    """Every route.

    Where nobody can count, signing in stops: without a limit a secret could be tried for as long as that lasts.
    Everything else goes on, since a counter that is closed harms people who wait there, and whoever asks was known
    already or is told public texts.
    """

    limiter: RateLimiter
    limits: RequestLimits

    def reading(self, address: str) -> None:
        """A public text or key."""
        self._if_possible(self.limits.reading, counted_address(address))

    def sign_in(self, address: str) -> None:
        """An attempt to turn a secret into a right.

        Raises:
            ServiceError: `too_many_requests`; `not_ready`: nobody counts.
        """
        self._hit(self.limits.sign_in, counted_address(address))

    def target(self, limit: Limit, whom: str) -> None:
        """An attempt on one account, or one code, from wherever it comes; raises as `sign_in`."""
        self._hit(limit, whom)

    def stranger(self, address: str) -> None:
        """A request that showed nothing that counts. Only these count: a broken phone locks out no neighbour."""
        self._if_possible(self.limits.strangers, counted_address(address))

    def known(self, who: Principal) -> None:
        """A request of somebody who is known."""
        self._if_possible(self.limits.known, f"{who.organisation}\x00{who.id}")

    def _hit(self, limit: Limit, whom: str) -> None:
        try:
            self.limiter.hit(limit, whom)
        except UnreadableError:
            raise ServiceError(ProblemCode.NOT_READY) from None

    def _if_possible(self, limit: Limit, whom: str) -> None:
        try:
            self._hit(limit, whom)
        except ServiceError as error:
            if error.code is not ProblemCode.NOT_READY:
                raise
