"""Call the second person: a code for the case, to be read out, typed or scanned (USERS.md "At the counter" 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from service.domain import ids
from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.events import Event, EventType
from service.domain.hand_over import CODE_LENGTH, LIFE, HandOver, code_of, qr_text
from service.domain.identity import Principal
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database, Work
from service.domain.verification import State
from service.usecases.recording import touched

#: Codes that are drawn until one is free; two open ones are the same once in a thousand million draws.
_DRAWS: Final = 3


@dataclass(frozen=True, slots=True)
class Called:
    """What the screen of the first person shows, this once."""

    hand_over: HandOver
    code: str = field(repr=False)

    @property
    def qr(self) -> str:
        """What the QR holds."""
        return qr_text(self.code)


@dataclass(frozen=True, slots=True)
class OpenHandOver:
    """`POST /v1/verifications/{id}/hand-overs`. A new one takes the place of the one before."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, who: Principal, verification_id: str) -> Called:
        """A code, and the message to the organisation that somebody waits.

        Raises:
            ServiceError: `not_found`; `forbidden`: a one-case session hands nothing on; `wrong_state`: nobody can
                review, or both did.
        """
        if who.only is not None:
            raise ServiceError(ProblemCode.FORBIDDEN)
        now = touched(self.database, self.clock, who, verification_id)
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            verification.require(State.CHECKED, State.REVIEW_1)
            code = self._free_code(work, who.organisation)
            hand_over = HandOver(
                ids.hand_over_id(self.randomness.octets(ids.ID_BYTES)),
                verification_id,
                who.organisation,
                work.hand_overs.digest(code),
                who.id,
                now,
                now + LIFE,
                who.device,
            )
            work.hand_overs.end(verification_id, now)
            work.hand_overs.add(hand_over)
            work.audit.write(entry(who, now, Action.HAND_OVER_OPENED, verification_id, {"hand_over": hand_over.id}))
            if not verification.protected:
                # nobody is told of a case that exists for few alone
                data = {"state": verification.state.value}
                work.events.emit(
                    Event(EventType.VERIFICATION_HAND_OVER, verification_id, verification.organisation, now, data)
                )
        return Called(hand_over, code)

    def _free_code(self, work: Work, organisation: str) -> str:
        for _ in range(_DRAWS):
            code = code_of(self.randomness.octets(CODE_LENGTH))
            if work.hand_overs.with_code(organisation, work.hand_overs.digest(code)) is None:
                return code
        raise ServiceError(ProblemCode.CONFLICT)
