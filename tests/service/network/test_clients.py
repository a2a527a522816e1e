"""What clients meet that are slow, send too much, or nothing that is HTTP: over sockets, as they come."""

from __future__ import annotations

import json
import socket
import time

import pytest

from service import http_protocol
from service.api import body_limit
from service.api.security_headers import SECURITY_HEADERS
from service.settings import Settings
from tests.service import two_persons

CASE = "/v1/verifications/vs_" + "A" * 26
#: Octets that every route takes which reads chips or photos.
ALLOWED_BODY = 4 * 1024 * 1024


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    """A service with short patience."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_protocol, "HEADERS_TIME_S", 0.6)
        patch.setattr(http_protocol, "LINGER_S", 0.6)
        patch.setattr(body_limit, "BODY_PAUSE_S", 0.6)
        patch.setattr(body_limit, "BODY_TIME_S", 1.5)
        with two_persons.running(
            Settings(data_dir=tmp_path_factory.mktemp("data"), port=0, worker="none")
        ) as started:
            yield started


@pytest.fixture
def connection(service):
    """A connection to it."""
    port = int(service.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as opened:
        yield opened


def request(path: str, *lines: str, method: str = "POST", token: str | None = None) -> bytes:
    """The head of a request."""
    sent = [f"{method} {path} HTTP/1.1", "Host: passkoll", *lines]
    if token is not None:
        sent.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*sent, "", ""]).encode()


def answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer: status, headers, body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        assert part, data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return int(first.split()[1]), headers, body


def closed_after(connection: socket.socket, begun: float) -> float:
    """Seconds until the other side ends the connection."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - begun


def cut_off(connection: socket.socket, drop: bytes) -> float:
    """Seconds for which it takes one drop after the other."""
    begun = time.monotonic()
    while time.monotonic() - begun < 8:
        try:
            connection.sendall(drop)
        except OSError:
            break
        time.sleep(0.05)
    return time.monotonic() - begun


JSON = ("Content-Type: application/json", "Idempotency-Key: one")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        # routes whose body the framework reads, and those that read it themselves
        ("/v1/verifications", "application/json"),
        (f"{CASE}/mrz", "application/json"),
        (f"{CASE}/reviews", "application/json"),
        (f"{CASE}/chip", "application/cbor"),
        (f"{CASE}/mrz-image", "image/jpeg"),
        ("/v1/inspections", "application/json"),
    ],
)
@pytest.mark.parametrize("token", [None, "0" * 64])
def test_a_stranger_is_refused_before_the_body_is_there(connection, path: str, kind: str, token: str | None) -> None:
    """Not an octet of it was sent, and the service does not wait for any."""
    length = 10_000 if kind == "application/json" else ALLOWED_BODY
    connection.sendall(request(path, f"Content-Type: {kind}", f"Content-Length: {length}", token=token))
    status, headers, body = answer(connection)
    assert (status, json.loads(body)["code"]) == (401, "unauthenticated")
    assert headers["www-authenticate"]


