"""Answer a request that is sent again as it was answered before (SECURITY.md 7.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.domain.idempotency import KEPT, KeyedRequest, Reservation, reserve
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.usecases.recording import opened_protected

T = TypeVar("T")


@dataclass(slots=True)
class Once(Generic[T]):
    """The right to do what one request asks. `render`: its answer as it will be sent, each time."""

    reservation: Reservation
    render: Callable[[T], bytes]
    remembered: bool = False

    @property
    def digest(self) -> str:
        """Which request it is."""
        return self.reservation.request.digest

    def remember(self, work: Work, verification_id: str, result: T) -> None:
        """Keep the answer in the transaction of the change: both are there, or neither.

        Raises:
            ServiceError: `conflict`: this took so long that somebody else does it now.
        """
        work.answers.remember(self.reservation, verification_id, self.render(result))
        self.remembered = True


@dataclass(frozen=True, slots=True)
class AnswerOnce:
    """Every route that asks for an `Idempotency-Key`. Only answers to what was done are remembered."""

    database: Database
    clock: Clock

    def __call__(self, request: KeyedRequest, do: Callable[[Once[T]], T], render: Callable[[T], bytes]) -> bytes:
        """The answer to `request`: a remembered one, or that of `do`.

        Raises:
            ServiceError: `idempotency_mismatch`, `in_progress`, `not_found`; whatever `do` raises.
        """
        reserved = self._reserve(request)
        if isinstance(reserved, bytes):
            return reserved
        once = Once(reserved, render)
        try:
            result = do(once)
        except BaseException:
            self._release(reserved)
            raise
        if not once.remembered:
            self._release(reserved)
        return render(result)

    def _release(self, reserved: Reservation) -> None:
        """Nothing was done: let the next one try. If even this fails, the reservation ends by itself."""
        with self.database.changing() as work:
            work.answers.release(reserved)

    def _reserve(self, request: KeyedRequest) -> Reservation | bytes:
        now = self.clock.now()
        with self.database.changing() as work:
            work.answers.forget_before(now - KEPT)
            earlier = work.answers.of(request)
            if earlier is not None and earlier.verification_id is not None:
                # Whether the case still exists for them comes before what was once answered (SECURITY.md 7.6).
                verification = work.verifications.get(earlier.verification_id).seen_by(request.who)
                if verification.protected:
                    opened_protected(work, request.who, now, verification)
            reserved = reserve(request, earlier, now)
            if isinstance(reserved, Reservation):
                work.answers.reserve(reserved, now)
        return reserved
