"""The log of erasures and the keys of a backup, as settings describe them."""

from __future__ import annotations

from pathlib import Path

from service.adapters.backup_files import KeyFiles
from service.adapters.blobs import Objects, open_objects
from service.adapters.purge_log import StoredPurgeLog
from service.domain.errors import ConfigurationError
from service.domain.ports import Randomness
from service.settings import Settings


def open_purge_log(settings: Settings, randomness: Randomness) -> StoredPurgeLog:
    """The log of erasures.

    Raises:
        ConfigurationError: it has no address of a store.
    """
    where = _objects("PASSKOLL_PURGE_LOG", settings.purge_log, settings.data_dir / "purge-log")
    return StoredPurgeLog(where, randomness)


def key_files(settings: Settings) -> KeyFiles:
    """The keys that a backup may take along.

    Raises:
        ConfigurationError: the store of epoch keys has no address of a store.
    """
    folder = settings.data_dir / "keys"
    return KeyFiles(folder, _objects("PASSKOLL_EPOCHS", settings.epochs, folder / "epochs"), settings.realm)


def _objects(name: str, where: str | None, default: Path) -> Objects:
    try:
        return open_objects(where or default)
    except (ValueError, OSError):
        raise ConfigurationError(f"no store has the address of {name}") from None