def test_what_a_stranger_sends_is_not_read(service, connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """8 MB are offered; nothing of the application ever asks for them, and the connection ends."""
    taken = []
    original = body_limit.BodyLimit.__call__

    async def watched(self, scope, receive, send):
        async def counting():
            message = await receive()
            taken.append(len(message.get("body", b"")))
            return message

        await original(self, scope, counting, send)

    monkeypatch.setattr(body_limit.BodyLimit, "__call__", watched)
    monkeypatch.setattr(body_limit, "MAX_PHOTO_BODY", 9_000_000)
    begun = time.monotonic()
    connection.sendall(request(f"{CASE}/mrz-image", "Content-Type: image/jpeg", "Content-Length: 8000000"))
    connection.sendall(b"\xff" * 100_000)
    status, _, _ = answer(connection)
    assert status == 401
    assert taken == []
    assert closed_after(connection, begun) < 5


def test_whoever_goes_on_sending_after_the_refusal_is_cut_off(connection) -> None:
    """A drip of octets would hold the connection for ever: each of them begins uvicorn's own patience anew."""
    connection.sendall(request(f"{CASE}/mrz-image", "Content-Type: image/jpeg", f"Content-Length: {ALLOWED_BODY}"))
    assert answer(connection)[0] == 401
    assert cut_off(connection, b"\xff") < 4


def test_a_refused_body_that_comes_whole_leaves_the_connection_open(connection) -> None:
    connection.sendall(request(f"{CASE}/mrz", *JSON, "Content-Length: 2"))
    assert answer(connection)[0] == 401
    connection.sendall(b"{}")
    connection.sendall(request("/v1/health/live", method="GET"))
    assert answer(connection)[0] == 200


@pytest.mark.parametrize(
    "head", [b"", b"GET /v1/health/live HT", b"GET /v1/health/live HTTP/1.1\r\nHost: passkoll\r\nX-A: "]
)
def test_headers_that_do_not_come(connection, head: bytes) -> None:
    begun = time.monotonic()
    connection.sendall(head)
    assert 0.4 < closed_after(connection, begun) < 5


def test_headers_that_drip(connection) -> None:
    """Slow loris: something before each time-out of a quiet connection."""
    connection.sendall(request("/v1/health/live", method="GET")[:-2])
    assert cut_off(connection, b"X-A: b\r\n") < 4


def test_the_second_request_of_a_connection_has_as_little_time(connection) -> None:
    connection.sendall(request("/v1/health/live", method="GET") + b"GET /v1/health/li")
    assert answer(connection)[0] == 200
    assert closed_after(connection, time.monotonic()) < 3


def test_a_request_that_takes_its_time_within_the_limit_is_answered(connection) -> None:
    head = request("/v1/health/live", method="GET")
    for part in (head[:10], head[10:30], head[30:]):
        connection.sendall(part)
        time.sleep(0.1)
    assert answer(connection)[0] == 200
    # and again, after a while of silence
    time.sleep(0.9)
    connection.sendall(head)
    assert answer(connection)[0] == 200


def test_a_body_that_does_not_come(service, connection) -> None:
    token = service.services.identity.tokens[0]
    connection.sendall(request("/v1/verifications", *JSON, "Content-Length: 30", token=token) + b'{"kind"')
    begun = time.monotonic()
    status, _, body = answer(connection)
    assert (status, json.loads(body)["code"]) == (408, "request_timeout")
    assert 0.4 < time.monotonic() - begun < 5


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_drips(service, connection, chunked: bool) -> None:
    """Each pause is short enough, all of it takes too long."""
    token = service.services.identity.tokens[0]
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 10000"
    connection.sendall(request("/v1/verifications", *JSON, length, token=token))
    begun = time.monotonic()
    connection.settimeout(0.1)
    data = b""
    while not data and time.monotonic() - begun < 8:
        connection.sendall(b"1\r\n \r\n" if chunked else b" ")
        try:
            data = connection.recv(65536)
        except TimeoutError:
            continue
    assert data.startswith(b"HTTP/1.1 408 ")
    assert 1.0 < time.monotonic() - begun < 5


def test_a_chunked_body_without_an_end_is_too_large(service, connection) -> None:
    token = service.services.identity.tokens[0]
    connection.sendall(request("/v1/verifications", *JSON, "Transfer-Encoding: chunked", token=token))
    connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
    for _ in range(4):
        connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
    status, _, body = answer(connection)
    assert (status, json.loads(body)["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /v1/health/live HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        # RFC 9112 §6.1: two lengths are how requests are smuggled
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Header: " + b"a" * 20_000,
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 4_000,
    ],
)
def test_what_is_no_request_is_answered_as_everything_else(connection, sent: bytes) -> None:
    connection.sendall(sent)
    status, headers, body = answer(connection)
    assert (status, json.loads(body)["code"]) == (400, "malformed_request")
    assert headers["content-type"] == "application/problem+json"
    assert {name: headers[name.lower()] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert closed_after(connection, time.monotonic()) < 5
