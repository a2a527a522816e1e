"""Copies of an installation, made and put back."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from service.adapters import backup
from service.adapters.backup import Installation
from service.adapters.backup_engines import BackupEngine, engine_at
from service.adapters.backup_files import read_manifest
from service.adapters.backup_opening import key_files, open_purge_log
from service.adapters.db.vault import Safe
from service.adapters.system import SystemRandomness
from service.adapters.vault.opening import open_safe
from service.domain.backup import Manifest, Restored
from service.domain.errors import ConfigurationError
from service.domain.ports import Clock
from service.settings import Settings
from service.wiring.databases import clock_of, database_url, opened, require_database


def back_up(
    settings: Settings, folder: Path, who: str, *, keys_file: Path | None = None, clock: Clock | None = None
) -> Manifest:
    """Copy the installation of these settings, while it is used.

    Raises:
        BackupError: why there is no backup.
        ConfigurationError: the database or the keys cannot be used, or there is no database.
        StorageUnavailableError: blobs or keys cannot be reached.
    """
    require_database(settings)
    with opened(settings, clock) as database:
        manifest = backup.make(_installation(settings, database.safe), database, folder, who)
        if keys_file is not None:
            key_files(settings).save(keys_file)
    return manifest


def restore(
    settings: Settings,
    folder: Path,
    who: str,
    *,
    keys_file: Path | None = None,
    replace_it: bool = False,
    clock: Clock | None = None,
) -> Restored:
    """Put a backup in the place of the installation of these settings, which must not run.

    Raises:
        BackupError: why nothing was put back.
        ConfigurationError: the keys cannot be used.
        StorageUnavailableError: blobs, keys or the log of erasures cannot be reached.
    """
    manifest = read_manifest(folder)
    backup.require_fitting(manifest, backup_engine(settings), settings.realm)
    if keys_file is not None:
        key_files(settings).put_back(keys_file)
    clock = clock or clock_of(settings)
    safe = open_safe(settings, clock, SystemRandomness(), holds_sealed=bool(manifest.epochs))
    try:
        return backup.restore(_installation(settings, safe), folder, manifest, who, replace_it=replace_it)
    except (SQLAlchemyError, OSError) as error:
        # named by its class, as in `open_database`
        raise ConfigurationError(f"the database cannot be restored ({type(error).__name__})") from error


def _installation(settings: Settings, safe: Safe | None) -> Installation:
    if safe is None:
        raise ConfigurationError("nothing is copied or restored without the keys")
    role = None if settings.database_owner_url is None else make_url(settings.database_url or "").username
    log = open_purge_log(settings, safe.randomness)
    return Installation(backup_engine(settings), settings.realm, settings.organisation, safe, log, role)


def backup_engine(settings: Settings) -> BackupEngine:
    """The database as its owner copies and replaces it."""
    return engine_at(make_url(settings.database_owner_url or database_url(settings)))
