"""A disk without room: 503, nothing acknowledged is lost, and it goes on by itself when there is room."""

from __future__ import annotations

import contextlib
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from mrtd.specimen.chip import SpecimenChip
from service import wiring
from service.app import application
from service.settings import Settings
from tests.service import two_persons
from tests.service.counter import Counter
from tests.service.photo_reader import PlannedReader

Full = Callable[[wiring.Services], AbstractContextManager[None]]


@contextmanager
def pages_used_up(services: wiring.Services) -> Iterator[None]:
    """SQLite may take no more pages: the error of a full disk, on every machine."""
    engine = services.database.engine

    def no_more(connection, _record) -> None:
        connection.execute("PRAGMA max_page_count = 1").close()

    engine.dispose()
    event.listen(engine, "connect", no_more)
    yield
    event.remove(engine, "connect", no_more)
    engine.dispose()


def ballast(folder: Path) -> Full:
    @contextmanager
    def file_system_full(_services: wiring.Services) -> Iterator[None]:
        file = folder / "ballast"
        with file.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            while True:
                out.write(bytes(4096))
        yield
        file.unlink()

    return file_system_full


@pytest.fixture(params=["pages", "file system"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Full]]:
    """A data folder, and how its disk gets full."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    if request.param == "pages":
        yield folder, pages_used_up
        return
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a file system that is small enough to fill")
    try:
        yield folder, ballast(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_nothing_is_lost(place: tuple[Path, Full], trust: Path, clock, document) -> None:
    folder, full = place
    services = two_persons.wire(Settings(data_dir=folder, trust=(trust,)), clock=clock, reader=PlannedReader())
    with TestClient(application(services), raise_server_exceptions=False) as client:
        counter = Counter(client, services.identity.tokens)
        acknowledged = [counter.open() for _ in range(3)]
        case = counter.captured(document)
        chip = SpecimenChip(document).to_json_body(counter.challenge(case))
        opening = {"kind": "reserve_card_no_pnr", "order_reference": "order-1"}
        keys: list[str] = []
        with full(services):
            refused = None
            while refused is None:
                # pages that were free are used up first; what is acknowledged until then must stay
                keys.append(str(uuid.uuid4()))
                answer = counter.post("/v1/verifications", opening, key=keys[-1])
                if answer.status_code == 201:
                    acknowledged.append(answer.json()["links"]["self"])
                else:
                    refused = answer
            assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
            assert refused.json()["retry"] == "after_seconds"
            assert int(refused.headers["retry-after"]) > 0
            key = str(uuid.uuid4())
            assert counter.post(f"{case}/chip", chip, key=key).status_code == 503
            assert client.get("/v1/health/live").status_code == 200
            assert [counter.get(path).status_code for path in acknowledged] == [200] * len(acknowledged)
        assert counter.post("/v1/verifications", opening, key=keys[-1]).status_code == 201
        again = counter.post(f"{case}/chip", chip, key=key)
        assert (again.status_code, again.json()["state"]) == (200, "checked")
        assert [counter.get(path).json()["state"] for path in acknowledged] == ["created"] * len(acknowledged)
        assert os.listdir(folder / "blobs") != []
    with wiring.administer_audit(Settings(data_dir=folder, trust=(trust,)), clock=clock) as audit:
        assert audit.verify().breaks == ()
