"""A queue on each database, and a portal on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mrtd.pki.realm import Realm
from service import wiring
from service.adapters.db.database import SqlDatabase
from service.adapters.webhook_secrets import FileWebhookSecrets
from service.adapters.webhooks import HttpsWebhookSender
from service.domain.events import Event, EventType, RecordedEvent
from service.domain.jobs import JobKind
from service.domain.webhooks import AddressRule
from service.settings import Settings
from service.usecases.deliver_event import DeliverEvent
from service.usecases.manage_webhooks import ManageWebhooks
from service.usecases.run_jobs import Ended, Handler, RunJobs
from tests.service.conftest import ManualClock

SOURCE = "https://passkoll.example"
ORGANISATION = "Specimen organisation"
ACTOR = "an operator"


class CountedRandomness:
    """Octets that differ each time and are the same in each run."""

    def __init__(self) -> None:
        self.asked = 0

    def octets(self, count: int) -> bytes:
        """As many as asked for."""
        self.asked += 1
        return self.asked.to_bytes(count)


@pytest.fixture
def database(settings: Settings) -> Iterator[SqlDatabase]:
    """An empty database of each kind."""
    opened = wiring.open_database(settings)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def randomness() -> CountedRandomness:
    """Where ids and jitter come from."""
    return CountedRandomness()


Runner = Callable[..., RunJobs]


@pytest.fixture
def runner(database: SqlDatabase, clock: ManualClock, randomness: CountedRandomness) -> Runner:
    """`runner({kind: handler}, owner="a")`: what one worker does; with the other kinds it does nothing."""

    def make(handlers: dict[JobKind, Handler], owner: str = "worker-a") -> RunJobs:
        idle: dict[JobKind, Handler] = dict.fromkeys(JobKind, lambda _job: None)
        return RunJobs(database, clock, randomness, idle | handlers, owner)

    return make


@dataclass
class Request:
    """What the portal got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Portal:
    """A web server that answers as a test says; `gate` holds its answers back until it is set."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    gate: threading.Event = field(default_factory=threading.Event)

    def wait_for_one(self) -> Request:
        """The next request, which is on its way."""
        assert self.arrived.acquire(timeout=30), "nothing arrived"
        return self.seen[-1]


@pytest.fixture
def portal() -> Iterator[Portal]:
    """A portal on this machine."""
    made = Portal()
    made.gate.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.seen.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            made.arrived.release()
            made.gate.wait(30)
            try:
                self.send_response(made.status)
                for name, value in made.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:
                self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.gate.set()
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class Deliveries:
    """A service that sends events to portals, without its HTTP side."""

    database: SqlDatabase
    clock: ManualClock
    run: RunJobs
    manage: ManageWebhooks

    def happen(self, event_type: EventType = EventType.VERIFICATION_APPROVED, subject: str = "vs_1") -> RecordedEvent:
        """Something happens to a verification."""
        with self.database.changing() as work:
            return work.events.emit(Event(event_type, subject, ORGANISATION, self.clock.now(), {"reason": "expired"}))

    def deliver(self) -> Ended | None:
        """One delivery that is due."""
        return self.run({JobKind.DELIVER})

    def deliver_all(self) -> list[Ended]:
        """All that is due now."""
        ended = []
        while (one := self.deliver()) is not None:
            ended.append(one)
        return ended


@pytest.fixture
def deliveries(
    database: SqlDatabase, clock: ManualClock, randomness: CountedRandomness, runner: Runner, settings: Settings
) -> Deliveries:
    """The same use cases that the service has, over a real sender."""
    rule = AddressRule(Realm.SPECIMEN)
    sender = HttpsWebhookSender(rule, deadline_s=5)
    secrets = FileWebhookSecrets(settings.data_dir / "keys" / "webhooks", randomness)
    manage = ManageWebhooks(database, clock, randomness, secrets, sender, rule, ORGANISATION, SOURCE)
    deliver = DeliverEvent(database, clock, secrets, sender, SOURCE)
    return Deliveries(database, clock, runner({JobKind.DELIVER: deliver}), manage)
