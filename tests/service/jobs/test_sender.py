"""How a message goes out: signed, to the address that was judged, and never anywhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from mrtd.pki.realm import Realm
from service.adapters.webhooks import HttpsWebhookSender
from service.domain.webhooks import AddressRule, DeliveryError
from tests.service.conftest import NOW
from tests.service.jobs.conftest import Portal

#: Secret, id, time, body, signature: of the documentation of Svix, where the scheme comes from ("Verifying webhooks
#: manually"), and of the tests of the reference libraries of Standard Webhooks.
VECTORS = [
    (
        "whsec_plJ3nmyCDGBKInavdOK15jsl",
        "msg_loFOjxBNrRLzqYUf",
        1731705121,
        b'{"event_type":"ping","data":{"success":true}}',
        "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    ),
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
]

SECRETS = ("whsec_" + base64.b64encode(b"n" * 32).decode(), "whsec_" + base64.b64encode(b"o" * 32).decode())
LOOPBACK = AddressRule(Realm.SPECIMEN)


def send(sender: HttpsWebhookSender, url: str, secrets=SECRETS) -> None:
    sender.send(url, secrets, "ev_1", NOW, b"{}")


def problem(sender: HttpsWebhookSender, url: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        send(sender, url)
    assert raised.value.__cause__ is None
    assert url not in str(raised.value)
    return raised.value


def signed(secret: str, message: bytes) -> str:
    """As the specification says it, with nothing of the sender: base64(HMAC-SHA256(key, id.timestamp.body))."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return "v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(("secret", "message_id", "at", "body", "signature"), VECTORS)
def test_published_vectors(
    portal: Portal, secret: str, message_id: str, at: int, body: bytes, signature: str
) -> None:
    HttpsWebhookSender(LOOPBACK).send(portal.url, [secret], message_id, datetime.fromtimestamp(at, UTC), body)
    request = portal.wait_for_one()
    assert request.body == body
    assert request.headers["webhook-id"] == message_id
    assert request.headers["webhook-timestamp"] == str(at)
    assert request.headers["webhook-signature"] == signature
    assert signed(secret, f"{message_id}.{at}.".encode() + body) == signature


def test_every_secret_in_use_signs(portal: Portal) -> None:
    send(HttpsWebhookSender(LOOPBACK), f"{portal.url}/hook?key=x")
    request = portal.wait_for_one()
    assert request.path == "/hook?key=x"
    message = b".".join((b"ev_1", request.headers["webhook-timestamp"].encode(), request.body))
    assert request.headers["webhook-signature"].split(" ") == [signed(secret, message) for secret in SECRETS]
    assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert request.headers["host"] == portal.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("status", "code", "final"),
    [
        (400, "http_400", False),
        (404, "http_404", False),
        (429, "http_429", False),
        (500, "http_500", False),
        (503, "http_503", False),
        (410, "gone", True),
        (301, "redirect_refused", False),
        (307, "redirect_refused", False),
    ],
)
def test_whatever_is_no_success_is_a_failure(portal: Portal, status: int, code: str, final: bool) -> None:
    portal.status = status
    portal.headers = {"Location": f"{portal.url}/elsewhere"} if status < 400 else {}
    error = problem(HttpsWebhookSender(LOOPBACK), f"{portal.url}/hook")
    assert (error.code, error.final) == (code, final)
    assert [request.path for request in portal.seen] == ["/hook"], "no redirect is followed"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_is_any_2xx(portal: Portal, status: int) -> None:
    portal.status = status
    send(HttpsWebhookSender(LOOPBACK), portal.url)


