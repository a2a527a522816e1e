"""Transcripts of specimen chips: the same random octets, the same session, octet by octet (SECURITY.md 5)."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import mrz
from mrtd.protocols import password
from service.client.cards.recording import RecordedCard, TranscriptError
from service.client.terminal import ReadChip, read_here
from tests.service.scan.conftest import AT, Run

#: Recorded with `passkoll scan --record` and random octets of the system; the protocols may not change under them.
KEPT = sorted((Path(__file__).parent / "transcripts").glob("*.json"))


def replayed(card: RecordedCard, octets: Any = None) -> ReadChip:
    """Read it again; a command or a draw that was not recorded raises."""
    if "can" in card.password:
        secret = password.from_can(card.password["can"])
    else:
        secret = password.from_mrz(mrz.parse(card.password["lines"], today=card.at.date()))
    return read_here(card, secret, octets or card.octets, card.at)


@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
def test_a_kept_session_replays_octet_by_octet(file: Path) -> None:
    card = RecordedCard(file.read_bytes())
    read = replayed(card)
    assert card.finished
    assert {name.value: hashlib.sha256(data).hexdigest() for name, data in read.evidence.files.items()} == card.files


def test_there_are_sessions_of_each_access() -> None:
    assert {json.loads(file.read_bytes())["reader"] for file in KEPT} == {
        "specimen:bac-aa",
        "specimen:pace-only",
        "specimen:pace-cam",
        "specimen:card-access-number",
    }


@pytest.mark.parametrize("profile", ["pace-im", "pace-dh", "ca-dh", "ca-two-keys"])
@pytest.mark.parametrize("fault", [None, "tag_lost", "clone"])
def test_what_is_recorded_replays(run: Run, tmp_path: Path, profile: str, fault: str | None) -> None:
    file = tmp_path / "session.json"
    arguments = ["scan", "--reader", f"specimen:{profile}", "--at", AT, "--json", "--record", str(file)]
    result = run(*arguments, *([] if fault is None else ["--fault", fault, "--fault-at", "25"]))
    told = json.loads(result.stdout)
    card = RecordedCard(file.read_bytes())
    read = replayed(card)
    assert card.finished
    assert {name.value: digest for name, digest in read.evidence.digests().items()} == card.files
    assert read.progress.connections == told["session"]["connections"]
    assert card.at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_other_random_octets_are_another_session(tmp_path: Path) -> None:
    card = RecordedCard(KEPT[0].read_bytes())
    with pytest.raises(TranscriptError, match="not recorded"):
        replayed(card, secrets.token_bytes)


def test_nothing_but_a_transcript_is_one() -> None:
    for content in ("", "[]", "{}", '{"schema": "passkoll/chip-transcript/2"}', KEPT[0].read_text()[:-9]):
        with pytest.raises(TranscriptError):
            RecordedCard(content)


def test_it_is_written_for_its_owner_and_never_over_another(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    arguments = ("scan", "--reader", "specimen:plain-bac", "--at", AT, "--json", "--record", str(file))
    assert run(*arguments).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    assert run(*arguments).exit_code == 2
    assert file.read_bytes() == before
