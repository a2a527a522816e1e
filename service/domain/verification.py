"""A verification: one passport before one counter, as a frozen record.

What may happen to it stands in `service.domain.lifecycle`, until when in `service.domain.deadlines`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from service.domain.areas import works_in
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.protected import may_see_protected


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
    #: Every challenge was answered, and still something is missing.
    CHIP_ATTEMPTS_USED = "chip_attempts_used"
    #: The register of the issuing state says that the document is blocked, or does not know it.
    DOCUMENT_BLOCKED = "document_blocked"
    DOCUMENT_NOT_FOUND = "document_not_found"
    #: The chip's answer was recorded in another verification.
    CHIP_ANSWER_REPLAYED = "chip_answer_replayed"
    CAPTURE_TIME_OVER = "capture_time_over"
    REVIEW_TIME_OVER = "review_time_over"
    RESULT_TIME_OVER = "result_time_over"


#: What people found, not the machine: trying again needs a reason (RULES.md section 6).
_REFUSED_BY_PEOPLE: Final = frozenset(
    {
        CaseReason.REFUSED_BY_REVIEWER,
        CaseReason.REVIEWERS_DISAGREE,
        CaseReason.SUSPECTED_BY_REVIEWER,
        CaseReason.DOCUMENT_BLOCKED,
        CaseReason.DOCUMENT_NOT_FOUND,
    }
)


class Kind(StrEnum):
    """What the identity is wanted for."""

    RESERVE_CARD_NO_PNR = "reserve_card_no_pnr"


class RetryReason(StrEnum):
    """Why an order is tried again after people refused it; a code, since a text would name the person."""

    NEW_DOCUMENT = "new_document"
    REFUSED_BY_MISTAKE = "refused_by_mistake"
    DOUBT_RESOLVED = "doubt_resolved"


#: Only here may anyone be told that the person is who the passport says.
_IDENTITY_VERIFIED: Final = frozenset({State.APPROVED, State.RESULT_ISSUED, State.CONSUMED})


@dataclass(frozen=True, slots=True)
class Verification:
    """One passport before one counter of one organisation.

    `reason` says why it stands where it stands (a `CaseReason`, or a check's reason); `version` counts changes, so
    that two requests that read the same version cannot both write. Times are aware, UTC. `review_until` is the latest
    possible one until the chip is judged; `result_until` is there from `approved` on. `ended_in` is the state before
    `purged`: a revoked result stays revoked when its data are gone. `area`: the issuing area it belongs to, None
    where it is the whole organisation's. `protected`: the person lives under protected identity.
    `captured_by_device`: the phone that began to capture; no other one goes on with it. `order_id`: the order of a
    portal that it is for, where there is one.
    """

    id: str
    organisation: str
    kind: Kind
    order_reference: str | None
    state: State
    next_step: NextStep
    created_by: str
    created_at: datetime
    changed_at: datetime
    capture_until: datetime
    review_until: datetime
    result_until: datetime | None = None
    reason: str | None = None
    ended_in: State | None = None
    mrz_attempts: int = 0
    version: int = 1
    area: str | None = None
    protected: bool = False
    captured_by_device: str | None = None
    order_id: str | None = None

    @property
    def identity_verified(self) -> bool:
        """True only from `approved` on (API.md section 1)."""
        return self.state in _IDENTITY_VERIFIED

    @property
    def last_state(self) -> State:
        """Where it stands, or stood when its data were erased."""
        return self.ended_in or self.state

    @property
    def refused_by_people(self) -> bool:
        """Whether people refused it, or suspected fraud."""
        return self.last_state in (State.REFUSED, State.SUSPECTED_FRAUD) and self.reason in _REFUSED_BY_PEOPLE

    def exists_for(self, who: Principal) -> bool:
        """Whether `who` may know of it: organisation, area, the one case that they are for, protection."""
        return (
            self.organisation == who.organisation
            and works_in(who.areas, self.area)
            and (who.only is None or who.only in (self.id, self.order_id))
            and (not self.protected or may_see_protected(who))
        )

    def seen_by(self, who: Principal) -> Verification:
        """Itself for those who may know of it; for others it does not exist."""
        if not self.exists_for(who):
            raise ServiceError(ProblemCode.NOT_FOUND)
        return self

    def require(self, *states: State) -> None:
        """Refuse the request unless the verification is in one of `states`."""
        if self.state not in states:
            raise ServiceError(ProblemCode.WRONG_STATE, state=self.state.value)