def test_no_proxy_of_the_environment(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    send(HttpsWebhookSender(LOOPBACK), portal.url)
    assert len(portal.seen) == 1


def test_a_name_may_not_lead_inside(portal: Portal) -> None:
    """The portal listens; nothing is sent, because the name of a portal has an address of this network."""
    port = portal.url.rpartition(":")[2]
    url = f"https://portal.example:{port}/"
    for found in (["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"]):
        inside = HttpsWebhookSender(LOOPBACK, resolver=lambda *_, found=found: [ip_address(one) for one in found])
        assert problem(inside, url).code == "address_refused"
    for address in ("169.254.169.254", "10.0.0.1", "[::1]", "[fd00::1]"):
        assert problem(HttpsWebhookSender(AddressRule(Realm.PRODUCTION)), f"https://{address}/").code == (
            "address_refused"
        )
    assert portal.seen == []


def test_a_name_is_asked_once(portal: Portal) -> None:
    """DNS rebinding: the second answer would be another machine."""
    asked: list[tuple[str, int]] = []

    def resolver(host: str, port: int):
        asked.append((host, port))
        return [ip_address("127.0.0.1" if len(asked) == 1 else "127.0.0.9")]

    port = int(portal.url.rpartition(":")[2])
    send(HttpsWebhookSender(LOOPBACK, resolver=resolver), f"http://localhost:{port}/hook")
    assert asked == [("localhost", port)]
    assert portal.seen[0].headers["host"] == f"localhost:{port}"


def test_a_name_without_an_address() -> None:
    def unknown(_host: str, _port: int):
        raise socket.gaierror

    assert problem(HttpsWebhookSender(LOOPBACK, resolver=unknown), "https://a.example/").code == "not_resolved"
    assert problem(HttpsWebhookSender(LOOPBACK, resolver=lambda *_: []), "https://a.example/").code == "not_resolved"
    assert problem(HttpsWebhookSender(LOOPBACK), "https://a..b/").code == "not_resolved"


def test_an_address_that_is_not_allowed_any_more(portal: Portal) -> None:
    """The database was used in the specimen realm, or changed by hand."""
    assert problem(HttpsWebhookSender(AddressRule(Realm.PRODUCTION)), portal.url).code == "url_refused"
    assert problem(HttpsWebhookSender(LOOPBACK), "gopher://127.0.0.1/").code == "url_refused"
    assert portal.seen == []


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert problem(HttpsWebhookSender(LOOPBACK), f"http://127.0.0.1:{port}/").code == "unreachable"


@contextmanager
def dripping() -> Iterator[str]:
    """A server that is always about to answer: an octet of its headers every few milliseconds."""
    stop = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not stop.wait(0.01):
                    connection.sendall(b"x")
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        stop.set()
        thread.join()


def test_one_deadline_for_all_of_it() -> None:
    with dripping() as url:
        started = time.monotonic()
        assert problem(HttpsWebhookSender(LOOPBACK, deadline_s=0.3), url).code == "timeout"
        assert time.monotonic() - started < 10


def test_silence_is_a_timeout(portal: Portal) -> None:
    portal.gate.clear()
    assert problem(HttpsWebhookSender(LOOPBACK, deadline_s=0.2), portal.url).code == "timeout"


def test_an_answer_without_end_is_not_read() -> None:
    """Only the status counts; what follows is neither waited for nor kept."""
    sent = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                for _ in range(5000):
                    connection.sendall(b"\0" * 65536)
                    sent.append(1)
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        send(HttpsWebhookSender(LOOPBACK), f"http://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join()
    assert len(sent) < 500


def certified(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """A server's certificate and key for these names, and what trusts its authority alone."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    now = datetime.now(UTC)

    def certificate(subject: x509.Name, public, *, ca: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
        )

    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys(others, False)
    usage |= {"encipher_only": False, "decipher_only": False, "crl_sign": True, "key_cert_sign": True}
    root = (
        certificate(authority, authority_key.public_key(), ca=True)
        .add_extension(x509.KeyUsage(digital_signature=False, **usage), critical=True)
        .sign(authority_key, SHA256())
    )
    leaf = (
        certificate(x509.Name([]), key.public_key(), ca=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=True)
        .sign(authority_key, SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    trusting = ssl.create_default_context(cadata=root.public_bytes(serialization.Encoding.PEM).decode())
    return path, trusting


@contextmanager
def over_tls(pem: Path, seen: list[str]) -> Iterator[int]:
    """A portal with a certificate; the names that clients ask for (SNI) and their Host go to `seen`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers["Host"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Tests print nothing."""

    class Server(HTTPServer):
        def handle_error(self, *_arguments: object) -> None:
            """A client that does not trust us ends the handshake; that is the test."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_the_certificate_is_of_the_name_though_the_address_is_pinned(tmp_path: Path) -> None:
    pem, trusting = certified(tmp_path, "portal.example")
    rule = AddressRule(Realm.PRODUCTION, frozenset({"portal.example", "other.example"}))
    here = lambda *_: [ip_address("127.0.0.1")]  # noqa: E731 one line says it
    seen: list[str] = []
    with over_tls(pem, seen) as port:
        sender = HttpsWebhookSender(rule, tls=trusting, resolver=here)
        send(sender, f"https://portal.example:{port}/hook")
        assert seen == ["portal.example", f"portal.example:{port}"]
        assert problem(sender, f"https://other.example:{port}/").code == "unreachable"
        strict = HttpsWebhookSender(rule, resolver=here)
        assert problem(strict, f"https://portal.example:{port}/").code == "unreachable", "an unknown authority"
    assert len(seen) == 4, "no request without a certificate that is right"
