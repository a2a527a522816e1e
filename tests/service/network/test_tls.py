"""TLS of the service, as clients meet it: versions, ciphers, a certificate that is renewed."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509

from service.adapters.tls import ServerTls
from service.domain.errors import ConfigurationError
from service.run import running
from service.settings import Settings
from service.wiring import server_tls
from tests.service.network.certificates import write_certificate

REQUEST = b"GET /v1/health/live HTTP/1.1\r\nHost: passkoll\r\nConnection: close\r\n\r\n"


def connected(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A TLS connection to the service."""
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname="127.0.0.1")


def client_context(**changes: object) -> ssl.SSLContext:
    """A client that takes any certificate, and every old protocol that its OpenSSL still knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in changes.items():
        setattr(context, name, value)
    return context


def serial_of(port: int) -> int:
    """The serial number of the certificate that the service shows."""
    with connected(port, client_context()) as connection:
        der = connection.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der or b"").serial_number


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    """A service with TLS; its port and the file of its certificate."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key, _ = write_certificate(folder, rsa_key=True)
    settings = Settings(data_dir=folder / "data", port=0, tls_certificate=certificate, tls_key=key, worker="none")
    with running(settings) as started:
        assert started.url.startswith("https://127.0.0.1:")
        yield int(started.url.rpartition(":")[2]), certificate


def test_a_client_that_verifies_is_answered_with_hsts(service) -> None:
    port, certificate = service
    context = ssl.create_default_context(cafile=str(certificate))
    with connected(port, context) as connection:
        connection.sendall(REQUEST)
        answer = b"".join(iter(lambda: connection.recv(4096), b"")).lower()
        assert connection.version() == "TLSv1.3"
    assert answer.startswith(b"http/1.1 200")
    assert b"\r\nstrict-transport-security: max-age=31536000; includesubdomains\r\n" in answer


@pytest.mark.parametrize(
    "cipher", ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"]
)
def test_tls_1_2_with_ephemeral_keys_and_authenticated_ciphers(service, cipher: str) -> None:
    """RFC 9325 §4.2."""
    context = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(cipher)
    with connected(service[0], context) as connection:
        assert connection.version() == "TLSv1.2"


def refusal(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    """Why a server refuses a client, in the words of its OpenSSL; a socket would only end. None: they agree."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True))
    done: set[int] = set()
    for turn in range(20):
        try:
            ends[turn % 2].do_handshake()
            done.add(turn % 2)
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError as error:
            assert turn % 2 == 1, "the client refused"
            return error.reason
        if len(done) == 2:
            return None
    raise AssertionError("no end of the handshake")


@pytest.fixture(scope="module")
def server_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """What the service uses, with an RSA key: with one on a curve static RSA would fail by itself."""
    certificate, key, _ = write_certificate(tmp_path_factory.mktemp("context"), rsa_key=True)
    return ServerTls(certificate, key).context


@pytest.mark.parametrize(
    "cipher",
    [
        "AES128-GCM-SHA256",
        "AES256-SHA",
        "ECDHE-RSA-AES128-SHA",
        "ECDHE-RSA-AES256-SHA384",
        "DHE-RSA-AES128-GCM-SHA256",
    ],
)
def test_other_ciphers_are_refused(server_context: ssl.SSLContext, cipher: str) -> None:
    """RFC 9325 §4.1: no static RSA, no CBC; finite fields are not offered either."""
    client = client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    client.set_ciphers(f"{cipher}:@SECLEVEL=0")
    assert refusal(server_context, client) == "NO_SHARED_CIPHER"
    client.set_ciphers(f"ECDHE-RSA-AES128-GCM-SHA256:{cipher}:@SECLEVEL=0")
    assert refusal(server_context, client) is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_versions_are_refused(server_context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    """RFC 8996."""
    client = client_context(minimum_version=version, maximum_version=version)
    client.set_ciphers("ALL:@SECLEVEL=0")
    assert refusal(server_context, client) == "UNSUPPORTED_PROTOCOL"
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    assert refusal(server_context, client) is None


def test_who_speaks_http_to_it_is_not_answered(service) -> None:
    with socket.create_connection(("127.0.0.1", service[0]), timeout=10) as connection:
        connection.sendall(REQUEST)
        assert not connection.recv(100).startswith(b"HTTP")


def test_a_certificate_is_renewed_at_hangup(tmp_path: Path) -> None:
    """The process that serves goes on; what is renewed badly changes nothing."""
    certificate, key, first = write_certificate(tmp_path)
    changes = {
        "PORT": "0",
        "DATA_DIR": str(tmp_path / "data"),
        "TLS_CERTIFICATE": str(certificate),
        "TLS_KEY": str(key),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PASSKOLL_")}
    with subprocess.Popen(
        [sys.executable, "-c", "from service.cli import main; main()", "serve"],
        env=kept | {f"PASSKOLL_{name}": value for name, value in changes.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            address = next(line for line in process.stdout if line.startswith("listening on https://127.0.0.1:"))
            port = int(address.rpartition(":")[2])
            assert serial_of(port) == first
            key.write_bytes(b"half of a file")
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert serial_of(port) == first
            _, _, second = write_certificate(tmp_path)
            process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while serial_of(port) != second:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_what_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    certificate, key, _ = write_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    other, _, _ = write_certificate(tmp_path / "other")
    (tmp_path / "locked").mkdir()
    locked = write_certificate(tmp_path / "locked", password=b"secret")
    for files in ((tmp_path / "none.pem", key), (other, key), (key, certificate), locked[:2]):
        with pytest.raises(ConfigurationError, match="PASSKOLL_TLS_CERTIFICATE"):
            ServerTls(*files)


@pytest.mark.parametrize("half", ["tls_certificate", "tls_key"])
def test_half_of_it_stops_the_start(tmp_path: Path, half: str) -> None:
    with pytest.raises(ConfigurationError, match="need each other"):
        server_tls(Settings(**{half: tmp_path}))


def test_a_renewal_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    certificate, key, _ = write_certificate(tmp_path)
    tls = ServerTls(certificate, key)
    assert tls.reload()
    certificate.write_bytes(write_certificate(_folder(tmp_path))[0].read_bytes())
    assert not tls.reload()


def _folder(parent: Path) -> Path:
    made = parent / "second"
    made.mkdir()
    return made
