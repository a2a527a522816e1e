"""`passkoll serve`, `openapi` and the command as a whole."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from mrtd.version import VERSION
from tests.service.cli.conftest import Run, process

COMMANDS = ("inspect", "mrz", "trust", "checks", "openapi", "replay", "serve", "demo")


def environment(folder: Path, **changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PASSKOLL_")}
    return {**kept, "PASSKOLL_DATA_DIR": str(folder), **changes}


def test_the_description_of_the_service(run: Run) -> None:
    described = json.loads(run("openapi").stdout)
    assert described["openapi"].startswith("3.1")
    assert described["info"]["version"] == VERSION
    assert "/v1/verifications" in described["paths"]


def test_it_says_where_it_listens_when_it_is_ready(tmp_path: Path) -> None:
    """Options win over the environment; SIGINT ends it."""
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path / "unused", PASSKOLL_PORT="1"),
    ) as service:
        assert service.stdout is not None
        address = None
        for line in service.stdout:
            address = re.fullmatch(r"listening on (http://127\.0\.0\.1:[1-9]\d*)\n", line)
            if address:
                break
        assert address
        with urllib.request.urlopen(f"{address[1]}/v1/health/ready", timeout=10) as answer:  # noqa: S310 our own service
            assert answer.status == 200
        service.send_signal(signal.SIGINT)
        assert service.wait(timeout=20) in (0, -signal.SIGINT, 128 + signal.SIGINT)
    assert (tmp_path / "data").is_dir()
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("arguments", "changes", "word"),
    [
        (["--port", "70000"], {}, "port"),
        (["--port", "x"], {}, "port"),
        (["--trust", "/no/such/file"], {}, "file"),
        (["--host", "0.0.0.0"], {}, "does not listen on 0.0.0.0"),  # noqa: S104 refused, which is the point
        ([], {"PASSKOLL_REALM": "nowhere"}, "realm"),
        ([], {"PASSKOLL_REALM": "production"}, "production"),
    ],
)
def test_wrong_settings_end_with_2(tmp_path: Path, arguments: list[str], changes: dict[str, str], word: str) -> None:
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve", *arguments]
    found = subprocess.run(
        command, env=environment(tmp_path, **changes), capture_output=True, text=True, timeout=60, check=False
    )
    assert found.returncode == 2, found.stderr
    assert word in found.stderr
    assert "Traceback" not in found.stderr


def test_a_taken_port_ends_with_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-c", "from service.cli import main; main()", "serve", "--port", port]
        found = subprocess.run(
            command, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
        )
    assert found.returncode == 2, found.stderr
    assert f"cannot listen on 127.0.0.1, port {port}" in found.stderr


def test_the_demo_from_an_empty_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from service.cli import main; main()", "demo"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr
    assert "clone" in found.stdout
    assert not list(tmp_path.iterdir())


def test_a_demo_that_cannot_start_ends_with_3() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = process("demo", "--port", str(taken.getsockname()[1]))
    assert found.returncode == 3, found.stderr
    assert "did not start" in found.stderr


def test_every_command_explains_itself(run: Run) -> None:
    listed = run("--help").stdout
    for command in COMMANDS:
        assert command in listed
        assert run(command, "--help").exit_code == 0
    assert "0 good, 1 answered but not all good, 2 usage or unreadable, 3 unreachable" in " ".join(listed.split())


def test_the_version(run: Run) -> None:
    assert run("--version").stdout == f"{VERSION}\n"


def test_a_wrong_command_is_a_mistake() -> None:
    assert process("no-such-command").returncode == 2
    assert process("--no-such-option").returncode == 2
