"""Open a pairing: a code on the screen of the console, for the phone of whoever sits there."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.domain.audit import Action, entry
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.ids import ID_BYTES, pairing_id
from service.domain.one_time import CODE_BYTES, code_digest, one_time_code
from service.domain.pairing import NUMBER_BYTES, PAIRING_AGE, Pairing, comparison_number
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database


@dataclass(frozen=True, slots=True)
class OpenedPairing:
    """A pairing and its code, which is told this once."""

    pairing: Pairing
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenPairing:
    """`POST /v1/pairings` (SECURITY.md 7.2)."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, who: Principal) -> OpenedPairing:
        """A pairing of this sign-in.

        Raises:
            ServiceError: `forbidden`: there is no sign-in that could be lent, or one for a single case;
                `step_up_required`: one by a password alone.
        """
        if who.session is None or who.only is not None:
            raise ServiceError(ProblemCode.FORBIDDEN)
        if who.signed_in_at is None:
            raise ServiceError(ProblemCode.STEP_UP_REQUIRED)
        now = self.clock.now()
        code = one_time_code(self.randomness.octets(CODE_BYTES))
        pairing = Pairing(
            pairing_id(self.randomness.octets(ID_BYTES)),
            who.organisation,
            who.id,
            who.session,
            comparison_number(self.randomness.octets(NUMBER_BYTES)),
            now,
            now + PAIRING_AGE,
        )
        with self.database.changing() as work:
            work.pairings.add(code_digest(code), pairing)
            work.audit.write(entry(who, now, Action.PAIRING_OPENED, None, {"pairing": pairing.id}))
        return OpenedPairing(pairing, code)
