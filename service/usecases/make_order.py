"""Take an order of a portal, and make the code of its holder where the person captures alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from service.domain import ids
from service.domain.areas import area_of_new
from service.domain.audit import Action, entry
from service.domain.enrolment import CHALLENGE_BYTES, Enrolment
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.one_time import CODE_BYTES, code_digest, one_time_code
from service.domain.orders import HOLDER_CODE_TIME, Actor, Order, require_open
from service.domain.ports import Clock, Randomness
from service.domain.protected import protects_new
from service.domain.repositories import Database, Work
from service.domain.verification import Kind, Verification


@dataclass(frozen=True, slots=True)
class HolderCode:
    """What the portal hands to the person, this once: a phone enrols with it for the order, and for nothing else."""

    code: str = field(repr=False)
    challenge: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, the verifications for it, and the code if one was made just now."""

    order: Order
    verifications: tuple[Verification, ...] = ()
    holder_code: HolderCode | None = None


@dataclass(frozen=True, slots=True)
class MakeOrder:
    """`POST /v1/orders`.

    The reference makes it idempotent: the same wish again is the same order. Only the code of a holder is made anew,
    since nobody kept the one before, which ends. Once a phone enrolled there is no other code: one phone an order.
    """

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(
        self,
        who: Principal,
        kind: Kind,
        reference: str,
        actor: Actor,
        *,
        area: str | None = None,
        protected: bool = False,
    ) -> Ordered:
        """The order.

        Raises:
            ServiceError: `idempotency_mismatch`: the reference came with another wish before; `order_state`: the
                order does not wait for a verification any more; `validation_failed`, `forbidden`: as for a
                verification.
        """
        now = self.clock.now()
        wanted = Order(
            ids.order_id(self.randomness.octets(ids.ID_BYTES)),
            who.organisation,
            who.id,
            kind,
            reference,
            actor,
            now,
            area_of_new(who, area),
            protects_new(who, wanted=protected, earlier=False),
        )
        with self.database.changing() as work:
            order = work.orders.of_client(who.id, reference)
            if order is None:
                work.orders.add(wanted)
                work.audit.write(entry(who, now, Action.ORDER_MADE, None, _details(wanted)))
                return Ordered(wanted, (), self._holder_code(work, who, wanted, now))
            if order.organisation != who.organisation or not order.same_wish(wanted):
                raise ServiceError(ProblemCode.IDEMPOTENCY_MISMATCH)
            verifications = tuple(work.verifications.of_order(order.id))
            work.orders.hold(order.id)
            if order.actor is not Actor.HOLDER or work.devices.of_order(order.id):
                return Ordered(order, verifications)
            require_open(order, verifications)
            return Ordered(order, verifications, self._holder_code(work, who, order, now))

    def _holder_code(self, work: Work, who: Principal, order: Order, now: datetime) -> HolderCode | None:
        if order.actor is not Actor.HOLDER:
            return None
        code = one_time_code(self.randomness.octets(CODE_BYTES))
        challenge = self.randomness.octets(CHALLENGE_BYTES)
        until = now + HOLDER_CODE_TIME
        work.enrolments.end_of_order(order.id, now)
        work.enrolments.add(code_digest(code), Enrolment(order.organisation, challenge, now, until, order=order.id))
        work.audit.write(entry(who, now, Action.HOLDER_INVITED, None, {"order": order.id}))
        return HolderCode(code, challenge, until)


def _details(order: Order) -> dict[str, str | bool]:
    return {"order": order.id, "kind": order.kind.value, "by": order.actor.value, "protected": order.protected}
