"""A service of the specimen realm for each test, on SQLite and, where one is given, on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service import log, wiring
from service.adapters import passwords
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.app import application
from service.settings import Settings
from tests.service import two_persons
from tests.service.counter import Counter
from tests.service.photo_reader import PlannedReader
from tests.service.postgres import SERVER, TestDatabase

#: The day of these tests: whatever is signed is dated from it.
NOW = datetime(2026, 11, 24, 9, 30, 0, tzinfo=UTC)
TRUE_PASSWORDS = {name: getattr(passwords, name) for name in ("PASSES", "LANES", "MEMORY_KIB")}


class ManualClock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        """The time that a test set."""
        return self.time

    def advance(self, **delta: float) -> None:
        """Move on."""
        self.time += timedelta(**delta)


@pytest.fixture(scope="session", autouse=True)
def _quiet_logs() -> None:
    """Tests of the log set it up for themselves."""
    log.configure("critical")


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """A hundred sign-ins need no hash that takes a thief years; `true_passwords` is for tests that do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PASSES", 1)
        patch.setattr(passwords, "LANES", 1)
        patch.setattr(passwords, "MEMORY_KIB", 8)
        yield


@pytest.fixture
def true_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of the service, for what is wired after this."""
    for name, number in TRUE_PASSWORDS.items():
        monkeypatch.setattr(passwords, name, number)


@pytest.fixture
def clock() -> ManualClock:
    """The clock of the service."""
    return ManualClock()


@pytest.fixture(scope="session")
def issuer() -> SpecimenIssuer:
    """The state of Utopia."""
    return SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW)


@pytest.fixture(scope="session")
def document(issuer: SpecimenIssuer):
    """A genuine passport of Utopia."""
    return issuer.issue(MARTA)


@pytest.fixture(scope="session")
def passport(issuer: SpecimenIssuer) -> Callable[[int], SpecimenDocument]:
    """The passport with this number: in life each verification has one of its own."""

    @lru_cache
    def issued(number: int) -> SpecimenDocument:
        return issuer.issue(MARTA, IssuingProfile(document_number=f"UT{number:07}"))

    return issued


@pytest.fixture(scope="session")
def trust(issuer: SpecimenIssuer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what Utopia published."""
    folder = tmp_path_factory.mktemp("trust")
    for name, data in issuer.trust().items():
        (folder / name).write_bytes(data)
    return folder


#: In CI a missing PostgreSQL is a failure; elsewhere one test says so (test_databases.py).
DATABASES = ["sqlite"]
if SERVER is not None or os.environ.get("CI") == "true":
    DATABASES.append(pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with the schema: a copy of it is faster than the migrations."""
    path = tmp_path_factory.mktemp("migrated") / "passkoll.sqlite3"
    database = SqlDatabase(open_engine(f"sqlite:///{path}"))
    database.upgrade()
    # closing the last connection moves the write-ahead log into the file
    database.engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[TestDatabase]:
    """The PostgreSQL database of these tests, emptied after each."""
    database = TestDatabase()
    yield database
    database.drop()


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path, trust: Path) -> Iterator[Settings]:
    """Settings over an empty database of each kind."""
    data = tmp_path / "data"
    if request.param == "sqlite":
        data.mkdir(mode=0o700)
        shutil.copy(request.getfixturevalue("migrated_file"), data)
        yield Settings(data_dir=data, trust=(trust,))
        return
    with request.getfixturevalue("postgres_database").lent() as url:
        yield Settings(data_dir=data, trust=(trust,), database_url=url)


@pytest.fixture
def photo_reader() -> PlannedReader:
    """What the service reads photos with; the real reader has tests of its own."""
    return PlannedReader()


@pytest.fixture
def services(settings: Settings, clock: ManualClock, photo_reader: PlannedReader) -> Iterator[wiring.Services]:
    """The use cases over that database."""
    wired = two_persons.wire(settings, clock=clock, reader=photo_reader)
    yield wired
    wired.close()


@pytest.fixture
def client(services: wiring.Services) -> Iterator[TestClient]:
    """An HTTP client without a token."""
    with TestClient(application(services), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def counter(client: TestClient, services: wiring.Services) -> Counter:
    """The two administrators at a counter."""
    return Counter(client, services.identity.tokens)
