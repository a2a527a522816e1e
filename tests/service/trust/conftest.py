"""A service whose trust is administered, on every database, and the office that administers it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from mrtd.specimen.issuer import SpecimenIssuer
from service import wiring
from service.app import application
from service.settings import Settings
from tests.service import two_persons
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.trust.world import Office, another_generation


@pytest.fixture
def administered(settings: Settings) -> Settings:
    """The same service without paths of an operator."""
    return settings.model_copy(update={"trust": ()})


@pytest.fixture
def office(administered: Settings, clock: ManualClock) -> Iterator[Office]:
    """The administration over an empty database."""
    trust = wiring.administer_trust(administered, clock=clock)
    yield Office(trust)
    trust.close()


@pytest.fixture
def judging(administered: Settings, clock: ManualClock) -> Iterator[wiring.Services]:
    """A service beside it: another process in all but name, with connections of its own."""
    wired = two_persons.wire(administered, clock=clock)
    yield wired
    wired.close()


@pytest.fixture
def desk(judging: wiring.Services) -> Iterator[Counter]:
    """The two administrators at a counter of that service."""
    with TestClient(application(judging), raise_server_exceptions=False) as client:
        yield Counter(client, judging.identity.tokens)


@pytest.fixture(scope="session")
def others() -> SpecimenIssuer:
    """Utopia with other keys."""
    return another_generation()
