"""A verification as a record."""

from __future__ import annotations

import pytest

from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.verification import State
from tests.service.findings import ORGANISATION, case

S = State


@pytest.mark.parametrize("state", State)
def test_identity_is_verified_only_from_approved_on(state: State) -> None:
    """API.md section 1."""
    assert case(state).identity_verified is (state in (S.APPROVED, S.RESULT_ISSUED, S.CONSUMED))


def test_for_another_organisation_it_does_not_exist() -> None:
    assert case(S.CREATED).seen_by(_portal(ORGANISATION)) == case(S.CREATED)
    with pytest.raises(ServiceError) as refused:
        case(S.CREATED).seen_by(_portal("Another organisation"))
    assert (refused.value.code, refused.value.state) == (ProblemCode.NOT_FOUND, None)


def _portal(organisation: str) -> Principal:
    return Principal("cl_portal", organisation, frozenset({Caller.PORTAL}))
