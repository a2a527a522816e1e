"""One service for the programs of a page, and one compilation of each.

A service and its sign-ins live as long as a module: where nobody asks for half an hour, people have to sign in again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service import log
from tests.docs.client import Client
from tests.docs.kotlin.bench import Bench, Kotlin
from tests.docs.once import once
from tests.docs.place import Place
from tests.docs.place import place as place_in


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    log.configure("critical")
    with place_in(tmp_path_factory.mktemp("place")) as running:
        yield running


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The phone of docs/kotlin."""
    kotlin, jar = Kotlin.found(), Path("phone.jar")
    folder = once(tmp_path_factory, "phone", lambda part: Bench.compile(kotlin, part / jar))
    return Bench(kotlin, folder / jar)


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The client that a generator makes."""
    generator = Client.generator()
    return Client(once(tmp_path_factory, "client", lambda part: Client.generate(generator, part)))


@pytest.fixture(scope="session")
def client_jar(client: Client, bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, compiled with the programs that use it."""
    jar = Path("client.jar")
    return once(tmp_path_factory, "client-jar", lambda part: client.compile(bench, part / jar)) / jar
