"""Passports for many verifications: each has one of its own, as in life."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest

from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer


@pytest.fixture(scope="session")
def passport(issuer: SpecimenIssuer) -> Callable[[int], SpecimenDocument]:
    """The passport with this number."""

    @lru_cache
    def issued(number: int) -> SpecimenDocument:
        return issuer.issue(MARTA, IssuingProfile(document_number=f"UT{number:07}"))

    return issued
