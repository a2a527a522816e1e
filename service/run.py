"""Run the service in this process until it is told to stop."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, TextIO

import uvicorn

from service import log, wiring
from service.api.live_codec import MAX_FRAME
from service.app import application
from service.domain.errors import ConfigurationError
from service.domain.live import PING_S
from service.exposure import require_safe_exposure
from service.http_protocol import KEEP_ALIVE_S, MAX_HEADERS, PatientProtocol
from service.settings import Settings
from service.trust_notice import log_trust
from service.wiring import ServerTls
from service.worker import Worker
from service.ws_protocol import BoundedWebSocket

#: A start is migrations and a trust store; beyond this something is wrong.
_START_TIMEOUT_S: Final = 60.0
#: For how long requests that came before the end may take to be answered.
REQUESTS_GRACE_S: Final = 10


class _Server(uvicorn.Server):
    """Says its lines once it serves. When it is told to stop, its worker leases nothing more."""

    def __init__(self, config: uvicorn.Config, worker: Worker | None, out: TextIO, lines: tuple[str, ...]) -> None:
        super().__init__(config)
        self._worker = worker
        self._out = out
        self._lines = lines

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._out.writelines(f"{line}\n" for line in self._lines)
            self._out.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._worker is not None:
            self._worker.stop()
        await super().shutdown(sockets)


def serve(settings: Settings, out: TextIO = sys.stdout) -> None:
    """Serve until SIGINT or SIGTERM; prints the banner and `listening on http://H:N` when ready.

    Raises:
        ConfigurationError: the service must not start like this.
    """
    log.configure(settings.log_level)
    require_safe_exposure(settings)
    tls = wiring.server_tls(settings)
    services = wiring.wire(settings)
    log_trust(services)
    with (
        _listen(settings) as listener,
        _read_again_at_hangup(tls),
        measured(settings, services) as shown,
        _working(settings, services) as (services, worker),
    ):
        banner = (*clock_notice(settings), *services.identity.banner(), *shown)
        lines = (*banner, f"listening on {_url(listener, tls)}")
        _Server(_config(services, tls), worker, out, lines).run([listener])


def clock_notice(settings: Settings) -> tuple[str, ...]:
    """What the operator must see at start when the clock is not the machine's."""
    if settings.specimen_clock is None:
        return ()
    return (f"UNSAFE: the clock started at {settings.specimen_clock.isoformat()} (specimen clock). Specimens only.",)


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs beside its caller."""

    url: str
    services: wiring.Services


@contextmanager
def running(settings: Settings) -> Iterator[Running]:
    """Serve in a thread while the block runs; for the demo and for tests.

    Raises:
        ConfigurationError: the service must not start like this.
    """
    require_safe_exposure(settings)
    tls = wiring.server_tls(settings)
    services = wiring.wire(settings)
    with (
        _listen(settings) as listener,
        measured(settings, services),
        _working(settings, services) as (services, worker),
    ):
        server = _Server(_config(services, tls), worker, io.StringIO(), ())
        thread = threading.Thread(target=server.run, args=([listener],), name="passkoll", daemon=True)
        thread.start()
        try:
            _wait_for(server, thread)
            yield Running(_url(listener, tls), services)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def measured(settings: Settings, services: wiring.Services) -> Iterator[tuple[str, ...]]:
    """The port of the metrics, open while the block runs if the settings want it; what the operator is told of it.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    if settings.metrics_port is None:
        yield ()
        return
    url, close = services.telemetry.expose(settings.metrics_host, settings.metrics_port)
    try:
        yield (f"metrics on {url}",)
    finally:
        close()


@contextmanager
def _working(settings: Settings, services: wiring.Services) -> Iterator[tuple[wiring.Services, Worker | None]]:
    """The services with a worker of their own, if the settings want it; it ends before they are closed."""
    if settings.worker == "none":
        yield services, None
        return
    worker = Worker(services.run_jobs, services.bell)

    def close() -> None:
        worker.join()
        services.close()

    worker.start()
    try:
        yield replace(services, close=close), worker
    finally:
        # Not after a signal: uvicorn lets it end the process as soon as everything is closed.
        worker.join()


def _listen(settings: Settings) -> socket.socket:
    """The address of the settings, bound; port 0 becomes a free one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigurationError(
            f"the service did not start: cannot listen on {settings.host}, port {settings.port}: {why}"
        ) from error


def _url(listener: socket.socket, tls: ServerTls | None) -> str:
    scheme = "http" if tls is None else "https"
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@contextmanager
def _read_again_at_hangup(tls: ServerTls | None) -> Iterator[None]:
    """While the block runs, SIGHUP reads the certificate again: it is renewed without an end of the service."""
    if tls is None:
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda _number, _frame: tls.reload())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _wait_for(server: _Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the service did not start")
        time.sleep(0.01)


def _config(services: wiring.Services, tls: ServerTls | None) -> uvicorn.Config:
    # Our own log lines name routes; uvicorn's access log would name paths. Proxies are our own middleware's matter.
    return uvicorn.Config(
        application(services),
        http=PatientProtocol,
        h11_max_incomplete_event_size=MAX_HEADERS,
        timeout_keep_alive=KEEP_ALIVE_S,
        ws=BoundedWebSocket,
        ws_max_size=MAX_FRAME,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        # frames hold what a chip says of a person, and nothing that compresses
        ws_per_message_deflate=False,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls.context,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_GRACE_S,
    )
