"""The service as a process: it says where it listens, and stops when it is told to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys

import httpx2
import pytest

from service.domain.errors import ConfigurationError
from service.run import running
from service.settings import Settings
from tests.conftest import ROOT
from tests.service import two_persons

START = (sys.executable, "-m", "tests.service.two_persons", "serve")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_when_it_is_ready(tmp_path, stop: signal.Signals) -> None:
    """In an empty folder, on a port that the system picks."""
    environment = os.environ | {"PASSKOLL_PORT": "0", "PASSKOLL_DATA_DIR": str(tmp_path / "data")}
    process = subprocess.Popen(
        START,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = []
        while not (lines and lines[-1].startswith("listening on ")):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            lines.append(line.strip())
        tokens = [re.search(r": ([0-9a-f]{64})$", line)[1] for line in lines[:2]]
        url = lines[-1].removeprefix("listening on ")
        assert httpx2.get(f"{url}/v1/health/ready").json() == {"status": "ready"}
        for token in tokens:
            answer = httpx2.post(
                f"{url}/v1/verifications",
                json={"kind": "reserve_card_no_pnr"},
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "the-first-request"},
            )
            assert answer.status_code == 201
            assert "server" not in answer.headers
        process.send_signal(stop)
        assert process.wait(20) in (0, -stop, 128 + stop)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def test_running_beside_its_caller(tmp_path) -> None:
    with two_persons.running(Settings(data_dir=tmp_path, port=0)) as service:
        assert httpx2.get(f"{service.url}/v1/health/live").json() == {"status": "live"}
        token = service.services.identity.tokens[0]
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx2.get(f"{service.url}/v1/verifications/none", headers=headers).status_code == 404
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{service.url}/v1/health/live")


def test_ipv6(tmp_path) -> None:
    if not socket.has_ipv6:
        pytest.fail("this machine has no IPv6")
    with running(Settings(data_dir=tmp_path, host="::1", port=0)) as service:
        assert service.url.startswith("http://[::1]:")
        assert httpx2.get(f"{service.url}/v1/health/live").status_code == 200


def test_a_taken_port_is_an_error(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=str(port)), running(Settings(data_dir=tmp_path, port=port)):
            pass


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "many"),
        ("REALM", "test"),
        ("POLICY", "lenient"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_wrong_settings_stop_the_start(monkeypatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PASSKOLL_{name}", value)
    with pytest.raises(ValueError, match=name.lower()):
        Settings()


def test_a_misspelt_setting_stops_the_start() -> None:
    with pytest.raises(ValueError, match="polcy"):
        Settings(polcy="default")


def test_settings_from_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("PASSKOLL_TRUST", os.pathsep.join(["/a", "b/c"]))
    monkeypatch.setenv("PASSKOLL_DATABASE_URL", "postgresql+psycopg://user:open-sesame@db/passkoll")
    settings = Settings()
    assert [str(path) for path in settings.trust] == ["/a", "b/c"]
    assert "open-sesame" not in repr(settings)
    assert Settings(trust=()).trust == ()
