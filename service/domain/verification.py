"""The state machine of a verification (CHECKS.md rule 9, RULES.md section 6): pure functions over a frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from service.domain.errors import ProblemCode, ServiceError


class State(StrEnum):
    """Where a verification stands; people decide, the machine only checks."""

    CREATED = "created"
    MRZ_CAPTURED = "mrz_captured"
    CHECKED = "checked"
    REVIEW_1 = "review_1"
    REVIEW_2 = "review_2"
    APPROVED = "approved"
    RESULT_ISSUED = "result_issued"
    CONSUMED = "consumed"
    PURGED = "purged"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ABORTED = "aborted"
    SUSPECTED_FRAUD = "suspected_fraud"
    REVOKED = "revoked"


class NextStep(StrEnum):
    """What the caller does now (API.md section 5)."""

    TAKE_PHOTO = "take_photo"
    CONFIRM_MRZ = "confirm_mrz"
    READ_CHIP_LIVE = "read_chip_live"
    SEND_DUMP = "send_dump"
    RETRY_CHIP = "retry_chip"
    WAIT_REVIEW_1 = "wait_review_1"
    WAIT_REVIEW_2 = "wait_review_2"
    FETCH_RESULT = "fetch_result"
    STOP = "stop"


class CaseReason(StrEnum):
    """Why a verification stopped, where people stopped it; otherwise a reason of a check says why."""

    REFUSED_BY_REVIEWER = "refused_by_reviewer"
    REVIEWERS_DISAGREE = "reviewers_disagree"
    SUSPECTED_BY_REVIEWER = "suspected_by_reviewer"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """What the identity is wanted for."""

    RESERVE_CARD_NO_PNR = "reserve_card_no_pnr"


#: From any state before `approved` a verification can end without a result (RULES.md section 6).
_ENDINGS: Final = frozenset(
    {State.EXPIRED, State.CANCELLED, State.ABORTED, State.REFUSED, State.SUSPECTED_FRAUD},
)
_PURGE: Final = frozenset({State.PURGED})

#: Every edge there is. No edge leads back once the chip is judged.
TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.CREATED: _ENDINGS | {State.MRZ_CAPTURED},
        State.MRZ_CAPTURED: _ENDINGS | {State.CHECKED},
        State.CHECKED: _ENDINGS | {State.REVIEW_1},
        State.REVIEW_1: _ENDINGS | {State.REVIEW_2},
        State.REVIEW_2: _ENDINGS | {State.APPROVED},
        State.APPROVED: frozenset({State.RESULT_ISSUED, State.REVOKED}),
        State.RESULT_ISSUED: frozenset({State.CONSUMED, State.REVOKED}),
        State.CONSUMED: frozenset({State.REVOKED, State.PURGED}),
        State.PURGED: frozenset(),
        State.REFUSED: _PURGE,
        State.EXPIRED: _PURGE,
        State.CANCELLED: _PURGE,
        State.ABORTED: _PURGE,
        State.SUSPECTED_FRAUD: _PURGE,
        State.REVOKED: _PURGE,
    }
)

#: Only here may anyone be told that the person is who the passport says.
_IDENTITY_VERIFIED: Final = frozenset({State.APPROVED, State.RESULT_ISSUED, State.CONSUMED})


@dataclass(frozen=True, slots=True)
class Verification:
    """One passport before one counter.

    `reason` says why it stands where it stands (a `CaseReason`, or a check's reason); `version` counts changes, so
    that two requests that read the same version cannot both write. Times are aware, UTC.
    """

    id: str
    kind: Kind
    order_reference: str | None
    state: State
    next_step: NextStep
    created_by: str
    created_at: datetime
    changed_at: datetime
    reason: str | None = None
    mrz_attempts: int = 0
    version: int = 1

    @property
    def identity_verified(self) -> bool:
        """True only from `approved` on (API.md section 1)."""
        return self.state in _IDENTITY_VERIFIED

    def require(self, *states: State) -> None:
        """Refuse the request unless the verification is in one of `states`."""
        if self.state not in states:
            raise ServiceError(ProblemCode.WRONG_STATE, state=self.state.value)

    def move(self, to: State, next_step: NextStep, at: datetime, reason: str | None = None) -> Verification:
        """The verification after an allowed change of state; a wrong one is refused."""
        if to not in TRANSITIONS[self.state]:
            raise ServiceError(ProblemCode.WRONG_STATE, state=self.state.value)
        return replace(self, state=to, next_step=next_step, changed_at=at, reason=reason)

    def stay(self, next_step: NextStep, at: datetime, reason: str | None = None) -> Verification:
        """The verification in the same state with another next step."""
        return replace(self, next_step=next_step, changed_at=at, reason=reason)


def open_verification(
    verification_id: str, kind: Kind, order_reference: str | None, created_by: str, at: datetime
) -> Verification:
    """A new verification; the first step is the photo."""
    return Verification(
        verification_id, kind, order_reference, State.CREATED, NextStep.TAKE_PHOTO, created_by, at, at
    )
