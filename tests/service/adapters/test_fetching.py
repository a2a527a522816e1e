"""Fetching lists: from where, how much, how long, and nothing that belongs to us is sent along."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from service.adapters import fetching
from service.adapters.fetching import MAX_REDIRECTS, HttpsListFetcher
from service.domain.errors import ConfigurationError
from service.domain.trust import FetchError, FetchProblem

LIST = b"\x30\x03a list"


@dataclass
class Publisher:
    """A web server on this machine, and what it was asked."""

    url: str
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    made = Publisher("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            kind, _, rest = self.path.strip("/").partition("/")
            getattr(self, f"answer_{kind}")(rest)

        def send(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def answer_list(self, _rest: str) -> None:
            self.send(200, LIST)

        def answer_hops(self, rest: str) -> None:
            left = int(rest)
            where = f"/hops/{left - 1}" if left > 1 else "/list"
            self.send(302, Location=where, Set_Cookie="who=you; Path=/")

        def answer_away(self, _rest: str) -> None:
            self.send(302, Location="http://lists.example/list")

        def answer_user(self, _rest: str) -> None:
            self.send(302, Location=made.url.replace("http://", "http://name:word@") + "/list")

        def answer_nowhere(self, rest: str) -> None:
            self.send(302, Location={"labels": "https://a..b/", "port": "https://a:b/"}[rest])

        def answer_headers(self, _rest: str) -> None:
            try:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                for _ in range(500):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.02)
            except OSError:
                self.close_connection = True

        def answer_file(self, _rest: str) -> None:
            self.send(302, Location="file:///etc/passwd")

        def answer_status(self, rest: str) -> None:
            self.send(int(rest), LIST)

        def answer_packed(self, _rest: str) -> None:
            self.send(200, gzip.compress(LIST), Content_Encoding="gzip")

        def answer_endless(self, _rest: str) -> None:
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"\0" * 65536)
            except OSError:
                self.close_connection = True

        def answer_drip(self, _rest: str) -> None:
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                for _ in range(200):
                    self.wfile.write(b"\0")
                    self.wfile.flush()
                    time.sleep(0.02)
            except OSError:
                self.close_connection = True

        def answer_silence(self, _rest: str) -> None:
            time.sleep(1.0)
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(url: str, **options: float) -> bytes:
    with HttpsListFetcher(**options) as fetcher:
        return fetcher.fetch(url)


def refused(url: str, **options: float) -> FetchProblem:
    with pytest.raises(FetchError) as error:
        fetch(url, **options)
    assert str(error.value) == error.value.code.value
    return error.value.code


def test_a_list(publisher: Publisher) -> None:
    assert fetch(f"{publisher.url}/list") == LIST
    ((path, headers),) = publisher.seen
    assert path == "/list"
    assert set(headers) <= {"host", "accept", "accept-encoding", "user-agent", "connection"}
    assert headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "url",
    [
        "http://lists.example/list",
        "http://169.254.169.254/latest",
        "ftp://127.0.0.1/list",
        "file:///etc/passwd",
        "https://name:word@lists.example/list",
        "https:///list",
        "lists.example/list",
        "",
        "https://[::1/list",
        "https://a..b/",
        f"https://{'a' * 64}.example/",
    ],
)
def test_addresses_that_are_never_asked(url: str) -> None:
    assert refused(url) is FetchProblem.URL_REFUSED


def test_as_many_redirects_as_are_sensible(publisher: Publisher) -> None:
    assert fetch(f"{publisher.url}/hops/{MAX_REDIRECTS}") == LIST
    assert [headers.get("cookie") for _, headers in publisher.seen] == [None] * (MAX_REDIRECTS + 1)
    assert refused(f"{publisher.url}/hops/{MAX_REDIRECTS + 1}") is FetchProblem.TOO_MANY_REDIRECTS


@pytest.mark.parametrize("path", ["away", "user", "file", "nowhere/labels", "nowhere/port"])
def test_redirects_elsewhere(publisher: Publisher, path: str) -> None:
    assert refused(f"{publisher.url}/{path}") is FetchProblem.REDIRECT_REFUSED
    assert len(publisher.seen) == 1


def test_from_https_no_redirect_leads_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A publisher's server must not make us ask our own services."""
    import httpx2

    monkeypatch.setattr(fetching, "_get", lambda *_arguments: httpx2.URL("http://127.0.0.1:5432/list"))
    assert refused("https://lists.example/list") is FetchProblem.REDIRECT_REFUSED


@pytest.mark.parametrize("status", [404, 500, 204, 206])
def test_anything_but_the_list(publisher: Publisher, status: int) -> None:
    assert refused(f"{publisher.url}/status/{status}") is FetchProblem.STATUS


def test_nothing_is_unpacked_on_the_way(publisher: Publisher) -> None:
    """A small packed answer could be huge."""
    assert refused(f"{publisher.url}/packed") is FetchProblem.ENCODED


def test_bounded_in_size(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetching.MAX_LIST == 64 * 1024 * 1024
    monkeypatch.setattr(fetching, "MAX_LIST", 1_000_000)
    assert refused(f"{publisher.url}/endless") is FetchProblem.TOO_LARGE


def test_bounded_in_time(publisher: Publisher) -> None:
    assert refused(f"{publisher.url}/silence", timeout_s=0.2) is FetchProblem.TIMEOUT
    assert refused(f"{publisher.url}/drip", deadline_s=0.2) is FetchProblem.TIMEOUT


def test_the_deadline_holds_for_headers_too(publisher: Publisher) -> None:
    """A server that sends its headers an octet at a time never runs into the time between two pieces."""
    before = set(threading.enumerate())
    with HttpsListFetcher(deadline_s=0.3, timeout_s=5) as fetcher:
        start = time.monotonic()
        with pytest.raises(FetchError) as error:
            fetcher.fetch(f"{publisher.url}/headers")
        assert error.value.code is FetchProblem.TIMEOUT
        assert time.monotonic() - start < 3
        # the next publisher is asked all the same
        assert fetcher.fetch(f"{publisher.url}/list") == LIST
    waiting = [thread for thread in set(threading.enumerate()) - before if "_answer" in thread.name]
    for thread in waiting:
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.parametrize("proxy", ["http://name:word@[::1", "gopher://name:word@127.0.0.1"])
def test_a_proxy_that_is_none(publisher: Publisher, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """What is wrong is said without the proxy's password."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="proxy") as error:
        HttpsListFetcher()
    assert "word" not in str(error.value)


def test_nobody_answers(publisher: Publisher) -> None:
    assert refused("http://127.0.0.1:1/list") is FetchProblem.UNREACHABLE
