"""A portal beside the counter."""

from __future__ import annotations

import pytest

from tests.service.devices.conftest import start, world  # noqa: F401 fixtures
from tests.service.two_people.conftest import desk  # noqa: F401 fixture
from tests.service.two_people.desk import Desk, Portal


@pytest.fixture
def portal(desk: Desk) -> Portal:  # noqa: F811 the fixture
    """A portal that orders."""
    return desk.portal()
