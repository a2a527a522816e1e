"""A case that is looked into is not erased: frozen by its state or by a person, thawed by two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from service.domain.retention import RetentionError, RetentionProblem
from service.domain.verification import State, Verification


class FreezeReason(StrEnum):
    """Why a case is kept."""

    SUSPECTED_FRAUD = "suspected_fraud"
    LEGAL_CLAIM = "legal_claim"
    SUPERVISION = "supervision"
    #: GDPR Article 18.
    RESTRICTION = "restriction"


class ThawReason(StrEnum):
    """Why it is kept no longer than others."""

    CASE_CLOSED = "case_closed"
    FROZEN_BY_MISTAKE = "frozen_by_mistake"


@dataclass(frozen=True, slots=True)
class Freeze:
    """One freeze of a case, from its beginning to its end; times are aware, UTC.

    `by` is None where the state of the case froze it. `thaw_reason` and `thaw_asked_by` are there once somebody asked
    for its end, `thawed_by` once another one agreed.
    """

    reason: FreezeReason
    by: str | None
    at: datetime
    thaw_reason: ThawReason | None = None
    thaw_asked_by: str | None = None
    thaw_asked_at: datetime | None = None
    thawed_by: str | None = None
    thawed_at: datetime | None = None


def standing(verification: Verification, freezes: Sequence[Freeze]) -> Freeze | None:
    """The freeze that holds a case now, of all that it ever had; None if none does.

    Suspected fraud freezes by itself, from the moment of the suspicion: nobody can forget it.
    """
    for freeze in freezes:
        if freeze.thawed_at is None:
            return freeze
    if verification.state is State.SUSPECTED_FRAUD and not freezes:
        return Freeze(FreezeReason.SUSPECTED_FRAUD, None, verification.changed_at)
    return None


def freeze(
    verification: Verification, freezes: Sequence[Freeze], reason: FreezeReason, by: str, at: datetime
) -> Freeze:
    """A new freeze.

    Raises:
        RetentionError: `already_frozen`; `already_purged`: nothing is left to keep.
    """
    if verification.state is State.PURGED:
        raise RetentionError(RetentionProblem.ALREADY_PURGED)
    if standing(verification, freezes) is not None:
        raise RetentionError(RetentionProblem.ALREADY_FROZEN)
    return Freeze(reason, by, at)


def thaw(verification: Verification, freezes: Sequence[Freeze], reason: ThawReason, by: str, at: datetime) -> Freeze:
    """The freeze after one more person wants its end for `reason`: the first asks, a second one ends it.

    Raises:
        RetentionError: `not_frozen`; `same_person`; `other_reason`: the two do not agree why.
    """
    held = standing(verification, freezes)
    if held is None:
        raise RetentionError(RetentionProblem.NOT_FROZEN)
    if held.thaw_asked_by is None:
        return replace(held, thaw_reason=reason, thaw_asked_by=by, thaw_asked_at=at)
    if held.thaw_asked_by == by:
        raise RetentionError(RetentionProblem.SAME_PERSON)
    if held.thaw_reason is not reason:
        raise RetentionError(RetentionProblem.OTHER_REASON)
    return replace(held, thawed_by=by, thawed_at=at)
