"""Epoch keys: agreed upon once, destroyed for ever, wrapped anew without a gap."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.adapters.blobs import LocalObjects
from service.adapters.vault import epochs as module
from service.adapters.vault.epochs import StoredEpochKeys
from service.adapters.vault.file_keys import FileKeyProvider
from service.domain.retention import RetentionClass
from service.domain.vault import Epoch, ErasedError, UnreadableError
from tests.service.vault.conftest import RANDOM

MONTH = Epoch(RetentionClass.HOLDER, "2026-11")
DAY = Epoch(RetentionClass.PORTRAIT, "2026-11-24")


@pytest.fixture
def provider(tmp_path) -> FileKeyProvider:
    return FileKeyProvider.open(tmp_path / "master" / "master.json", RANDOM, may_begin=True)


@pytest.fixture
def keys(objects, provider) -> StoredEpochKeys:
    return StoredEpochKeys(objects, provider, RANDOM)


def replica(objects, provider) -> StoredEpochKeys:
    """Another process with the same store and master key."""
    return StoredEpochKeys(objects, provider, RANDOM)


@pytest.mark.parametrize(
    ("retention", "moment", "name", "ends_at"),
    [
        (
            "portrait",
            datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC),
            "2026-11-24",
            datetime(2026, 11, 25, tzinfo=UTC),
        ),
        ("portrait", datetime(2026, 12, 31, tzinfo=UTC), "2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        ("holder", datetime(2026, 1, 31, tzinfo=UTC), "2026-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("holder", datetime(2028, 2, 29, tzinfo=UTC), "2028-02", datetime(2028, 3, 1, tzinfo=UTC)),
        ("evidence", datetime(2026, 12, 1, tzinfo=UTC), "2026-12", datetime(2027, 1, 1, tzinfo=UTC)),
        # The day in UTC, whatever zone the moment is given in.
        (
            "portrait",
            datetime(2026, 11, 25, 0, 30, tzinfo=timezone(timedelta(hours=1))),
            "2026-11-24",
            datetime(2026, 11, 25, tzinfo=UTC),
        ),
    ],
)
def test_days_and_months(retention: str, moment: datetime, name: str, ends_at: datetime) -> None:
    epoch = Epoch.at(RetentionClass(retention), moment)
    assert (epoch.name, epoch.ends_at) == (name, ends_at)


def test_two_replicas_agree(objects, provider) -> None:
    """Whoever is first: all get the one key."""
    start, found = threading.Barrier(8), []

    def one() -> None:
        mine = replica(objects, provider)
        start.wait()
        found.append(mine.key_to_wrap_with(MONTH))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert replica(objects, provider).key(MONTH) == found[0]


def test_each_epoch_has_its_own(keys) -> None:
    found = {keys.key_to_wrap_with(epoch) for epoch in (MONTH, DAY, Epoch(RetentionClass.EVIDENCE, "2026-11"))}
    assert len(found) == 3
    assert all(len(key) == 32 for key in found)


def test_the_key_does_not_lie_in_the_store(keys, objects) -> None:
    key = keys.key_to_wrap_with(MONTH)
    assert key not in objects.read("holder/2026-11").data


def test_a_lost_key_is_not_an_erased_one(keys, objects, provider) -> None:
    keys.key_to_wrap_with(MONTH)
    objects.delete("holder/2026-11")
    with pytest.raises(UnreadableError):
        replica(objects, provider).key(MONTH)


def test_a_wrong_master_key_opens_nothing_and_begins_nothing(keys, objects, tmp_path) -> None:
    keys.key_to_wrap_with(MONTH)
    stranger = FileKeyProvider.open(tmp_path / "other" / "master.json", RANDOM, may_begin=True)
    for ask in (replica(objects, stranger).key, replica(objects, stranger).key_to_wrap_with):
        with pytest.raises(UnreadableError):
            ask(MONTH)


def test_a_key_of_another_epoch_does_not_open(keys, objects, provider) -> None:
    keys.key_to_wrap_with(MONTH)
    objects.create("holder/2026-12", objects.read("holder/2026-11").data)
    with pytest.raises(UnreadableError):
        replica(objects, provider).key(Epoch(RetentionClass.HOLDER, "2026-12"))


@pytest.mark.parametrize("content", [b"", b"\xff", b"\x80", b"\xa1fformat\x02", os.urandom(60)], ids=range(5))
def test_a_damaged_object_is_a_typed_error(objects, provider, content: bytes) -> None:
    objects.create("holder/2026-11", content)
    for ask in (replica(objects, provider).key, replica(objects, provider).key_to_wrap_with):
        with pytest.raises(UnreadableError):
            ask(MONTH)


def test_destroyed_is_for_ever(keys, objects, provider) -> None:
    keys.key_to_wrap_with(MONTH)
    keys.key_to_wrap_with(DAY)
    keys.destroy(MONTH)
    keys.destroy(MONTH)
    for process in (keys, replica(objects, provider)):
        for ask in (process.key, process.key_to_wrap_with):
            with pytest.raises(ErasedError):
                ask(MONTH)
        assert process.is_destroyed(MONTH)
        assert not process.is_destroyed(DAY)
        assert process.living() == [DAY]


def test_an_epoch_that_never_was_can_be_destroyed(keys, objects, provider) -> None:
    """A clock that jumps back does not begin it."""
    keys.destroy(MONTH)
    with pytest.raises(ErasedError):
        replica(objects, provider).key_to_wrap_with(MONTH)


def test_destruction_overwrites_the_octets(provider, tmp_path) -> None:
    """Whoever has the old file open, as a disk has its blocks, finds zeros."""
    keys = StoredEpochKeys(LocalObjects(tmp_path / "epochs"), provider, RANDOM)
    keys.key_to_wrap_with(MONTH)
    with open(tmp_path / "epochs" / "holder" / "2026-11", "rb") as old:
        before = old.read()
        keys.destroy(MONTH)
        old.seek(0)
        assert old.read() == bytes(len(before))


def test_other_processes_forget_in_time(keys, objects, provider, monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    other = replica(objects, provider)
    keys.key_to_wrap_with(MONTH)
    assert other.key(MONTH)
    keys.destroy(MONTH)
    now[0] = module.MAX_AGE_S + 1
    with pytest.raises(ErasedError):
        other.key(MONTH)


def test_few_are_remembered(keys) -> None:
    for number in range(module.MAX_REMEMBERED + 10):
        keys.key_to_wrap_with(Epoch(RetentionClass.HOLDER, f"{2000 + number}-01"))
    assert len(keys._remembered) == module.MAX_REMEMBERED


def test_rotation_keeps_the_keys(keys, objects, provider) -> None:
    before = {epoch: keys.key_to_wrap_with(epoch) for epoch in (MONTH, DAY)}
    destroyed = Epoch(RetentionClass.PORTRAIT, "2026-11-23")
    keys.key_to_wrap_with(destroyed)
    keys.destroy(destroyed)
    version = provider.rotate()
    assert keys.rewrap() == 2
    assert keys.rewrap() == 0
    other = replica(objects, provider)
    assert {epoch: other.key(epoch) for epoch in before} == before
    assert all(other._wrapped(epoch).master == version for epoch in before)
    with pytest.raises(ErasedError):
        other.key(destroyed)


def test_a_rotation_never_revives_what_is_destroyed_meanwhile(keys, objects, provider, monkeypatch) -> None:
    """The key is read, destroyed by somebody else, and then written: the write must fail."""
    keys.key_to_wrap_with(MONTH)
    provider.rotate()
    unwrap = provider.unwrap

    def destroyed_meanwhile(wrapped, context):
        key = unwrap(wrapped, context)
        replica(objects, provider).destroy(MONTH)
        return key

    monkeypatch.setattr(provider, "unwrap", destroyed_meanwhile)
    assert keys.rewrap() == 0
    monkeypatch.undo()
    with pytest.raises(ErasedError):
        replica(objects, provider).key(MONTH)
