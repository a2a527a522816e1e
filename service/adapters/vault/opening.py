"""The keys and blobs that settings describe."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from service.adapters.blobs import Blobs, Objects, open_objects
from service.adapters.db.vault import Safe
from service.adapters.vault.epochs import StoredEpochKeys
from service.adapters.vault.file_keys import FileKeyProvider
from service.domain.errors import ConfigurationError
from service.domain.ports import Clock, Randomness
from service.domain.vault import KeyProvider, StorageUnavailableError
from service.settings import KeyProviderName, Settings


def open_safe(settings: Settings, clock: Clock, randomness: Randomness, *, holds_sealed: bool) -> Safe:
    """What vaults are made of. `holds_sealed`: whether the database has something that only these keys open.

    Raises:
        ConfigurationError: a key is missing, or a store cannot be reached.
    """
    epochs = _objects(settings.epochs, settings.data_dir / "keys" / "epochs")
    blobs = Blobs(_objects(settings.blobs, settings.data_dir / "blobs"))
    try:
        is_new = not epochs.listing()
    except StorageUnavailableError:
        raise ConfigurationError("the store of the epoch keys cannot be reached") from None
    if is_new and holds_sealed:
        raise ConfigurationError("the store of the epoch keys is empty, and the database is sealed by them")
    # only where nothing was ever sealed may a new master key begin
    provider = open_key_provider(settings, randomness, may_begin=is_new)
    return Safe(provider, StoredEpochKeys(epochs, provider, randomness), blobs, clock, randomness)


def open_key_provider(settings: Settings, randomness: Randomness, *, may_begin: bool) -> KeyProvider:
    """Where the master key lives.

    Raises:
        ConfigurationError: it is not there, or what it needs is not set or not installed.
    """
    match settings.key_provider:
        case KeyProviderName.FILE:
            path = settings.data_dir / "keys" / "master.json"
            return FileKeyProvider.open(path, randomness, may_begin=may_begin)
        case KeyProviderName.PKCS11:
            return _token_keys(settings, randomness, may_begin)
        case KeyProviderName.TRANSIT:
            return _transit_keys(settings)


def _token_keys(settings: Settings, randomness: Randomness, may_begin: bool) -> KeyProvider:
    try:
        # an extra: most installations have no token
        from service.adapters.signing_pkcs11 import TokenSession  # noqa: PLC0415
        from service.adapters.vault.pkcs11_keys import Pkcs11KeyProvider  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("a PKCS#11 token needs: pip install 'passkoll[pkcs11]'") from None
    if settings.pkcs11_module is None or settings.pkcs11_token is None:
        raise ConfigurationError("set PASSKOLL_PKCS11_MODULE and PASSKOLL_PKCS11_TOKEN")
    pin = secret("PASSKOLL_PKCS11_PIN", settings.pkcs11_pin, settings.pkcs11_pin_file)
    token = TokenSession(str(settings.pkcs11_module), settings.pkcs11_token, pin)
    return Pkcs11KeyProvider.open(token, settings.pkcs11_master_key, randomness, may_begin=may_begin)


def _transit_keys(settings: Settings) -> KeyProvider:
    from service.adapters.vault.transit_keys import TransitKeyProvider  # noqa: PLC0415 only where one is used

    if settings.transit_url is None:
        raise ConfigurationError("set PASSKOLL_TRANSIT_URL")
    token = secret("PASSKOLL_TRANSIT_TOKEN", settings.transit_token, settings.transit_token_file)
    return TransitKeyProvider.open(settings.transit_url, token, settings.transit_key)


def secret(name: str, value: SecretStr | None, file: Path | None) -> str:
    """A secret from the environment or from a file.

    Raises:
        ConfigurationError: it is in neither, in both, or the file cannot be read.
    """
    if (value is None) == (file is None):
        raise ConfigurationError(f"set {name} or {name}_FILE, and not both")
    if value is not None:
        return value.get_secret_value()
    try:
        return Path(str(file)).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"the file of {name} cannot be read") from None


def _objects(where: str | None, default: Path) -> Objects:
    try:
        return open_objects(where or default)
    except (ValueError, OSError):
        raise ConfigurationError("no store has the address of PASSKOLL_EPOCHS or PASSKOLL_BLOBS") from None
