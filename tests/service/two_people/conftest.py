"""Two administrators with real sessions, and the phone that one of them captures with."""

from __future__ import annotations

import pytest

from mrtd.specimen.document import SpecimenDocument
from tests.service.devices.conftest import start, world  # noqa: F401 fixtures
from tests.service.devices.world import World
from tests.service.two_people.desk import Desk


@pytest.fixture
def desk(world: World, document: SpecimenDocument) -> Desk:  # noqa: F811 the fixture
    """A counter that is open."""
    first, second = world.person("FIRST"), world.person("SECOND")
    phone = world.enrolled(first, second)
    return Desk(world, document, first, second, phone, world.signed_in(phone, first))
