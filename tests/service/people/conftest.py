"""A service that knows people by their cookies and tokens, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from service import wiring
from service.settings import Settings
from tests.service.conftest import ManualClock
from tests.service.people.authenticator import ORIGIN
from tests.service.people.office import Office
from tests.service.photo_reader import PlannedReader


@pytest.fixture
def people_settings(settings: Settings) -> Settings:
    """Settings of a service that browsers reach."""
    return settings.model_copy(update={"public_origin": ORIGIN})


@pytest.fixture
def staffed(people_settings: Settings, clock: ManualClock) -> Iterator[wiring.Services]:
    """The services, whose callers are those whom sessions and tokens name."""
    wired = wiring.wire(people_settings, clock=clock, reader=PlannedReader())
    yield replace(wired, identity=wired.tokens.identity)
    wired.close()


@pytest.fixture
def office(staffed: wiring.Services) -> Office:
    """The people."""
    return Office(staffed)
