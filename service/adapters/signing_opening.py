"""The signing keys that settings describe."""

from __future__ import annotations

from service.adapters.signing import FileSigner, KeyRing
from service.adapters.vault.opening import secret
from service.domain.errors import ConfigurationError
from service.domain.ports import Clock
from service.settings import Settings, SignerName


def open_signer(settings: Settings, clock: Clock) -> KeyRing:
    """The keys that results are signed with; a first start makes one.

    Raises:
        ConfigurationError: a key is missing, unfit or of the other realm, or what it needs is not set or installed.
    """
    folder = settings.data_dir / "keys"
    match settings.signer:
        case SignerName.FILE:
            return FileSigner.open(folder, settings.realm, clock)
        case SignerName.PKCS11:
            return _token_signer(settings, clock)


def _token_signer(settings: Settings, clock: Clock) -> KeyRing:
    try:
        # an extra: most installations have no token
        from service.adapters.signing_pkcs11 import TokenKeys, TokenSession  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("a PKCS#11 token needs: pip install 'passkoll[pkcs11]'") from None
    if settings.pkcs11_module is None or settings.pkcs11_token is None:
        raise ConfigurationError("set PASSKOLL_PKCS11_MODULE and PASSKOLL_PKCS11_TOKEN")
    pin = secret("PASSKOLL_PKCS11_PIN", settings.pkcs11_pin, settings.pkcs11_pin_file)
    session = TokenSession(str(settings.pkcs11_module), settings.pkcs11_token, pin)
    # a name for each realm: one token may serve a test and a production installation
    label = settings.pkcs11_signing_key or f"passkoll-signing-{settings.realm.value}"
    folder = settings.data_dir / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ring = KeyRing(folder, settings.realm, TokenKeys(session, label), clock)
    ring.start()
    return ring
