"""One service for all programs of the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service import log
from tests.docs.place import Place
from tests.docs.place import place as place_in


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    log.configure("critical")
    with place_in(tmp_path_factory.mktemp("place")) as running:
        yield running
