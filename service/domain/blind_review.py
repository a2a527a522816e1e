"""The second reviewer does not see what the first one decided before deciding too (USERS.md, at the counter, 6)."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain.identity import Caller, Principal
from service.domain.retention import UNDECIDED
from service.domain.review import Review
from service.domain.verification import Verification


def visible_reviews(verification: Verification, reviews: Sequence[Review], who: Principal) -> tuple[Review, ...]:
    """The reviews of a case that `who` may see.

    By the person, not by the screen: whoever looks on a phone today may review at a console in a minute. Systems, and
    people who decide nothing, are told how many there are. That a first person approved is no secret: one refusal
    ends the case, so its state says so. What the other one answered, when, and in which words, is one.
    """
    if Caller.REVIEWER not in who.callers:
        return ()
    own = tuple(review for review in reviews if review.reviewer == who.id)
    if verification.state in UNDECIDED and not own:
        return ()
    return tuple(reviews)
