"""A service in a process of its own that a test kills and starts again, and clients that ask until it answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import httpx2

from service.domain.idempotency import LEASE
from service.settings import Settings
from tests.service.conftest import NOW

ROOT = Path(__file__).resolve().parents[3]
PASSKOLL = (sys.executable, "-c", "from service.cli import main; main()")
#: The service, for two persons who are known by the tokens that it prints.
SERVE = (sys.executable, "-m", "tests.service.two_persons", "serve")
#: How long a request may stay unanswered before the test fails: a start takes seconds, on a busy machine many.
PATIENCE_S = 120
#: Between a refusal by a service whose database is away and the next try.
POLITE_S = 0.1
#: Starts that are refused before the test fails: a database that lost its power recovers in seconds.
STARTS = 30
#: The state of a request that a process was killed in is given up by then; each start moves the clock so far.
AFTER_A_KILL = LEASE + timedelta(seconds=1)


def environment(settings: Settings) -> dict[str, str]:
    """What makes another process use the same database and keys, and nothing of the tester's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PASSKOLL_")}
    return {
        **kept,
        "PASSKOLL_DATA_DIR": str(settings.data_dir),
        "PASSKOLL_TRUST": str(settings.trust[0]),
        "PASSKOLL_LOG_LEVEL": "error",
        # one person fails here more often than anybody may at a counter
        "PASSKOLL_FAILURES_REFUSED": "1000",
        # and asks more often, also with the tokens of a process that was killed
        "PASSKOLL_LIMIT_KNOWN": "1000000",
        "PASSKOLL_LIMIT_STRANGERS": "1000000",
        **({} if settings.database_url is None else {"PASSKOLL_DATABASE_URL": settings.database_url}),
    }


def passkoll(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command of the operator, over the same installation."""
    return subprocess.run(
        [*PASSKOLL, *arguments], cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False
    )


@dataclass
class Server:
    """`passkoll serve`, as often as it has to be started. `generation` counts the starts."""

    settings: Settings
    log: Path
    generation: int = 0
    url: str = ""
    tokens: tuple[str, ...] = ()
    asked: int = 0
    process: subprocess.Popen[str] | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)
    starting: threading.Lock = field(default_factory=threading.Lock)
    begun: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Start it; the clock is that of the tests, and later each time."""
        now = NOW + timedelta(seconds=time.monotonic() - self.begun) + self.generation * AFTER_A_KILL
        for _ in range(STARTS):
            process, said = self._started(now)
            if said is not None:
                break
            # refused while its database recovers: whoever supervises it starts it again
            threading.Event().wait(POLITE_S)
        else:
            raise AssertionError(f"the service did not start: {self.log.read_text()[-2000:]}")
        with self.changed:
            self.process = process
            self.generation += 1
            self.url = said[-1].removeprefix("listening on ")
            self.tokens = tuple(re.findall(r": ([0-9a-f]{64})$", "\n".join(said), re.MULTILINE))
            self.changed.notify_all()

    def _started(self, now: datetime) -> tuple[subprocess.Popen[str], list[str] | None]:
        """A process, and what it said up to the address; None where it ended instead."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [*SERVE, "--port", "0"],
                cwd=ROOT,
                env=environment(self.settings) | {"PASSKOLL_SPECIMEN_CLOCK": now.isoformat()},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        said: list[str] = []
        while not (said and said[-1].startswith("listening on ")):
            line = process.stdout.readline()
            if not line:
                process.wait()
                process.stdout.close()
                return process, None
            said.append(line.rstrip("\n"))
        return process, said

    def kill(self) -> None:
        """kill -9: nothing in the process can do anything about it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def again(self) -> None:
        """Kill it and start it."""
        with self.starting:
            self.kill()
            self.start()

    def renew(self, generation: int) -> None:
        """Start it again unless somebody did: a minute later, so that it lets go of what was cut off."""
        with self.starting:
            if self.generation == generation:
                self.kill()
                self.start()

    def count(self) -> None:
        """One more request is on its way."""
        with self.changed:
            self.asked += 1
            self.changed.notify_all()

    def wait_for_requests(self, number: int) -> None:
        """Until so many requests were sent."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.asked >= number, PATIENCE_S), "nobody asks any more"

    def now(self) -> tuple[int, str, tuple[str, ...]]:
        """Generation, address and tokens that belong together."""
        with self.changed:
            return self.generation, self.url, self.tokens

    def wait_for_another(self, generation: int) -> None:
        """Until it was started again, since it is away."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.generation > generation, PATIENCE_S), "it is not started again"


@dataclass(frozen=True)
class Acknowledged:
    """A request that was answered, for good."""

    method: str
    path: str
    headers: dict[str, str]
    options: dict[str, object]
    status: int
    content: bytes


@dataclass
class Steadfast:
    """A client that asks again, with the same key, until the service answered; each thread has its own.

    It has the manners of the client that `tests.service.counter.Counter` uses; a token is the number of a person.
    """

    server: Server
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30))
    acknowledged: list[Acknowledged] = field(default_factory=list)
    #: Whether the last request was sent more than once.
    repeated: bool = False

    def request(self, method: str, path: str, *, headers: dict[str, str], **options):
        """The answer, however often it takes."""
        person = int(headers["Authorization"].removeprefix("Bearer "))
        self.repeated = False
        while True:
            generation, url, tokens = self.server.now()
            own = headers | {"Authorization": f"Bearer {tokens[person]}"}
            self.server.count()
            try:
                answer = self.client.request(method, url + path, headers=own, **options)
            except httpx2.TransportError:
                self.repeated = True
                self.server.wait_for_another(generation)
                continue
            if answer.status_code == 401 and generation != self.server.now()[0]:
                # the tokens of another start
                continue
            if answer.status_code == 503:
                self.repeated = True
                threading.Event().wait(POLITE_S)
                continue
            if answer.status_code == 409 and answer.json()["code"] == "in_progress":
                self.repeated = True
                self.server.renew(generation)
                continue
            assert answer.status_code < 500, (path, answer.text)
            if answer.is_success:
                self.acknowledged.append(
                    Acknowledged(method, path, headers, options, answer.status_code, answer.content)
                )
            return answer


def moments(seed: int, count: int, requests: int) -> list[tuple[int, float]]:
    """When to strike: after which request, and how many seconds later."""
    random = Random(seed)  # noqa: S311 (moments, no secrets)
    return [(number, random.uniform(0, 0.05)) for number in sorted(random.sample(range(20, requests), count))]


@contextmanager
def serving(settings: Settings, log: Path) -> Iterator[Server]:
    """A service that runs, whatever happens to it, until the block ends."""
    server = Server(settings, log)
    server.start()
    try:
        yield server
    finally:
        server.kill()
