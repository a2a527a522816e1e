"""Two administrators are two people, and neither is the holder (SECURITY.md 7.3, 7.4).

An account is no person. What is compared are identifiers of the person that somebody answers for: an identity
provider that asserted them, or two colleagues who verified them. One that is missing denies: it could be the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from service.domain.errors import ProblemCode, ServiceError
from service.domain.holder import Names
from service.domain.identity import Principal
from service.domain.names import DocumentName, NameMatch, match_names
from service.domain.people import Person

#: How old the proof of who a reviewer is may be at an approval (SECURITY.md 7.3, RULES.md section 5).
STEP_UP: Final = timedelta(minutes=5)
#: For how long two people are not each other's second one, after one did something to the account of the other.
HANDLED: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """The person of a verification, as far as a reviewer could be that person.

    `born`: every day that the document can mean, ISO 8601; none where it leaves the date open. `numbers`: keyed
    digests of the numbers that the chip holds.
    """

    name: DocumentName
    born: frozenset[str]
    numbers: frozenset[bytes]


def require_verified(person: Person | None) -> Person:
    """The reviewer, if somebody answers for who they are.

    Raises:
        ServiceError: `identifiers_unverified`: nobody with this id is known, nobody stands for their identifiers, or
            HSA-id, personal number, names or date of birth are missing.
    """
    if person is None or not person.is_identified:
        raise ServiceError(ProblemCode.IDENTIFIERS_UNVERIFIED)
    if not person.hsa_id or not person.personal_number or not person.born or not any(person.names):
        raise ServiceError(ProblemCode.IDENTIFIERS_UNVERIFIED)
    return person


def require_two(one: Person, other: Person) -> None:
    """Refuse two accounts that are one person.

    Raises:
        ServiceError: `same_reviewer`: one account; `second_account`: an identifier of both is the same;
            `identifiers_unverified`: one of them lacks what is compared.
    """
    if one.id == other.id:
        raise ServiceError(ProblemCode.SAME_REVIEWER)
    if _same_identifier(require_verified(one), require_verified(other)):
        raise ServiceError(ProblemCode.SECOND_ACCOUNT)


def require_not_one(one: Person | None, other: Person | None) -> None:
    """Refuse two accounts that are plainly one person, where something is stopped and not granted.

    Whoever lacks an identifier is let through: a result in wrong hands must not wait for papers.

    Raises:
        ServiceError: `second_account`.
    """
    if one is None or other is None:
        return
    numbers, hsa_ids = (one.personal_number, other.personal_number), (one.hsa_id, other.hsa_id)
    if (all(numbers) and numbers[0] == numbers[1]) or (all(hsa_ids) and _folded(hsa_ids[0]) == _folded(hsa_ids[1])):
        raise ServiceError(ProblemCode.SECOND_ACCOUNT)


def require_unhandled(one: Person, other: Person, at: datetime) -> None:
    """Refuse two of whom one created, re-enrolled, reset or vouched for the account of the other a short while ago.

    Raises:
        ServiceError: `handled_account`.
    """
    if _handled(one, other, at) or _handled(other, one, at):
        raise ServiceError(ProblemCode.HANDLED_ACCOUNT)


def require_fresh(who: Principal, decision_hash: str, at: datetime, *, signs: bool) -> None:
    """Refuse an approval without a recent proof of who the reviewer is, or with one that was given for another.

    Args:
        who: the reviewer.
        decision_hash: what is approved.
        at: now.
        signs: whether the proof is a signature of the reviewer's own, as that of a passkey: it must be of this
            decision. An identity provider signs no decision; there the hash stands in the audit trail.

    Raises:
        ServiceError: `step_up_required`.
    """
    signed_in_at = who.signed_in_at
    recent = signed_in_at is not None and signed_in_at <= at <= signed_in_at + STEP_UP
    bound = who.approves == decision_hash if signs else who.approves in (None, decision_hash)
    if who.session is None or not recent or not bound:
        raise ServiceError(ProblemCode.STEP_UP_REQUIRED)


def require_other(person: Person, subject: Subject) -> None:
    """Refuse whoever would review their own passport.

    Raises:
        ServiceError: `own_passport`: one of the numbers of the chip is theirs; or their name is one of its spellings,
            and nothing says that they were born on another day.
    """
    number = require_verified(person).personal_number
    if number is not None and any(compare_digest(number, found) for found in subject.numbers):
        raise ServiceError(ProblemCode.OWN_PASSPORT)
    given, family = person.names
    named = match_names(subject.name, Names(family, given)) is not NameMatch.MISMATCH
    if named and (not subject.born or person.born in subject.born):
        raise ServiceError(ProblemCode.OWN_PASSPORT)


def elsewhere(device: str | None, captured_by_device: str | None) -> bool:
    """Whether something is done on another screen than that of the phone that captured (SECURITY.md 7.4).

    Where nobody knows which phone captured, no screen is known to be another one.
    """
    return captured_by_device is not None and device != captured_by_device


def require_two_sessions(sessions: Collection[str | None]) -> None:
    """Refuse reviews that do not come from a sign-in each.

    Raises:
        ServiceError: `same_session`.
    """
    if None in sessions or len(set(sessions)) < len(sessions):
        raise ServiceError(ProblemCode.SAME_SESSION)


def _same_identifier(one: Person, other: Person) -> bool:
    same_number = compare_digest(one.personal_number or b"", other.personal_number or b"")
    return same_number or _folded(one.hsa_id) == _folded(other.hsa_id)


def _folded(hsa_id: str | None) -> str:
    return (hsa_id or "").casefold()


def _handled(person: Person, by: Person, at: datetime) -> bool:
    """What is dated after `at` counts too: a clock that was set back frees nobody."""
    return any(handling.by == by.id and at - handling.at <= HANDLED for handling in person.handlings)
