"""A backup puts back what is kept, and nothing that was erased (SECURITY.md 7.9)."""

from __future__ import annotations

import gc
import json
import shutil
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from mrtd.pki.realm import Realm
from service import wiring
from service.adapters import backup
from service.adapters.blobs import Blobs
from service.domain.backup import BackupError, BackupProblem, Restored
from service.domain.errors import ConfigurationError
from service.domain.freeze import FreezeReason
from service.domain.jobs import JobKind
from service.domain.vault import Epoch
from service.domain.verification import State
from service.usecases.audit_verify import VerifyAudit
from service.wiring import backups
from tests.service.retention.conftest import CLAIMS, EVIDENCE, FILES, HOLDER, PORTRAIT, House

ALL = {PORTRAIT, HOLDER, EVIDENCE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def save(house: House, folder: Path, keys: Path | None = None) -> None:
    wiring.back_up(house.settings, folder, "anna", keys_file=keys, clock=house.clock)


def put_back(house: House, folder: Path, **options) -> tuple[House, Restored]:
    """Restore while the service does not run, and start it again."""
    house.database.engine.dispose()
    options = {"replace_it": True, **options}
    restored = wiring.restore(house.settings, folder, "bo", clock=house.clock, **options)
    return house.opened_again(), restored


def problem(do: Callable[[], object]) -> BackupProblem:
    with pytest.raises(BackupError) as refused:
        do()
    return refused.value.code


def trail_is_whole(house: House) -> bool:
    return not VerifyAudit(house.database, None)(None).breaks


def test_all_of_it_comes_back(house: House, folder: Path) -> None:
    case_id = house.add(1, State.CHECKED)
    save(house, folder)
    house.add(2, State.CHECKED)
    shutil.rmtree(house.settings.data_dir / "blobs")
    again, restored = put_back(house, folder)
    assert again.living(case_id) == ALL
    assert (restored.erased_again, restored.lost) == (0, ())
    with again.database.reading() as work:
        assert [record.organisation for record in work.schedules.history("nobody")] == []
        assert work.purges.candidates("Specimen organisation", work.schedules.of("x"), again.clock.now(), "", 9) == []
    assert trail_is_whole(again)
    again.add(3, State.CHECKED)
    again.database.engine.dispose()


def test_it_is_for_its_owner_alone(house: House, folder: Path, tmp_path: Path) -> None:
    house.add(1, State.CHECKED)
    save(house, folder, tmp_path / "keys.json")
    for path in (folder, *folder.rglob("*"), tmp_path / "keys.json"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_no_key_is_in_a_backup_and_none_of_pictures_beside_it(house: House, folder: Path, tmp_path: Path) -> None:
    house.add(1, State.CHECKED)
    save(house, folder, tmp_path / "keys.json")
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    keys = house.settings.data_dir / "keys"
    epochs = [path for path in (keys / "epochs").rglob("*") if path.is_file() and path.name[:1] != "."]
    assert {path.parent.name for path in epochs} == ALL
    master = json.loads((keys / "master.json").read_text())["keys"][0]["k"]
    assert master.encode() not in content
    assert all(path.read_bytes() not in content for path in epochs)
    saved = json.loads((tmp_path / "keys.json").read_text())
    assert {name.partition("/")[0] for name in saved["epochs"]} == {HOLDER, EVIDENCE}
    assert "master.json" in saved["files"]


def test_an_old_backup_does_not_revive_a_portrait_of_a_destroyed_epoch(house: House, folder: Path) -> None:
    """The portrait opens by no means; the report, the claims and the trail do."""
    case_id = house.add(1, State.CONSUMED)
    save(house, folder)
    house.purge.pictures_of(case_id)
    for _ in range(3):
        house.clock.advance(days=1)
        house.purge("service")
    assert house.database.safe.epochs.is_destroyed(Epoch(PORTRAIT, "2026-11-24"))
    # the log has done its service, and forgot: the destroyed key alone stands in the way
    assert house.purge.log.erasures() == frozenset()
    again, restored = put_back(house, folder)
    assert restored.erased_again == 0
    assert again.living(case_id) == {HOLDER, EVIDENCE}
    with again.database.reading() as work:
        assert work.issued_claims.of(case_id) == CLAIMS
    assert trail_is_whole(again)
    for path in (*folder.rglob("*"), *house.settings.data_dir.rglob("*")):
        assert path.is_dir() or (b"a face" not in path.read_bytes() and b"a photo" not in path.read_bytes())
    again.purge("service")
    assert again.living(case_id) == {HOLDER, EVIDENCE}
    again.database.engine.dispose()


def test_an_old_backup_does_not_revive_what_a_living_epoch_would_open(house: House, folder: Path) -> None:
    case_id, other = house.add(1, State.CONSUMED), house.add(2, State.CHECKED)
    save(house, folder)
    house.purge.pictures_of(case_id)
    again, restored = put_back(house, folder)
    assert not again.database.safe.epochs.is_destroyed(Epoch(PORTRAIT, "2026-11-24"))
    assert restored.erased_again == 1
    assert again.living(case_id) == {HOLDER, EVIDENCE}
    assert again.living(other) == ALL
    assert len(again.blobs()) == 2 + 4
    with again.database.reading() as work:
        # and what became due since is looked for at once
        assert work.jobs.is_due(list(JobKind), again.clock.now())
    again.database.engine.dispose()


def test_without_the_log_it_would_come_back(house: House, folder: Path) -> None:
    """The test above can fail: it is the log that does it."""
    case_id = house.add(1, State.CONSUMED)
    save(house, folder)
    house.purge.pictures_of(case_id)
    shutil.rmtree(house.settings.data_dir / "purge-log")
    again, restored = put_back(house, folder)
    assert restored.erased_again == 0
    assert again.living(case_id) == ALL
    again.database.engine.dispose()


def test_a_damaged_log_stops_a_restore(house: House, folder: Path) -> None:
    case_id = house.add(1, State.CONSUMED)
    save(house, folder)
    house.purge.log.objects.create("20261124T093000Z-00.json", b"{}")
    assert problem(lambda: put_back(house, folder)) is BackupProblem.LOG_UNREADABLE
    assert house.opened_again().living(case_id) == ALL


def test_a_lost_machine(house: House, folder: Path, tmp_path: Path) -> None:
    """Keys come from their own file; pictures are gone, since their keys were copied nowhere."""
    case_id = house.add(1, State.CHECKED)
    frozen = house.add(2, State.REFUSED)
    house.freezing.freeze("anna", frozen, FreezeReason.LEGAL_CLAIM)
    save(house, folder, tmp_path / "keys.json")
    house.database.engine.dispose()
    shutil.rmtree(house.settings.data_dir)
    with pytest.raises(ConfigurationError, match="epoch keys is empty"):
        put_back(house, folder)
    again, restored = put_back(house, folder, keys_file=tmp_path / "keys.json")
    # the epoch of the day, and that of the frozen case
    assert {name.partition(".")[0] for name in restored.lost} == {"portrait/2026-11-24"}
    assert again.living(case_id) == again.living(frozen) == {HOLDER, EVIDENCE}
    assert trail_is_whole(again)
    again.database.engine.dispose()


def test_an_epoch_that_is_not_there_stops_a_restore(house: House, folder: Path) -> None:
    house.add(1, State.CHECKED)
    save(house, folder)
    (house.settings.data_dir / "keys" / "epochs" / "holder" / "2026-11").unlink()
    assert problem(lambda: put_back(house, folder)) is BackupProblem.KEYS_MISSING


def test_keys_are_never_replaced(house: House, folder: Path, tmp_path: Path) -> None:
    case_id = house.add(1, State.REFUSED)
    keys = tmp_path / "keys.json"
    save(house, folder, keys)
    house.clock.advance(days=1)
    house.purge("service")
    for _ in range(3):
        house.clock.advance(days=15)
        house.purge("anna", time_confirmed=True)
    assert house.database.safe.epochs.is_destroyed(Epoch(HOLDER, "2026-11"))
    again, _ = put_back(house, folder, keys_file=keys)
    # the file had that key, and the store knows better
    assert again.living(case_id) == set()
    again.database.engine.dispose()
    saved = json.loads(keys.read_text())
    saved["files"]["master.json"] = "AAAA"
    keys.write_text(json.dumps(saved))
    assert problem(lambda: put_back(house, folder, keys_file=keys)) is BackupProblem.KEYS_DIFFER
    saved["files"] = {"../outside": "AAAA"}
    keys.write_text(json.dumps(saved))
    assert problem(lambda: put_back(house, folder, keys_file=keys)) is BackupProblem.KEYS_UNREADABLE
    assert not (house.settings.data_dir / "outside").exists()


def test_what_does_not_fit_is_refused_and_changes_nothing(house: House, folder: Path) -> None:
    case_id = house.add(1, State.CHECKED)
    save(house, folder)
    manifest = folder / "manifest.json"
    good = manifest.read_bytes()
    content = json.loads(good)

    def changed(**changes: object) -> BackupProblem:
        manifest.write_text(json.dumps(content | changes))
        return problem(lambda: put_back(house, folder))

    assert changed(realm="production") is BackupProblem.OTHER_REALM
    assert changed(revision="9999") is BackupProblem.NEWER_SCHEMA
    assert changed(engine="oracle") is BackupProblem.OTHER_ENGINE
    assert changed(schema="passkoll/backup/2") is BackupProblem.UNREADABLE
    assert changed(files={}) is BackupProblem.UNREADABLE
    assert changed(files={"../x": {"sha256": "0" * 64, "octets": 1}}) is BackupProblem.UNREADABLE
    manifest.write_bytes(good)
    assert problem(lambda: put_back(house, folder, replace_it=False)) is BackupProblem.TARGET_NOT_EMPTY
    blob = next((folder / "blobs").iterdir())
    octets = blob.read_bytes()
    blob.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))
    assert problem(lambda: put_back(house, folder)) is BackupProblem.DAMAGED
    blob.unlink()
    assert problem(lambda: put_back(house, folder)) is BackupProblem.DAMAGED
    manifest.unlink()
    assert problem(lambda: put_back(house, folder)) is BackupProblem.UNREADABLE
    assert house.opened_again().living(case_id) == ALL


