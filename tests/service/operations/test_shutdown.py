"""SIGTERM while a request is on its way: it is answered, and nothing else begins."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from service import wiring
from service.settings import Settings
from tests.conftest import ROOT
from tests.service.operations.conftest import environment


def test_a_request_that_was_begun_is_answered(tmp_path: Path) -> None:
    """The body comes in two halves, with the signal and the end of the listener between them."""
    changes = {"PASSKOLL_DATA_DIR": str(tmp_path), "PASSKOLL_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.service.two_persons", "serve"],
        cwd=ROOT,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        tokens, address = [], None
        while address is None:
            line = process.stdout.readline()
            assert line, process.wait(10)
            tokens += re.findall(r": ([0-9a-f]{64})$", line)
            address = re.fullmatch(r"listening on http://(.*):(\d+)\n", line)
        place = address[1], int(address[2])
        body = json.dumps({"kind": "reserve_card_no_pnr"}).encode()
        head = (
            "POST /v1/verifications HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {tokens[0]}\r\nIdempotency-Key: once\r\nExpect: 100-continue\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(place, timeout=20) as connection:
            connection.sendall(head.encode())
            assert connection.recv(4096).startswith(b"HTTP/1.1 100")
            connection.sendall(body[:9])
            process.send_signal(signal.SIGTERM)
            while is_open(place):
                pass
            connection.sendall(body[9:])
            answer = b""
            while chunk := connection.recv(4096):
                answer += chunk
        status, _, rest = answer.partition(b"\r\n")
        assert status == b"HTTP/1.1 201 Created"
        opened = json.loads(rest.partition(b"\r\n\r\n")[2])["id"]
        assert process.wait(20) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    services = wiring.wire(Settings(data_dir=tmp_path))
    with services.database.reading() as work:
        assert work.verifications.get(opened).state.value == "created"
        assert work.audit.head() == work.audit.last_checkpoint()
    services.close()


def is_open(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, timeout=5).close()
    except OSError:
        return False
    return True
