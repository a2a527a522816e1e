"""Challenges: single use, three answers, not too many open at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.domain.challenge import MAX_AGE, MAX_ANSWERED, MAX_OPEN, Challenge, answered_by, require_another
from service.domain.errors import ProblemCode, ServiceError
from tests.service.findings import AT


def challenge(number: int, *, answered: bool = False, age: timedelta = timedelta()) -> Challenge:
    """A challenge of this test."""
    return Challenge(f"ch_{number}", bytes([number]) * 8, AT - age, AT if answered else None)


def test_the_answered_challenge_is_found() -> None:
    known = [challenge(1), challenge(2)]
    assert answered_by(known, known[1].value) is known[1]
    assert answered_by(known, b"\xff" * 8) is None
    assert answered_by([], b"\xff" * 8) is None


def test_an_answered_challenge_is_never_judged_again() -> None:
    with pytest.raises(ServiceError) as refused:
        answered_by([challenge(1, answered=True)], bytes([1]) * 8)
    assert refused.value.code is ProblemCode.CHALLENGE_USED


def test_a_fourth_answer_is_refused() -> None:
    known = [challenge(number, answered=True) for number in range(MAX_ANSWERED)]
    for attempt in (lambda: require_another(known, AT), lambda: answered_by([*known, challenge(9)], bytes([9]) * 8)):
        with pytest.raises(ServiceError) as refused:
            attempt()
        assert refused.value.code is ProblemCode.ATTEMPT_LIMIT


def test_unanswered_challenges_do_not_count_when_they_are_old() -> None:
    old = [challenge(number, age=MAX_AGE + timedelta(seconds=1)) for number in range(MAX_OPEN)]
    require_another(old, AT)
    recent = [challenge(number, age=timedelta(seconds=number)) for number in range(MAX_OPEN)]
    with pytest.raises(ServiceError) as refused:
        require_another(recent, AT)
    assert refused.value.code is ProblemCode.TOO_MANY_REQUESTS
    # The oldest was made nine seconds ago and is open through its 120th second.
    assert refused.value.retry_after_s == 112
    require_another(recent, AT + timedelta(seconds=112))
