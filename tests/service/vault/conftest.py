"""A vault over each kind of database, without the rest of the service."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from service.adapters.blobs import Blobs, LocalObjects, Objects, RemoteObjects
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.adapters.db.vault import Safe
from service.adapters.system import SystemRandomness
from service.adapters.vault.epochs import StoredEpochKeys
from service.adapters.vault.file_keys import FileKeyProvider
from service.domain.retention import RetentionClass
from service.domain.vault import Place
from service.domain.verification import State
from service.settings import Settings
from tests.service.conftest import ManualClock
from tests.service.findings import case
from tests.service.vault.s3_twin import bucket

#: The real OpenBao is a program of its own, which nobody needs for the rest: tested where it is named.
collect_ignore = [] if "PASSKOLL_TEST_BAO" in os.environ else ["test_openbao.py"]

RANDOM = SystemRandomness()


@dataclass
class Installation:
    """A database, its keys and its blobs, as one process has them open."""

    folder: Path
    clock: ManualClock
    database: SqlDatabase

    @property
    def safe(self) -> Safe:
        return self.database.safe

    def other_process(self) -> Installation:
        """The same, opened by somebody else, who remembers nothing."""
        return Installation(self.folder, self.clock, replace(self.database, safe=open_safe(self.folder, self.clock)))

    def copy_of_keys_and_blobs(self, to: Path) -> None:
        """What a backup holds beside the database."""
        shutil.copytree(self.folder / "keys", to / "keys")
        shutil.copytree(self.folder / "blobs", to / "blobs")


def open_safe(folder: Path, clock: ManualClock) -> Safe:
    """The safe of a folder."""
    provider = FileKeyProvider.open(folder / "keys" / "master.json", RANDOM, may_begin=True)
    epochs = StoredEpochKeys(LocalObjects(folder / "keys" / "epochs"), provider, RANDOM)
    return Safe(provider, epochs, Blobs(LocalObjects(folder / "blobs")), clock, RANDOM)


@pytest.fixture
def installation(settings: Settings, clock: ManualClock, tmp_path: Path) -> Iterator[Installation]:
    """With two verifications in it."""
    url = settings.database_url or f"sqlite:///{settings.data_dir / 'passkoll.sqlite3'}"
    database = SqlDatabase(open_engine(url))
    database = replace(database, safe=open_safe(tmp_path / "installation", clock))
    with database.changing() as work:
        work.verifications.add(case(State.MRZ_CAPTURED))
        work.verifications.add(replace(case(State.MRZ_CAPTURED), id="vs_B"))
    yield Installation(tmp_path / "installation", clock, database)
    database.engine.dispose()


def place(**changes) -> Place:
    """A place, or one that differs from it."""
    return replace(Place("vs_A", RetentionClass.HOLDER, "mrz_captures", "lines", "1"), **changes)


@pytest.fixture(params=["local", "memory", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Objects]:
    """A store of each kind."""
    if request.param == "local":
        yield LocalObjects(tmp_path / "objects")
    elif request.param == "memory":
        yield RemoteObjects(MemoryStore())
    else:
        with bucket() as store:
            yield RemoteObjects(store)
