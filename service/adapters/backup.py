"""Make a copy of an installation, and put one back so that nothing which was erased comes with it.

Keys of epochs are in no backup. Whoever has one opens what the living epochs open, and after a restore the log of
erasures is obeyed before anybody is served (SECURITY.md 7.9).
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, select

from mrtd.pki.realm import Realm
from mrtd.version import VERSION
from service.adapters import backup_files
from service.adapters.backup_engines import BackupEngine
from service.adapters.db import audit_rights, tables, vault_tables
from service.adapters.db.database import SqlDatabase, SqlWork
from service.adapters.db.schema import Migrations, revision_of
from service.adapters.db.vault import Safe
from service.adapters.machine import shell_account
from service.domain.audit import Action, AuditEntry, Details
from service.domain.backup import BLOBS, MANIFEST, BackupError, BackupProblem, FileDigest, Manifest, Restored
from service.domain.jobs import Job, JobKind
from service.domain.purge import Erasure, PurgeLog, erased_mark
from service.domain.retention import RetentionClass
from service.domain.vault import Epoch, ErasedError, UnreadableError


@dataclass(frozen=True, slots=True, repr=False)
class Installation:
    """What is copied, or put back: a database, and the keys and blobs beside it.

    `service_role`: who uses the schema on PostgreSQL, if that is not its owner.
    """

    engine: BackupEngine
    realm: Realm
    organisation: str
    safe: Safe
    log: PurgeLog
    service_role: str | None = None


def make(installation: Installation, database: SqlDatabase, folder: Path, who: str) -> Manifest:
    """Copy an installation into an empty folder, while it is used.

    Args:
        installation: what is copied.
        database: the same as that of the installation, for the entry in the audit trail.
        folder: new, or empty.
        who: who takes the copy.

    Raises:
        BackupError: why there is no backup. What lies in the folder then has no manifest.
        StorageUnavailableError: blobs cannot be reached.
    """
    backup_files.begin(folder)
    engine, now = installation.engine, installation.safe.clock.now()
    copy = folder / engine.file
    with engine.copied(copy) as connection:
        revision = revision_of(connection)
        work = SqlWork(connection, installation.safe)
        named, epochs = work.vault.blob_names(), work.vault.in_use()
    files, absent = _copy_blobs(installation, database, folder, named)
    files[engine.file] = backup_files.digest_of(copy)
    manifest = Manifest(
        made_at=now.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z",
        software=VERSION,
        realm=installation.realm.value,
        engine=engine.name,
        revision=str(revision),
        epochs=tuple(sorted(map(_named, epochs))),
        database=engine.file,
        absent=absent,
        files=files,
    )
    with database.changing() as changing:
        details: Details = {"blobs": len(manifest.blobs), "revision": manifest.revision}
        changing.audit.write(AuditEntry(now, who, installation.organisation, Action.BACKED_UP, None, details))
    backup_files.write_new(folder / MANIFEST, manifest.to_octets())
    return manifest


def _copy_blobs(
    installation: Installation, database: SqlDatabase, folder: Path, named: Collection[str]
) -> tuple[dict[str, FileDigest], tuple[str, ...]]:
    files, absent = {}, []
    (folder / BLOBS).mkdir(mode=0o700)
    for name in sorted(named):
        try:
            octets = installation.safe.blobs.get(name)
        except UnreadableError:
            absent.append(name)
            continue
        target = folder / BLOBS / name
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(octets)
        files[f"{BLOBS}/{name}"] = backup_files.digest_of(target)
    backup_files.sync_folder(folder / BLOBS)
    with database.reading() as work:
        # what was erased meanwhile is named by no row any more; what still is, is lost
        lost = sorted(work.vault.blob_names().intersection(absent))
    if lost:
        raise BackupError(BackupProblem.BLOB_MISSING, lost[0])
    return files, tuple(absent)


def require_fitting(manifest: Manifest, engine: BackupEngine, realm: Realm) -> None:
    """Refuse a backup of another realm, another kind of database, or of newer software."""
    if manifest.realm != realm.value:
        raise BackupError(BackupProblem.OTHER_REALM, manifest.realm)
    if manifest.engine != engine.name:
        raise BackupError(BackupProblem.OTHER_ENGINE, manifest.engine)
    try:
        known = ScriptDirectory.from_config(Migrations().config).get_revision(manifest.revision)
    except CommandError:
        known = None
    if known is None:
        raise BackupError(BackupProblem.NEWER_SCHEMA, manifest.revision)


def restore(installation: Installation, folder: Path, manifest: Manifest, who: str, *, replace_it: bool) -> Restored:
    """Put back a backup that fits. An interrupted restore leaves what was there, or nothing that is served from.

    Raises:
        BackupError: why nothing was put back.
        StorageUnavailableError: keys, blobs or the log of erasures cannot be reached.
    """
    backup_files.verify(folder, manifest)
    lost = _lost_epochs(manifest, installation.safe)
    try:
        erasures = installation.log.erasures()
    except UnreadableError:
        raise BackupError(BackupProblem.LOG_UNREADABLE) from None
    engine = installation.engine
    if not replace_it and not engine.is_empty():
        raise BackupError(BackupProblem.TARGET_NOT_EMPTY)
    engine.require_unused()
    for epoch in lost:
        # nobody can open it any more, and so it says: erased, not unreadable
        installation.safe.epochs.destroy(epoch)
    finishing = _Finishing(installation, folder, manifest, erasures, who)
    engine.replace(folder / manifest.database, finishing)
    finishing.delete_discarded()
    return Restored(
        manifest, finishing.erased_again, tuple(f"{epoch.retention.value}/{epoch.name}" for epoch in lost)
    )


def _lost_epochs(manifest: Manifest, safe: Safe) -> list[Epoch]:
    """The epochs of pictures whose keys are not here.

    Raises:
        BackupError: `keys_missing`: the key of another epoch is not here, or none of them opens.
    """
    lost, present = [], frozenset(safe.epochs.living())
    for named in manifest.epochs:
        retention, _, name = named.partition("/")
        epoch = Epoch(RetentionClass(retention), name)
        try:
            safe.epochs.key(epoch)
        except ErasedError:
            continue
        except UnreadableError:
            if epoch.retention is not RetentionClass.PORTRAIT or epoch in present:
                raise BackupError(BackupProblem.KEYS_MISSING, named) from None
            lost.append(epoch)
    return lost


def _named(epoch: Epoch) -> str:
    return f"{epoch.retention.value}/{epoch.name}"


@dataclass(slots=True)
class _Finishing:
    """What happens to a copy before anybody is served from it, in one transaction."""

    installation: Installation
    folder: Path
    manifest: Manifest
    erasures: frozenset[Erasure]
    who: str
    erased_again: int = 0
    _work: SqlWork | None = field(default=None, init=False)

    def __call__(self, connection: Connection) -> None:
        migrations = Migrations()
        migrations.config.attributes["connection"] = connection
        command.stamp(migrations.config, self.manifest.revision)
        migrations.upgrade(connection)
        if self.installation.service_role is not None:
            audit_rights.grant(connection, self.installation.service_role)
        work = self._work = SqlWork(connection, self.installation.safe, shell_account())
        self.erased_again = self._erase_again(connection, work)
        self._put_blobs(connection, work)
        now = self.installation.safe.clock.now()
        # whatever reached its end since the copy was made does not wait for the night
        work.jobs.enqueue(Job(JobKind.PURGE, JobKind.PURGE.value, now, key=JobKind.PURGE.value))
        details: Details = {"made_at": self.manifest.made_at, "erased_again": self.erased_again}
        organisation = self.installation.organisation
        work.audit.write(AuditEntry(now, self.who, organisation, Action.RESTORED, None, details))
        work.audit.finish()

    def delete_discarded(self) -> None:
        """The blobs of what was erased again, where they still lay."""
        if self._work is not None:
            self._work.vault.delete_discarded()

    def _erase_again(self, connection: Connection, work: SqlWork) -> int:
        """Obey the log of erasures; how many classes of verifications were there again."""
        marks = {(erasure.mark, erasure.epoch.retention) for erasure in self.erasures}
        erased = 0
        for verification_id in connection.execute(select(tables.verifications.c.id)).scalars().all():
            mark = erased_mark(verification_id)
            for retention in work.purges.keys(verification_id):
                if (mark, retention) in marks:
                    work.vault.erase(verification_id, retention)
                    erased += 1
        return erased

    def _put_blobs(self, connection: Connection, work: SqlWork) -> None:
        """Those that rows name; what the copy never had was erased while it was made, and is so here too."""
        for row in connection.execute(select(vault_tables.blobs)).all():
            if row.name in self.manifest.blobs:
                self._put(row.name)
            else:
                work.vault.erase(row.verification_id, RetentionClass(row.retention))

    def _put(self, name: str) -> None:
        store, octets = self.installation.safe.blobs, (self.folder / BLOBS / name).read_bytes()
        try:
            if store.get(name) == octets:
                return
            # damaged: that may be why somebody restores
            store.delete(name)
        except UnreadableError:
            pass
        store.put(name, octets)