def test_a_running_service_is_left_alone(house: House, folder: Path) -> None:
    save(house, folder)
    with house.database.reading() as work:
        work.schedules.organisations()
        restoring = lambda: wiring.restore(house.settings, folder, "bo", replace_it=True, clock=house.clock)  # noqa: E731
        assert problem(restoring) is BackupProblem.SERVICE_RUNNING
    # idle, with a connection in its pool
    assert problem(restoring) is BackupProblem.SERVICE_RUNNING
    house.add(1, State.CHECKED)


@pytest.mark.parametrize("step", ["load", "erase", "blobs", "last"])
def test_an_interrupted_restore_leaves_no_half_state(house: House, folder: Path, monkeypatch, step: str) -> None:
    """The process dies somewhere: the service finds what was there, or nothing that it would serve from."""
    case_id = house.add(1, State.CONSUMED)
    save(house, folder)
    house.purge.pictures_of(case_id)
    house.database.engine.dispose()

    class KilledError(BaseException):
        pass

    def die(*_arguments: object, **_options: object) -> None:
        raise KilledError

    where = {
        "load": (backup._Finishing, "__call__"),
        "erase": (backup._Finishing, "_erase_again"),
        "blobs": (Blobs, "get"),
        "last": (backup.AuditEntry, "__init__"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*where[step], die)
        with pytest.raises(KilledError):
            put_back(house, folder)
    try:
        found = house.opened_again()
    except ConfigurationError:
        assert house.settings.database_url is not None
    else:
        assert house.settings.database_url is None
        assert found.living(case_id) == {HOLDER, EVIDENCE}
        found.database.engine.dispose()
    # what a start that was refused had open
    gc.collect()
    again, restored = put_back(house, folder)
    assert restored.erased_again == 1
    assert again.living(case_id) == {HOLDER, EVIDENCE}
    again.database.engine.dispose()


def test_what_is_erased_while_a_backup_is_made(house: House, folder: Path, monkeypatch) -> None:
    """Between the copy of the database and that of the blobs: the backup is whole without them."""
    case_id, other = house.add(1, State.CONSUMED), house.add(2, State.CONSUMED)
    copy = backup._copy_blobs

    def erase_first(*arguments):
        house.purge.pictures_of(case_id)
        return copy(*arguments)

    monkeypatch.setattr(backup, "_copy_blobs", erase_first)
    save(house, folder)
    assert len(json.loads((folder / "manifest.json").read_text())["absent"]) == 2
    # even where the log is lost
    shutil.rmtree(house.settings.data_dir / "purge-log")
    again, _ = put_back(house, folder)
    assert again.living(case_id) == {HOLDER, EVIDENCE}
    assert again.living(other) == ALL
    again.database.engine.dispose()


def test_a_blob_that_is_lost_is_no_backup(house: House, folder: Path) -> None:
    house.add(1, State.CHECKED)
    (house.settings.data_dir / "blobs" / next(iter(house.blobs()))).unlink()
    assert problem(lambda: save(house, folder)) is BackupProblem.BLOB_MISSING
    assert not (folder / "manifest.json").exists()
    assert problem(lambda: save(house, folder)) is BackupProblem.NOT_EMPTY


def test_an_older_schema_is_brought_up(house: House, folder: Path) -> None:
    """A copy from before this part: as alembic makes it when it goes back."""
    from alembic import command

    database = house.database
    with database.engine.begin() as connection:
        config = database._config
        config.attributes["connection"] = connection
        # 0007 is undone, and so is what stands on it
        command.downgrade(config, "0006")
    installation = backups._installation(house.settings, database.safe)
    made: list[str] = []

    class Silent:
        """Of an older software, which wrote the entry itself."""

        @staticmethod
        def reading():
            return database.reading()

        @staticmethod
        def changing():
            from contextlib import nullcontext
            from types import SimpleNamespace

            return nullcontext(SimpleNamespace(audit=SimpleNamespace(write=made.append)))

    backup.make(installation, Silent, folder, "anna")
    assert len(made) == 1
    again, restored = put_back(house, folder)
    assert restored.manifest.revision == "0006"
    assert again.database.ready()
    again.add(1, State.CHECKED)
    again.database.engine.dispose()


def test_realms_do_not_mix(house: House, folder: Path) -> None:
    save(house, folder)
    production = house.settings.model_copy(update={"realm": Realm.PRODUCTION})
    other = replace(house, settings=production)
    assert problem(lambda: put_back(other, folder)) is BackupProblem.OTHER_REALM


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_nothing_deleted_lies_in_the_copy_of_a_file(house: House, folder: Path) -> None:
    """A copy of SQLite's pages would hold what was there before; PostgreSQL dumps rows."""
    with house.database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE scratch (marker TEXT)"))
        connection.execute(text("INSERT INTO scratch VALUES ('a-marker-that-is-deleted')"))
        connection.execute(text("DROP TABLE scratch"))
    save(house, folder)
    copy = folder / "database.sqlite3"
    assert b"a-marker-that-is-deleted" not in copy.read_bytes()
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert sorted(path.name for path in folder.iterdir()) == ["blobs", "database.sqlite3", "manifest.json"]
    assert FILES
