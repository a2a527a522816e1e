"""The imported status list: its form, its age, and the file that an operator replaces."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.adapters.attestation.status_list import BadStatusListError, StatusListFile, parse_status_list
from service.domain.errors import ConfigurationError

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def listed(**entries: object) -> bytes:
    """A published list."""
    return json.dumps({"entries": entries}).encode()


REVOKED = {"status": "REVOKED", "reason": "KEY_COMPROMISE"}


def test_every_named_certificate_counts() -> None:
    """Suspended, revoked, or a word that nobody knows yet: the list names what is not normal."""
    data = listed(**{"abc": REVOKED, "00DEF": {"status": "SUSPENDED"}, "77": {"status": "NEW"}, "12": {}})
    found = parse_status_list(data, AT)
    for serial in (0xABC, 0xDEF, 0x77, 77, 0x12):
        assert found.names(serial)
    for serial in (0xAB, 0x76, 1):
        assert not found.names(serial)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"entries": []}',
        b'{"entries": {"xyz": {}}}',
        b'{"entries": {"": {}}}',
        b'{"entries": {"ab": "REVOKED"}}',
        b'{"entries": {"ab": {}, "ab": {}}}',
        b'{"entries": {}, "entries": {"ab": {}}}',
        b"\xff",
        b"[" * 100_000,
    ],
    ids=range(11),
)
def test_what_is_no_list(data: bytes) -> None:
    with pytest.raises(BadStatusListError):
        parse_status_list(data, AT)


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        (timedelta(0), True),
        (timedelta(days=7), True),
        (timedelta(days=7, seconds=1), False),
        (-timedelta(minutes=59), True),
        (-timedelta(hours=2), False),
    ],
    ids=["now", "a-week", "longer", "clock-ahead", "future"],
)
def test_its_age(age: timedelta, fresh: bool) -> None:
    assert parse_status_list(listed(), AT - age).is_fresh(AT, timedelta(days=7)) is fresh


def test_a_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_bytes(listed(abc=REVOKED))
    os.utime(path, (AT.timestamp(), AT.timestamp()))
    file = StatusListFile(path)
    file.check()
    first = file.current()
    assert first is not None
    assert first.imported_at == AT
    assert first.names(0xABC)
    assert file.current() is first
    path.write_bytes(listed(deadbeef=REVOKED))
    second = file.current()
    assert second is not None
    assert second.names(0xDEADBEEF)
    assert not second.names(0xABC)


def test_a_file_that_is_damaged_later_is_none(tmp_path: Path) -> None:
    """An older list is never used instead."""
    path = tmp_path / "status.json"
    path.write_bytes(listed(abc=REVOKED))
    file = StatusListFile(path)
    assert file.current() is not None
    path.write_bytes(b'{"entries": {"abc"')
    assert file.current() is None
    assert file.current() is None
    path.unlink()
    assert file.current() is None
    path.write_bytes(listed(abc=REVOKED))
    assert file.current() is not None


def test_a_file_that_comes_back_as_it_was(tmp_path: Path) -> None:
    path, away = tmp_path / "status.json", tmp_path / "away"
    path.write_bytes(listed(abc=REVOKED))
    file = StatusListFile(path)
    assert file.current() is not None
    path.rename(away)
    assert file.current() is None
    away.rename(path)
    assert file.current() is not None


@pytest.mark.parametrize("data", [None, b"nonsense"], ids=["absent", "nonsense"])
def test_the_start_says_what_would_refuse_later(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "status.json"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"docs/attestation\.md"):
        StatusListFile(path).check()


def test_without_a_file_there_is_none() -> None:
    file = StatusListFile(None)
    file.check()
    assert file.current() is None
