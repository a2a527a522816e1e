"""A service, and its database, that die at random moments while counters work: nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from service.settings import Settings
from tests.service.conftest import DATABASES
from tests.service.life.courses import drive
from tests.service.life.server import Server, Steadfast, moments, passkoll, serving
from tests.service.life.whole import require_whole

#: Another seed is another run; this one is the same in each.
SEED = 9303
VERIFICATIONS = 200
CLIENTS = 4
KILLS = 12
#: Fewer requests than they make together, so that each blow falls while they work.
REQUESTS = 1500


def strike(server: Server, blow, seed: int, count: int) -> threading.Thread:
    """Strike at random moments from a thread of its own."""

    def run() -> None:
        pause = threading.Event()
        for number, delay in moments(seed, count, REQUESTS):
            server.wait_for_requests(number)
            pause.wait(delay)
            blow()

    thread = threading.Thread(target=run, name="killer", daemon=True)
    thread.start()
    return thread


def require_nothing_lost(settings: Settings, server: Server, told, acknowledged) -> None:
    """What the clients were told stands, is told again, and the trail is whole."""
    assert len({one.id for one in told}) == VERIFICATIONS
    again = Steadfast(server)
    keyed = [answer for answer in acknowledged if "Idempotency-Key" in answer.headers and _remembered(answer.path)]
    assert len(keyed) > 3 * VERIFICATIONS
    for answer in keyed:
        repeated = again.request(answer.method, answer.path, headers=answer.headers, **answer.options)
        assert (repeated.status_code, repeated.content) == (answer.status, answer.content)
    server.kill()
    states = require_whole(settings, told)
    assert states["consumed"] >= VERIFICATIONS * 4 // 10
    verified = passkoll(settings, "audit", "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout.splitlines()[-1])


def _remembered(path: str) -> bool:
    """Routes that remember what they answered."""
    return path.endswith(("/verifications", "/chip", "/reviews", "/consume"))


def test_kill_9_at_random_moments(settings: Settings, passport, tmp_path) -> None:
    with serving(settings, tmp_path / "log") as server:
        killer = strike(server, server.again, SEED, KILLS)
        told, acknowledged = drive(server, passport, VERIFICATIONS, CLIENTS)
        killer.join()
        assert server.generation > KILLS
        require_nothing_lost(settings, server, told, acknowledged)


# --- the database dies


def terminate(url: str) -> None:
    """End every connection to the database of `url` but this one, in whatever statement it is."""
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False)) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgres
@pytest.mark.parametrize("settings", DATABASES[1:], indirect=True)
def test_connections_that_are_cut(settings: Settings, passport, tmp_path) -> None:
    """The service stays up and says 503 until it has a connection again; commits whose answer was lost count once."""
    with serving(settings, tmp_path / "log") as server:
        killer = strike(server, lambda: terminate(settings.database_url), SEED + 1, 3 * KILLS)
        told, acknowledged = drive(server, passport, VERIFICATIONS, CLIENTS)
        killer.join()
        require_nothing_lost(settings, server, told, acknowledged)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of the test's own, that may be stopped as if the machine had lost its power."""

    folder: Path
    port: int
    bin: Path

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        """A program of the server, as its user: root may not."""
        user = {"user": "postgres", "group": "postgres", "extra_groups": ()} if os.geteuid() == 0 else {}
        subprocess.run(
            [self.bin / program, "-D", self.folder / "data", *arguments],
            check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
        )  # fmt: skip

    def control(self, *arguments: str) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "-w", "-o", options, "-l", str(self.folder / "log"), *arguments)

    def lose_power(self) -> None:
        """Without a checkpoint: what was committed is in the write-ahead log alone."""
        self.control("-m", "immediate", "restart")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A new server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [shutil.which("initdb")]
    if found == [None]:
        pytest.skip("NO SERVER PROGRAMS OF POSTGRESQL: initdb is not on this machine")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # not the folder of the test: nobody but its owner can enter that one
    with tempfile.TemporaryDirectory() as folder:
        made = Cluster(Path(folder), port, Path(found[-1]).parent)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        made.run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8")
        made.control("start")
        try:
            yield made
        finally:
            made.control("-m", "immediate", "stop")


@pytest.mark.postgres
def test_a_server_that_loses_its_power(cluster: Cluster, trust: Path, passport, tmp_path) -> None:
    """The whole server dies without a checkpoint and recovers from its log while counters work."""
    settings = Settings(data_dir=tmp_path / "data", trust=(trust,), database_url=cluster.url)
    with serving(settings, tmp_path / "log") as server:
        killer = strike(server, cluster.lose_power, SEED + 2, KILLS)
        told, acknowledged = drive(server, passport, VERIFICATIONS, CLIENTS)
        killer.join()
        require_nothing_lost(settings, server, told, acknowledged)
