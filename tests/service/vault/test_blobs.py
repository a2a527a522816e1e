"""Objects and blobs: the same promises of a folder and of a store behind obstore."""

from __future__ import annotations

import os
import stat
import threading
from datetime import timedelta

import obstore
import pytest

from service.adapters import blobs as module
from service.adapters.blobs import (
    Blobs,
    LocalObjects,
    ObjectChangedError,
    ObjectExistsError,
    ObjectMissingError,
    RemoteObjects,
    open_objects,
)
from service.domain.errors import ProblemCode
from service.domain.vault import StorageUnavailableError, UnreadableError


def test_one_makes_it(objects) -> None:
    objects.create("class/name", b"one")
    with pytest.raises(ObjectExistsError):
        objects.create("class/name", b"two")
    assert objects.read("class/name").data == b"one"
    assert [name for name, _ in objects.listing()] == ["class/name"]


def test_replacing_needs_what_was_read(objects) -> None:
    objects.create("name", b"one")
    first = objects.read("name")
    objects.replace("name", b"two", first.tag)
    with pytest.raises(ObjectChangedError):
        objects.replace("name", b"three", first.tag)
    assert objects.read("name").data == b"two"
    objects.delete("name")
    with pytest.raises(ObjectChangedError):
        objects.replace("name", b"three", first.tag)
    with pytest.raises(ObjectMissingError):
        objects.read("name")


def test_of_two_that_replace_one_wins(objects) -> None:
    objects.create("name", b"one")
    tag, start, won = objects.read("name").tag, threading.Barrier(8), []

    def one(number: int) -> None:
        start.wait()
        try:
            objects.replace("name", bytes([number]), tag)
            won.append(number)
        except ObjectChangedError:
            pass

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [bytes([number]) for number in won] == [objects.read("name").data]


def test_deleting_twice_is_no_error(objects) -> None:
    objects.create("name", b"")
    objects.delete("name")
    objects.delete("name")
    assert list(objects.listing()) == []


def test_ages_are_told_by_the_store(objects) -> None:
    store = Blobs(objects)
    store.put("a" * 32, b"sealed")
    (blob,) = store.listing()
    assert blob.name == "a" * 32
    assert timedelta(0) <= blob.age < timedelta(minutes=1)
    assert [name for name, _ in objects.listing()] == [blob.name]


def test_a_name_is_never_written_over(objects) -> None:
    store = Blobs(objects)
    store.put("a" * 32, b"sealed")
    with pytest.raises(StorageUnavailableError):
        store.put("a" * 32, b"other")
    assert store.get("a" * 32) == b"sealed"


def test_a_missing_blob_is_a_typed_error(objects) -> None:
    with pytest.raises(UnreadableError) as refused:
        Blobs(objects).get("a" * 32)
    assert refused.value.code is ProblemCode.RECORD_UNREADABLE


def test_the_folder_is_for_its_owner_alone(tmp_path) -> None:
    objects = LocalObjects(tmp_path / "objects")
    objects.create("class/name", b"one")
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "objects" / "class" / "name").stat().st_mode) == 0o600
    (tmp_path / "objects").chmod(0o755)
    LocalObjects(tmp_path / "objects")
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700


class Disk:
    """What reaches the disk, in order: obstore's renames, and syncs by the path of what was synced."""

    def __init__(self, monkeypatch, root) -> None:
        self.steps: list[str] = []
        sync, rename, put = os.fsync, obstore.rename, obstore.put

        def fsync(descriptor: int) -> None:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
            self.steps.append("sync " + (os.path.relpath(path, root) if ".staging/" not in path else "staged"))
            sync(descriptor)

        def renamed(store, from_: str, to: str, **options) -> None:
            rename(store, from_, to, **options)
            self.steps.append(f"rename {to}")

        def written(store, path: str, data: bytes, **options):
            self.steps.append("write staged" if path.startswith(".staging/") else f"write {path}")
            return put(store, path, data, **options)

        monkeypatch.setattr(module.os, "fsync", fsync)
        monkeypatch.setattr(module.obstore, "rename", renamed)
        monkeypatch.setattr(module.obstore, "put", written)


def test_octets_are_on_the_disk_before_the_name_and_the_name_before_we_say_so(tmp_path, monkeypatch) -> None:
    """ENGINEERING.md "Data and jobs"; a name without its octets would be a damaged key after a power cut."""
    objects = LocalObjects(tmp_path / "objects")
    disk = Disk(monkeypatch, tmp_path / "objects")
    objects.create("class/name", b"one")
    assert disk.steps == ["write staged", "sync staged", "rename class/name", "sync class", "sync ."]
    disk.steps.clear()
    objects.replace("class/name", b"two", objects.read("class/name").tag)
    assert disk.steps == ["write staged", "sync staged", "rename class/name", "sync class", "sync ."]


@pytest.mark.parametrize("step", ["put", "rename"])
def test_a_full_disk_is_a_typed_error_and_leaves_no_name(tmp_path, monkeypatch, step: str) -> None:
    objects = LocalObjects(tmp_path / "objects")

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.obstore, step, full)
    with pytest.raises(StorageUnavailableError) as refused:
        objects.create("name", b"one")
    assert refused.value.code is ProblemCode.NOT_READY
    monkeypatch.undo()
    with pytest.raises(ObjectMissingError):
        objects.read("name")
    objects.create("name", b"one")


def test_a_failing_sync_is_not_acknowledged(tmp_path, monkeypatch) -> None:
    objects = LocalObjects(tmp_path / "objects")

    def broken(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module.os, "fsync", broken)
    with pytest.raises(StorageUnavailableError):
        objects.create("name", b"one")


def test_a_store_that_is_away_is_a_typed_error() -> None:
    """Nobody listens there; the answer names no address and no key."""
    from obstore.store import S3Store

    away = RemoteObjects(
        S3Store(
            "bucket",
            endpoint="http://127.0.0.1:9",
            access_key_id="marker-id",
            secret_access_key="marker-secret",
            client_options={"allow_http": True, "timeout": "1s"},
            retry_config={"max_retries": 0},
        )
    )
    for ask in (lambda: away.create("a", b""), lambda: away.read("a"), away.listing, lambda: away.delete("a")):
        with pytest.raises(StorageUnavailableError) as refused:
            ask()
        assert "marker" not in str(refused.value)
        assert refused.value.__suppress_context__


@pytest.mark.parametrize("address", ["nonsense://bucket", "s4://bucket/prefix"])
def test_an_address_of_no_store_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no store"):
        open_objects(address)


def test_addresses(tmp_path) -> None:
    assert isinstance(open_objects(tmp_path), LocalObjects)
    assert isinstance(open_objects(str(tmp_path / "plain")), LocalObjects)
    assert isinstance(open_objects(f"file://{tmp_path}/url"), LocalObjects)
    assert (tmp_path / "url").is_dir()
    assert isinstance(open_objects("memory:///"), RemoteObjects)
    assert isinstance(open_objects("s3://bucket/prefix"), RemoteObjects)
