"""A specimen state of each algorithm profile, at a fixed time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.scheme import PROFILES

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session", params=sorted(PROFILES))
def issuer(request: pytest.FixtureRequest) -> SpecimenIssuer:
    return SpecimenIssuer.create(PROFILES[request.param], now=NOW)


@pytest.fixture(scope="session")
def document(issuer: SpecimenIssuer) -> SpecimenDocument:
    return issuer.issue(MARTA)
