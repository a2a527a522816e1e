"""The demo as a newcomer meets it: the real service over HTTP and WebSocket, four readings, three next commands."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from mrtd.evidence import ElementaryFile
from service import demo
from service.client.console import ConsoleSession
from service.client.dpop import DpopSession, SigningKey, Token
from service.crew import Crew
from service.demo.client import Client, DemoError
from service.demo.specimens import Specimens, make_specimens

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PROGRAM = [str(Path(sys.executable).with_name("passkoll"))]


@pytest.fixture(scope="module")
def story() -> tuple[int, str]:
    out = io.StringIO()
    return demo.run(out=out), out.getvalue()


def test_all_end_as_they_must(story: tuple[int, str]) -> None:
    status, text = story
    assert status == 0, text
    assert re.findall(r"=> (\w+):", text) == ["VERIFIED", "REFUSED", "REFUSED", "REFUSED"]


def test_the_reasons_are_told_in_sentences(story: tuple[int, str]) -> None:
    _, text = story
    assert "FAILED pa.dg_hash (EF.DG1): mismatch" in text
    # the clone, read live and as a dump; only live the server asks it for Chip Authentication
    assert text.count("FAILED aa.signature (AA): bad_signature") == 2
    assert text.count("FAILED ca.secure_messaging (CA): bad_mac") == 1
    texts = tomllib.loads((resources.files("service") / "locale" / "en" / "reasons.toml").read_text("utf-8"))
    told = " ".join(text.split())
    for reason in ("mismatch", "bad_signature", "bad_mac"):
        assert f"{texts[reason]['text']} {texts[reason]['do']}" in told


def test_each_page_is_photographed_and_read(story: tuple[int, str]) -> None:
    """The lines come from the photo: the tampered page shows another date of expiry."""
    _, text = story
    assert re.findall(r"POST \.\.\./mrz-image +a photo of the page, \d+ KiB: (\w+)", text) == ["accepted"] * 4
    read = re.findall(r"^ {6}(UT0000001[0-9<A-Z]{35})$", text, re.MULTILINE)
    assert len(read) == 4
    assert read[0] == read[2] == read[3] != read[1]


def test_chips_are_read_live(story: tuple[int, str]) -> None:
    """PACE and both proofs on one connection; the clone fails Chip Authentication twice, and is then read without."""
    _, text = story
    told = " ".join(text.split())
    whole = "connection 1: EF.CardAccess, PACE, eMRTD application, files, Chip Authentication, Active Authentication"
    assert told.count(whole) == 2
    assert told.count("once more: chip_failed") == 2
    assert "connection 3: EF.CardAccess, PACE, eMRTD application, files, Active Authentication" in told
    assert text.count("WS .../chip/live") == 3
    passed = re.findall(r"^ {6}(\d+) round trips, \d+ commands, \d+ octets$", text, re.MULTILINE)
    assert len(passed) == 3
    # a passport with PACE, Chip Authentication and all data groups takes at most twelve
    assert int(passed[0]) <= 12


def test_the_signed_identity_names_the_holder(story: tuple[int, str]) -> None:
    _, text = story
    assert "family_name: Åkerström" in text
    assert "typ: specimen-result+jwt, assurance_level: specimen, order: demo-1" in text


def test_the_next_commands_work_as_printed(story: tuple[int, str], tmp_path: Path) -> None:
    _, text = story
    commands = _commands(text)
    assert [command[1] for command in commands] == ["demo", "mrz", "checks"]
    for _program, *arguments in commands[1:]:
        run = subprocess.run([*PROGRAM, *arguments], cwd=tmp_path, capture_output=True, check=False)
        assert run.returncode == 0, run.stderr.decode()
    assert commands[0][1:] == ["demo", "--keep"]


def test_in_an_empty_folder_nothing_is_left_behind(tmp_path: Path) -> None:
    run = subprocess.run([*PROGRAM, "demo"], cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr.decode()
    assert run.stderr == b""
    assert list(tmp_path.iterdir()) == []


def test_keep_leaves_the_service_up_until_it_is_stopped(tmp_path: Path) -> None:
    with _kept(tmp_path) as (process, text):
        commands = _commands(text)
        url = re.search(r"stays up at (http://127\.0\.0\.1:\d+)", text)
        assert url is not None
        assert commands[2][:2] == ["curl", "-s"]
        assert commands[2][2].startswith(url[1])
        links = re.findall(r"^ *(?:first|second) +([A-Za-z0-9_-]{43})$", text, re.MULTILINE)
        people = [ConsoleSession.sign_in(url[1], link) for link in links]
        roles = [person.request("GET", "/v1/me").json()["roles"] for person in people]
        assert roles == [["id_administrator", "responsible_issuer"]] * 2
        assert people[0].person != people[1].person
        listed = subprocess.run(
            [*PROGRAM, *commands[0][1:]], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert {person.person for person in people} <= set(re.findall(r"pe_[A-Z2-7]{26}", listed.stdout))
        assert httpx2.get(commands[2][2], trust_env=False).json()["info"]["title"] == "Passkoll"
        # and the one that judges the tampered passport
        inspected = subprocess.run(
            [*PROGRAM, *commands[1][1:], "--json"], cwd=tmp_path, capture_output=True, check=False
        )
        assert inspected.returncode == 1
        assert json.loads(inspected.stdout)["refused_by"] == ["pa.dg_hash"]
        folder = Path(commands[1][2]).parent
        assert folder.is_dir()
    assert process.returncode == 0
    assert not folder.exists()


def test_environment_of_the_real_service_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PASSKOLL_DATA_DIR", str(tmp_path / "real"))
    monkeypatch.setenv("PASSKOLL_REALM", "production")
    monkeypatch.setenv("PASSKOLL_POLICY", "forensic")
    out = io.StringIO()
    assert demo.run(out=out) == 0, out.getvalue()
    assert not (tmp_path / "real").exists()


def test_a_passport_that_is_not_refused_fails_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_tampering(now: datetime) -> Specimens:
        made = make_specimens(now)
        return replace(made, tampered=made.genuine)

    monkeypatch.setattr(demo, "make_specimens", without_tampering)
    out = io.StringIO()
    assert demo.run(out=out) == 1
    assert "THE DEMO FAILED: expected refused for pa.dg_hash/mismatch, found verified" in out.getvalue()


def test_a_genuine_passport_that_is_refused_fails_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_clones(now: datetime) -> Specimens:
        made = make_specimens(now)
        return replace(made, genuine=made.clone)

    monkeypatch.setattr(demo, "make_specimens", only_clones)
    out = io.StringIO()
    assert demo.run(out=out) == 1
    assert "THE DEMO FAILED: the genuine passport ended as refused" in out.getvalue()


def test_a_service_that_does_not_answer_is_a_sentence() -> None:
    nobody = DpopSession("http://127.0.0.1:9", SigningKey.generate(), lambda: Token("token", math.inf, ""))
    absent = cast("Any", None)
    crew = Crew(absent, absent, absent, nobody, nobody, nobody)
    with pytest.raises(DemoError, match="ConnectError"):
        Client(crew).open_verification("demo-1")


def test_specimens_are_reproducible_and_differ_in_one_file() -> None:
    first, second = make_specimens(NOW), make_specimens(NOW)
    assert first.trust == second.trust
    assert first.genuine.files == second.genuine.files
    assert first.clone.files == first.genuine.files
    assert {name for name, data in first.genuine.files.items() if first.tampered.files[name] != data} == {
        ElementaryFile.DG1
    }


@contextmanager
def _kept(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`passkoll demo --keep` in a process of its own, until it has told everything; stopped at the end."""
    environment = os.environ | {"TMPDIR": str(folder)}
    process = subprocess.Popen(
        [*PROGRAM, "demo", "--keep"], cwd=folder, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    told: list[str] = []
    deadline = time.monotonic() + 60
    try:
        while "openapi.json" not in "".join(told[-1:]) and time.monotonic() < deadline:
            told.append(process.stdout.readline())
        yield process, "".join(told)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _commands(text: str) -> list[list[str]]:
    """The commands under the last `Next` heading, as a shell would split them."""
    block = text[text.rindex("Next") :].split("\n", 1)[1]
    parts = re.split(r"^  # .*\n", block, flags=re.MULTILINE)[1:]
    return [shlex.split(part) for part in parts]
